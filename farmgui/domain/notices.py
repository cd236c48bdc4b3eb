"""What people are told of the end of a job: templates with named places, filled with facts.

Titles and errors are foreign text. Templates are filled in one pass, by name alone, and what becomes a header
is one line of printable characters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from string import Template
from typing import Final

from farmgui.domain.errors import InvalidValue
from farmgui.domain.requirements import Outcome

MOST_FAILED: Final = 5
"""Failed frames that are named with their errors."""
_SUBJECT: Final = 200
_ERROR: Final = 300
_BODY: Final = 20_000

PLACES: Final = (
    "title",
    "job",
    "user",
    "queue",
    "job_type",
    "state",
    "frames",
    "tasks",
    "done",
    "failed",
    "failed_frames",
    "time_taken",
    "output",
)
"""The names that a template may have, written like $title or ${title}."""

_ABOUT: Final = """
Job:       $job, $title
Submitted: by $user, as $job_type, in queue $queue
Frames:    $frames
Tasks:     $done of $tasks done, $failed failed
Time:      $time_taken
Output:    $output
"""

TEMPLATES: Final[Mapping[str, str]] = {
    "success_subject": "Done: $title (job $job)",
    "success_body": f"$title is done.\n{_ABOUT}",
    "failure_subject": "Failed: $title (job $job)",
    "failure_body": f"$title failed.\n{_ABOUT}\n$failed_frames\n",
    "deletion_subject": "Deleted: $title (job $job)",
    "deletion_body": f"$title was deleted from the farm. Rendered files stay where they are.\n{_ABOUT}",
}
"""The farm's, where neither the settings nor the job type has one of its own: two for each outcome."""
TEMPLATES_OF_JOBTYPES: Final = ("success_subject", "success_body", "failure_subject", "failure_body")
"""Those that a type of jobs may have of its own."""


@dataclass(frozen=True, slots=True)
class FailedFrame:
    """A frame that failed, and what it said last."""

    name: str
    error: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a job at its end."""

    job_id: int
    title: str
    user: str
    queue: str
    job_type: str
    state: str
    frames: str
    tasks: int
    done: int
    failed: int
    failed_frames: tuple[FailedFrame, ...] = ()
    """The first few of them."""
    time_taken: timedelta | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A subject and a text, ready to be sent."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class DesktopNotice:
    """A message for a person's desktop; its `id` is told when it was shown."""

    id: int
    job_id: int
    outcome: Outcome
    message: Message


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Who wasn't told of what, and why, as a sentence."""

    id: int
    text: str


def message(outcome: Outcome, facts: Facts, templates: Mapping[str, str]) -> Message:
    """The mail that tells of `outcome`; `templates` go before those of the farm."""
    values = _values(facts)
    known = {**TEMPLATES, **templates}
    subject = Template(known[f"{outcome}_subject"]).safe_substitute(values)
    body = Template(known[f"{outcome}_body"]).safe_substitute(values)
    return Message(one_line(subject, _SUBJECT), _lines(body)[:_BODY])


def short_message(outcome: Outcome, facts: Facts) -> Message:
    """The same for a notification on the desktop."""
    subject = Template(TEMPLATES[f"{outcome}_subject"]).safe_substitute(_values(facts))
    told = f"{facts.done:,} of {facts.tasks:,} frames done"
    if facts.failed:
        told += f", {facts.failed:,} failed"
    if facts.time_taken is not None:
        told += f", in {_duration(facts.time_taken)}"
    if outcome is Outcome.FAILURE and facts.failed_frames:
        told += f".\nFrame {facts.failed_frames[0].name}: {facts.failed_frames[0].error}"
    return Message(one_line(subject, _SUBJECT), _lines(told)[:_ERROR])


def as_json(outcome: Outcome, facts: Facts) -> str:
    """The same for a program."""
    taken = None if facts.time_taken is None else facts.time_taken.total_seconds()
    told = {
        "event": f"job.{outcome}",
        "job": facts.job_id,
        "title": facts.title,
        "user": facts.user,
        "queue": facts.queue,
        "job_type": facts.job_type,
        "state": facts.state,
        "frames": facts.frames,
        "counts": {"tasks": facts.tasks, "done": facts.done, "failed": facts.failed},
        "failed_frames": [{"frame": item.name, "error": item.error} for item in facts.failed_frames],
        "seconds": taken,
        "output": facts.output,
    }
    return json.dumps(told)


def check_template(name: str, text: str) -> str:
    """`text` where it is a template that can be filled. Raises InvalidValue with what is wrong in it."""
    template = Template(text)
    if not template.is_valid():
        raise InvalidValue(f"{_titled(name)} has a $ that begins no name. Write $$ for a dollar sign.")
    unknown = sorted(set(template.get_identifiers()) - set(PLACES))
    if unknown:
        raise InvalidValue(
            f"{_titled(name)} has ${unknown[0]}, which isn't known. Known are {', '.join(PLACES)}."
        )
    return text


def one_line(text: str, most: int) -> str:
    """`text` as one line of printable characters, at most `most` of them: nothing in it can end a header."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _lines(text: str) -> str:
    """`text` with its lines, and without characters that steer a terminal."""
    return "\n".join(
        "".join(letter if letter.isprintable() or letter == "\t" else " " for letter in line).rstrip()
        for line in text.splitlines()
    )


def _values(facts: Facts) -> dict[str, str]:
    return {
        "title": facts.title,
        "job": str(facts.job_id),
        "user": facts.user or "nobody",
        "queue": facts.queue or "/",
        "job_type": facts.job_type,
        "state": facts.state,
        "frames": facts.frames,
        "tasks": f"{facts.tasks:,}",
        "done": f"{facts.done:,}",
        "failed": f"{facts.failed:,}",
        "failed_frames": "\n".join(_failed(facts)),
        "time_taken": "unknown" if facts.time_taken is None else _duration(facts.time_taken),
        "output": facts.output or "not told",
    }


def _failed(facts: Facts) -> list[str]:
    lines = [f"Frame {item.name}: {one_line(item.error, _ERROR)}" for item in facts.failed_frames]
    more = facts.failed - len(lines)
    return [*lines, f"… and {more:,} more."] if more > 0 and lines else lines


def _duration(taken: timedelta) -> str:
    minutes, seconds = divmod(max(0, round(taken.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _titled(name: str) -> str:
    outcome, _, part = name.partition("_")
    return f"The {'subject' if part == 'subject' else 'text'} for {outcome}"
