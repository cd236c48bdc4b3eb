"""Where notices go: the mail server, mail addresses and web addresses, and what is wrong with them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Final
from urllib.parse import urlsplit

from farmgui.domain.errors import InvalidValue

TLS_PORTS: Final = {"none": 25, "starttls": 587, "ssl": 465}
"""The ways to encrypt, and the port that is usual for each."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and as whom. The password isn't here: it is read when it is needed."""

    host: str
    sender: str
    """The address that mail comes from."""
    tls: str = "starttls"
    """One of TLS_PORTS; "none" only on this machine."""
    port: int = 0
    """0: the usual one."""
    user: str = ""
    """Empty: the server asks for no name."""
    password_file: str = ""
    """Holds the password in its first line; without one it is taken from FARMGUI_SMTP_PASSWORD."""

    def check(self) -> None:
        """Raise InvalidValue where mail can't be sent that way."""
        if not _is_host(self.host):
            raise InvalidValue(f'"{self.host}" is no name of a mail server. Write it like mail.example.org.')
        if self.tls not in TLS_PORTS:
            raise InvalidValue(f'"{self.tls}" is no way to encrypt. Write none, starttls or ssl.')
        if self.tls == "none" and not is_this_machine(self.host):
            raise InvalidValue(
                f"Mail to {self.host} would go unencrypted over the network, with the password. "
                "Choose STARTTLS or TLS."
            )
        if not 0 <= self.port <= 65_535:
            raise InvalidValue(f"{self.port} is no port. Write a number up to 65535, or 0 for the usual one.")
        if not is_address(self.sender):
            raise InvalidValue(
                f'"{self.sender}" is no mail address to send from. Write it like farm@example.org.'
            )


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to one recipient; the same letter makes the same mail each time."""

    recipient: str
    subject: str
    body: str
    message_id: str
    written: datetime


def is_address(text: str) -> bool:
    """Whether `text` can be a mail address."""
    address = parseaddr(text)[1]
    name, at, host = address.rpartition("@")
    return bool(name and at and host) and text.isprintable() and " " not in address


def _is_host(name: str) -> bool:
    """Whether a machine can have that name, or address."""
    try:
        return bool(name.encode("idna"))
    except UnicodeError:
        return False


def check_web_address(address: str) -> str:
    """`address` where notices can be sent to it; raises InvalidValue, whose text has the address."""
    wrong = f'"{address}" is no web address. Write it like https://example.org/farm.'
    try:
        parts = urlsplit(address)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError as error:
        raise InvalidValue(wrong) from error
    if parts.scheme not in ("http", "https") or not _is_host(parts.hostname or "") or not port_is_good:
        raise InvalidValue(wrong)
    if "@" in parts.netloc:
        raise InvalidValue(
            f'"{address}" has a user name or password before its host, which isn\'t sent. '
            "Write an address that needs none."
        )
    if not address.isascii() or not address.isprintable() or " " in address:
        raise InvalidValue(wrong)
    return address


def is_encrypted(address: str) -> bool:
    """Whether nobody on the way can read what is sent to `address`."""
    return urlsplit(address).scheme == "https"


def is_this_machine(host: str) -> bool:
    """Whether what is sent to `host` stays on this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
