"""By which address other machines call this one, and listening there."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from typing import Final

from farmgui.domain.errors import FarmError

_FAR_AWAY: Final = ("192.0.2.1", 9)
"""An address for documentation; nothing is sent there."""
_BACKLOG: Final = 64


def own_address() -> str:
    """The address that this machine has towards others, or else its name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        try:
            # With datagrams this only has the system choose where they would leave.
            towards.connect(_FAR_AWAY)
            address = str(towards.getsockname()[0])
        except OSError:
            return socket.gethostname()
    return socket.gethostname() if ipaddress.ip_address(address).is_unspecified else address


def is_own(host: str) -> bool:
    """Whether one can listen at `host` on this machine."""
    try:
        listen(host, 0, "").close()
    except FarmError:
        return False
    return True


def is_only_here(host: str) -> bool:
    """Whether other machines can't reach what listens at `host`."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return ipaddress.ip_address(found[0][4][0]).is_loopback


def listen(host: str, port: int, option: str) -> socket.socket:
    """A socket that listens there and doesn't block; `option` chooses another port. Raises FarmError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise FarmError(
            f"{host} isn't known here ({error.strerror}). Name an address of this machine: --host ADDRESS."
        ) from error
    family, _, _, _, place = found[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(_BACKLOG)
        listening.settimeout(0)
    except OSError as error:
        listening.close()
        raise FarmError(_why_not(host, port, option, error)) from error
    return listening


def _why_not(host: str, port: int, option: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Another program listens on port {port} of {host}. Choose another port: {option} NUMBER."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine. Name one that is: --host ADDRESS."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} may not be used by this user. Choose one above 1023: {option} NUMBER."
    return f"Nothing can listen at {host}, port {port}: {error.strerror}."
