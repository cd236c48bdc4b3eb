"""What jobs ask for is obeyed by the real program, scheduler and agent; their frames write a diary."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from farmgui.cli.farm import opened
from farmgui.domain.snapshots import JobRow
from farmgui.domain.states import JobState
from farmgui.services.farm import Farm
from tests.end_to_end.program import farmgui, started, wait_until

_SCRIPT = """
import sys, time
label, frame, seconds = sys.argv[2:5]
def tell(word):
    with open(sys.argv[1], "a") as file:
        print(word, label, frame, time.time(), file=file)
tell("start")
time.sleep(float(seconds))
tell("end")
sys.exit(int(sys.argv[5]))
"""


@dataclass(frozen=True)
class Diary:
    """What the frames of all jobs did, in order."""

    file: Path

    def submit(self, label: str, frames: str, *values: str, seconds: float = 0.1, status: int = 0) -> int:
        """A job whose frames write into the diary; `values` are NAME=VALUE."""
        options = [word for value in values for word in ("--set", value)]
        command = (sys.executable, "-c", _SCRIPT, self.file, label, "{frame}", str(seconds), str(status))
        return int(farmgui("submit", "--frames", frames, "--title", label, *options, "--", *command))

    def lines(self) -> list[tuple[str, str, int, float]]:
        """The word, the label, the frame and the time of each."""
        text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        return [
            (word, label, int(frame), float(at))
            for word, label, frame, at in map(str.split, text.splitlines())
        ]

    def started(self, label: str) -> list[int]:
        """The frames of a job in the order in which they began."""
        return [frame for word, whose, frame, _ in self.lines() if (word, whose) == ("start", label)]

    def times(self, word: str, label: str) -> dict[int, float]:
        """When each frame began or ended."""
        return {frame: at for said, whose, frame, at in self.lines() if (said, whose) == (word, label)}


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(tmp_path / "diary")


@pytest.fixture
def farm() -> Iterator[Farm]:
    """The same farm, looked at without the time that a command takes to start."""
    with opened() as farm:
        yield farm


def job(farm: Farm, number: int) -> JobRow:
    return next(row for row in farm.queries.jobs() if row.id == number)


def test_a_child_follows_its_parent_frame_by_frame(diary: Diary, farm: Farm) -> None:
    parent = diary.submit("plates", "1-4", "maximum_agents=1", "cpus=1", "most_per_agent=1", seconds=0.5)
    child = diary.submit("comp", "1-4", f"parents={parent}:frames", "cpus=1")
    farmgui("run", "--until-idle")
    assert job(farm, child).state is JobState.DONE
    plates, comp = diary.times("end", "plates"), diary.times("start", "comp")
    assert all(comp[frame] >= plates[frame] for frame in plates)
    assert comp[1] < plates[4]


def test_a_licence_is_never_used_twice_and_an_unknown_one_not_at_all(diary: Diary, farm: Farm) -> None:
    farmgui("limits", "set", "seat", "1")
    seated = diary.submit("seated", "1-4", "limits=seat", "cpus=1", seconds=0.2)
    lost = diary.submit("lost", "1", "limits=nobody")
    with started("run"):
        wait_until(lambda: job(farm, seated).state is JobState.DONE, "the job with a licence to end")
        wait_until(lambda: "nobody" in (job(farm, lost).waiting or ""), "the reason of the other one")
    words = [word for word, label, _, _ in diary.lines() if label == "seated"]
    assert words == ["start", "end"] * 4
    assert diary.started("lost") == []


def test_a_job_waits_for_an_agent_with_its_tag_and_says_so(diary: Diary, farm: Farm) -> None:
    number = diary.submit("tagged", "1-2", "agent_tags=gpu -slow")
    with started("run"):
        wait_until(lambda: "gpu" in (job(farm, number).waiting or ""), "the reason why it waits")
        assert job(farm, number).waiting_since
        (agent,) = farm.queries.agents()
        farmgui("agents", "set", agent.hostname, "tags=gpu slow")
        time.sleep(1)
        assert diary.started("tagged") == []
        farmgui("agents", "set", agent.hostname, "tags=gpu")
        wait_until(lambda: job(farm, number).state is JobState.DONE, "the job to end")
    assert job(farm, number).waiting is None


def test_preview_frames_come_first(diary: Diary, farm: Farm) -> None:
    number = diary.submit("preview", "1-9", "preview=4", "cpus=-1", "batch=1", seconds=0)
    farmgui("run", "--until-idle")
    assert job(farm, number).state is JobState.DONE
    frames = diary.started("preview")
    assert set(frames[:3]) == {1, 5, 9}
    assert frames[3:] == sorted(frames[3:])


def test_a_retry_waits_and_says_until_when(diary: Diary, farm: Farm) -> None:
    number = diary.submit("fails", "1", "requeue=1", seconds=0, status=3)
    with started("run"):
        wait_until(lambda: "tried again" in (job(farm, number).waiting or ""), "the reason why it waits")
        wait_until(lambda: job(farm, number).state is JobState.FAILED, "the second failure")
    first, second = (at for word, _, _, at in diary.lines() if word == "start")
    assert 5 <= second - first < 9


def test_what_runs_or_is_silent_for_too_long_is_ended(diary: Diary, farm: Farm) -> None:
    long = diary.submit("long", "1", "timeout=1", "requeue=0", "cpus=1", seconds=60)
    silent = diary.submit("silent", "1", "silence_timeout=1", "requeue=0", "cpus=1", seconds=60)
    begun = time.monotonic()
    farmgui("run", "--until-idle", status=1)
    assert time.monotonic() - begun < 30
    long_error, silent_error = (row.last_error or "" for row in farm.queries.tasks([long, silent]))
    assert "ran for 1 second" in long_error and "wrote nothing for" in silent_error


def test_enough_failures_pause_a_job_with_the_reason(diary: Diary, farm: Farm) -> None:
    number = diary.submit("bad", "1-20", "most_failures=3", "requeue=0", "cpus=-1", seconds=0, status=1)
    with started("run"):
        wait_until(lambda: job(farm, number).state is JobState.PAUSED, "the job to be paused")
        assert "3 failures" in job(farm, number).pause_reason
    assert len(diary.started("bad")) < 20


def test_the_tree_of_dependants_goes_with_a_job(diary: Diary, farm: Farm) -> None:
    first = diary.submit("first", "1")
    second = diary.submit("second", "1", f"parents={first}")
    diary.submit("third", "1", f"parents={second}")
    said = farmgui("set", str(first), f"parents={second}", status=1)
    assert "first" in said and "second" in said
    farmgui("delete", str(first), "--yes")
    with started("run"):
        wait_until(lambda: farm.queries.jobs() == [], "all three to be deleted")
    assert diary.lines() == []
