"""The main job in the real window with real events: drop, submit, render; a frame fails and is rerun."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from farmgui.domain.states import JobState, TaskState
from farmgui.ui.dialogs.submission import SubmissionDialog
from farmgui.ui.program import Program
from tests.end_to_end.window import (
    PATIENCE,
    drop,
    jobs,
    press_submit,
    rerun_by_menu,
    submission_form,
    tasks,
)

SCENE = '''# /// farmgui
# title = "Four frames"
# frames = "1-4"
# output = "four_frames/four_####.txt"
# ///
"""A scene of the sample's own type: a Python script that draws a frame."""
import pathlib, sys, time
frame, output = sys.argv[1], pathlib.Path(sys.argv[2])
print(f"frame {frame}: 50%", flush=True)
time.sleep(0.2)
broken = pathlib.Path(__file__).parent / "texture is missing"
if frame == "3" and broken.exists():
    print("Error: texture.png can't be read", flush=True)
    sys.exit(1)
output.parent.mkdir(parents=True, exist_ok=True)
output.write_text(frame)
'''


def test_a_dropped_scene_is_rendered_and_a_failed_frame_rerun(
    program: Program, qtbot: QtBot, tmp_path: Path
) -> None:
    window = program.window
    scene = tmp_path / "four.py"
    scene.write_text(SCENE, encoding="utf-8")
    broken = tmp_path / "texture is missing"
    broken.touch()

    assert drop(window, scene)
    press_submit(qtbot, submission_form(qtbot, window))
    qtbot.waitUntil(lambda: len(jobs(window)) == 1, timeout=PATIENCE)
    assert jobs(window)[0].title == "Four frames"
    program.farm.jobs.change([jobs(window)[0].id], {"requeue": 0})

    qtbot.waitUntil(lambda: jobs(window)[0].state is JobState.FAILED, timeout=PATIENCE)
    qtbot.waitUntil(lambda: len(tasks(window, TaskState.DONE)) == 3, timeout=PATIENCE)
    (failed,) = tasks(window, TaskState.FAILED)
    assert str(failed.frame) == "3"
    assert failed.last_error == "Error: texture.png can't be read"
    frames = tmp_path / "four_frames"
    assert sorted(file.name for file in frames.iterdir()) == [
        "four_0001.txt",
        "four_0002.txt",
        "four_0004.txt",
    ]

    broken.unlink()
    rerun_by_menu(qtbot, window, failed)
    qtbot.waitUntil(lambda: jobs(window)[0].state is JobState.DONE, timeout=PATIENCE)
    assert (frames / "four_0003.txt").read_text() == "3"
    assert len(list(frames.iterdir())) == 4


def test_what_cannot_be_submitted_is_refused_while_dragging(program: Program, tmp_path: Path) -> None:
    letter = tmp_path / "letter.odt"
    letter.write_text("Dear wrangler")
    assert not drop(program.window, letter)
    assert not program.window.findChildren(SubmissionDialog)


MAKE_SCENE = """
import bpy, sys
scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.samples = 1
# Debian's build has no denoiser.
scene.cycles.use_denoising = False
scene.render.resolution_x, scene.render.resolution_y = 64, 36
scene.frame_start, scene.frame_end = 1, 4
scene.render.filepath = "//frames/shot_####"
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
"""


@pytest.mark.blender
def test_a_dropped_blender_scene_is_rendered_and_a_failed_frame_rerun(
    program: Program, qtbot: QtBot, tmp_path: Path
) -> None:
    window = program.window
    script, scene, frames = tmp_path / "make.py", tmp_path / "shot.blend", tmp_path / "frames"
    script.write_text(MAKE_SCENE, encoding="utf-8")
    subprocess.run(
        ["blender", "-b", "--factory-startup", "--python-exit-code", "1", "-P", script, "--", scene],
        check=True,
        capture_output=True,
    )
    # A folder stands where frame 3 is to be written.
    in_the_way = frames / "shot_0003.png"
    in_the_way.mkdir(parents=True)

    assert drop(window, scene)
    press_submit(qtbot, submission_form(qtbot, window))
    qtbot.waitUntil(lambda: len(jobs(window)) == 1, timeout=PATIENCE)
    assert jobs(window)[0].title == "shot"
    program.farm.jobs.change([jobs(window)[0].id], {"requeue": 0})

    qtbot.waitUntil(lambda: jobs(window)[0].state is JobState.FAILED, timeout=PATIENCE)
    qtbot.waitUntil(lambda: len(tasks(window, TaskState.DONE)) == 3, timeout=PATIENCE)
    (failed,) = tasks(window, TaskState.FAILED)
    assert str(failed.frame) == "3"
    assert "shot_0003.png" in (failed.last_error or "")

    in_the_way.rmdir()
    rerun_by_menu(qtbot, window, failed)
    qtbot.waitUntil(lambda: jobs(window)[0].state is JobState.DONE, timeout=PATIENCE)
    pictures = sorted(frames.iterdir())
    assert [file.name for file in pictures] == [f"shot_000{frame}.png" for frame in (1, 2, 3, 4)]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in pictures)
