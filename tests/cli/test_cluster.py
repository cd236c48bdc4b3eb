"""`farmgui cluster` as a process: its line is joined by, and only members speak with its engine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from farmgui.cli import main
from farmgui.execution.engine.cluster_folder import engine_security, read_cluster
from farmgui.execution.engine.engine_address import tls_address
from farmgui.execution.engine.farm_keys import prepare_keys
from farmgui.execution.engine.joining import join
from farmgui.execution.engine.own_address import is_own

LINE = re.compile(r"^ *farmgui agent --join (tls://\S+) --pass ([a-z2-7]{42})$", re.MULTILINE)
LOOPBACK = ("--host", "127.0.0.1", "--port", "0")


class Running:
    """A cluster, and what it has said."""

    def __init__(self, home: Path, *words: str) -> None:
        self.folder = home / "cluster"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "farmgui", "cluster", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ctrl-C ends this"):
                break

    def line(self) -> tuple[str, str]:
        found = LINE.search(self.said)
        assert found is not None, self.said
        return found[1], found[2]

    def end(self, number: int = signal.SIGTERM) -> int:
        """How it ends, within seconds; the rest of what it says is in `said`."""
        self.process.send_signal(number)
        self.said += self.process.communicate(timeout=10)[0]
        return self.process.returncode


@contextmanager
def running(home: Path, *words: str) -> Iterator[Running]:
    cluster = Running(home, *(words or LOOPBACK))
    try:
        yield cluster
    finally:
        if cluster.process.poll() is None:
            assert cluster.end() == 0, cluster.said
        assert "Traceback" not in cluster.said, cluster.said


def farmgui(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "farmgui", *words], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_machine_joins_and_speaks_with_the_engine(home: Path, tmp_path: Path) -> None:
    with running(home, *LOOPBACK, "--name", "Studio") as cluster:
        known = read_cluster(cluster.folder)
        assert known is not None
        assert known.farm == "Studio"
        assert (
            f'The farm "Studio" now listens on the network at 127.0.0.1: port {known.engine[16:]} '
            in cluster.said
        )
        assert (
            "good for one machine and 15 minutes. For the next machine: farmgui cluster --inv" in cluster.said
        )
        membership = join(tmp_path / "m1", *cluster.line())
        assert membership.engine == known.engine
        assert _identity(membership.engine, membership.security(), "worker")["type"] == "Engine"
        assert _identity(known.engine, known.security("client"), "client")["workers"] == {}
        status, said = farmgui("cluster", "--invite")
        assert status == 0
        found = LINE.fullmatch(said.strip())
        assert found is not None
        join(tmp_path / "m2", found[1], found[2])
        begun = time.monotonic()
        assert cluster.end() == 0
        assert time.monotonic() - begun < 5
        told = cluster.said.partition("Ctrl-C ends this")[2].splitlines()[1:]
        assert len(told) == 2 and all("(127.0.0.1) has joined the farm." in line for line in told), told
    _nothing_is_secret(cluster)


def _nothing_is_secret(cluster: Running) -> None:
    """Neither codes nor keys stand in a log, and nobody else may read anything."""
    log = (cluster.folder / "cluster.log").read_text()
    assert cluster.line()[1] not in log
    assert "PRIVATE" not in log
    for file in cluster.folder.iterdir():
        assert file.name == "cluster.log" or file.stat().st_mode & 0o777 == 0o600
    assert cluster.folder.stat().st_mode & 0o777 == 0o700


def _identity(address: str, security: Any, role: str) -> dict[str, Any]:
    from distributed.comm import connect

    async def ask() -> dict[str, Any]:
        comm = await connect(address, timeout=3, **security.get_connection_args(role))
        await comm.write({"op": "identity"})
        answer = await comm.read()
        await comm.close()
        return dict(answer)

    return asyncio.run(ask())


def test_the_engine_knows_only_its_own(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    prepare_keys(tmp_path / "other", "127.0.0.1")
    with running(home) as cluster:
        known = read_cluster(cluster.folder)
        assert known is not None
        port = int(known.engine.rpartition(":")[2])
        own = cluster.folder / "authority.pem"
        other = tmp_path / "other"
        assert _is_let_in(port, own, cluster.folder / "lead.pem", cluster.folder / "lead.key")
        assert not _is_let_in(port, own, other / "lead.pem", other / "lead.key")
        assert not _is_let_in(port, own)
        with pytest.raises(OSError, match="certificate"):
            _identity(known.engine, engine_security(other, "client"), "client")
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            plain.sendall(b"\x00" * 64)
            assert _rest(plain) == b""
        assert _identity(known.engine, known.security("client"), "client")["workers"] == {}


def _is_let_in(port: int, authority: Path, *certificate: Path) -> bool:
    """Whether the engine says anything to one who shows that."""
    tls = ssl.create_default_context(cafile=str(authority))
    if certificate:
        tls.load_cert_chain(*certificate)
    with socket.create_connection(("127.0.0.1", port), 5) as plain:
        try:
            with tls.wrap_socket(plain, server_hostname="127.0.0.1") as stream:
                stream.settimeout(5)
                return bool(stream.recv(1))
        except (ssl.SSLError, ConnectionError):
            return False


def _rest(plain: socket.socket) -> bytes:
    try:
        return plain.recv(1)
    except ConnectionError:
        return b""


def test_it_stays_what_it_was(home: Path, tmp_path: Path) -> None:
    """Name, address and ports are those of the last time, so that machines find it again."""
    with running(home, *LOOPBACK, "--name", "Studio") as first:
        before = read_cluster(first.folder)
        membership = join(tmp_path / "m1", *first.line())
        assert first.end(signal.SIGINT) == 0
    with running(home, "--host", "127.0.0.1") as second:
        assert read_cluster(second.folder) == before
        assert "Before it was at" not in second.said
        assert _identity(membership.engine, membership.security(), "worker")["workers"] == {}
        status, said = farmgui("cluster")
        assert (status, "`farmgui cluster` runs already for the farm in" in said) == (1, True), said
    assert farmgui("cluster", "--name", "Other")[1].startswith(
        'This farm is called "Studio", as its machines'
    )
    status, said = farmgui("cluster", "--invite")
    assert status == 0
    assert "It can be used while `farmgui cluster` runs, which it doesn't now." in said


def test_another_address_is_told(home: Path) -> None:
    with running(home) as first:
        known = read_cluster(first.folder)
    assert known is not None
    with running(home, "--host", "127.0.0.2", "--port", "0") as second:
        assert (
            f"Before it was at {known.engine}: the machines that joined there need a new line" in second.said
        )
        changed = read_cluster(second.folder)
        assert changed is not None
        assert changed.engine.startswith("tls://127.0.0.2:")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_listens_nowhere_else(home: Path, host: str) -> None:
    import psutil

    if not is_own(host):
        pytest.skip(f"this machine has no {host}")
    with running(home, "--host", host, "--port", "0") as cluster:
        known = read_cluster(cluster.folder)
        assert known is not None
        listening = {
            tls_address(one.laddr.ip, one.laddr.port)
            for one in psutil.Process(cluster.process.pid).net_connections("inet")
            if one.status == psutil.CONN_LISTEN
        }
        assert listening == {known.engine, known.join}


def test_a_port_that_is_taken_is_told(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for option in ("--port", "--join-port"):
            words = ["--host", "127.0.0.1", "--port", "0", "--join-port", "0", option, port]
            status, said = farmgui("cluster", *words)
            assert status == 1
            assert said == (
                f"Another program listens on port {port} of 127.0.0.1. "
                f"Choose another port: {option} NUMBER.\n"
            )
    assert not (home / "cluster" / "cluster.json").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--host", "::"], "No machine can be called by ::."),
        (
            ["--host", "192.0.2.77"],
            "192.0.2.77 is no address of this machine. Name one that is: --host ADDRESS.",
        ),
        (["--host", "no-such.invalid"], "no-such.invalid isn't known here ("),
        (["--host", "a b"], '"a b" is no name or address of a machine.'),
        (["--port", "70000"], "70000 is no port. Choose one from 1 to 65535."),
        (
            ["--port", "9000", "--join-port", "9000"],
            "The engine and the door to join by can't both have port",
        ),
        (["--name", "x" * 61], "The farm's name has one to 60 letters"),
        (["--invite", "--port", "1"], "--invite takes nothing beside it"),
        (["--invite"], "No machine can join this farm yet. Start it first: farmgui cluster"),
    ],
    ids=lambda value: " ".join(value)[:20] if isinstance(value, list) else "",
)
def test_what_cannot_be_is_one_sentence(words: list[str], sentence: str) -> None:
    status, said = farmgui("cluster", *words)
    assert status == 1
    assert said.startswith(sentence), said
    assert said.count("\n") == 1


def test_without_the_extra(home: Path, tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError('not here')")
    done = subprocess.run(
        [sys.executable, "-m", "farmgui", "cluster", *LOOPBACK],
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "What a farm of many machines needs (distributed) is missing. "
        "Install it: pip install 'farmgui[farm]'\n"
    )


def test_help_names_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["cluster", "--help"])
    said = capsys.readouterr().out
    assert all(
        word in said for word in ("--invite", "--host ADDRESS", "--port NUMBER", "--join-port", "--name")
    )


def test_what_is_kept_can_be_read_by_others_of_the_program(home: Path) -> None:
    with running(home) as cluster:
        kept = json.loads((cluster.folder / "cluster.json").read_text())
    assert set(kept) == {"farm", "engine", "join"}
