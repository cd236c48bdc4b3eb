"""What may be said of a machine: its name on the network, its port, its addresses, the shares of it."""

from __future__ import annotations

import re
from typing import Final

from farmgui.domain.errors import InvalidValue

HOSTNAME_LENGTH: Final = 255
# PyFarm 1.15; with the underscore, which names of Windows machines may have.
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_MAC: Final = re.compile(r"[0-9a-f]{12}")


def check_hostname(value: object) -> str:
    """`value` where it can be the name of a machine. Raises InvalidValue."""
    if isinstance(value, str) and 0 < len(value) <= HOSTNAME_LENGTH:
        labels = value.removesuffix(".").split(".")
        if all(_LABEL.fullmatch(label) for label in labels):
            return value
    raise InvalidValue(
        f"{value!r} is no hostname. It has up to {HOSTNAME_LENGTH} characters: letters, digits and hyphens, "
        "with dots between its parts."
    )


def check_share(value: object, what: str) -> float:
    """`value` where it is a share, 0 to 1, of `what`. Raises InvalidValue."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidValue(f"{what} is a number from 0 to 1, not {value!r}.")
    return float(value)


def mac_address(value: object) -> str:
    """An address of a network card in one way of writing, "00:50:56:10:00:aa". Raises InvalidValue."""
    digits = f"{value:012x}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    digits = re.sub(r"[:.\-]", "", digits.strip().lower())
    if not _MAC.fullmatch(digits):
        raise InvalidValue(f"{value!r} is no address of a network card. Write it like 00:50:56:10:00:aa.")
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))
