"""The values of a job's columns as people write them: special values in words, durations with a unit."""

from __future__ import annotations

from typing import Final

from farmgui.domain.attributes import JOB_ATTRIBUTES
from farmgui.domain.errors import InvalidValue
from farmgui.domain.limits import JOB_LIMITS, Limit

EMPTY: Final[dict[str, str]] = {
    "queue": "none, the root",
    "group": "none",
    "user": "nobody",
    "tags": "none",
    "start_after": "at once",
    "agent_tags": "any agent",
    "software": "nothing in particular",
    "limits": "none",
    "agents": "any agent",
    "parents": "no job",
    "notify": "nobody",
    "output_link": "none",
}
"""What an empty field means, shown in it."""
_YES_NO: Final = {"hidden": {"no": False, "yes": True}}
OFFERED: Final[dict[str, tuple[int, ...]]] = {
    "autodelete_time": (3600, 86_400, 604_800, 2_592_000),
    "timeout": (600, 3600, 14_400, 86_400),
    "silence_timeout": (300, 600, 3600),
}
"""Plain values worth a line of their own in the list of an editor."""

_SECONDS: Final = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_DIGITS: Final = str.maketrans({"\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": None, " ": None, ",": None})


def label_of(name: str) -> str:
    """What the field of the column `name` is called: "RAM (MB)"."""
    limit = JOB_LIMITS.get(name)
    if limit is None:
        return JOB_ATTRIBUTES[name].title
    return f"{limit.title} ({limit.unit})" if limit.unit and limit.unit != "seconds" else limit.title


def text_of(name: str, value: object) -> str:
    """`value` of the column `name` as its editor shows it; `value_of` reads it back."""
    limit = JOB_LIMITS.get(name)
    if value is None:
        return limit.empty or "" if limit is not None else ""
    if limit is None:
        return _word(name, value) or JOB_ATTRIBUTES[name].text(value)
    for special, meaning in limit.special:
        if value == special:
            return meaning
    if limit.unit == "seconds" and isinstance(value, int):
        return _duration(value)
    return str(value)


def value_of(name: str, text: str) -> object:
    """What `text` means for the column `name`. Raises InvalidValue with the range in words."""
    limit = JOB_LIMITS.get(name)
    if limit is not None:
        return _number(limit, text.strip())
    known = _YES_NO.get(name, {})
    if text.strip().casefold() in known:
        return known[text.strip().casefold()]
    return JOB_ATTRIBUTES[name].parse(text)


def hint_of(name: str) -> str:
    """What an empty field of the column `name` means, in words; "" where it can't be empty."""
    limit = JOB_LIMITS.get(name)
    return (limit.empty or "") if limit is not None else EMPTY.get(name, "")


def offers(name: str) -> tuple[str, ...]:
    """What an editor of the column `name` offers in words beside plain numbers."""
    limit = JOB_LIMITS.get(name)
    if limit is None:
        return tuple(_YES_NO.get(name, ()))
    special: list[int | None] = [value for value, _ in limit.special]
    if limit.empty is not None:
        special.append(None)
    return tuple(text_of(name, value) for value in (*special, *OFFERED.get(name, ())))


def stepped(name: str, text: str, by: int) -> str:
    """The text after the up or down key: the next number in range, or `text` where there is none."""
    limit = JOB_LIMITS[name]
    try:
        value = _number(limit, text.strip())
    except InvalidValue:
        return text
    if value is None or not limit.low <= value <= limit.high:
        return text_of(name, limit.low) if by > 0 else text
    return text_of(name, min(max(value + by, limit.low), limit.high))


def _word(name: str, value: object) -> str:
    return next((word for word, meant in _YES_NO.get(name, {}).items() if meant == value), "")


def _number(limit: Limit, text: str) -> int | None:
    if not text:
        if limit.empty is None:
            raise InvalidValue(f"{limit.title} can't be empty: it is {limit.words()}.")
        return None
    if limit.empty is not None and text.casefold() == limit.empty.casefold():
        return None
    for special, meaning in limit.special:
        if text.casefold() == meaning.casefold():
            return special
    plain = text.removesuffix(limit.unit).strip()
    number = _seconds(plain) if limit.unit == "seconds" else None
    if number is None:
        try:
            number = int(plain.translate(_DIGITS))
        except ValueError:
            raise InvalidValue(f'{limit.title} is {limit.words()}, not "{_short(text)}".') from None
    return limit.check(number)


def _duration(seconds: int) -> str:
    for unit, length in _SECONDS:
        if seconds and seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return str(seconds)


def _seconds(text: str) -> int | None:
    count, _, unit = text.partition(" ")
    length = dict(_SECONDS).get(unit.strip().casefold().removesuffix("s"))
    return int(count) * length if length is not None and count.isdecimal() else None


def _short(text: str, length: int = 30) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
