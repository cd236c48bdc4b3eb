"""The command line: what it does, its exit status, and bad input in one sentence."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from farmgui.cli import main
from tests.end_to_end.program import farmgui, job, read, started, wait_until

PYTHON = sys.executable


def test_a_commands_life(home: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    script = "import sys, pathlib as p; p.Path(*sys.argv[1:]).write_text('x'); print('wrote', sys.argv[2])"
    number = farmgui(
        "submit", "--frames", "1-3,10-20x5", "--title", "Writes", "--priority", "5", "--cpus", "1",
        "--batch", "2", "--", PYTHON, "-c", script, output, "{frame:04d}",
    ).strip()  # fmt: skip
    row = job(int(number))
    assert (row["title"], row["state"], row["priority"], row["batch"]) == ("Writes", "queued", 5, 2)
    assert row["tasks"] == {"queued": 6, "assigned": 0, "running": 0, "done": 0, "failed": 0}
    farmgui("set", number, "priority=7", "weight=20", "maximum_agents=", "notes=for the director")
    farmgui("run", "--until-idle")
    row = job(int(number))
    assert (row["state"], row["priority"], row["weight"], row["notes"]) == ("done", 7, 20, "for the director")
    assert sorted(file.name for file in output.iterdir()) == ["0001", "0002", "0003", "0010", "0015", "0020"]
    tasks = read("tasks", number)
    assert [task["frame"] for task in tasks] == [1, 2, 3, 10, 15, 20]
    assert "wrote 0001" in farmgui("log", str(tasks[0]["id"]))
    farmgui("rerun", number)
    assert job(int(number))["state"] == "queued"
    farmgui("pause", number)
    assert job(int(number))["state"] == "paused"
    farmgui("run", "--until-idle")
    assert job(int(number))["tasks"]["queued"] == 6
    farmgui("resume", number)
    farmgui("run", "--until-idle")
    assert job(int(number))["state"] == "done"
    farmgui("delete", number, "--yes")
    assert [row["id"] for row in read("jobs") if not row["to_be_deleted"]] == []
    assert read("agents")[0]["cpus"] >= 1


def test_a_failure_gives_status_1_and_rerun_failed_mends_it(tmp_path: Path) -> None:
    mark = tmp_path / "mended"
    script = "import sys, os; print('Error: no texture'); sys.exit(0 if os.path.exists(sys.argv[1]) else 3)"
    number = farmgui("submit", "--frames", "1-2", "--requeue", "1", "--", PYTHON, "-c", script, mark).strip()
    said = farmgui("run", "--until-idle", status=1)
    assert "frame 1 failed: Error: no texture" in said
    tasks = read("tasks", number)
    assert [(task["state"], task["failures"], task["attempts"]) for task in tasks] == [("failed", 2, 2)] * 2
    mark.touch()
    farmgui("rerun-failed", number)
    assert [(task["failures"], task["last_error"]) for task in read("tasks", number)] == [(0, None)] * 2
    farmgui("run", "--until-idle")
    assert job(int(number))["state"] == "done"


def test_commands_wake_a_running_program_at_once_and_stop_ends_what_runs(home: Path) -> None:
    with started("run"):
        wait_until(lambda: read("agents"), "the agent to connect")
        number = farmgui("submit", "--frames", "1-2", "--", "sleep", "60").strip()
        wait_until(lambda: job(int(number))["tasks"]["running"] >= 1, "a frame to run", 5)
        farmgui("stop", number)
        wait_until(lambda: job(int(number))["tasks"]["queued"] == 2, "the frames to queue again", 15)
        row = job(int(number))
        assert row["state"] == "paused"
        assert [task["failures"] for task in read("tasks", number)] == [0, 0]
        farmgui("delete", number, "--yes")
        wait_until(lambda: read("jobs") == [], "the job to be deleted", 15)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["submit", "/no/such/scene.blend"], "no file", id="no such file"),
        pytest.param(["submit", "{tmp}/broken.blend"], "broken.blend", id="truncated scene"),
        pytest.param(["submit", "{tmp}/empty.blend"], "empty", id="empty scene"),
        pytest.param(["submit", "{tmp}/letter.odt"], "letter.odt", id="no job type for it"),
        pytest.param(["submit", "--type", "painting", "{tmp}/scene.py"], "painting", id="unknown job type"),
        pytest.param(["submit", "--frames", "1-abc", "--", "true"], "no frame range", id="no frame range"),
        pytest.param(["submit", "--frames", "1-1000001", "--", "true"], "1,000,000", id="too many frames"),
        pytest.param(["submit", "--", "no-such-command"], "no-such-command", id="no such command"),
        pytest.param(["submit", "--", "true", "{nothing}"], "no placeholder", id="unknown placeholder"),
        pytest.param(["submit", "--cpus", "1000", "--", "true"], "from 1 to 256", id="cpus out of range"),
        pytest.param(["submit", "--parent", "99", "--", "true"], "no job 99", id="unknown parent"),
        pytest.param(["submit"], "Name files", id="nothing to submit"),
        pytest.param(["rerun", "99"], "no job 99", id="unknown job"),
        pytest.param(["tasks", "99"], "no job 99", id="tasks of an unknown job"),
        pytest.param(["set", "99", "priority=5"], "no job 99", id="set on an unknown job"),
        pytest.param(["set", "1", "colour=red"], "can't be set", id="unknown value"),
        pytest.param(["set", "1", "priority=red"], "whole number", id="no number"),
        pytest.param(["log", "99"], "99", id="log of an unknown task"),
    ],
)
def test_bad_input_is_one_sentence_and_never_half_a_job(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.blend").write_bytes(b"BLENDER-v304RENDH\x00")
    (tmp_path / "empty.blend").touch()
    (tmp_path / "letter.odt").write_text("Dear wrangler")
    (tmp_path / "scene.py").write_text("print(1)")
    assert main([text.replace("{tmp}", str(tmp_path)) for text in arguments]) == 1
    said = capsys.readouterr()
    assert words in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert said.out == ""
    assert main(["jobs", "--all", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_without_a_display_the_window_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "no display" in farmgui(status=1)


def test_json_is_an_array_of_objects() -> None:
    assert json.loads(farmgui("jobs", "--json")) == []
    assert json.loads(farmgui("agents", "--json")) == []


@pytest.mark.povray
def test_pov_ray_renders_by_the_command_line(tmp_path: Path) -> None:
    scene = tmp_path / "ball.pov"
    scene.write_text(
        "camera { location <0, 1, -4> look_at 0 } light_source { <2, 4, -3> rgb 1 }\n"
        "sphere { <sin(clock), 0, 0>, 1 pigment { rgb <1, 0.5, 0> } }\n"
    )
    number = farmgui(
        "submit", "--frames", "1-3", "--value", "width=64", "--value", "height=36", scene
    ).strip()
    farmgui("run", "--until-idle")
    row = job(int(number))
    assert (row["state"], row["tasks"]["done"]) == ("done", 3)
    pictures = sorted(tmp_path.rglob("*.png"))
    assert len(pictures) == 3
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)
