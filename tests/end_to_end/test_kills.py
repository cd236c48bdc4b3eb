"""Window and agent are killed with SIGKILL in mid-task: nothing lost, doubled or left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.program import (
    Witness,
    agent_process,
    children,
    end_agent,
    farmgui,
    job,
    read,
    started,
    submit,
    wait_until,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness")


def test_frames_outlive_the_window_and_the_next_start_adopts_them(home: Path, witness: Witness) -> None:
    number = submit(witness, "1-4", 4, "--cpus", "1")
    with started() as window:
        wait_until(lambda: witness.count("start") >= 2, "two frames to start")
        window.kill()
        window.wait()
    assert len(witness.living()) >= 2, "frames must go on without the window"
    farmgui("run", "--until-idle")
    assert job(number)["tasks"]["done"] == 4
    assert (witness.count("start"), witness.count("end"), witness.count("twice")) == (4, 4, 0)
    assert [row["attempts"] for row in read("tasks", str(number))] == [1, 1, 1, 1]
    assert agent_process(home) is None
    assert children(witness) == []


def test_what_ended_while_no_program_ran_is_not_run_again(home: Path, witness: Witness) -> None:
    number = submit(witness, "1-2", 1)
    with started() as window:
        wait_until(lambda: witness.count("start") == 2, "both frames to start")
        window.kill()
        window.wait()
    wait_until(lambda: witness.count("end") == 2, "both frames to end without a program")
    farmgui("run", "--until-idle")
    assert job(number)["state"] == "done"
    assert witness.count("start") == 2


def test_a_killed_agents_frames_are_ended_whole_and_run_again(home: Path, witness: Witness) -> None:
    number = submit(witness, "1-4", 3)
    with started() as window:
        wait_until(lambda: witness.count("start") >= 2, "two frames to start")
        orphans = witness.living()
        agent = agent_process(home)
        assert agent is not None
        agent.kill()
        wait_until(lambda: job(number)["state"] == "done", "the job to be done")
        assert window.poll() is None
    assert witness.count("twice") == 0, "a frame ran twice at one time"
    assert not set(orphans) & set(witness.living())
    assert witness.count("end") == 4, "each frame ran to its end once"
    assert witness.count("start") == 6
    tasks = read("tasks", str(number))
    assert [(row["state"], row["failures"]) for row in tasks] == [("done", 0)] * 4
    assert sorted(row["attempts"] for row in tasks) == [1, 1, 2, 2]
    end_agent(home)
    assert children(witness) == []


def test_both_are_killed(home: Path, witness: Witness) -> None:
    number = submit(witness, "1-3", 8)
    with started() as window:
        wait_until(lambda: witness.count("start") >= 2, "two frames to start")
        agent = agent_process(home)
        assert agent is not None
        agent.kill()
        window.kill()
        window.wait()
    farmgui("run", "--until-idle")
    assert job(number)["tasks"]["done"] == 3
    assert (witness.count("end"), witness.count("twice")) == (3, 0)
    assert children(witness) == []
    assert agent_process(home) is None


def test_a_second_program_follows_and_leads_when_the_first_is_killed(home: Path, witness: Witness) -> None:
    number = submit(witness, "1-6", 1)
    with started() as first, started("run", "--until-idle") as second:
        wait_until(lambda: witness.count("start") >= 2, "two frames to start")
        first.kill()
        first.wait()
        assert second.wait(60) == 0
    assert job(number)["state"] == "done"
    assert (witness.count("start"), witness.count("end"), witness.count("twice")) == (6, 6, 0)
    assert agent_process(home) is None
