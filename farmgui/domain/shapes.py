"""Whether a table that a person wrote holds what the fields of its class ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final


def check_shape(made: Any) -> None:
    """Raise TypeError for the first field of a dataclass that holds something else than its annotation says.

    Looked at are texts, whole numbers, yes or no, and lists and tables of texts.
    """
    for item in fields(made):
        kind = _KINDS.get(str(item.type))
        if kind is not None and not kind[1](getattr(made, item.name)):
            raise TypeError(f"{item.name} must be {kind[0]}.")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_texts(value: object) -> bool:
    return isinstance(value, tuple) and all(map(_is_text, value))


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_is_text, value.values()))


# By the annotations as they are written.
_KINDS: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    "str": ("a text", _is_text),
    "str | None": ("a text", lambda value: value is None or _is_text(value)),
    "int": ("a whole number", _is_whole),
    "int | None": ("a whole number", lambda value: value is None or _is_whole(value)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "tuple[str, ...]": ("a list of texts", _are_texts),
    "Mapping[str, str]": ("a table of texts", _is_table),
}
