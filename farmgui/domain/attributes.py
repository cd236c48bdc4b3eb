"""What can be set on a job: one vocabulary for the window, the command line and submission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from farmgui.domain.attribute_kinds import KINDS
from farmgui.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Attribute:
    """One value of a job: its words, and its way to text and back.

    `parse` reads what a person wrote and raises InvalidValue with a sentence; `text` writes a value so that
    `parse` reads the same one back. `check` takes the value itself and raises the same.
    """

    name: str
    title: str
    section: str
    tip: str
    parse: Callable[[str], object]
    text: Callable[[Any], str]
    check: Callable[[object], object]
    several: bool = True
    """May be set on several jobs at once."""
    lines: bool = False
    """A text of several lines."""


def parse_attribute(name: str, text: str) -> object:
    """`text` as the value of the attribute `name`. Raises InvalidValue, also for a name that isn't known."""
    return known_attribute(name).parse(text)


def known_attribute(name: str) -> Attribute:
    """The attribute `name`. Raises InvalidValue telling which there are."""
    attribute = JOB_ATTRIBUTES.get(name)
    if attribute is None:
        raise InvalidValue(f'"{name}" can\'t be set. These can: {", ".join(JOB_ATTRIBUTES)}.')
    return attribute


_WORDS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("title", "Title", "Job", "What people call the job."),
    (
        "frames",
        "Frames",
        "Job",
        'The frames, in the order in which agents are given them, like "1-10,20-40x2". x: every nth; '
        "y: those between every nth; 1-10:3: every third, then every second, then the rest.",
    ),
    (
        "priority",
        "Priority",
        "Order",
        "From -1000 to 1000. Among the jobs and queues of one queue, a higher one is served first.",
    ),
    (
        "weight",
        "Weight",
        "Order",
        "Jobs and queues of one priority share the agents in proportion to their weights. "
        "0: only what nobody else can use.",
    ),
    (
        "batch",
        "Batch",
        "Order",
        "Tasks that an agent is given at once; one process renders them all where the program can do that.",
    ),
    (
        "requeue",
        "Requeue",
        "Order",
        "How often a failed task is tried again. 0: never; -1: forever.",
    ),
    (
        "cpus",
        "CPUs",
        "Resources",
        "CPUs that a batch takes of its agent. 0: none in particular; -1: the whole agent to itself.",
    ),
    (
        "ram",
        "RAM",
        "Resources",
        "MB of memory that must be free on the agent. 0: none in particular; -1: the whole agent to itself.",
    ),
    ("gpus", "GPUs", "Resources", "Graphics cards that a batch takes of its agent. 0: none."),
    (
        "ram_warning",
        "RAM warning",
        "Resources",
        "MB of memory; a task that uses more gets a warning and runs on. Empty: no warning.",
    ),
    (
        "ram_max",
        "RAM maximum",
        "Resources",
        "MB of memory; a task that uses more is ended and counts as failed. Empty: no limit.",
    ),
    (
        "minimum_agents",
        "Minimum agents",
        "Resources",
        "Agents that the job gets before all else, as long as it can use them. Empty: none.",
    ),
    (
        "maximum_agents",
        "Maximum agents",
        "Resources",
        "Agents that the job has at most at once. 0: none at all; empty: no limit.",
    ),
    ("queue", "Queue", "Place", 'The queue that the job is in, like "/film/shot". Empty: none, the root.'),
    ("group", "Group", "Place", "Jobs of one group are shown together. Empty: in no group."),
    ("user", "User", "Place", "Whose job it is. Empty: whoever submits it; of a stored job, nobody."),
    ("tags", "Tags", "Place", 'Labels to find the job by, like "film night". Nothing is scheduled by them.'),
    (
        "start_after",
        "Start after",
        "Run",
        'Nothing of it starts before, like "2026-11-25 22:00" in local time. Empty: at once.',
    ),
    (
        "preview",
        "Preview",
        "Run",
        "Frames that are offered before the others: the first, the last and every nth. "
        "0: the first and the last only; empty: no preview.",
    ),
    (
        "most_per_agent",
        "Most per agent",
        "Run",
        "Tasks of the job that one agent runs at once, at most. Empty: as many as fit.",
    ),
    (
        "most_failures",
        "Most failures",
        "Run",
        "Failures after which the job is paused, with the reason. Empty: no limit.",
    ),
    (
        "timeout",
        "Timeout",
        "Run",
        "Seconds that a task may run; then it is ended and counts as failed. Empty: as the job type says.",
    ),
    (
        "silence_timeout",
        "Silence timeout",
        "Run",
        "Seconds that a task may write nothing; then it is ended and counts as failed. "
        "Empty: as the job type says.",
    ),
    (
        "agent_tags",
        "Tags of agents",
        "Needs",
        'Only agents with these tags and without those after a "-", like "gpu -slow". Empty: any agent.',
    ),
    (
        "software",
        "Software",
        "Needs",
        'Programs that the agent must have, like "blender 3.6..4.2, nuke": versions from and to; '
        '"3.6..": from 3.6; "3.6": only that one. Empty: nothing beside what the job type needs.',
    ),
    (
        "limits",
        "Limits",
        "Needs",
        'Licences and the like that it takes, like "nuke, arnold:2". Empty: none.',
    ),
    (
        "agents",
        "Agents",
        "Needs",
        'Agents by name that may run it, and after a "-" those that may not, like "farm01 -farm07". '
        "Empty: any agent.",
    ),
    (
        "parents",
        "Waits for",
        "Dependencies",
        'Numbers of jobs that must be done before, like "12 15:frames"; with ":frames" each frame waits '
        "for the same frame only. Empty: none.",
    ),
    (
        "notify",
        "Notify",
        "Dependencies",
        'People who are told how it ends, like "ana, ben:failure,deletion"; without more, of success and '
        "failure. Empty: nobody.",
    ),
    ("environ", "Environment", "Program", "Variables for its processes, one NAME=VALUE a line."),
    ("data", "Data", "Program", "What the job type's command is filled with, as JSON."),
    (
        "jobtype_version",
        "Job type version",
        "Program",
        "The version of its job type that the job runs with; it stays with it until this is changed.",
    ),
    (
        "autodelete_time",
        "Delete after",
        "Afterwards",
        "Seconds after which the job is deleted once it is done. Empty: never.",
    ),
    ("output_link", "Output link", "Afterwards", "Where the result can be seen: a folder or an address."),
    ("notes", "Notes", "Afterwards", "For people to read."),
    (
        "hidden",
        "Hidden",
        "Afterwards",
        "A hidden job is neither shown nor scheduled until it is unhidden.",
    ),
    (
        "num_tiles",
        "Tiles",
        "Submission",
        "Regions to split each frame into, set on submission only. Empty: whole frames.",
    ),
)
_ONE_JOB: Final = frozenset({"title", "data", "num_tiles"})
_LINES: Final = frozenset({"environ", "data", "notes"})


def _attribute(name: str, title: str, section: str, tip: str) -> Attribute:
    kind = KINDS[name]
    return Attribute(
        name, title, section, tip, kind.parse, kind.text, kind.check, name not in _ONE_JOB, name in _LINES
    )


JOB_ATTRIBUTES: Final[dict[str, Attribute]] = {words[0]: _attribute(*words) for words in _WORDS}
"""By name, in the order of the form."""

SUBMISSION_ONLY: Final = frozenset({"num_tiles"})
"""What a stored job can't be given any more."""
