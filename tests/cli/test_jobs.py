"""Jobs by the command line: any attribute is set and shown in the same words; a deletion is asked for."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from farmgui.cli import main
from farmgui.domain.attributes import JOB_ATTRIBUTES

SET = {
    "title": "night",
    "frames": "1-5x2",
    "priority": "7",
    "weight": "0",
    "batch": "2",
    "requeue": "-1",
    "cpus": "-1",
    "ram": "0",
    "gpus": "1",
    "ram_warning": "100",
    "ram_max": "200",
    "minimum_agents": "1",
    "maximum_agents": "3",
    "queue": "/film/shot",
    "group": "Act one",
    "tags": "film night",
    "start_after": "2100-01-02 03:04",
    "preview": "0",
    "most_per_agent": "2",
    "most_failures": "5",
    "timeout": "60",
    "silence_timeout": "30",
    "agent_tags": "gpu -slow",
    "software": "blender 3.6..4.2",
    "limits": "arnold:2, nuke",
    "parents": "1:frames",
    "notify": "ana, ben:failure,deletion",
    "environ": "A=1",
    "jobtype_version": "1",
    "autodelete_time": "60",
    "output_link": "file:///out",
    "notes": "for Monday",
    "hidden": "true",
    "user": "ana",
}


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """What a command prints; where it fails, the sentence."""
    assert main(words) == status, capsys.readouterr().err
    captured = capsys.readouterr()
    return captured.err if status else captured.out


def shown(capsys: pytest.CaptureFixture[str], job: str) -> dict[str, str]:
    """The lines of `show` by their names."""
    lines = said(capsys, "show", job).splitlines()
    return {line[2:20].strip(): line[20:] for line in lines if line.startswith("  ")}


def whole(capsys: pytest.CaptureFixture[str], job: str) -> Any:
    (row,) = json.loads(said(capsys, "show", job, "--json"))
    return row


@pytest.fixture
def job(capsys: pytest.CaptureFixture[str]) -> str:
    """A second job on a farm that knows what SET names."""
    for words in (
        ["users", "add", "ana"],
        ["users", "add", "ben"],
        ["queues", "add", "/film/shot"],
        ["software", "add", "blender", "3.6", "4.2"],
        ["submit", "--title", "first", "--", "true"],
    ):
        said(capsys, *words)
    return said(capsys, "submit", "--frames", "1-3", "--", "true").strip()


def test_all_that_is_set_is_shown_in_the_same_words(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "set", job, *(f"{name}={text}" for name, text in SET.items()))
    lines = shown(capsys, job)
    assert {name: lines[name] for name in SET} == SET
    assert {*SET, "data", "agents", "num_tiles"} == set(JOB_ATTRIBUTES)


def test_all_that_is_submitted_is_shown_in_the_same_words(
    job: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [word for name, text in SET.items() for word in ("--set", f"{name}={text}")]
    number = said(capsys, "submit", *options, "--", "true").strip()
    lines = shown(capsys, number)
    assert {name: lines[name] for name in SET} == SET


def test_options_and_set_are_the_same(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    number = said(
        capsys, "submit", "--most-failures", "5", "--group", "Act one", "--parent", "1:frames", "--parent",
        "2", "--tag", "film", "--env", "A=1", "--set", "environ=B=2", "--set", "gpus=2", "--", "true",
    ).strip()  # fmt: skip
    row = whole(capsys, number)
    assert (row["most_failures"], row["group"], row["tags"], row["gpus"]) == (5, "Act one", ["film"], 2)
    assert row["environ"] == {"A": "1", "B": "2"}
    assert row["parents"] == [{"job_id": 1, "by_frame": True}, {"job_id": 2, "by_frame": False}]


def test_data_of_the_command(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    number = said(capsys, "submit", "--set", 'data={"width": 3}', "--", "true").strip()
    assert whole(capsys, number)["data"]["width"] == 3
    assert whole(capsys, number)["data"]["command"] == ["true"]


def test_several_jobs_are_set_at_once_or_none(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "set", "1", job, "priority=5", "limits=nuke")
    assert [whole(capsys, number)["priority"] for number in ("1", job)] == [5, 5]
    assert "no job 99" in said(capsys, "set", "1", "99", "priority=6", status=1)
    assert "can't wait for itself" in said(capsys, "set", job, "priority=6", f"parents={job}", status=1)
    assert whole(capsys, "1")["priority"] == 5


def test_json_has_what_is_so_and_what_was_set(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    row = whole(capsys, job)
    assert (row["id"], row["state"], row["tasks"]["queued"], row["progress"]) == (2, "queued", 3, 0)
    assert (row["waiting_since"], row["time_started"], row["requeue"]) == (None, None, 3)
    assert set(JOB_ATTRIBUTES) <= set(row)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["show", "99"], "no job 99", id="show an unknown job"),
        pytest.param(["set", "2"], "Name jobs and what to set", id="set nothing"),
        pytest.param(["set", "priority=5"], "Name jobs and what to set", id="set on no job"),
        pytest.param(["set", "two", "priority=5"], "neither the number of a job", id="no number"),
        pytest.param(["set", "2", "num_tiles=4"], "can't be changed", id="tiles"),
        pytest.param(["set", "2", "software=maya"], "Known is: blender", id="software"),
        pytest.param(["submit", "--set", "colour=red", "--", "true"], "can't be set", id="submit unknown"),
        pytest.param(["submit", "--set", "queue", "--", "true"], "no NAME=VALUE", id="submit nothing"),
        pytest.param(["log", "999"], "no task 999", id="log of an unknown task"),
        pytest.param(["log", "999", "--json"], "no task 999", id="log of an unknown task as JSON"),
        pytest.param(["show", "two"], 'The job is a whole number, not "two".', id="show no number"),
        pytest.param(["log", "1", "--attempt", "x"], "The attempt is a whole number", id="no attempt"),
        pytest.param(["show"], "See farmgui show --help.", id="show nothing"),
        pytest.param(["jobs", "--colour"], "arguments: --colour. See farmgui --help.", id="no option"),
        pytest.param(["show", "2", "--", "true"], "Only submit takes a command", id="a command to show"),
        pytest.param(["queues", "paint"], "invalid choice: 'paint'", id="no verb"),
        pytest.param(["delete", "99", "--yes"], "no job 99", id="delete an unknown job"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    job: str, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = said(capsys, *words, status=1)
    assert told in sentence
    assert len(sentence.strip().splitlines()) == 1


def test_hidden_jobs_are_listed_when_asked_for(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "set", job, "hidden=true")
    assert [row["id"] for row in json.loads(said(capsys, "jobs", "--json"))] == [1]
    assert [row["id"] for row in json.loads(said(capsys, "jobs", "--hidden", "--json"))] == [1, 2]


class TestDelete:
    @pytest.fixture(autouse=True)
    def child(self, job: str, capsys: pytest.CaptureFixture[str]) -> str:
        """A job that depends on the second one."""
        return said(capsys, "submit", "--title", "child", "--parent", job, "--", "true").strip()

    def left(self, capsys: pytest.CaptureFixture[str]) -> list[str]:
        return [
            row["title"] for row in json.loads(said(capsys, "jobs", "--json")) if not row["to_be_deleted"]
        ]

    @pytest.mark.parametrize("answer", ["", "n\n", "what\n"])
    def test_nothing_goes_without_a_yes(
        self,
        job: str,
        answer: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        assert main(["delete", job]) == 1
        captured = capsys.readouterr()
        assert '"child", which depends on these' in captured.out
        assert captured.err == "Nothing was deleted. Say y when asked, or give --yes.\n"
        assert len(self.left(capsys)) == 3

    def test_all_that_was_listed_goes(
        self, job: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
        said(capsys, "delete", job)
        assert self.left(capsys) == ["first"]

    def test_dependants_are_kept_when_that_is_asked_for(
        self, job: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert 'keep "child"' in said(capsys, "delete", job, "--yes", "--keep-dependants")
        assert self.left(capsys) == ["first", "child"]
