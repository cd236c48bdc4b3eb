"""The words of notices: filled by name alone, and no foreign text becomes a header."""

from __future__ import annotations

import json
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmgui.domain.errors import InvalidValue
from farmgui.domain.notices import (
    TEMPLATES,
    Facts,
    FailedFrame,
    as_json,
    check_template,
    message,
    short_message,
)
from farmgui.domain.requirements import Outcome


def facts(**values: object) -> Facts:
    known: dict[str, object] = {
        "job_id": 7,
        "title": "shot_010",
        "user": "ana",
        "queue": "/film",
        "job_type": "blender",
        "state": "failed",
        "frames": "1-12",
        "tasks": 12,
        "done": 10,
        "failed": 2,
        "failed_frames": (FailedFrame("3", "out of memory"), FailedFrame("7", "no licence")),
        "time_taken": timedelta(seconds=3725),
        "output": "/renders/shot_010",
    }
    return Facts(**{**known, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("$title", "shot_010", id="name"),
        pytest.param("${title}_v2", "shot_010_v2", id="name in braces"),
        pytest.param("$$5", "$5", id="a dollar sign"),
        pytest.param("$nothing", "$nothing", id="an unknown name stays"),
        pytest.param("100 $", "100 $", id="a lone sign stays"),
        pytest.param(
            "{title.__class__} %(title)s {{ job }}", "{title.__class__} %(title)s {{ job }}", id="others"
        ),
        pytest.param("$done of $tasks", "10 of 12", id="counts"),
        pytest.param("$failed_frames", "Frame 3: out of memory Frame 7: no licence", id="errors"),
        pytest.param("$time_taken", "1 h 2 min", id="time"),
        pytest.param(
            "$user $queue $job_type $state $output", "ana /film blender failed /renders/shot_010", id="rest"
        ),
    ],
)
def test_a_template_is_filled_by_name(template: str, text: str) -> None:
    assert message(Outcome.FAILURE, facts(), {"failure_subject": template}).subject == text


def test_a_title_is_no_template() -> None:
    made = message(Outcome.SUCCESS, facts(title="$user ${output} $$"), {})
    assert made.subject == "Done: $user ${output} $$ (job 7)"


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_templates_of_the_farm_leave_no_name_unfilled(outcome: Outcome) -> None:
    made = message(outcome, facts(), {})
    assert "$" not in made.subject + made.body
    assert "shot_010" in made.subject
    assert "10 of 12" in made.body
    for part in ("subject", "body"):
        check_template(f"{outcome}_{part}", TEMPLATES[f"{outcome}_{part}"])


def test_more_failed_frames_than_are_named_are_counted() -> None:
    assert "… and 38 more." in message(Outcome.FAILURE, facts(failed=40), {}).body


def test_the_desktop_is_told_the_first_error() -> None:
    made = short_message(Outcome.FAILURE, facts())
    assert made.body == "10 of 12 frames done, 2 failed, in 1 h 2 min.\nFrame 3: out of memory"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("$titel", r"\$titel, which isn't known", id="unknown"),
        pytest.param("5 $", r"Write \$\$", id="no name"),
    ],
)
def test_a_template_that_cant_be_filled_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        check_template("success_subject", text)


@given(title=st.text(), error=st.text(), user=st.text(), output=st.text())
def test_no_foreign_text_becomes_a_header(title: str, error: str, user: str, output: str) -> None:
    from email.message import EmailMessage

    told = facts(title=title, user=user, output=output, failed_frames=(FailedFrame("1", error),))
    for outcome in Outcome:
        made = message(outcome, told, {f"{outcome}_subject": "$title $user $output $failed_frames"})
        assert made.subject.isprintable()
        assert len(made.subject) <= 200
        mail = EmailMessage()
        mail["Subject"] = made.subject
        mail["To"] = "ben@example.org"
        mail.set_content(made.body)
        read = message_from_bytes(mail.as_bytes(policy=SMTP), policy=SMTP)
        assert sorted(name.lower() for name in read) == [
            "content-transfer-encoding",
            "content-type",
            "mime-version",
            "subject",
            "to",
        ]


@given(title=st.text(), error=st.text())
def test_the_message_for_programs_is_json(title: str, error: str) -> None:
    read = json.loads(as_json(Outcome.FAILURE, facts(title=title, failed_frames=(FailedFrame("1", error),))))
    assert (read["event"], read["job"], read["title"]) == ("job.failure", 7, title)
    assert read["counts"] == {"tasks": 12, "done": 10, "failed": 2}
    assert read["failed_frames"] == [{"frame": "1", "error": error}]
