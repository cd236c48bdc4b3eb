"""Commands of the job types run for real: the files are where they should be, and the patterns fit."""

from __future__ import annotations

import importlib.util
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from farmgui.domain.frames import parse_frames
from farmgui.domain.jobtypes import BatchFrame, JobTypeDefinition, batch_command, task_outputs
from farmgui.domain.orders import BatchMode
from farmgui.submission.describe import describe
from farmgui.submission.draft import Draft
from farmgui.submission.filling import choose_scene, draft_for
from farmgui.submission.job import existing, make_output_folder, template_values, to_spec
from farmgui.submission.problems import problems
from tests.submission.conftest import RESOURCES
from tests.submission.reading import Read, read_output

Definitions = list[JobTypeDefinition]


@dataclass
class Rendered:
    """How a command ended, what it said, and which of the expected files are there and fresh."""

    status: int
    read: Read
    files: list[Path]
    missing: list[Path]
    output: str


def render(draft: Draft, frames: str | None = None) -> Rendered:
    """Run the draft's job: one batch, or each frame, as its type says."""
    assert problems(draft) == ()
    make_output_folder(to_spec(draft))
    values = template_values(draft)
    batch = [BatchFrame(frame) for frame in parse_frames(frames or draft.frames)]
    whole = draft.definition.mode is BatchMode.ONE_PROCESS
    start, output, status = time.time() - 1, "", 0
    for part in [batch] if whole else [[frame] for frame in batch]:
        done = run(batch_command(draft.definition, values, part), draft.cwd)
        status, output = status or done.returncode, output + done.stdout
    files = [Path(name) for frame in batch for name in task_outputs(draft.definition, values, frame)]
    fresh = [
        file for file in files if file.is_file() and file.stat().st_size and file.stat().st_mtime >= start
    ]
    missing = [file for file in files if file not in fresh]
    return Rendered(status, read_output(draft.definition.patterns, output), fresh, missing, output)


def run(command: Sequence[str], cwd: Path | None) -> subprocess.CompletedProcess[str]:
    """Run a command and take what it says."""
    return subprocess.run(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.blender
def test_blender_renders_a_batch_in_one_process(shot: Path, definitions: Definitions) -> None:
    draft = replace(draft_for(shot, definitions), batch=3, cpus=1)
    done = render(draft, "2-4")
    assert (done.status, done.missing) == (0, []), done.output
    assert [file.name for file in done.files] == ["shot_0002.png", "shot_0003.png", "shot_0004.png"]
    assert done.files[0].parent == shot.parent / "frames"
    assert done.read.frames == [2, 3, 4]
    assert len(done.read.done) == 3
    assert max(done.read.progress) == 1.0
    assert done.read.errors == []
    assert existing(draft).text == "3 of 6 exist"


@pytest.mark.blender
def test_blender_writes_pictures_where_the_scene_says_movie(shot: Path, definitions: Definitions) -> None:
    draft = choose_scene(draft_for(shot, definitions), "Close up").with_values(engine="CYCLES")
    done = render(draft, "10,15")
    assert (done.status, done.missing) == (0, []), done.output
    assert [file.name for file in done.files] == ["Close up_0010.png", "Close up_0015.png"]


@pytest.mark.blender
def test_blender_renders_again_what_the_scene_says_to_keep(shot: Path, definitions: Definitions) -> None:
    program = draft_for(shot, definitions).program
    keep = "import bpy; bpy.data.scenes['Shot'].render.use_overwrite = False; bpy.ops.wm.save_mainfile()"
    run([str(program), "--background", str(shot), "--python-expr", keep], None)
    draft = draft_for(shot, definitions)
    assert render(draft, "1").missing == []
    first = (shot.parent / "frames" / "shot_0001.png").stat().st_mtime_ns
    assert render(draft, "1").missing == []
    assert (shot.parent / "frames" / "shot_0001.png").stat().st_mtime_ns > first


@pytest.mark.blender
def test_the_first_error_line_of_blender_says_what_is_wrong(shot: Path, definitions: Definitions) -> None:
    program = draft_for(shot, definitions).program
    without = "import bpy; bpy.data.scenes['Shot'].camera = None; bpy.ops.wm.save_mainfile()"
    run([str(program), "--background", str(shot), "--python-expr", without], None)
    done = render(draft_for(shot, definitions), "1")
    assert done.status != 0
    assert done.read.errors[0] == "Error: Cannot render, no camera"


@pytest.mark.blender
def test_blender_cannot_read_a_scene_that_is_cut_off(shot: Path, definitions: Definitions) -> None:
    draft = draft_for(shot, definitions)
    shot.write_bytes(shot.read_bytes()[:20_000])
    done = render(draft, "1")
    assert done.status != 0
    assert done.read.errors[0].startswith("Error: ")


@pytest.mark.povray
def test_povray_renders_frames_of_an_animation(ball: Path, definitions: Definitions) -> None:
    ball.with_suffix(".ini").write_text("Initial_Frame=1\nFinal_Frame=120\nWidth=48\nHeight=36\n")
    draft = replace(draft_for(ball, definitions), cpus=1)
    assert (draft.frames, draft.value("width"), draft.value("height")) == ("1-120", "48", "36")
    done = render(draft, "7,120")
    assert (done.status, done.missing) == (0, []), done.output
    assert [file.name for file in done.files] == ["a ball_0007.png", "a ball_0120.png"]
    assert done.files[0].read_bytes() != done.files[1].read_bytes(), "the clock moves"
    assert max(done.read.progress) == 1.0
    assert done.read.errors == []


@pytest.mark.povray
def test_povray_renders_a_still(tmp_path: Path, definitions: Definitions) -> None:
    path = tmp_path / "still.pov"
    path.write_text("#version 3.7;\nglobal_settings { assumed_gamma 1.0 }\nbackground { rgb 1 }\n")
    draft = draft_for(path, definitions).with_values(width="32", height="24")
    done = render(draft)
    assert (done.status, done.missing) == (0, []), done.output
    assert [file.name for file in done.files] == ["still_0001.png"]


@pytest.mark.povray
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sphere { 0, 1\ncamera {\n", "Parse Error: No matching }"),
        ('#include "nowhere.inc"\n', "Parse Error: Cannot open include file nowhere.inc"),
    ],
    ids=["brace", "include"],
)
def test_the_first_error_line_of_povray(
    text: str, words: str, tmp_path: Path, definitions: Definitions
) -> None:
    path = tmp_path / "bad.pov"
    path.write_text(f"#version 3.7;\n{text}")
    done = render(draft_for(path, definitions).with_values(width="32", height="24"))
    assert done.status != 0
    assert words in done.read.errors[0]


@pytest.mark.ffmpeg
def test_ffmpeg_makes_a_movie(tmp_path: Path, definitions: Definitions) -> None:
    spec = importlib.util.spec_from_file_location("sunrise", RESOURCES / "samples" / "sunrise.py")
    assert spec is not None
    assert spec.loader is not None
    sunrise = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sunrise)
    for number in range(8, 12):
        sunrise.write_png(tmp_path / f"wave {number}.png", [[(number / 12, 0.5, 0.2)] * 33] * 21)
    done = render(draft_for(tmp_path / "wave 8.png", definitions))
    assert (done.status, done.missing) == (0, []), done.output
    assert done.files == [tmp_path / "wave.mp4"]
    assert "frame=    4 " in done.output


@pytest.mark.ffmpeg
def test_the_first_error_line_of_ffmpeg(tmp_path: Path, definitions: Definitions) -> None:
    (tmp_path / "a_1.png").write_bytes(b"no picture")
    done = render(draft_for(tmp_path / "a_1.png", definitions))
    assert done.status != 0
    assert "Could not find codec parameters" in done.read.errors[0]


def test_a_picture_of_the_sample(tmp_path: Path, definitions: Definitions) -> None:
    from farmgui.submission.sample import prepare_sample

    draft = draft_for(prepare_sample(RESOURCES / "samples", tmp_path / "sample"), definitions)
    assert (draft.job_type, draft.title, draft.frames) == ("python-script", "Sunrise (sample)", "1-24")
    assert describe(draft, 4) == "up to 4 at a time, 1 core each"
    done = render(draft, "12")
    assert (done.status, done.missing) == (0, []), done.output
    assert done.files == [tmp_path / "sample" / "sunrise_frames" / "sunrise_0012.png"]
    assert done.files[0].read_bytes().startswith(b"\x89PNG")
    assert done.read.progress[-1] == 1.0
    assert done.read.progress == sorted(done.read.progress)
