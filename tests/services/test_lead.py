"""The lead: claims the lease, follows while another holds it, hands over, and lets go for good."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from farmgui.config import read_config
from farmgui.domain.specs import JobSpec
from farmgui.models import FarmRow
from farmgui.services.awake import KeepAwake
from farmgui.services.farm import Farm, open_farm
from farmgui.services.lead import BACKGROUND, RUN, WINDOW, Lead
from farmgui.services.lease import Lease
from tests.fakes import FakeRunner, an_inventory


class TalkativeRunner(FakeRunner):
    """Still tells of the agent while it closes, as a real one does when the agent hangs up."""

    def close(self, *, end_agent: bool) -> None:
        sink = self.sink
        super().close(end_agent=end_agent)
        if sink is not None:
            sink.lost_contact("a", "The agent ended.")


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    farm = open_farm(f"sqlite:///{tmp_path / 'farm.db'}", read_config().resources)
    yield farm
    farm.close()


class Leads:
    """Leads of one farm, each with a runner of its own."""

    def __init__(self, farm: Farm, folder: Path) -> None:
        self._farm = farm
        self._folder = folder
        self.runners: list[FakeRunner] = []
        self.errors: list[BaseException] = []

    def start(self, kind: str) -> Lead:
        lead = Lead(self._farm, self._make_runner, self._folder, kind=kind, failed=self.errors.append)
        lead.start()
        return lead

    def _make_runner(self) -> FakeRunner:
        self.runners.append(TalkativeRunner(an_inventory()))
        return self.runners[-1]


@pytest.fixture
def leads(farm: Farm, tmp_path: Path) -> Leads:
    return Leads(farm, tmp_path / "logs")


def until(found: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not found():
        assert time.monotonic() < end
        threading.Event().wait(0.01)


def test_a_lead_that_closes_never_leads_again(leads: Leads) -> None:
    lead = leads.start(RUN)
    until(lambda: lead.state.leads)
    lead.close(end_agent=True)
    assert not lead.state.leads
    assert [runner.calls for runner in leads.runners] == [["open 1", "close True"]]
    assert leads.errors == []


def test_a_lead_closes_though_each_tick_is_followed_by_another(farm: Farm, tmp_path: Path) -> None:
    silent = threading.Event()
    errors: list[BaseException] = []

    def wake() -> bool:
        # Asked in each tick while something runs: so results come where tasks are shorter than a tick.
        if not silent.is_set():
            lead.wake()
        return False

    runner = FakeRunner(an_inventory())
    lead = Lead(
        farm,
        lambda: runner,
        tmp_path / "logs",
        kind=RUN,
        failed=errors.append,
        awake=KeepAwake(wake),
    )
    lead.start()
    farm.submit.submit(JobSpec("job", "command-line", data={"command": ["true"]}))
    until(runner.tokens)
    closing = threading.Thread(target=lambda: lead.close(end_agent=False))
    closing.start()
    closing.join(10)
    closed = not closing.is_alive()
    silent.set()
    closing.join()
    assert closed
    assert errors == []


def test_another_one_follows_and_leads_when_the_first_has_closed(leads: Leads) -> None:
    first = leads.start(WINDOW)
    until(lambda: first.state.leads)
    second = leads.start(WINDOW)
    until(lambda: second.state.begun)
    assert not second.state.leads
    first.close(end_agent=False)
    until(lambda: second.state.leads)
    second.close(end_agent=False)
    assert [runner.calls[0] for runner in leads.runners] == ["open 1", "open 2"]


@pytest.mark.parametrize(
    ("holder", "newcomer", "handed_over"),
    [
        pytest.param(BACKGROUND, WINDOW, True, id="a background run to a window"),
        pytest.param(BACKGROUND, RUN, False, id="a background run not to a run"),
        pytest.param(RUN, WINDOW, False, id="a run that a person started not to a window"),
        pytest.param(WINDOW, WINDOW, False, id="a window not to a window"),
    ],
)
def test_who_hands_over_to_whom(leads: Leads, holder: str, newcomer: str, handed_over: bool) -> None:
    first = leads.start(holder)
    until(lambda: first.state.leads)
    second = leads.start(newcomer)
    until(lambda: second.state.begun)
    if handed_over:
        until(lambda: first.state.handed_over and second.state.leads)
    else:
        threading.Event().wait(2.5)
        assert first.state.leads
        assert not second.state.leads
    second.close(end_agent=False)
    first.close(end_agent=False)
    assert leads.errors == []


def test_asking_to_hand_over_is_no_news(farm: Farm, leads: Leads) -> None:
    lead = leads.start(BACKGROUND)
    until(lambda: lead.state.leads and farm.queries.farm().agents_online)
    before = revision(farm)
    Lease(farm.database, WINDOW).ask_to_yield()
    assert revision(farm) == before
    until(lambda: lead.state.handed_over)
    lead.close(end_agent=False)


def test_waiting_for_frames_to_end_changes_nothing_over_and_over(farm: Farm, leads: Leads) -> None:
    lead = leads.start(RUN)
    until(lambda: lead.state.leads)
    farm.submit.submit(JobSpec("job", "command-line", data={"command": ["true"]}))
    until(lambda: leads.runners[0].tokens())
    before = revision(farm)
    # This agent ends nothing.
    assert not lead.stop_all(seconds=1.0)
    assert revision(farm) - before <= 3
    lead.close(end_agent=True)
    assert leads.errors == []


def revision(farm: Farm) -> int:
    with farm.database.reading() as session:
        return session.scalars(select(FarmRow.revision)).one()
