"""Addresses of the engine and of the service that machines join by: tls://HOST:PORT."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from farmgui.domain.errors import InvalidValue

LAST_PORT: Final = 65_535
_NAME: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_LONGEST: Final = 300


def tls_address(host: str, port: int) -> str:
    """The address of a port of a machine."""
    return f"tls://[{host}]:{port}" if ":" in host else f"tls://{host}:{port}"


def split_address(address: str) -> tuple[str, int]:
    """Host and port. Raises InvalidValue where it is no such address."""
    try:
        parts = urlsplit(address[:_LONGEST])
        host, port = parts.hostname or "", parts.port or 0
        plain = tls_address(host, port).casefold() == address.rstrip("/").casefold()
    except ValueError:
        host, port, plain = "", 0, False
    if not plain or not port:
        raise InvalidValue(
            f'"{address[:_LONGEST]}" is no address of a farm. Write it as the farm gave it: tls://HOST:PORT.'
        )
    return check_host(host), port


def check_host(host: str) -> str:
    """`host` where machines can call it by that. Raises InvalidValue."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if _NAME.fullmatch(host):
            return host
        raise InvalidValue(
            f'"{host[:_LONGEST]}" is no name or address of a machine. '
            "Write it like farm01.example.org or 192.168.1.20."
        ) from None
    if address.is_unspecified or address.is_multicast or "%" in host:
        raise InvalidValue(
            f"No machine can be called by {host}. Name the address that the other machines call this one by."
        )
    return str(address)
