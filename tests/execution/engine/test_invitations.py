"""Codes are good once, for a quarter of an hour, and not kept as they are."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from farmgui.domain.errors import InvalidValue
from farmgui.execution.engine.invitations import invite, pin_of, read_code, spend

CERTIFICATE = b"a certificate"


def test_a_code_is_good_once(tmp_path: Path) -> None:
    code = invite(tmp_path, CERTIFICATE)
    assert len(code) == 42
    assert code.isalnum() and code == code.lower()
    said = read_code(f" {code.upper()}\n")
    assert said.pin == pin_of(CERTIFICATE)
    assert said.is_from(CERTIFICATE)
    assert not said.is_from(b"another one")
    assert spend(tmp_path, said.secret)
    assert not spend(tmp_path, said.secret)


def test_it_is_kept_as_a_digest_in_a_private_file(tmp_path: Path) -> None:
    code = invite(tmp_path, CERTIFICATE)
    file = tmp_path / "invitations.json"
    assert file.stat().st_mode & 0o777 == 0o600
    kept = file.read_text()
    assert code not in kept and read_code(code).secret.hex() not in kept
    assert len(json.loads(kept)) == 1


def test_it_ends_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    codes = [read_code(invite(tmp_path, CERTIFICATE, now=1000.0)).secret for _ in range(2)]
    assert spend(tmp_path, codes[0], now=1899.0)
    assert not spend(tmp_path, codes[1], now=1900.0)
    assert json.loads((tmp_path / "invitations.json").read_text()) == {}


def test_a_clock_that_is_set_back_makes_none_last_longer(tmp_path: Path) -> None:
    secret = read_code(invite(tmp_path, CERTIFICATE, now=10_000.0)).secret
    assert not spend(tmp_path, secret, now=1000.0)


def test_each_is_for_itself(tmp_path: Path) -> None:
    first, second = (read_code(invite(tmp_path, CERTIFICATE)).secret for _ in range(2))
    assert spend(tmp_path, second)
    assert spend(tmp_path, first)


@pytest.mark.parametrize("text", ["[]", "{", '{"\\u00e4": 9e99, "a": "b"}', "[" * 5000, "\x00"])
def test_what_cannot_be_read_lets_nobody_in(tmp_path: Path, text: str) -> None:
    (tmp_path / "invitations.json").write_text(text)
    assert not spend(tmp_path, b"1234567890")
    assert spend(tmp_path, read_code(invite(tmp_path, CERTIFICATE)).secret)


@pytest.mark.parametrize("code", ["", "a", "0" * 42, "a" * 41, "a" * 43, "ä" * 42, "=" * 42, "a b" * 14])
def test_what_is_no_code_is_not_repeated(code: str) -> None:
    with pytest.raises(InvalidValue, match="What stands after --pass is no code of a farm"):
        read_code(code)


SPENDER = """
import sys, time, pathlib
from farmgui.execution.engine.invitations import spend
while time.time() < float(sys.argv[2]): pass
print(sum(spend(pathlib.Path(sys.argv[1]), bytes.fromhex(one)) for one in sys.argv[3:]))
"""


def test_of_several_processes_one_has_it(tmp_path: Path) -> None:
    secrets = [read_code(invite(tmp_path, CERTIFICATE)).secret.hex() for _ in range(50)]
    start = str(time.time() + 1.0)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SPENDER, str(tmp_path), start, *secrets], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    # Others are invited meanwhile.
    late = [read_code(invite(tmp_path, CERTIFICATE)).secret for _ in range(50)]
    counts = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(counts) == 50
    assert all(spend(tmp_path, secret) for secret in late)
