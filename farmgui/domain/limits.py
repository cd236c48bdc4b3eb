"""The range of each value that a wrangler may set on a job or queue, with the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from farmgui.domain.errors import InvalidValue

MAX_TASKS: Final = 1_000_000
TITLE_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class Limit:
    """An integer range; `special` values stand beside it with a meaning of their own.

    `empty` says in words what no value means; where it is None, a value is required.
    """

    low: int
    high: int
    title: str
    unit: str = ""
    special: tuple[tuple[int, str], ...] = ()
    empty: str | None = None

    @property
    def lowest(self) -> int:
        """The smallest value an editor may offer, special ones included."""
        return min([self.low, *(value for value, _ in self.special)])

    def words(self) -> str:
        """The range in words: "a whole number from 1 to 256 MB; -1: the whole agent"."""
        unit = f" {self.unit}" if self.unit else ""
        text = f"a whole number from {self.low} to {self.high}{unit}"
        for value, meaning in self.special:
            text += f"; {value}: {meaning}"
        if self.empty is not None:
            text += f"; empty: {self.empty}"
        return text

    def check(self, value: object) -> int | None:
        """`value` where it is in range; raises InvalidValue otherwise."""
        if value is None and self.empty is not None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidValue(f"{self.title} is {self.words()}, not {value!r}.")
        if self.low <= value <= self.high or any(value == known for known, _ in self.special):
            return value
        raise InvalidValue(f"{self.title} is {self.words()}, not {value}.")


_WHOLE: Final = ((0, "none required"), (-1, "the whole agent to itself"))
_MOST: Final = 1_000_000
_LONGEST: Final = 10**9

# PyFarm 1.1 and 1.20; 9.1 rules 1, 11 and 14 for the special values.
JOB_LIMITS: Final[dict[str, Limit]] = {
    "priority": Limit(-1000, 1000, "Priority"),
    "weight": Limit(1, _MOST, "Weight", special=((0, "only what nobody else can use"),)),
    "batch": Limit(1, _MOST, "Batch", "tasks"),
    "requeue": Limit(1, 1000, "Requeue", special=((0, "never"), (-1, "forever"))),
    "cpus": Limit(1, 256, "CPUs", special=_WHOLE),
    "ram": Limit(16, 262_144, "RAM", "MB", _WHOLE),
    "gpus": Limit(0, 64, "GPUs"),
    "ram_warning": Limit(1, 262_144, "RAM warning", "MB", empty="no warning"),
    "ram_max": Limit(1, 262_144, "RAM maximum", "MB", empty="no limit"),
    "minimum_agents": Limit(0, _MOST, "Minimum agents", empty="none"),
    "maximum_agents": Limit(1, _MOST, "Maximum agents", special=((0, "none at all"),), empty="no limit"),
    "preview": Limit(
        1,
        _MOST,
        "Preview",
        "frames",
        ((0, "the first and the last frame only"),),
        "in the order of the frames",
    ),
    "most_per_agent": Limit(1, _MOST, "Most per agent", "tasks", empty="as many as fit"),
    "most_failures": Limit(1, _MOST, "Most failures", empty="no limit"),
    "timeout": Limit(1, _LONGEST, "Timeout", "seconds", empty="as the job type says"),
    "silence_timeout": Limit(1, _LONGEST, "Silence timeout", "seconds", empty="as the job type says"),
    "num_tiles": Limit(1, 1024, "Tiles", empty="no tiles"),
    "autodelete_time": Limit(1, _LONGEST, "Delete after", "seconds", empty="never"),
}

TASK_LIMITS: Final[dict[str, Limit]] = {
    "priority": Limit(-1000, 1000, "The priority of a task"),
    "attempts": Limit(0, 2**31 - 1, "Attempts"),
    "failures": Limit(0, 2**31 - 1, "Failures"),
}

AGENT_LIMITS: Final[dict[str, Limit]] = {
    "cpus": Limit(1, 256, "CPUs of an agent"),
    "ram": Limit(16, 262_144, "RAM of an agent", "MB"),
    "port": Limit(1024, 65_535, "Port", empty="not told"),
}


VERSION_LIMITS: Final[dict[str, Limit]] = {
    "version": Limit(1, _MOST, "The version of a job type"),
    "max_batch": Limit(1, _MOST, "The largest batch of a job type", "tasks", empty="of any length"),
}


def check_value(name: str, value: object) -> object:
    """`value` where the column `name` may hold it; raises InvalidValue with the range in words."""
    limit = JOB_LIMITS.get(name)
    if limit is not None:
        return limit.check(value)
    if name == "title" and (not isinstance(value, str) or not value.strip() or len(value) > TITLE_LENGTH):
        raise InvalidValue(f"A title has 1 to {TITLE_LENGTH} characters.")
    return value


TOGETHER: Final = ("ram_warning", "ram_max", "minimum_agents", "maximum_agents")
"""The values that `check_together` looks at."""


def check_together(values: Mapping[str, object]) -> None:
    """Raise InvalidValue where the values of one job contradict each other."""
    warning, most = values.get("ram_warning"), values.get("ram_max")
    if isinstance(warning, int) and isinstance(most, int) and warning > most:
        raise InvalidValue(
            f"A RAM warning at {warning} MB would never be given: a task is ended at {most} MB. Lower the "
            "warning or raise the maximum."
        )
    least, highest = values.get("minimum_agents"), values.get("maximum_agents")
    if isinstance(least, int) and isinstance(highest, int) and least > highest:
        raise InvalidValue(
            f"A minimum of {least} agents is above the maximum of {highest}. Lower one or raise the other."
        )
