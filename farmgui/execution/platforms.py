"""Everything that differs by platform: process groups, signals, niceness, sockets, locks, detached start.

Linux is tried; macOS and Windows are written for and not tried yet.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from farmgui.domain.errors import FarmError

if sys.platform == "win32":
    from multiprocessing.connection import Connection, PipeConnection

    AnyConnection: TypeAlias = Connection | PipeConnection
    SOCKET_FAMILY: Final = "AF_PIPE"
else:
    from multiprocessing.connection import Connection

    AnyConnection: TypeAlias = Connection
    SOCKET_FAMILY: Final = "AF_UNIX"

_MB: Final = 2**20
_LONGEST_SOCKET_PATH: Final = 100
"""Linux takes 107 bytes, macOS 103."""


class Exit(NamedTuple):
    """How a process ended: its status (a negative one is a signal's number) and what it used."""

    status: int
    cpu_seconds: float | None
    peak_ram: int | None
    """MB; None where it can't be told."""


class ProcessRow(NamedTuple):
    """A living process of this machine; zombies are not listed."""

    parent: int
    group: int
    ram: int
    """Bytes that are resident."""


# ------------------------------------------------------------------------------------------------ processes

if sys.platform == "win32":

    def environ_for(environ: Mapping[str, str]) -> dict[Any, Any]:
        """`environ` in the form that Popen takes fastest."""
        return dict(environ)

    def start_options() -> dict[str, Any]:
        """Options for Popen that put a task into a process group of its own."""
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}

    def set_nice(pid: int, nice: int) -> None:
        """Lower the priority of a process that has just started."""
        import psutil

        if nice > 0:
            with contextlib.suppress(psutil.Error):
                psutil.Process(pid).nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)

    def has_ended(process: subprocess.Popen[bytes]) -> bool:
        """Whether the process is over."""
        return process.poll() is not None

    def wait_for_end(process: subprocess.Popen[bytes]) -> None:
        """Wait until the process is over; its pid stays taken until `reap`."""
        process.wait()

    def reap(process: subprocess.Popen[bytes]) -> Exit:
        """How the process ended."""
        return Exit(process.wait(), None, None)

    def group_is_alive(group: int) -> bool:  # noqa: ARG001 (Windows has no such groups)
        """Whether a process of this group lives."""
        return False

    def send_end(pids: Sequence[int], *, finally_: bool) -> None:
        """Ask processes to end, or end them."""
        import psutil

        for pid in pids:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                if finally_:
                    process.kill()
                else:
                    process.send_signal(signal.CTRL_BREAK_EVENT)
else:

    def environ_for(environ: Mapping[str, str]) -> dict[Any, Any]:
        """`environ` in the form that Popen takes fastest."""
        return {os.fsencode(name): os.fsencode(value) for name, value in environ.items()}

    def start_options() -> dict[str, Any]:
        """Options for Popen that put a task into a session and process group of its own."""
        return {"start_new_session": True}

    def set_nice(pid: int, nice: int) -> None:
        """Lower the priority of a process that has just started."""
        if nice:
            # The agent may be nicer already than the task is to be; then it stays so.
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PGRP, pid, nice)

    def has_ended(process: subprocess.Popen[bytes]) -> bool:
        """Whether the process is over; it is not reaped by that."""
        if process.returncode is not None:
            return True
        if sys.platform == "darwin":
            import psutil

            return bool(psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
        else:  # noqa: RET505 (mypy reads each platform on its own)
            return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait_for_end(process: subprocess.Popen[bytes]) -> None:
        """Wait until the process is over; its pid stays taken until `reap`."""
        if sys.platform != "darwin":
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    def reap(process: subprocess.Popen[bytes]) -> Exit:
        """How the process ended; its pid is free afterwards."""
        import resource

        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        # A new process counts the memory of the one that it was forked from: what is no more than our
        # own says nothing.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        unit = 1 if sys.platform == "darwin" else 1024
        peak = used.ru_maxrss * unit // _MB if used.ru_maxrss > own else None
        return Exit(process.returncode, used.ru_utime + used.ru_stime, peak)

    def group_is_alive(group: int) -> bool:
        """Whether a process of this group is there, be it a zombie."""
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def send_end(pids: Sequence[int], *, finally_: bool) -> None:
        """Ask processes to end, or end them."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL if finally_ else signal.SIGTERM)
                if not finally_:
                    # One that is halted hears of it only when it goes on.
                    os.kill(pid, signal.SIGCONT)


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and it isn't a zombie."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def create_time(pid: int) -> float | None:
    """When one of our user's processes was created, in seconds since the epoch; None where there is none."""
    import psutil

    try:
        process = psutil.Process(pid)
        if sys.platform != "win32" and process.uids().real != os.getuid():
            return None
        return float(process.create_time())
    except psutil.Error:
        return None


def cpu_seconds(pid: int) -> float | None:
    """The processor time that a process and its ended children have used."""
    import psutil

    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return None
    return float(
        times.user + times.system + getattr(times, "children_user", 0) + getattr(times, "children_system", 0)
    )


if sys.platform == "linux":

    def process_table() -> dict[int, ProcessRow]:
        """All living processes by pid."""
        page = os.sysconf("SC_PAGE_SIZE")
        table: dict[int, ProcessRow] = {}
        for pid, data in _proc_files("stat"):
            # The second field is the program's name in brackets and may hold anything.
            values = data.rpartition(b")")[2].split()
            if values and values[0] not in (b"Z", b"X"):
                table[pid] = ProcessRow(int(values[1]), int(values[2]), int(values[21]) * page)
        return table

    def environs() -> Iterator[tuple[int, bytes]]:
        """The environment of each process that may be read, as its entries each ended by a zero byte."""
        return _proc_files("environ")

    def shared_fairly(pids: Iterable[int]) -> int | None:
        """The memory of these processes in bytes, shared memory counted once; None where it can't be told."""
        total = 0
        for pid in pids:
            with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
                for line in file:
                    if line.startswith(b"Pss:"):
                        total += int(line.split()[1]) * 1024
                        break
        return total or None

    def _proc_files(name: str) -> Iterator[tuple[int, bytes]]:
        for entry in os.listdir("/proc"):  # noqa: PTH208 (a Path for each process would take most of the time)
            if entry.isdigit():
                # Processes end while we look, and others' may not be read.
                with contextlib.suppress(OSError), open(f"/proc/{entry}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
                    yield int(entry), file.read()
else:

    def process_table() -> dict[int, ProcessRow]:
        """All living processes by pid."""
        import psutil

        table: dict[int, ProcessRow] = {}
        for process in psutil.process_iter(["ppid", "status", "memory_info"]):
            known = process.info
            if known["status"] != psutil.STATUS_ZOMBIE:
                table[process.pid] = ProcessRow(
                    known["ppid"] or 0, _group_of(process.pid), getattr(known["memory_info"], "rss", 0)
                )
        return table

    def environs() -> Iterator[tuple[int, bytes]]:
        """The environment of each process that may be read, as its entries each ended by a zero byte."""
        import psutil

        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                entries = process.environ().items()
                yield process.pid, b"".join(os.fsencode(f"{name}={value}\0") for name, value in entries)

    def shared_fairly(pids: Iterable[int]) -> int | None:  # noqa: ARG001 (only Linux tells)
        """The memory of these processes in bytes, shared memory counted once; None where it can't be told."""
        return None

    def _group_of(pid: int) -> int:
        if sys.platform == "win32":
            return 0
        else:  # noqa: RET505 (mypy reads each platform on its own)
            try:
                return os.getpgid(pid)
            except OSError:
                return 0


# ------------------------------------------------------------------------------------- the agent as a process


class Detached(subprocess.Popen[bytes]):
    """A process that outlives us on purpose."""

    def __del__(self, *_: object) -> None:
        """Popen would warn that the process still runs."""


def start_detached(command: Sequence[str], *, cwd: Path, environ: Mapping[str, str], log: Path) -> Detached:
    """Start a process in a session of its own, its output appended to `log`, nothing else inherited."""
    options: dict[str, Any]
    if sys.platform == "win32":
        options = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    else:
        options = {"start_new_session": True}
    with log.open("ab") as output:
        return Detached(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=dict(environ),
            **options,
        )


def on_end_signals(end: Callable[[], None]) -> None:
    """Call `end` when the system asks us to end; the end of a terminal or session is none of our business."""
    signal.signal(signal.SIGTERM, lambda *_: end())
    signal.signal(signal.SIGINT, lambda *_: end())
    if sys.platform != "win32":
        # A handler, not SIG_IGN: tasks would inherit that.
        signal.signal(signal.SIGHUP, lambda *_: None)


def lock_file(path: Path) -> int | None:
    """Take the lock of `path` for as long as this process lives; None where another process has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


# ---------------------------------------------------------------------------------- private folders, sockets


def make_private(folder: Path) -> None:
    """Make `folder`, or see that it is ours and closed to others. Raises FarmError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # On Windows a folder below the user's profile is closed to others by its inherited rights.
        if sys.platform != "win32":
            _see_that_it_is_private(folder)
    except OSError as error:
        raise FarmError(f"The folder {folder} can't be used: {error.strerror}.") from error


if sys.platform == "win32":

    def socket_address(folder: Path) -> str:
        """Where the agent of `folder` listens."""
        return rf"\\.\pipe\farmgui-{_short_name(folder)}"
else:

    def socket_address(folder: Path) -> str:
        """Where the agent of `folder` listens. Raises FarmError where there is no safe place for it."""
        path = folder / "socket"
        if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
            short = Path(tempfile.gettempdir()) / f"farmgui-{os.geteuid()}-{_short_name(folder)}"
            make_private(short)
            path = short / "socket"
        return str(path)

    def _see_that_it_is_private(folder: Path) -> None:
        # A link of somebody else's may lead to a folder of ours.
        if {folder.stat().st_uid, folder.lstat().st_uid} != {os.geteuid()}:
            raise FarmError(
                f"The folder {folder} belongs to another user. Remove it, or choose another place."
            )
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o022:
            raise FarmError(
                f"Others may write into the folder {folder}. Look what is in it, then close it: "
                f"chmod 700 '{folder}'"
            )
        if mode != 0o700:
            folder.chmod(0o700)
            if folder.stat().st_mode & 0o077:
                raise FarmError(
                    f"The folder {folder} can't be closed to others: its file system knows no rights. "
                    "Choose a place on another disk."
                )


def _short_name(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]


def remove_socket(address: str) -> None:
    """Remove what a listener that is gone left at `address`."""
    if sys.platform != "win32":
        Path(address).unlink(missing_ok=True)


def break_connection(connection: AnyConnection) -> None:
    """End a connection so that a thread that waits in it wakes; its owner closes it afterwards."""
    if sys.platform != "win32":
        import socket

        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as end:
            end.shutdown(socket.SHUT_RDWR)
