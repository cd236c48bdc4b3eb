"""What becomes of running frames when the window closes, and who leads afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from farmgui.app import go_on_in_background, make_lead, open_farm, sample_draft
from farmgui.config import read_config, read_settings
from farmgui.services.lease import holder
from farmgui.ui.program import Program
from tests.end_to_end.program import (
    Witness,
    agent_process,
    children,
    end_agent,
    farmgui,
    job,
    started,
    submit,
    wait_until,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness")


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> Iterator[Program]:
    """A program with a window, that closes when the test says so."""
    config = read_config()
    settings = read_settings(config.settings_file)
    farm = open_farm(config, settings)

    def go_on(finish: bool) -> None:
        go_on_in_background(config, finish=finish)

    program = Program(config, settings, farm, make_lead, sample_draft, go_on)
    program.start(sample=False)
    yield program
    program.window.deleteLater()


def close(program: Program, choice: str) -> None:
    """Close the window with the choice remembered, as `Remember` in the question does."""
    program.window._settings.on_close = choice
    program.window.close()
    program.end()


def run_two(program: Program, qtbot: QtBot, witness: Witness, frames: str = "1-4", seconds: float = 3) -> int:
    """A job of which two frames run, and the window knows it."""
    number = submit(witness, frames, seconds)
    qtbot.waitUntil(lambda: witness.count("start") >= 2, timeout=20_000)
    qtbot.waitUntil(lambda: program.window._summary.tasks.running >= 2, timeout=20_000)
    return number


def test_stop_now_ends_what_runs_and_queues_it_again(
    window: Program, qtbot: QtBot, witness: Witness, home: Path
) -> None:
    number = run_two(window, qtbot, witness, seconds=60)
    close(window, "stop")
    assert job(number)["tasks"]["queued"] == 4
    assert witness.living() == []
    assert children(witness) == []
    assert agent_process(home) is None


def test_finish_lets_running_frames_end_and_starts_no_others(
    window: Program, qtbot: QtBot, witness: Witness, home: Path
) -> None:
    number = run_two(window, qtbot, witness)
    close(window, "finish")
    wait_until(lambda: agent_process(home) is None, "the agent to end after the running frames")
    assert witness.count("end") == 2
    assert job(number)["tasks"] == {"queued": 2, "assigned": 0, "running": 0, "done": 2, "failed": 0}


def test_the_background_renders_all_and_ends(
    window: Program, qtbot: QtBot, witness: Witness, home: Path
) -> None:
    number = run_two(window, qtbot, witness, seconds=2)
    close(window, "background")
    wait_until(lambda: job(number)["state"] == "done", "the job to be done in the background")
    wait_until(lambda: agent_process(home) is None, "the agent to end")
    assert (witness.count("start"), witness.count("end"), witness.count("twice")) == (4, 4, 0)


def test_the_next_window_takes_the_farm_back_from_the_background(
    window: Program, qtbot: QtBot, witness: Witness, home: Path
) -> None:
    number = run_two(window, qtbot, witness, "1-10", seconds=2)
    close(window, "background")
    farm = open_farm(read_config())
    with started():

        def kind() -> str:
            with farm.database.reading() as session:
                lead = holder(session)
            return lead.kind if lead else ""

        wait_until(lambda: kind() == "background", "the background to lead", 20)
        wait_until(lambda: kind() == "window", "the window to take over", 20)
        wait_until(lambda: job(number)["state"] == "done", "the job to be done")
    farm.close()
    assert (witness.count("start"), witness.count("end"), witness.count("twice")) == (10, 10, 0)
    end_agent(home)


def test_a_second_window_follows_and_its_commands_count(witness: Witness, home: Path) -> None:
    with started() as first:
        wait_until(lambda: agent_process(home), "the first window's agent")
        with started() as second:
            number = submit(witness, "1-2", 1)
            wait_until(lambda: job(number)["state"] == "done", "the job to be done")
            assert second.poll() is None
        assert first.poll() is None
    assert witness.count("start") == 2
    farmgui("run", "--until-idle")
    assert agent_process(home) is None
