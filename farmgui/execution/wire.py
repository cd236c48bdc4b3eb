"""Messages between a lead and an agent as JSON: every field is named and checked, nothing else is taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from farmgui.domain.orders import BatchMode, BatchOrder, Patterns, TaskOrder
from farmgui.domain.reports import (
    Disk,
    Event,
    Finished,
    Gpu,
    Inventory,
    Progressed,
    Software,
    Started,
    Usage,
    Warned,
)
from farmgui.domain.sights import Blindness
from farmgui.domain.states import AttemptState

PROTOCOL: Final = 3
"""Raised when a message changes its meaning; lead and agent of different numbers don't talk."""
MAX_BYTES: Final = 16 * 2**20
"""The longest message that either side takes."""


class BadMessage(Exception):
    """What came is no message of this protocol; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first word of a lead."""

    protocol: int
    fence: int


@dataclass(frozen=True, slots=True)
class Start:
    """Run these batches, each at once and beside the others."""

    orders: tuple[BatchOrder, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """End these attempts."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The results of these attempts are stored."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskInventory:
    """Tell what you hold."""


@dataclass(frozen=True, slots=True)
class Look:
    """Tell whether you can read these files and write into these folders."""

    number: int
    """The answer has it too."""
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """End what runs, then yourself."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The agent takes this lead."""

    agent_id: str
    incarnation: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The agent doesn't take this lead, or no longer."""

    why: str


@dataclass(frozen=True, slots=True)
class News:
    """What happened to attempts, in order."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """What the agent holds."""

    inventory: Inventory


@dataclass(frozen=True, slots=True)
class Seen:
    """The answer to a `Look`: the first thing that is wrong, or none."""

    number: int
    problem: Blindness | None = None
    path: str = ""


FromLead = Hello | Start | Stop | Acknowledge | AskInventory | Look | End
FromAgent = Welcome | Refused | News | Holding | Seen
Message = FromLead | FromAgent

Check = Callable[[Any], Any]


def encode(value: Message | Event) -> bytes:
    """`value` as JSON. Strings may hold what a file name holds, also bytes that are no UTF-8."""
    return _ENCODER.encode(value).encode("ascii")


def join_events(events: list[bytes]) -> bytes:
    """A News message of events that are encoded already."""
    return b'{"kind":"news","events":[' + b",".join(events) + b"]}"


def decode(data: bytes) -> Message:
    """The message that `data` holds. Raises BadMessage."""
    message: Message = _read(_parse(data), _MESSAGES)
    return message


def decode_event(data: bytes) -> Event:
    """The single event that `data` holds. Raises BadMessage."""
    event: Event = _read(_parse(data), _EVENTS)
    return event


def _parse(data: bytes) -> object:
    try:
        return json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"no JSON: {error}") from error


def _no_constant(name: str) -> None:
    raise BadMessage(f"{name} is no number here")


class _Shape:
    """How one class is written and read: its kind, and a check for each of its fields."""

    def __init__(self, kind: str, make: Callable[..., Any], **checks: Check) -> None:
        self.kind = kind
        self.make = make
        self.checks = checks
        self.names = ("kind", *checks)
        self._values = attrgetter(*checks) if len(checks) > 1 else None

    def plain(self, value: object) -> dict[str, object]:
        if self._values is None:
            return {"kind": self.kind, **{name: getattr(value, name) for name in self.checks}}
        return dict(zip(self.names, (self.kind, *self._values(value)), strict=True))

    def read(self, data: object) -> Any:
        if not isinstance(data, dict) or len(data) != len(self.names) or data.get("kind") != self.kind:
            raise BadMessage(f"this is no {self.kind} with {', '.join(self.checks) or 'nothing more'}")
        try:
            return self.make(**{name: check(data[name]) for name, check in self.checks.items()})
        except KeyError as error:
            raise BadMessage(f"{error.args[0]} of {self.kind} is missing") from error


def _plain(value: object) -> object:
    shape = _BY_CLASS.get(type(value))
    if shape is not None:
        return shape.plain(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def _read(data: object, shapes: dict[str, _Shape]) -> Any:
    kind = data.get("kind") if isinstance(data, dict) else None
    shape = shapes.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise BadMessage(f"{str(kind)[:40]!r} is not known here")
    return shape.read(data)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadMessage(f"{type(value).__name__} instead of text")
    return value


def _told(value: object) -> str:
    """A text of an agent that is stored: what of it is no UTF-8, in the name of a disk, say, becomes "?"."""
    return _text(value).encode("utf-8", "replace").decode("utf-8")


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadMessage(f"{type(value).__name__} instead of a whole number")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadMessage(f"{type(value).__name__} instead of a number")
    try:
        return float(value)
    except OverflowError as error:
        raise BadMessage("a number beyond all bounds") from error


def _maybe(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _several(check: Check, make: Callable[[list[Any]], Any] = tuple) -> Check:
    def several(value: object) -> Any:
        if not isinstance(value, list):
            raise BadMessage(f"{type(value).__name__} instead of a list")
        return make([check(item) for item in value])

    return several


def _one_of(kind: type[BatchMode] | type[AttemptState] | type[Blindness]) -> Check:
    def one_of(value: object) -> Any:
        try:
            return kind(_text(value))
        except ValueError as error:
            raise BadMessage(str(error)) from error

    return one_of


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadMessage(f"{type(value).__name__} instead of yes or no")
    return value


def _row(make: Callable[..., Any], *checks: Check) -> Check:
    def row(value: object) -> Any:
        if not isinstance(value, list) or len(value) != len(checks):
            raise BadMessage(f"this is no list of {len(checks)}")
        return make(*(check(item) for check, item in zip(checks, value, strict=True)))

    return row


def _environ(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BadMessage(f"{type(value).__name__} instead of a table")
    return {_text(name): _text(text) for name, text in value.items()}


_ENCODER: Final = json.JSONEncoder(default=_plain, allow_nan=False, separators=(",", ":"))
_TOKENS: Final = _several(_text)
_USAGE: Final = _Shape("usage", Usage, cpu_seconds=_maybe(_number), peak_ram=_maybe(_whole))
_EVENTS: Final = {
    shape.kind: shape
    for shape in (
        _Shape("started", Started, token=_text, time=_number),
        _Shape("progressed", Progressed, token=_text, progress=_number),
        _Shape("warned", Warned, token=_text, text=_told),
        _Shape(
            "finished",
            Finished,
            token=_text,
            state=_one_of(AttemptState),
            time_started=_maybe(_number),
            time_finished=_number,
            exit_status=_maybe(_whole),
            reason=_maybe(_told),
            usage=_USAGE.read,
        ),
    )
}
_PATTERNS: Final = _Shape(
    "patterns",
    Patterns,
    progress=_maybe(_text),
    frame=_maybe(_text),
    done=_maybe(_text),
    warning=_maybe(_text),
    error=_maybe(_text),
)
_TASK: Final = _Shape(
    "task",
    TaskOrder,
    token=_text,
    frame=_text,
    tile=_maybe(_whole),
    log=_text,
    argv=_several(_text),
    outputs=_several(_text),
)
_BATCH: Final = _Shape(
    "batch",
    BatchOrder,
    token=_text,
    job_id=_whole,
    title=_text,
    mode=_one_of(BatchMode),
    tasks=_several(_TASK.read),
    argv=_several(_text),
    cwd=_maybe(_text),
    environ=_environ,
    patterns=_PATTERNS.read,
    cpus=_whole,
    ram=_whole,
    ram_warning=_maybe(_whole),
    ram_max=_maybe(_whole),
    nice=_whole,
    watched=_maybe(_text),
    watched_stamp=_maybe(_text),
    timeout=_maybe(_number),
    silence_timeout=_maybe(_number),
    gpus=_whole,
    no_automatic_start_time=_flag,
)
_INVENTORY: Final = _Shape(
    "inventory",
    Inventory,
    agent_id=_text,
    incarnation=_text,
    hostname=_told,
    os=_told,
    version=_told,
    cpus=_whole,
    ram=_whole,
    free_ram=_whole,
    pid=_whole,
    tokens=_several(_text, frozenset),
    cpu_name=_told,
    os_class=_told,
    gpus=_several(_row(Gpu, _whole, _told, _maybe(_whole))),
    disks=_several(_row(Disk, _told, _whole, _whole)),
    mac_addresses=_several(_told),
    software=_several(_row(Software, _told, _told)),
    joined=_flag,
    log_folder=_text,
    python=_text,
    assemble_tiles=_text,
)
_MESSAGES: Final = {
    shape.kind: shape
    for shape in (
        _Shape("hello", Hello, protocol=_whole, fence=_whole),
        _Shape("start", Start, orders=_several(_BATCH.read)),
        _Shape("stop", Stop, tokens=_TOKENS),
        _Shape("acknowledge", Acknowledge, tokens=_TOKENS),
        _Shape("ask inventory", AskInventory),
        _Shape("look", Look, number=_whole, reads=_TOKENS, writes=_TOKENS),
        _Shape("end", End),
        _Shape("welcome", Welcome, agent_id=_text, incarnation=_text),
        _Shape("refused", Refused, why=_text),
        _Shape("news", News, events=_several(lambda item: _read(item, _EVENTS))),
        _Shape("holding", Holding, inventory=_INVENTORY.read),
        _Shape("seen", Seen, number=_whole, problem=_maybe(_one_of(Blindness)), path=_told),
    )
}
_BY_CLASS: Final = {
    shape.make: shape
    for shape in (
        *_MESSAGES.values(),
        *_EVENTS.values(),
        _USAGE,
        _PATTERNS,
        _TASK,
        _BATCH,
        _INVENTORY,
    )
}
