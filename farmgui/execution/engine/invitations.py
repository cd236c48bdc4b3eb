"""Codes by which one machine each may join the farm: a secret, and the pin of who may be told it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.execution.locks import held
from farmgui.execution.private_files import write_whole

GOOD_FOR: Final = 15 * 60.0
"""Seconds."""
CODE_LENGTH: Final = 42
_SECRET_BYTES: Final = 10
_PIN_BYTES: Final = 16
_WAIT_FOR_LOCK: Final = 5.0
_PADDING: Final = "=" * 6


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a code says."""

    secret: bytes
    pin: bytes

    def is_from(self, certificate: bytes) -> bool:
        """Whether it was given by who has this certificate (DER)."""
        return hmac.compare_digest(self.pin, pin_of(certificate))


def pin_of(certificate: bytes) -> bytes:
    """What a code tells of a certificate (DER)."""
    return hashlib.sha256(certificate).digest()[:_PIN_BYTES]


def read_code(code: str) -> Invitation:
    """What a code says. Raises InvalidValue, which doesn't repeat it."""
    text = code.strip().upper()
    try:
        data = base64.b32decode(text + _PADDING) if len(text) == CODE_LENGTH else b""
    except ValueError:
        data = b""
    if not data:
        raise InvalidValue(
            f"What stands after --pass is no code of a farm: that has {CODE_LENGTH} letters and digits. "
            "Copy the whole line once more."
        )
    return Invitation(data[:_SECRET_BYTES], data[_SECRET_BYTES:])


def invite(folder: Path, certificate: bytes, *, now: float | None = None) -> str:
    """A new code of the farm in `folder` that is joined by who has `certificate` (DER). Raises FarmError."""
    moment = time.time() if now is None else now
    secret = secrets.token_bytes(_SECRET_BYTES)
    with _invitations(folder, moment) as known:
        known[_digest(secret)] = moment + GOOD_FOR
    return base64.b32encode(secret + pin_of(certificate)).decode().rstrip("=").lower()


def spend(folder: Path, secret: bytes, *, now: float | None = None) -> bool:
    """Whether there was an invitation with this secret, which is used up by that. Raises FarmError.

    Of several that come with one, here or in another process, one is told so.
    """
    digest = _digest(secret)
    with _invitations(folder, time.time() if now is None else now) as known:
        # Each is compared, and in a time that doesn't depend on where they differ.
        found = [one for one in known if hmac.compare_digest(one, digest)]
        for one in found:
            del known[one]
    return bool(found)


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()


@contextmanager
def _invitations(folder: Path, now: float) -> Iterator[dict[str, float]]:
    """Those that are good, by their digests: when they end. What is changed there is kept."""
    file = folder / "invitations.json"
    try:
        lock = folder / "invitations.lock"
        with held(lock, f"Another program holds {lock}. Try again in a moment.", _WAIT_FOR_LOCK):
            stored = _read(file)
            known = {digest: end for digest, end in stored.items() if now < end <= now + GOOD_FOR}
            yield known
            if known != stored:
                write_whole(file, json.dumps(known).encode())
    except OSError as error:
        raise FarmError(f"The farm's invitations in {folder} can't be kept: {error.strerror}.") from error


def _read(file: Path) -> dict[str, float]:
    try:
        stored: Any = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        # Codes can be made anew; nobody may join by what can't be read.
        return {}
    if not isinstance(stored, dict):
        return {}
    return {
        digest: float(end)
        for digest, end in stored.items()
        if digest.isascii() and isinstance(end, int | float)
    }
