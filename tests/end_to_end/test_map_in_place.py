"""A machine that can't see the scene is told in the form, and sees it once the path is mapped there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from farmgui.domain.snapshots import AgentRow
from farmgui.domain.states import AgentState, JobState
from farmgui.ui.dialogs.map_path import MapPathDialog
from farmgui.ui.program import Program
from tests.end_to_end.cluster import Cluster, cluster, machine
from tests.end_to_end.test_main_job import SCENE
from tests.end_to_end.window import drop, jobs, press_submit, submission_form

pytestmark = pytest.mark.slow
LONG = 60_000


@pytest.fixture
def running(home: Path) -> Iterator[Cluster]:
    """The cluster of the test's farm."""
    with cluster(home) as found:
        yield found


def agents(program: Program, *, joined: bool) -> list[AgentRow]:
    """The agents that are there, of this machine or joined."""
    rows = program.farm.queries.agents()
    return [row for row in rows if row.joined is joined and row.state is not AgentState.OFFLINE]


def test_the_path_is_mapped_in_the_form_and_the_machine_renders(
    program: Program, running: Cluster, qtbot: QtBot, tmp_path: Path
) -> None:
    window, scene = program.window, tmp_path / "here" / "four.py"
    scene.parent.mkdir()
    scene.write_text(SCENE, encoding="utf-8")
    there = tmp_path / "there"
    there.symlink_to(scene.parent)
    with machine(tmp_path / "m1", *running.line()):
        qtbot.waitUntil(lambda: bool(agents(program, joined=True)), timeout=LONG)
        qtbot.waitUntil(lambda: bool(agents(program, joined=False)), timeout=LONG)
        program.farm.agents.disable([row.id for row in agents(program, joined=False)])
        (agent,) = agents(program, joined=True)
        # Both are one machine with one set of files: a map sends the one that joined to where none are.
        program.farm.agents.change([agent.id], {"tags": ["remote"]})
        gone = str(tmp_path / "gone")
        program.farm.path_maps.create(gone, "S:\\show", str(scene.parent), tag="remote")
        assert drop(window, scene)
        form = submission_form(qtbot, window)
        assert form.sights is not None
        words = f"{agent.hostname} can't see four.py: put it on the share or map the path."
        qtbot.waitUntil(lambda: form.sights.text() == words, timeout=LONG)
        form.sights.button.click()
        qtbot.waitUntil(lambda: bool(form.findChildren(MapPathDialog)), timeout=LONG)
        (dialog,) = form.findChildren(MapPathDialog)
        assert dialog.line("there").text() == gone
        dialog.line("there").setText(str(there))
        dialog.ok.click()
        qtbot.waitUntil(lambda: form.sights.text() == f"{agent.hostname} sees the files.", timeout=LONG)
        press_submit(qtbot, form)
        qtbot.waitUntil(lambda: bool(jobs(window)), timeout=LONG)
        qtbot.waitUntil(lambda: jobs(window)[0].state is JobState.DONE, timeout=2 * LONG)
    (row,) = program.farm.path_maps.rows()
    assert (row.linux, row.tag) == (str(there), "remote")
