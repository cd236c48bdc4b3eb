"""The page on job formats names all that there is, and its examples can be read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from farmgui.domain.jobtypes import READERS, JobTypeDefinition, Parameter, Program, parse_definition
from farmgui.domain.orders import Patterns
from farmgui.domain.snapshots import AgentRow, AttemptRow, JobRow, TaskRow
from farmgui.submission.filling import draft_for

PAGE = (Path(__file__).parents[2] / "docs" / "job-formats.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```(toml|python)\n(.*?)```", PAGE, re.DOTALL))


def words() -> set[str]:
    """All that stands in backticks."""
    return set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))


@pytest.mark.parametrize("kind", [JobTypeDefinition, Program, Patterns, Parameter])
def test_every_field_of_a_job_type_is_described(kind: type) -> None:
    assert {field.name for field in fields(kind)} - words() == set()


def test_every_reader_is_described() -> None:
    assert READERS - {""} - words() == set()


@pytest.mark.parametrize("kind", [TaskRow, AgentRow, AttemptRow, JobRow])
def test_every_name_in_the_json_is_described(kind: type) -> None:
    # A job's counts are printed as "tasks".
    assert {field.name for field in fields(kind)} - {"counts"} - words() == set()


def test_the_example_of_a_job_type() -> None:
    assert parse_definition(tomllib.loads(EXAMPLES["toml"])).name == "my-renderer"


def test_the_example_of_a_script(tmp_path: Path, definitions: list[JobTypeDefinition]) -> None:
    script = tmp_path / "waves.py"
    script.write_text(EXAMPLES["python"])
    draft = draft_for(script, definitions)
    assert (draft.title, draft.frames, draft.ram) == ("Waves", "1-24", 500)
