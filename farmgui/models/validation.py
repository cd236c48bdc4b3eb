"""Checks of what is assigned to columns; each error is an InvalidValue, which is a ValueError."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from farmgui.domain.errors import InvalidValue

State = TypeVar("State", bound=StrEnum)


def checked_state(kind: type[State], value: object, what: str) -> State:
    """`value` as a state of `kind`; its word will do."""
    try:
        return kind(value)  # type: ignore[arg-type]  # Whatever isn't one of its words is refused.
    except ValueError as error:
        known = ", ".join(kind)
        raise InvalidValue(f"The state of {what} is one of {known}, not {value!r}.") from error


def checked_mapping(value: object, what: str) -> Mapping[str, object] | None:
    """`value` where it is a mapping or None: what else JSON holds has no place in the column."""
    if value is not None and not isinstance(value, Mapping):
        raise InvalidValue(f"{what} is a mapping by name, not {value!r}.")
    return value


def checked_progress(value: object) -> float:
    """`value` where it is a share of the work, 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidValue(f"Progress is a number from 0 to 1, not {value!r}.")
    return float(value)
