"""The wheel has all that the program needs, and runs where nothing of the checkout is in sight."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(240)


def run(command: Sequence[str | Path], folder: Path, **environ: str) -> str:
    """What a command prints; it has to succeed."""
    result = subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, text=True, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def files_below(folder: Path) -> list[str]:
    """The files that a wheel takes from a folder, by their path in it."""
    files = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return [file.as_posix() for file in files if file.suffix != ".pyc" and not file.name.startswith(".")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", str(ROOT)]
    run([*build, "--wheel-dir", str(folder)], folder)
    (built,) = folder.glob("farmgui-*.whl")
    return built


def test_every_resource_and_module_is_inside(wheel: Path) -> None:
    """Nothing of the checkout's package or resources is missing, and nothing else is there."""
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = {f"farmgui/{name}" for name in files_below(ROOT / "farmgui")}
    resources = {f"farmgui/resources/{name}" for name in files_below(ROOT / "resources")}
    assert inside == package | resources


def test_the_installed_program_has_its_resources(wheel: Path, tmp_path: Path) -> None:
    """Unpacked into a folder that comes before the checkout, it runs from there and finds its job types."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    run([*pip, str(tmp_path / "site"), str(wheel)], tmp_path)
    ask = "from farmgui.config import read_config; print(read_config().resources)"
    place = Path(run([sys.executable, "-c", ask], tmp_path, PYTHONPATH=str(tmp_path / "site")).strip())
    assert place == tmp_path / "site" / "farmgui" / "resources"
    assert sorted(files_below(place)) == sorted(files_below(ROOT / "resources"))


@pytest.mark.network
def test_it_starts_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """With its declared dependencies and nothing else, the command runs a job to its end."""
    run([sys.executable, "-m", "venv", str(tmp_path / "venv")], tmp_path)
    binaries = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = [binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel)], tmp_path)
    assert "submit" in run([binaries / "farmgui", "--help"], tmp_path)
    number = run([binaries / "farmgui", "submit", "--frames", "1-3", "--", "true"], tmp_path).strip()
    run([binaries / "farmgui", "run", "--until-idle"], tmp_path)
    (job,) = json.loads(run([binaries / "farmgui", "jobs", "--json"], tmp_path))
    assert (str(job["id"]), job["state"], job["tasks"]["done"]) == (number, "done", 3)
