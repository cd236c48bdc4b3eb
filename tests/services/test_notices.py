"""The outbox: who is told of what, in which words, and that it is stored with what it tells of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from farmgui.domain.jobtypes import BadJobType, parse_definition
from farmgui.domain.requirements import Channel, Outcome
from farmgui.domain.states import AttemptState
from farmgui.models import FarmRow, JobNotifiedUser, JobType, Notice, User
from farmgui.services.jobtypes import sync
from farmgui.services.notices import enqueue
from tests.factories import COMMAND, FarmInMemory

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def subscribe(farm: FarmInMemory, job_id: int, name: str, email: str | None = None, **flags: Any) -> None:
    with farm.database.sessions.begin() as session:
        user = session.scalar(select(User).where(User.name == name)) or User(name=name, email=email)
        session.add(user)
        session.flush()
        session.add(JobNotifiedUser(user_id=user.id, job_id=job_id, **flags))


def end(farm: FarmInMemory, job_id: int, outcome: Outcome) -> list[Notice]:
    with farm.database.sessions.begin() as session:
        enqueue(session, job_id, outcome, NOW)
    return stored(farm)


def stored(farm: FarmInMemory) -> list[Notice]:
    with farm.database.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("wanted", [True, False])
def test_a_user_is_told_what_they_asked_for(farm: FarmInMemory, outcome: Outcome, wanted: bool) -> None:
    job = farm.submit("1-3")
    flags = {f"on_{item}": (item is outcome) is wanted for item in Outcome}
    subscribe(farm, job, "ana", "ana@example.org", **flags)
    told = [(item.channel, item.recipient) for item in end(farm, job, outcome)]
    assert told == ([(Channel.MAIL, "ana@example.org"), (Channel.DESKTOP, "ana")] if wanted else [])


def test_who_has_no_address_is_told_on_the_desktop_alone(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    subscribe(farm, job, "ana")
    assert [item.channel for item in end(farm, job, Outcome.SUCCESS)] == [Channel.DESKTOP]


def test_an_account_that_is_over_is_told_nothing(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    subscribe(farm, job, "ana", "ana@example.org")
    with farm.database.sessions.begin() as session:
        session.execute(update(User).where(User.name == "ana").values(expiration=NOW - timedelta(days=1)))
    assert end(farm, job, Outcome.SUCCESS) == []


def test_the_web_address_is_told_once(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    for name in ("ana", "ben"):
        subscribe(farm, job, name)
    with farm.database.sessions.begin() as session:
        session.execute(update(FarmRow).values(notification={"webhook": "https://example.org/hook"}))
    hooks = [item for item in end(farm, job, Outcome.SUCCESS) if item.channel is Channel.WEBHOOK]
    assert [item.recipient for item in hooks] == ["https://example.org/hook"]


def test_each_notice_has_an_identity_of_its_own(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    for name in ("ana", "ben"):
        subscribe(farm, job, name, f"{name}@example.org")
    assert len({item.message_id for item in end(farm, job, Outcome.SUCCESS)}) == 4


@pytest.mark.parametrize(
    ("of_type", "of_farm", "subject"),
    [
        pytest.param("type: $title", "farm: $title", "type: job", id="the job type's"),
        pytest.param(None, "farm: $title", "farm: job", id="the farm's"),
        pytest.param(None, None, "Failed: job (job 1)", id="the program's"),
    ],
)
def test_whose_template_counts(
    farm: FarmInMemory, of_type: str | None, of_farm: str | None, subject: str
) -> None:
    job = farm.submit("1")
    subscribe(farm, job, "ana", "ana@example.org")
    with farm.database.sessions.begin() as session:
        session.execute(update(JobType).where(JobType.name == "command").values(fail_subject=of_type))
        if of_farm:
            session.execute(update(FarmRow).values(notification={"templates": {"failure_subject": of_farm}}))
    assert end(farm, job, Outcome.FAILURE)[0].subject == subject


def test_a_job_types_file_says_what_its_mails_say(farm: FarmInMemory) -> None:
    said = {
        "success_subject": "$title is ready",
        "success_body": "See $output.",
        "failure_subject": "Look at $title",
    }
    definition = replace(COMMAND, name="talkative", notices=said)
    sync(farm.database, [(definition, "talkative")])
    job = farm.submit("1", job_type="talkative", output_link="/renders")
    subscribe(farm, job, "ana", "ana@example.org")
    done, _ = end(farm, job, Outcome.SUCCESS)
    assert (done.subject, done.body) == ("job is ready", "See /renders.")
    failed = end(farm, job, Outcome.FAILURE)[2]
    assert failed.subject == "Look at job"
    assert failed.body.startswith("job failed.")


@pytest.mark.parametrize(
    ("notices", "why"),
    [
        pytest.param({"success_subject": "$titel"}, "isn't known", id="name"),
        pytest.param({"deletion_subject": "x"}, "notices has no deletion_subject", id="outcome"),
    ],
)
def test_a_job_types_text_that_cant_be_filled_is_refused(notices: dict[str, str], why: str) -> None:
    with pytest.raises(BadJobType, match=why):
        parse_definition({"name": "x", "arguments": ["true"], "notices": notices})


def test_what_failed_is_told_with_its_errors(farm: FarmInMemory) -> None:
    job = farm.submit("1-2", requeue=0)
    subscribe(farm, job, "ana", "ana@example.org")
    farm.beat()
    first, other = farm.runner.tokens()
    farm.runner.finish(first, state=AttemptState.FAILED, reason="out of memory")
    farm.runner.finish(other)
    farm.results.take()
    # Stored with the end of the job itself.
    told = stored(farm)
    assert [item.channel for item in told] == [Channel.MAIL, Channel.DESKTOP]
    assert "Frame 1: out of memory" in told[0].body
    assert "1 of 2 done, 1 failed" in told[0].body
    assert "Frame 1: out of memory" in told[1].body


def test_what_is_rolled_back_tells_nobody(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    subscribe(farm, job, "ana")
    with pytest.raises(RuntimeError), farm.database.sessions.begin() as session:
        enqueue(session, job, Outcome.SUCCESS, NOW)
        raise RuntimeError
    assert stored(farm) == []
