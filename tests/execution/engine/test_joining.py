"""A machine joins over real TLS; who may not is told why, and who only disturbs disturbs nobody."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from farmgui.domain.errors import FarmError
from farmgui.execution.engine import certificates, joining
from farmgui.execution.engine.farm_keys import own_key
from farmgui.execution.engine.joining import join, read_membership
from tests.execution.engine.farm_to_join import HOST, FarmToJoin, Impostor

GONE = r"refused this machine: This code was used already, or is older than 15 minutes\. Have another line"


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmToJoin]:
    with FarmToJoin(tmp_path / "cluster") as farm:
        yield farm


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a machine that has joined nothing."""
    return tmp_path / "machine" / "joined"


def refusal(folder: Path, address: str, code: str | None) -> str:
    with pytest.raises(FarmError) as caught:
        join(folder, address, code)
    return str(caught.value)


def test_a_machine_joins(farm: FarmToJoin, folder: Path) -> None:
    assert read_membership(folder) is None
    membership = join(folder, farm.address, farm.code())
    assert (membership.farm, membership.engine) == ("Test farm", f"tls://{HOST}:8786")
    assert read_membership(folder) == membership
    assert folder.stat().st_mode & 0o777 == 0o700
    names = {"authority.pem", "machine.pem", "machine.key", "farm.json"}
    assert {file.name for file in folder.iterdir()} == names
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    made = certificates.load_certificate((folder / "machine.pem").read_bytes())
    assert made.public_key() == own_key(folder / "machine.key").public_key()
    assert membership.security().require_encryption
    assert re.fullmatch(r"\S+ \(127\.0\.0\.1\) has joined the farm\.", farm.said[-1])


def test_a_code_is_good_for_one_machine(farm: FarmToJoin, folder: Path, tmp_path: Path) -> None:
    code = farm.code()
    join(folder, farm.address, code)
    assert re.search(GONE, refusal(tmp_path / "second", farm.address, code))
    assert read_membership(tmp_path / "second") is None
    assert farm.said[-1].startswith("127.0.0.1 was refused: This code was used already")


def test_an_old_code_is_refused(farm: FarmToJoin, folder: Path) -> None:
    code = farm.code(now=time.time() - 901)
    assert re.search(GONE, refusal(folder, farm.address, code))


def test_one_who_has_joined_comes_back_without_asking(farm: FarmToJoin, folder: Path, tmp_path: Path) -> None:
    code = farm.code()
    membership = join(folder, farm.address, code)
    said = len(farm.said)
    assert join(folder, farm.address, None) == membership
    assert join(folder, membership.engine, None) == membership
    # The same line once more, as in a script that starts with the machine.
    assert join(folder, farm.address, code) == membership
    assert len(farm.said) == said
    assert "belongs to the farm" in refusal(folder, f"tls://{HOST}:1", None)
    assert "has joined no farm yet" in refusal(tmp_path / "other", farm.address, None)


def test_a_new_code_renews_the_place_with_the_same_key(farm: FarmToJoin, folder: Path) -> None:
    join(folder, farm.address, farm.code())
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    join(folder, farm.address, farm.code())
    after = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"machine.pem", "farm.json"}


@pytest.mark.parametrize("missing", ["authority.pem", "machine.pem", "machine.key", "farm.json"])
def test_half_a_membership_is_none_and_is_made_whole(farm: FarmToJoin, folder: Path, missing: str) -> None:
    membership = join(folder, farm.address, farm.code())
    (folder / missing).unlink()
    assert read_membership(folder) is None
    assert join(folder, farm.address, farm.code()) == membership


def test_who_has_another_certificate_is_told_nothing(farm: FarmToJoin, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "impostor").mkdir()
    with Impostor(tmp_path / "impostor") as impostor:
        words = refusal(folder, impostor.address, farm.code())
    assert words.startswith(f"The computer that answers at {impostor.address} isn't the one that gave this")
    assert impostor.was_called
    assert impostor.heard == b""
    assert list(folder.iterdir()) == []


def test_another_farm_is_joined_only_after_leaving(farm: FarmToJoin, folder: Path, tmp_path: Path) -> None:
    with FarmToJoin(tmp_path / "others") as other:
        join(folder, other.address, other.code())
    code = farm.code()
    words = refusal(folder, farm.address, code)
    assert words.startswith('This machine belongs to another farm, "Test farm" at ')
    assert f"remove the folder {folder} and paste" in words
    assert read_membership(folder) is not None
    # The code wasn't used up by that.
    join(tmp_path / "new", farm.address, code)


def test_of_two_at_once_one_joins(farm: FarmToJoin, tmp_path: Path) -> None:
    code = farm.code()

    def try_it(number: int) -> bool:
        try:
            join(tmp_path / f"machine{number}", farm.address, code)
        except FarmError as error:
            assert re.search(GONE, str(error))
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(try_it, range(8))) == 1


def test_nobody_answers(folder: Path) -> None:
    with socket.create_server((HOST, 0)) as door:
        port = door.getsockname()[1]
    words = refusal(folder, f"tls://{HOST}:{port}", "a" * 42)
    assert words.startswith(f"Nobody answers at tls://{HOST}:{port} (connection refused). See that `farmgui")
    assert refusal(folder, "tls://no-such-machine.invalid:1", "a" * 42).startswith("Nobody answers at tls://")


@pytest.mark.parametrize("address", ["", "farm:1", "http://farm:1", "tls://farm", "tls://f:99999"])
def test_what_is_no_address(folder: Path, address: str) -> None:
    assert f'"{address}" is no address of a farm' in refusal(folder, address, "a" * 42)


def test_one_who_speaks_no_tls(folder: Path) -> None:
    with socket.create_server((HOST, 0)) as door:
        port = door.getsockname()[1]

        def speak() -> None:
            with door.accept()[0] as caller:
                caller.recv(10)
                caller.sendall(b"220 mail.example.org ESMTP\r\n")
                caller.recv(10)

        speaker = threading.Thread(target=speak)
        speaker.start()
        words = refusal(folder, f"tls://{HOST}:{port}", "a" * 42)
        speaker.join()
    assert f"The computer at tls://{HOST}:{port} doesn't answer as a farm does" in words


def test_another_version_is_refused_and_keeps_the_code(
    farm: FarmToJoin, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = farm.code()
    with monkeypatch.context() as other:
        other.setattr(joining, "__version__", "0.0.1")
        assert "the machine another version. Install that one there" in refusal(folder, farm.address, code)
    join(folder, farm.address, code)


GARBAGE = {
    "no json": b"\xff\xfe\n",
    "an array": b"[1]\n",
    "deep": b"[" * 60_000 + b"\n",
    "a long number": b"9" * 60_000 + b"\n",
    "wrong kinds": b'{"secret": 1, "csr": [], "hostname": {}, "version": null}\n',
    "no secret": json.dumps({"secret": "xx", "csr": "", "hostname": "", "version": ""}).encode() + b"\n",
    "a long request": json.dumps(
        {"secret": "", "csr": "x" * 9000, "hostname": "", "version": ""}
    ).encode() + b"\n",
    "endless": b"x" * 200_000,
}  # fmt: skip


@pytest.mark.parametrize("said", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_refused(farm: FarmToJoin, folder: Path, said: bytes) -> None:
    try:
        answer = json.loads(farm.answer_to(said))
    except OSError:
        # One who goes on talking may find the connection ended before he reads.
        assert said == GARBAGE["endless"]
    else:
        assert list(answer) == ["refused"]
    assert farm.said[-1].startswith("127.0.0.1 was refused: ")
    join(folder, farm.address, farm.code())


def test_one_without_tls_is_sent_away(farm: FarmToJoin, folder: Path) -> None:
    with farm.call(encrypted=False) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"HTTP" not in caller.recv(1000)
    join(folder, farm.address, farm.code())
    assert farm.said[0].startswith("127.0.0.1 went without joining: ")


def test_slow_ones_are_sent_away_and_others_join(tmp_path: Path, folder: Path) -> None:
    """More of them than there are places, in every stage of saying nothing."""
    with FarmToJoin(tmp_path / "cluster", seconds=1.0, at_once=4) as farm:
        slow = [farm.call(encrypted=False) for _ in range(4)]
        begun = time.monotonic()
        membership = join(folder, farm.address, farm.code())
        assert membership.farm == "Test farm"
        assert time.monotonic() - begun < 5
        slow += [farm.call() for _ in range(3)]
        slow[-1].sendall(b'{"secret": ')
        join(tmp_path / "second", farm.address, farm.code())
        for caller in slow:
            assert _is_ended(caller)
            caller.close()
        assert sum("took too long" in said for said in farm.said) >= 4


def _is_ended(caller: socket.socket) -> bool:
    caller.settimeout(5)
    try:
        return caller.recv(10) == b""
    except ConnectionError:
        return True
