"""What a machine that joins says to the farm, over TLS; who it is that answers is for the caller to see."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from farmgui.domain.errors import FarmError

_SECONDS: Final = 30.0
"""Longer than the farm takes for those before us who say nothing."""
_LONGEST_ANSWER: Final = 65_536
_LONGEST_REFUSAL: Final = 400

NO_SENSE: Final = "its answer makes no sense"


@contextmanager
def connected(host: str, port: int, address: str) -> Iterator[ssl.SSLSocket]:
    """A connection to whoever answers there. Raises FarmError."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    try:
        plain = socket.create_connection((host, port), _SECONDS)
    except OSError as error:
        raise FarmError(
            f"Nobody answers at {address} ({_reason(error)}). See that `farmgui cluster` runs there and "
            f"that a firewall lets port {port} in."
        ) from error
    with plain:
        try:
            stream = tls.wrap_socket(plain)
        except OSError as error:
            raise FarmError(not_a_farm(address, _reason(error))) from error
        with stream:
            yield stream


def ask(stream: ssl.SSLSocket, question: dict[str, str], address: str) -> dict[str, Any]:
    """What the farm answers. Raises FarmError, also where that is a refusal."""
    until = time.monotonic() + _SECONDS
    said = bytearray()
    try:
        stream.sendall(json.dumps(question).encode() + b"\n")
        while not said.endswith(b"\n") and len(said) <= _LONGEST_ANSWER:
            stream.settimeout(max(0.01, until - time.monotonic()))
            more = stream.recv(16_384)
            if not more:
                break
            said += more
        answer = json.loads(said)
    except OSError as error:
        raise FarmError(not_a_farm(address, _reason(error))) from error
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise FarmError(not_a_farm(address, NO_SENSE))
    if "refused" in answer:
        words = str(answer["refused"])[:_LONGEST_REFUSAL]
        words = "".join(letter if letter.isprintable() else " " for letter in words)
        raise FarmError(f"The farm at {address} refused this machine: {words}")
    return answer


def not_a_farm(address: str, why: str) -> str:
    """The sentence for one who answers, but not as a farm."""
    return (
        f"The computer at {address} doesn't answer as a farm does: {why}. Compare the address with the line "
        "that the farm gave; where it is the same, have another line made: farmgui cluster --invite"
    )


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return "it doesn't speak TLS as it should"
    return (error.strerror or str(error)).lower()
