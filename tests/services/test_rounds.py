"""The lead's periodic work: each has its period, is done only by the lead, and holds nobody up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from farmgui.config import Settings, read_config, read_settings
from farmgui.domain.errors import InvalidValue
from farmgui.domain.periods import PERIODS, check_period, periods
from farmgui.domain.requirements import Channel, Outcome
from farmgui.domain.specs import JobSpec
from farmgui.models import AgentCount, Job, Notice
from farmgui.scheduler.beat import Beat, Periodic
from farmgui.services.farm import Farm, open_farm
from farmgui.services.lead import RUN, Lead
from farmgui.services.rounds import Rounds, UsualChoices
from tests.fakes import FakeRunner, an_inventory
from tests.servers import WebServerHere


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    farm = open_farm(f"sqlite:///{tmp_path / 'farm.db'}", read_config().resources)
    yield farm
    farm.close()


def until(found: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end
        time.sleep(0.02)


def count(farm: Farm, model: type) -> int:
    with farm.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def put_webhook(farm: Farm, address: str) -> None:
    time = datetime.now(UTC)
    with farm.database.sessions.begin() as session:
        session.execute(
            insert(Notice).values(
                job_id=1,
                outcome=Outcome.SUCCESS,
                channel=Channel.WEBHOOK,
                recipient=address,
                message_id="<one>",
                subject="s",
                body="{}",
                time_created=time,
                not_before=time,
            )
        )


# Periods.


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.name)
def test_a_usual_period_is_a_sensible_one(period) -> None:
    assert check_period(period, period.seconds) == period.seconds
    for wrong in (period.least - 0.5, period.most + 1, float("nan")):
        with pytest.raises(InvalidValue, match=period.title):
            check_period(period, wrong)
        assert periods({period.name: wrong})[period.name] == period.seconds
    assert periods({period.name: period.most})[period.name] == period.most


def test_a_period_that_nobody_knows_is_left_out() -> None:
    assert "sweeping" not in periods({"sweeping": 3})


def test_each_period_belongs_to_work_and_comes_soon_the_first_time(farm: Farm, tmp_path: Path) -> None:
    rounds = Rounds(farm.database, tmp_path / "logs", UsualChoices(), lambda: True)
    work = rounds.periodic()
    assert [item.name for item in work] == [period.name for period in PERIODS]
    assert all(item.first is not None and item.first <= 60 for item in work)
    assert "default" not in {item.thread for item in work}, "the beat's own thread"
    for item in work:
        item.work()
    assert count(farm, AgentCount) == 1


def test_nothing_is_done_by_who_follows(farm: Farm, tmp_path: Path) -> None:
    rounds = Rounds(farm.database, tmp_path / "logs", UsualChoices(), lambda: False)
    job = farm.submit.submit(JobSpec("job", "command-line", data={"command": ["true"]}))
    farm.jobs.delete([job])
    for item in rounds.periodic():
        item.work()
    assert (count(farm, Job), count(farm, AgentCount)) == (1, 0)


def test_nothing_is_begun_once_it_is_stopped(farm: Farm, tmp_path: Path) -> None:
    rounds = Rounds(farm.database, tmp_path / "logs", UsualChoices(), lambda: True)
    rounds.stop()
    for item in rounds.periodic():
        item.work()
    assert count(farm, AgentCount) == 0


def test_the_settings_keep_what_makes_sense(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(
        '{"periods": {"orphans": 120, "deletion": "soon", "autodelete": true}, "webhook": "ftp://x",'
        ' "mail_tls": "rot13", "templates": {"success_subject": "$titel", "failure_subject": "$title"},'
        ' "compress_logs_after": -1, "mail_port": "x"}'
    )
    settings = read_settings(file)
    assert settings.periods == {"orphans": 120}
    assert (settings.webhook, settings.mail_tls, settings.mail_port) == ("", "starttls", 0)
    assert settings.templates == {"failure_subject": "$title"}
    assert settings.compress_logs_after == 7


@pytest.mark.parametrize("seconds", ["1" + "0" * 400, "NaN", "Infinity", "-5"])
def test_a_period_that_is_no_sensible_number_is_left_out(tmp_path: Path, seconds: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(f'{{"periods": {{"orphans": 120, "thinning": {seconds}}}}}')
    assert read_settings(file).periods == {"orphans": 120}


# In the lead.


def test_the_lead_sends_and_removes(farm: Farm, tmp_path: Path) -> None:
    errors: list[BaseException] = []
    settings = Settings(tmp_path / "settings.json", periods={"notices": 1.0, "deletion": 1.0})
    lead = Lead(
        farm,
        lambda: FakeRunner(an_inventory()),
        tmp_path / "logs",
        kind=RUN,
        failed=errors.append,
        choices=settings,
    )
    job = farm.submit.submit(JobSpec("job", "command-line", paused=True, data={"command": ["true"]}))
    with WebServerHere() as web:
        put_webhook(farm, web.address)
        lead.start()
        try:
            farm.jobs.delete([job])
            until(lambda: web.posted)
            until(lambda: count(farm, Job) == 0)
        finally:
            lead.close(end_agent=True)
    assert errors == []


def test_a_server_that_doesnt_answer_holds_up_no_tick(tmp_path: Path) -> None:
    ticks, hangs, release = [], threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        release.wait(20)

    beat = Beat(
        lambda: ticks.append(1), (Periodic("slow", 0.2, hang, thread="servers", first=0.0),), failed=_raise
    )
    beat.start()
    try:
        assert hangs.wait(10)
        before = len(ticks)
        beat.wake()
        until(lambda: len(ticks) > before)
        # The work comes due again and again meanwhile, which is nothing to warn of.
        time.sleep(0.5)
    finally:
        release.set()
        beat.stop()


def test_a_period_is_changed_while_it_runs() -> None:
    done = threading.Event()
    beat = Beat(lambda: None, (Periodic("work", 3600, done.set, thread="other"),), failed=_raise)
    beat.start()
    try:
        beat.set_period("work", 0.2)
        assert done.wait(10)
    finally:
        beat.stop()
    beat.set_period("work", 5)


def _raise(error: BaseException) -> None:
    raise error
