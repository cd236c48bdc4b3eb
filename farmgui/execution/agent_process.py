"""The agent process of a folder: met by its socket, started where there is none, and ended."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Client
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import farmgui
from farmgui.domain.errors import FarmError
from farmgui.domain.sending import PASSWORD_VARIABLE
from farmgui.execution import platforms, wire
from farmgui.execution.family import AGENT_VARIABLE, ATTEMPT_VARIABLE
from farmgui.execution.folder import AgentFolder, open_folder
from farmgui.execution.link import Link, LinkLost
from farmgui.execution.log_file import rotate
from farmgui.execution.platforms import AnyConnection, Detached

_log = logging.getLogger(__name__)
END_WITHIN: Final = 45.0
"""Seconds that an agent is given to end what runs, and itself."""
_START_WITHIN: Final = 45.0
"""An agent may first have to end what another left."""
_WELCOME_WITHIN: Final = 10.0


class NoContact(Exception):
    """There is no agent to talk to; the text is a sentence."""


class AgentProcess:
    """Remembers the process that it started; one that runs already is as good."""

    def __init__(
        self,
        folder: Path,
        options: Sequence[str] = (),
        *,
        environ: Mapping[str, str] | None = None,
        called: str = "the agent of this machine",
    ) -> None:
        """`options` are handed to the process, as `farmgui agent` takes them.

        `environ` is what it inherits; without, what an agent may have of this program's when it is started.
        `called` is how sentences name it.
        """
        self._path = folder
        self._options = tuple(options)
        self._environ = environ
        self._called = called
        self._meeting = threading.Lock()
        self._process: Detached | None = None
        self._pid: int | None = None
        """Of the agent that serves, as it told itself."""

    def folder(self) -> AgentFolder:
        """The agent's folder, made if it isn't there. Raises FarmError."""
        return open_folder(self._path)

    def meet(self, fence: int, closing: threading.Event) -> Link:
        """A connection to the agent, started if there is none; given up when `closing` is set.

        `fence` is the lead's, so that no agent is started that would refuse it. Raises NoContact, FarmError
        and OSError.
        """
        with self._meeting:
            folder = self.folder()
            return Link(_call(folder) or self._start(folder, fence, closing))

    def greet(self, link: Link, fence: int) -> wire.Welcome:
        """Say hello as the lead with this fence. Raises NoContact where the agent doesn't take it."""
        try:
            link.send(wire.encode(wire.Hello(wire.PROTOCOL, fence)))
            answer = link.receive(_WELCOME_WITHIN)
        except LinkLost as error:
            raise NoContact(f"The connection to {self._called} broke: {error}.") from error
        if isinstance(answer, wire.Refused):
            raise NoContact(answer.why)
        if not isinstance(answer, wire.Welcome):
            raise NoContact(f"{self._subject} doesn't answer.")
        return answer

    def serves(self, pid: int) -> None:
        """Note the pid that the agent told; a process of ours that isn't it is ended."""
        self._pid = pid
        if self._process is not None and self._process.pid != pid:
            # Two programs started an agent at one time, and the other one's came first.
            _terminate(self._process)
            self._process = None

    def end(self, fence: int, *, told: bool) -> None:
        """Have the agent end what runs, then itself, and wait for it.

        `told` says that its lead has told it to; else an agent that serves another lead, and that we didn't
        start, is told with `fence`. Nobody may meet it meanwhile.
        """
        if not told and self._process is None:
            told = self._meet_and_end(fence)
        if told:
            self._wait_until_gone()
        if self._process is not None and (told or self._pid is None):
            # One that was being started and nobody has talked to yet wasn't told.
            _terminate(self._process)

    def end_whatever_it_does(self, *, told: bool) -> None:
        """The same where this machine's agent is ours alone: it ends for whatever lead it serves."""
        if not told:
            told = self._meet_and_end(self.folder().highest_fence())
        if told:
            self._wait_until_gone()
        if self._process is not None:
            _terminate(self._process)

    @property
    def _subject(self) -> str:
        return self._called[:1].upper() + self._called[1:]

    def _start(self, folder: AgentFolder, fence: int, closing: threading.Event) -> AnyConnection:
        """Start the agent and wait until it listens."""
        if fence < folder.highest_fence():
            raise NoContact("Another program leads this farm by now; it has an agent started.")
        if self._process is None or self._process.poll() is not None:
            self._pid = None
            rotate(folder.log)
            self._process = platforms.start_detached(
                self._command(folder),
                cwd=_root(),
                environ=agent_environ() if self._environ is None else self._environ,
                log=folder.log,
            )
        process = self._process
        until = time.monotonic() + _START_WITHIN
        while not closing.wait(0.02):
            connection = _call(folder)
            if connection is not None:
                return connection
            if process.poll() is not None:
                raise NoContact(f"{self._subject} can't be started: {_last_line(folder.log)}")
            if time.monotonic() > until:
                raise NoContact(f"{self._subject} doesn't begin; look into its log: {folder.log}")
        raise NoContact("The program ends.")

    def _command(self, folder: AgentFolder) -> list[str]:
        return [sys.executable, "-m", "farmgui.execution.agent", "--folder", str(folder.path), *self._options]

    def _meet_and_end(self, fence: int) -> bool:
        """Tell an agent to end that runs and that nobody here has talked to yet; whether it was told."""
        try:
            connection = _call(self.folder())
            if connection is None:
                return False
            link = Link(connection)
        except (FarmError, OSError):
            return False
        told = False
        try:
            self.greet(link, fence)
            while not isinstance(message := link.receive(_WELCOME_WITHIN), wire.Holding):
                if message is None:
                    return False
            self._pid = message.inventory.pid
            link.send(wire.encode(wire.End()))
            told = True
            while link.receive(END_WITHIN) is not None:
                pass
        except (NoContact, LinkLost):
            # It hung up, as it does when it ends; or another program leads, whose agent it is.
            pass
        finally:
            link.close()
        return told

    def _wait_until_gone(self) -> None:
        """Wait until the agent that was told to end is gone."""
        pid, process = self._pid, self._process
        until = time.monotonic() + END_WITHIN
        while time.monotonic() < until:
            if process is not None:
                process.poll()
            if pid is None or not platforms.is_alive(pid):
                return
            time.sleep(0.01)
        _log.warning("%s has not ended.", self._subject)


class Talk:
    """A link and the thread that sends what is to be said, so that nobody waits for a slow agent."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.has_begun = False
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="to the agent", daemon=True)

    def begin(self) -> None:
        """Begin to send."""
        self._writer.start()
        self.has_begun = True

    def say(self, data: bytes) -> None:
        """Have a message sent."""
        self._queue.put(data)

    def close(self, last_word: bytes | None, timeout: float) -> None:
        """Send what is left; with a last word, wait for the agent to hang up. Then the link is of no use."""
        if self.has_begun:
            if last_word is not None:
                self.say(last_word)
            self._queue.put(None)
            self._writer.join(2.0)
            if last_word is not None:
                self.link.wait_broken(timeout)
        self.link.break_off()

    def abandon(self) -> None:
        """Close the link and end the thread; by the thread that listens."""
        self.link.break_off()
        if self.has_begun:
            self._queue.put(None)
            self._writer.join()
        self.link.close()

    def _write(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self.link.send(data)
            except LinkLost:
                return


def clean_environ() -> dict[str, str]:
    """Our environment without the marks of an attempt that this program may itself be part of."""
    return {
        name: value for name, value in os.environ.items() if name not in (AGENT_VARIABLE, ATTEMPT_VARIABLE)
    }


def agent_environ() -> dict[str, str]:
    """What an agent inherits: all but the mail server's password, which its tasks would inherit too."""
    return {name: value for name, value in clean_environ().items() if name != PASSWORD_VARIABLE}


def _call(folder: AgentFolder) -> AnyConnection | None:
    try:
        return Client(folder.address, platforms.SOCKET_FAMILY)
    except OSError:
        return None


def _terminate(process: Detached) -> None:
    if process.poll() is None:
        process.terminate()
        process.wait(END_WITHIN)


def _root() -> Path:
    """The folder from which the package can be imported: `python -m` looks there first."""
    return Path(farmgui.__file__).resolve().parent.parent


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"look into its log, {log}"
