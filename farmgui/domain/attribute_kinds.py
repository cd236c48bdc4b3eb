"""The kinds of values that attributes of jobs have: how each is read, written and checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from farmgui.domain import notation
from farmgui.domain.errors import InvalidValue
from farmgui.domain.frames import count_frames
from farmgui.domain.limits import JOB_LIMITS, TITLE_LENGTH, Limit
from farmgui.domain.requirements import (
    AgentChoice,
    Dependency,
    LimitUse,
    SoftwareNeed,
    Subscription,
    TagNeed,
)

NOTES_LENGTH: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """`text` writes a value so that `parse` reads the same one back; `check` takes the value itself.

    `parse` and `check` raise InvalidValue with a sentence.
    """

    parse: Callable[[str], object]
    text: Callable[[Any], str]
    check: Callable[[object], object]


def _whole(limit: Limit) -> Kind:
    def parse(text: str) -> object:
        text = text.strip()
        if not text:
            return limit.check(None)
        try:
            return limit.check(int(text))
        except InvalidValue:
            raise
        except ValueError as error:
            raise InvalidValue(f"{limit.title} is {limit.words()}, not {_short(text)}.") from error

    return Kind(parse, _text_or_empty, limit.check)


def _texts(title: str, length: int, *, empty: bool = False, lines: bool = False) -> Kind:
    """Text; where it may be `empty` without being several `lines`, the value of nothing is None."""

    def check(value: object) -> object:
        if value is None and empty and not lines:
            return None
        if not isinstance(value, str) or "\0" in value or len(value) > length:
            raise InvalidValue(f"{title} is text of up to {length:,} characters.")
        if lines:
            return value
        value = value.strip()
        if not value and not empty:
            raise InvalidValue(f"{title} has 1 to {length} characters.")
        return value or None

    return Kind(check, _text_or_empty, check)


def _check_queue(value: object) -> object:
    if not (value is None or isinstance(value, str)):
        raise InvalidValue('A queue is named by its path, like "/film/shot".')
    names = [name.strip() for name in (value or "").split("/") if name.strip()]
    if not all(name.isprintable() for name in names):
        raise InvalidValue('A queue\'s path is one line, like "/film/shot".')
    return "".join(f"/{name}" for name in names) or None


def _check_hidden(value: object) -> object:
    if not isinstance(value, bool):
        raise InvalidValue("Hidden is true or false.")
    return value


def _parse_hidden(text: str) -> object:
    word = text.strip().lower()
    if word not in ("true", "false", "yes", "no"):
        raise InvalidValue(f"Hidden is true or false, not {text!r}.")
    return word in ("true", "yes")


def _parse_time(text: str) -> object:
    text = text.strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidValue(f'"{text}" is no time. Write it like "2026-11-25 22:00".') from error


def _time_text(value: datetime | None) -> str:
    if value is None:
        return ""
    local = value.astimezone()
    plain = local.replace(tzinfo=None)
    short = plain.isoformat(" ", "minutes" if not (plain.second or plain.microsecond) else "auto")
    # The hour that comes twice when the clocks go back needs its distance from UTC.
    return short if plain.astimezone(UTC) == value else short + local.isoformat()[-6:]


def _check_time(value: object) -> object:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidValue("A time to start after is a moment with its time zone, or empty.")
    return value.astimezone(UTC)


def _parse_environ(text: str) -> object:
    found: dict[str, str] = {}
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise InvalidValue(f'"{line}" is no environment variable. Write it like NAME=VALUE.')
        found[name.strip()] = _unquoted(value)
    return check_environ(found)


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        try:
            return str(json.loads(value))
        except ValueError:
            return value
    return value


def _environ_text(environ: Mapping[str, str]) -> str:
    return "\n".join(f"{name}={_quoted(value)}" for name, value in environ.items())


def _quoted(value: str) -> str:
    return json.dumps(value) if value.startswith('"') or "\n" in value or "\r" in value else value


def check_environ(value: object) -> dict[str, str]:
    """`value` where it is an environment for processes. Raises InvalidValue."""
    if not isinstance(value, Mapping):
        raise InvalidValue("The environment is variables by name, like NAME=VALUE.")
    for name, text in value.items():
        good = isinstance(name, str) and isinstance(text, str) and "\0" not in name + text
        if not good or not name.strip() or name != name.strip() or "=" in name or not name.isprintable():
            raise InvalidValue(f'"{name}={text}" is no environment variable. Write it like NAME=VALUE.')
    return dict(value)


def _parse_data(text: str) -> object:
    try:
        value = json.loads(text or "{}", parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"The data is no JSON: {error}.") from error
    return check_data(value)


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number there")


def check_data(value: object) -> dict[str, Any]:
    """`value` where it is an object that JSON can hold. Raises InvalidValue."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise InvalidValue('The data is a JSON object, like {"width": "1920"}.')
    try:
        json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValue(f"The job's data can't be stored as JSON: {error}.") from error
    return dict(value)


def _data_text(data: Mapping[str, Any]) -> str:
    return json.dumps(dict(data), indent=2, ensure_ascii=False) if data else ""


def _check_frames(value: object) -> object:
    if not isinstance(value, str):
        raise InvalidValue('Frames are text, like "1-10,20-40x2".')
    count_frames(value)
    return value.strip()


def _tuples(kind: type, parse: Callable[[str], tuple[Any, ...]], text: Callable[[Any], str]) -> Kind:
    def check(value: object) -> object:
        if not isinstance(value, (tuple, list)) or not all(isinstance(item, kind) for item in value):
            raise InvalidValue(f"A list of {kind.__name__} is wanted here, not {value!r}.")
        # What can't be written can't be stored: names are checked by the one way that reads them.
        written = tuple(dict.fromkeys(value))
        if parse(text(written)) != written:
            raise InvalidValue(
                f'"{text(written)}" can\'t be stored: a name in it holds a sign that parts names.'
            )
        return written

    return Kind(parse, text, check)


def _short(text: str, length: int = 40) -> str:
    return f'"{text}"' if len(text) <= length else f'"{text[:length]}…"'


def _text_or_empty(value: object) -> str:
    return "" if value is None else str(value)


KINDS: Final[dict[str, Kind]] = {
    **{name: _whole(limit) for name, limit in JOB_LIMITS.items()},
    "title": _texts("A title", TITLE_LENGTH),
    "frames": Kind(_check_frames, _text_or_empty, _check_frames),
    "queue": Kind(_check_queue, _text_or_empty, _check_queue),
    "group": _texts("The title of a group", TITLE_LENGTH, empty=True),
    "user": _texts("The name of a user", notation.NAME_LENGTH, empty=True),
    "tags": _tuples(str, notation.parse_tags, notation.tags_text),
    "start_after": Kind(_parse_time, _time_text, _check_time),
    "agent_tags": _tuples(TagNeed, notation.parse_agent_tags, notation.agent_tags_text),
    "software": _tuples(SoftwareNeed, notation.parse_software, notation.software_text),
    "limits": _tuples(LimitUse, notation.parse_limits, notation.limits_text),
    "agents": _tuples(AgentChoice, notation.parse_agents, notation.agents_text),
    "parents": _tuples(Dependency, notation.parse_parents, notation.parents_text),
    "notify": _tuples(Subscription, notation.parse_notify, notation.notify_text),
    "environ": Kind(_parse_environ, _environ_text, check_environ),
    "data": Kind(_parse_data, _data_text, check_data),
    "jobtype_version": _whole(Limit(1, 1_000_000, "The version of the job type")),
    "output_link": _texts("An output link", NOTES_LENGTH, empty=True),
    "notes": _texts("Notes", NOTES_LENGTH, empty=True, lines=True),
    "hidden": Kind(_parse_hidden, lambda value: "true" if value else "false", _check_hidden),
}
"""By the name of the attribute."""
