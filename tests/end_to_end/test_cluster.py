"""One window and many machines: they join with a code, render over TLS, are killed, and nothing is lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from farmgui.domain.snapshots import AgentRow
from farmgui.domain.states import AgentState, JobState
from farmgui.ui.program import Program
from tests.end_to_end.cluster import Cluster, agent_of, cluster, machine, start_cluster
from tests.end_to_end.program import Witness, children, submit
from tests.end_to_end.test_main_job import SCENE
from tests.end_to_end.window import drop, jobs, press_submit, submission_form

pytestmark = pytest.mark.slow
LONG = 60_000
UNTIL_FREED = 200_000
"""Milliseconds: what a silent agent has is run elsewhere after two minutes."""


@pytest.fixture
def running(home: Path) -> Iterator[Cluster]:
    """The cluster of the test's farm."""
    with cluster(home) as found:
        yield found


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness")


def joined(program: Program) -> list[AgentRow]:
    """The joined agents that are there."""
    rows = program.farm.queries.agents()
    return [row for row in rows if row.joined and row.state is not AgentState.OFFLINE]


def state_of(program: Program, number: int) -> JobState:
    """The state of a job."""
    return next(row.state for row in program.farm.queries.jobs() if row.id == number)


def rest_here(qtbot: QtBot, program: Program) -> None:
    """Have this machine's own agent take nothing."""

    def here() -> list[str]:
        return [row.id for row in program.farm.queries.agents() if not row.joined]

    qtbot.waitUntil(lambda: bool(here()), timeout=LONG)
    program.farm.agents.disable(here())


def test_a_dropped_scene_is_rendered_by_two_machines(
    program: Program, running: Cluster, qtbot: QtBot, tmp_path: Path
) -> None:
    window = program.window
    scene = tmp_path / "four.py"
    scene.write_text(SCENE, encoding="utf-8")
    address, code = running.line()
    with machine(tmp_path / "m1", address, code), machine(tmp_path / "m2", *running.invite()):
        qtbot.waitUntil(lambda: len(joined(program)) == 2, timeout=LONG)
        rest_here(qtbot, program)
        assert drop(window, scene)
        press_submit(qtbot, submission_form(qtbot, window))
        qtbot.waitUntil(lambda: bool(jobs(window)), timeout=LONG)
        qtbot.waitUntil(lambda: jobs(window)[0].state is JobState.DONE, timeout=LONG)
        assert len(list((tmp_path / "four_frames").iterdir())) == 4
        # Both machines of this test have one name: who rendered what is told by where the logs are.
        logs = {
            name: list((tmp_path / name / "joined" / "agent" / "logs").rglob("*-1.log"))
            for name in ("m1", "m2")
        }
        assert all(logs.values()), "one machine rendered nothing"
        assert sum(map(len, logs.values())) == 4


def test_an_agent_is_killed_and_the_job_ends_whole(
    program: Program, running: Cluster, qtbot: QtBot, tmp_path: Path, witness: Witness
) -> None:
    address, code = running.line()
    with machine(tmp_path / "m1", address, code), machine(tmp_path / "m2", *running.invite()):
        qtbot.waitUntil(lambda: len(joined(program)) == 2, timeout=LONG)
        rest_here(qtbot, program)
        number = submit(witness, "1-8", 1.0)
        qtbot.waitUntil(lambda: witness.count("end") >= 1, timeout=LONG)
        agent = agent_of(tmp_path / "m1")
        assert agent is not None
        agent.kill()
        qtbot.waitUntil(lambda: state_of(program, number) is JobState.DONE, timeout=LONG)
        assert witness.count("twice") == 0
        # What the killed agent had may have come to its end before the next one ended it; it is run again.
        assert {frame for word, frame, _ in witness.events() if word == "end"} == set(range(1, 9))
        assert not children(witness)


@pytest.mark.timeout(280)
def test_a_machine_is_gone_and_its_frames_are_rendered_elsewhere(
    program: Program, running: Cluster, qtbot: QtBot, tmp_path: Path, witness: Witness
) -> None:
    address, code = running.line()
    with machine(tmp_path / "m1", address, code) as first, machine(tmp_path / "m2", *running.invite()):
        qtbot.waitUntil(lambda: len(joined(program)) == 2, timeout=LONG)
        rest_here(qtbot, program)
        number = submit(witness, "1-4", 3.0)
        qtbot.waitUntil(lambda: witness.count("start") >= 2, timeout=LONG)
        first.kill()
        qtbot.waitUntil(lambda: len(joined(program)) == 1, timeout=LONG)
        qtbot.waitUntil(lambda: state_of(program, number) is JobState.DONE, timeout=UNTIL_FREED)
        assert witness.count("end") == 4


def test_the_engine_is_killed_while_frames_render_and_they_go_on(
    program: Program, running: Cluster, qtbot: QtBot, tmp_path: Path, witness: Witness
) -> None:
    with machine(tmp_path / "m1", *running.line()):
        qtbot.waitUntil(lambda: len(joined(program)) == 1, timeout=LONG)
        rest_here(qtbot, program)
        number = submit(witness, "1-6", 2.0)
        qtbot.waitUntil(lambda: witness.count("start") >= 1, timeout=LONG)
        running.spoken.process.kill()
        running.spoken.end()
        qtbot.waitUntil(lambda: witness.count("end") >= 1, timeout=LONG)
        running.spoken = start_cluster(running.home, running.ports)
        qtbot.waitUntil(lambda: state_of(program, number) is JobState.DONE, timeout=2 * LONG)
        assert witness.count("start") == 6, "a frame was rendered twice"
        assert witness.count("end") == 6


def test_a_machine_that_cannot_see_the_scene_is_skipped_until_it_does(
    program: Program, running: Cluster, qtbot: QtBot, tmp_path: Path
) -> None:
    """Both are one machine with one set of files: a map sends the one that joined to where none are."""
    window, scene = program.window, tmp_path / "here" / "four.py"
    scene.parent.mkdir()
    scene.write_text(SCENE, encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    with machine(tmp_path / "m1", *running.line()):
        qtbot.waitUntil(lambda: len(joined(program)) == 1, timeout=LONG)
        rest_here(qtbot, program)
        (agent,) = joined(program)
        program.farm.agents.change([agent.id], {"tags": ["remote"]})
        program.farm.path_maps.create(str(elsewhere), "S:\\show", str(scene.parent), tag="remote")
        assert drop(window, scene)
        press_submit(qtbot, submission_form(qtbot, window))
        qtbot.waitUntil(lambda: bool(jobs(window)), timeout=LONG)
        words = f"{agent.hostname} can't see four.py: put it on the share or map the path"
        qtbot.waitUntil(lambda: jobs(window)[0].waiting == words, timeout=LONG)
        (first, *_) = program.farm.queries.tasks([jobs(window)[0].id])
        assert not program.farm.queries.attempts(first.id)
        elsewhere.symlink_to(scene.parent)
        qtbot.waitUntil(lambda: jobs(window)[0].state is JobState.DONE, timeout=2 * LONG)
        assert jobs(window)[0].counts.failed == 0


def test_nothing_of_the_engine_is_imported_on_a_single_workstation() -> None:
    import subprocess

    code = (
        "import sys; import farmgui.app, farmgui.cli, farmgui.ui.program, farmgui.execution.engine.runner; "
        "print([name for name in ('distributed', 'dask', 'tornado', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
