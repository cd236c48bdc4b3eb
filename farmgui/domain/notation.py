"""How people write what a job asks for in one line: "gpu -slow", "blender 3.6..4.2, nuke", "12 15:frames".

Each pair of functions is a round trip: what `…_text` writes, `parse_…` reads back as the same value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from farmgui.domain.errors import InvalidValue
from farmgui.domain.requirements import (
    AgentChoice,
    Dependency,
    LimitUse,
    Outcome,
    SoftwareNeed,
    Subscription,
    TagNeed,
)

T = TypeVar("T")

NAME_LENGTH: Final = 255
MOST_OF_A_LIMIT: Final = 1_000_000
_BY_FRAME: Final = "frames"
_NOTHING: Final = "none"
_OUTCOMES: Final = (*(outcome.value for outcome in Outcome), _NOTHING)


def parse_tags(text: str) -> tuple[str, ...]:
    """ "film night": labels, each once. Raises InvalidValue."""
    return _each_once(_plain_name(word, "tag") for word in _words(text))


def tags_text(tags: Iterable[str]) -> str:
    """The labels in one line."""
    return " ".join(tags)


def parse_agent_tags(text: str) -> tuple[TagNeed, ...]:
    """ "gpu -slow": with the one, without the other. Raises InvalidValue."""
    needs = [TagNeed(*_signed(word, "tag")) for word in _words(text)]
    return _unique(needs, [need.name for need in needs], "tag")


def agent_tags_text(needs: Iterable[TagNeed]) -> str:
    """What `parse_agent_tags` reads."""
    return " ".join(f"-{need.name}" if need.negate else need.name for need in needs)


def parse_agents(text: str) -> tuple[AgentChoice, ...]:
    """ "farm01 -farm07": only on the one, never on the other. Raises InvalidValue."""
    choices = [AgentChoice(*_signed(word, "agent")) for word in _words(text)]
    return _unique(choices, [choice.hostname for choice in choices], "agent")


def agents_text(choices: Iterable[AgentChoice]) -> str:
    """What `parse_agents` reads."""
    return " ".join(f"-{choice.hostname}" if choice.excluded else choice.hostname for choice in choices)


def parse_software(text: str) -> tuple[SoftwareNeed, ...]:
    """ "blender 3.6..4.2, nuke 15, maya 2024..": programs, and the versions that will do.

    Raises InvalidValue.
    """
    needs = [_software(part) for part in _parts(text)]
    return _unique(needs, [need.name for need in needs], "program")


def software_text(needs: Iterable[SoftwareNeed]) -> str:
    """What `parse_software` reads."""
    return ", ".join(
        f"{need.name} {versions}" if (versions := _versions(need)) else need.name for need in needs
    )


def parse_limits(text: str) -> tuple[LimitUse, ...]:
    """ "nuke, arnold:2": one of the first, two of the second. Raises InvalidValue."""
    uses = [_limit(word) for word in _words(text)]
    return _unique(uses, [use.name for use in uses], "limit")


def limits_text(uses: Iterable[LimitUse]) -> str:
    """What `parse_limits` reads."""
    return ", ".join(use.name if use.amount == 1 else f"{use.name}:{use.amount}" for use in uses)


def parse_parents(text: str) -> tuple[Dependency, ...]:
    """ "12 15:frames": waits for all of the one, frame by frame for the other. Raises InvalidValue."""
    parents = [_dependency(word) for word in _words(text)]
    return _unique(parents, [parent.job_id for parent in parents], "job")


def parents_text(parents: Iterable[Dependency]) -> str:
    """What `parse_parents` reads."""
    return " ".join(
        f"{parent.job_id}:{_BY_FRAME}" if parent.by_frame else str(parent.job_id) for parent in parents
    )


def parse_notify(text: str) -> tuple[Subscription, ...]:
    """ "ana, ben:failure,deletion": the first of success and failure, the second as it says.

    Raises InvalidValue.
    """
    people: list[tuple[str, list[str] | None]] = []
    for part in _parts(text):
        name, colon, outcome = (word.strip() for word in part.partition(":"))
        if not colon and name in _OUTCOMES and people and people[-1][1] is not None:
            people[-1][1].append(name)
        else:
            people.append((_person(name), [outcome] if colon else None))
    found = [_subscription(name, outcomes) for name, outcomes in people]
    return _unique(found, [one.user for one in found], "person")


def notify_text(people: Iterable[Subscription]) -> str:
    """What `parse_notify` reads."""
    return ", ".join(_person_text(one) for one in people)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _each_once(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def _unique(values: list[T], names: Sequence[str | int], what: str) -> tuple[T, ...]:
    """`values`, unless two of them say different things of the same `names`."""
    said: dict[str | int, T] = {}
    for name, value in zip(names, values, strict=True):
        if said.setdefault(name, value) != value:
            raise InvalidValue(f"The {what} {name} is named twice, and differently. Name it once.")
    return tuple(said.values())


def _plain_name(word: str, what: str) -> str:
    if word.startswith("-"):
        raise InvalidValue(f'"{word}" is no {what}: a name can\'t begin with "-".')
    return _named(word, what)


def _named(word: str, what: str) -> str:
    if not word or len(word) > NAME_LENGTH or not word.isprintable():
        raise InvalidValue(f"The name of a {what} has 1 to {NAME_LENGTH} characters on one line.")
    return word


def _signed(word: str, what: str) -> tuple[str, bool]:
    return _plain_name(word.removeprefix("-"), what), word.startswith("-")


def _software(part: str) -> SoftwareNeed:
    name, *rest = part.split()
    if len(rest) > 1:
        raise InvalidValue(
            f'"{part}" is no program with its versions. Write it like "blender 3.6..4.2", "blender 3.6.." or '
            '"blender 3.6", and a comma before the next program.'
        )
    if not rest:
        return SoftwareNeed(_named(name, "program"))
    low, dots, high = rest[0].partition("..")
    if ".." in high or not (low or high):
        raise InvalidValue(f'"{rest[0]}" is no range of versions. Write it like "3.6..4.2" or "3.6..".')
    return SoftwareNeed(_named(name, "program"), low or None, (high or None) if dots else low)


def _versions(need: SoftwareNeed) -> str:
    if need.minimum is None and need.maximum is None:
        return ""
    if need.minimum == need.maximum:
        return need.minimum or ""
    return f"{need.minimum or ''}..{need.maximum or ''}"


def _limit(word: str) -> LimitUse:
    name, colon, amount = word.partition(":")
    number = _number(amount) if colon else 1
    if number is None or not 1 <= number <= MOST_OF_A_LIMIT:
        raise InvalidValue(
            f'"{word}" is no limit with its amount. Write it like "nuke" or "arnold:2", from 1 to '
            f"{MOST_OF_A_LIMIT:,}."
        )
    return LimitUse(_named(name, "limit"), number)


def _dependency(word: str) -> Dependency:
    number, colon, kind = word.partition(":")
    job_id = _number(number)
    if job_id is None or job_id < 1 or (colon and kind not in (_BY_FRAME, "frame")):
        raise InvalidValue(
            f'"{word}" is no job to wait for. Write its number, like "12"; "12:frames" waits frame by frame.'
        )
    return Dependency(job_id, bool(colon))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _person(name: str) -> str:
    return _named(name, "person")


def _subscription(name: str, outcomes: list[str] | None) -> Subscription:
    if outcomes is None:
        return Subscription(name)
    for outcome in outcomes:
        if outcome not in _OUTCOMES:
            raise InvalidValue(
                f'"{outcome}" is nothing to be told of. After "{name}:" write some of '
                f"{', '.join(_OUTCOMES[:-1])}, or {_NOTHING}."
            )
    return Subscription(
        name, Outcome.SUCCESS in outcomes, Outcome.FAILURE in outcomes, Outcome.DELETION in outcomes
    )


def _person_text(one: Subscription) -> str:
    told = {
        Outcome.SUCCESS: one.on_success,
        Outcome.FAILURE: one.on_failure,
        Outcome.DELETION: one.on_deletion,
    }
    # A person named like an outcome is told with theirs, or it would be read as one of the person before.
    if Subscription(one.user) == one and one.user not in _OUTCOMES:
        return one.user
    return f"{one.user}:{','.join(name for name, wanted in told.items() if wanted) or _NOTHING}"
