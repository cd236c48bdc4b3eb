"""Who may import whom is a contract, and a new package has to be named in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the package in `folder` by its own pyproject.toml."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        text=True,
        capture_output=True,
        check=False,
    )


def copy_of_package(folder: Path) -> Path:
    """The package and its settings, to be changed."""
    shutil.copytree(ROOT / "farmgui", folder / "farmgui", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder / "farmgui"


def test_the_layers_hold() -> None:
    """No module imports what its layer may not."""
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_package_that_is_not_named_fails(tmp_path: Path) -> None:
    """The contract is exhaustive: what is new has to take its place in it."""
    unnamed = copy_of_package(tmp_path) / "unnamed"
    unnamed.mkdir()
    (unnamed / "__init__.py").write_text('"""Belongs nowhere."""\n')
    result = lint(tmp_path)
    assert result.returncode == 1
    assert "unnamed" in result.stdout


def test_an_arrow_upwards_fails(tmp_path: Path) -> None:
    """What is below doesn't know what is above, whichever way it is written."""
    module = copy_of_package(tmp_path) / "scheduler" / "upwards.py"
    module.write_text('"""Looks up."""\n\n\ndef look():\n    import farmgui.services\n')
    result = lint(tmp_path)
    assert result.returncode == 1
    assert "farmgui.scheduler.upwards -> farmgui.services" in result.stdout
