"""What a table of the Farm menu is: data, from which one dialog and its forms are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import Limit

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, under its parent where it has one. `row` is what was read of the farm."""

    key: str
    cells: tuple[str, ...]
    row: Any = None
    children: tuple[Entry, ...] = ()
    tip: str = ""
    mark: str = ""
    """A shape before the first cell, like "warning"; the tip then says what it means."""


def _same(text: str) -> object:
    return text


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a form. `parse` reads what was typed and raises InvalidValue with a sentence.

    With `choices` (value and words) it is a list, with `check` a box that is on or off.
    """

    name: str
    title: str
    text: str = ""
    parse: Callable[[str], object] = _same
    tip: str = ""
    hint: str = ""
    offers: tuple[str, ...] = ()
    """Completions of what is typed; of the last one where several stand in a row."""
    between: str = ", "
    """The signs that may stand between several; "" where there is only one."""
    choices: tuple[tuple[str, str], ...] = ()
    check: bool = False
    lines: bool = False
    words: Callable[[Any], str] = lambda _value: ""
    """What a valid value means, said under the field: "48 of 64 cpus"."""
    differs: bool = False
    """It stands for several things with different values: left blank, each keeps its own."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields to fill in before something is done; `verb` is what its button says.

    With `only_changed`, the values of fields that nobody touched are left out. `facts` are shown below, as
    pairs of name and text.
    """

    title: str
    fields: tuple[Field, ...]
    verb: str = "Save"
    only_changed: bool = False
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """One button of the dialog. What it needs to know is asked with `form`, or confirmed with `question`.

    `work` runs off the GUI thread and may raise FarmError. `enabled` is asked with the selected entry.
    """

    text: str
    work: Callable[[Farm, Entry | None, Values], object]
    form: Callable[[Entry | None, tuple[Entry, ...]], Form] | None = None
    question: Callable[[Entry], tuple[str, str]] | None = None
    """Title and text; the button's own word is the verb."""
    enabled: Callable[[Entry | None], bool] = lambda entry: entry is not None
    tip: str = ""
    on_enter: bool = False
    """A double click or Enter on a row does it."""
    on_delete: bool = False
    """The Delete key does it."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A table: what it is about in a sentence or two, how it is read, and what can be done."""

    id: str
    title: str
    about: str
    columns: tuple[str, ...]
    read: Callable[[Farm], tuple[Entry, ...]]
    deeds: tuple[Deed, ...]
    empty: str = "Nothing here yet."
    numbers: frozenset[int] = frozenset()
    """The columns that hold numbers, which stand to the right."""


def always(_entry: Entry | None) -> bool:
    """For what needs no row."""
    return True


def required(what: str) -> Callable[[str], object]:
    """Reads a text that can't be empty."""

    def parse(text: str) -> object:
        if not text.strip():
            raise InvalidValue(f"{what} can't be empty.")
        return text.strip()

    return parse


def optional(text: str) -> object:
    """Reads a text; None where it is empty."""
    return text.strip() or None


def names(text: str) -> object:
    """Reads names with commas or blanks between them."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


_DIGITS: Final = str.maketrans({"\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": None, " ": None, ",": None})


def whole(limit: Limit) -> Callable[[str], object]:
    """Reads a whole number within `limit`; the words for no value and for special ones are taken too."""

    def parse(text: str) -> object:
        words = text.strip().casefold()
        if limit.empty is not None and words in ("", limit.empty.casefold()):
            return None
        for value, meaning in limit.special:
            if words == meaning.casefold():
                return value
        try:
            number = int(words.translate(_DIGITS))
        except ValueError:
            raise InvalidValue(f'{limit.title} is {limit.words()}, not "{text.strip()}".') from None
        return limit.check(number)

    return parse


def whole_text(limit: Limit, value: int | None) -> str:
    """A number as `whole` reads it: special values and none in words."""
    if value is None:
        return limit.empty or ""
    return dict(limit.special).get(value, str(value))
