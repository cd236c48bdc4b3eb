"""Agents that joined look before they get a job; who can't see its files is left out, and people are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from farmgui.domain.sights import Blindness, Question, Sight, question
from farmgui.domain.states import AttemptState
from farmgui.models import Agent, AgentSight, Attempt, Job
from farmgui.services.sights import Sights
from tests.factories import FarmInMemory
from tests.fakes import an_inventory

SCENE = "/shots/a/shot.blend"
RENDER: dict[str, Any] = {"job_type": "render", "data": {"scene": SCENE}, "cpus": 1}
SEES = Sight()
UNSEEN = Sight(Blindness.UNSEEN, SCENE)
CANT = "host-b can't see shot.blend: put it on the share or map the path"
ASKED = "host-b is asked whether it sees shot.blend"


def joined(agent_id: str, **values: object) -> Any:
    return an_inventory(agent_id, joined=True, log_folder=f"/{agent_id}/logs", os_class="linux", **values)


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmInMemory]:
    """One agent that joined, "b"."""
    farm = FarmInMemory(tmp_path, joined("b"))
    yield farm
    farm.close()


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[FarmInMemory]:
    """The agent of this machine, "a", and one that joined, "b"."""
    farm = FarmInMemory(tmp_path, an_inventory("a"), joined("b"))
    yield farm
    farm.close()


def answer(farm: FarmInMemory, sight: Sight = SEES) -> int:
    """All agents answer all that they were asked; returns how many questions that were."""
    looks, farm.runner.looks = farm.runner.looks, []
    assert farm.runner.sink is not None
    for agent_id, number, _, _ in looks:
        farm.runner.sink.saw(agent_id, number, sight)
    return len(looks)


def given_to(farm: FarmInMemory, agent_id: str) -> int:
    """How many batches the agent was given."""
    return len(farm.runner.agents[agent_id].batches)


def broken(farm: FarmInMemory, job: int, agent_id: str) -> list[str]:
    return [rule.text for rule in farm.farm.explaining.rules(job, agent_id) if not rule.holds]


def add_map(farm: FarmInMemory, linux: str = "/mnt/shots") -> int:
    return farm.farm.path_maps.create(linux, "S:\\shots", "/shots")


class TestAsking:
    def test_an_agent_of_this_machine_is_not_asked(self, mixed: FarmInMemory) -> None:
        mixed.farm.agents.disable(["b"])
        mixed.submit("1-2", **RENDER)
        assert mixed.beat() == 2
        assert mixed.runner.looks == []

    def test_a_job_without_files_needs_no_answer(self, farm: FarmInMemory) -> None:
        farm.submit("1-2")
        assert farm.beat() == 2
        assert farm.runner.looks == []

    def test_an_agent_gets_nothing_before_it_has_told_that_it_sees(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-4", **RENDER | {"data": {"scene": SCENE, "output": "/out/f_####"}})
        assert farm.beat() == 0
        ((agent_id, _, reads, writes),) = farm.runner.looks
        assert (agent_id, reads, writes) == ("b", (SCENE,), ("/out",))
        assert farm.states(job) == "qqqq"
        assert farm.job(job).waiting == ASKED
        assert not farm.dispatch.idle, "it isn't over yet"
        assert answer(farm) == 1
        assert farm.beat() == 2, "what it sees starts at once"
        assert farm.beat() == 0
        assert farm.runner.looks == []

    def test_jobs_with_the_same_files_are_one_question(self, farm: FarmInMemory) -> None:
        jobs = [farm.submit("1", **RENDER) for _ in range(40)]
        farm.beat()
        farm.wait(3)
        farm.beat()
        assert len(farm.runner.looks) == 1
        assert {farm.job(job).waiting for job in jobs} == {ASKED}
        answer(farm, UNSEEN)
        assert farm.beat() == 0
        assert {farm.job(job).waiting for job in jobs} == {CANT}

    def test_no_more_is_asked_than_the_agent_has_room_for(self, farm: FarmInMemory) -> None:
        for number in range(20):
            farm.submit("1", **RENDER | {"data": {"scene": f"/shots/{number}.blend"}})
        farm.beat()
        assert len(farm.runner.looks) == 2
        answer(farm, UNSEEN)
        farm.beat()
        assert len(farm.runner.looks) == 2, "the next ones"

    def test_an_agent_that_never_answers_gets_other_work_after_a_moment(self, farm: FarmInMemory) -> None:
        mute, other = farm.submit("1-9", **RENDER, priority=1), farm.submit("1")
        assert farm.beat() == 0
        assert farm.dispatch.next_time is not None
        farm.wait(2.1)
        assert farm.beat() == 1
        assert farm.states(mute) == "q" * 9
        assert farm.states(other) == "a"
        number = farm.runner.looks[0][1]
        farm.wait(21)
        farm.beat()
        assert [look[1] for look in farm.runner.looks] == [number, number], "asked again, after 20 s"
        answer(farm)
        assert farm.beat() == 1

    def test_an_agent_that_could_not_be_told_is_asked_soon(self, farm: FarmInMemory) -> None:
        farm.runner.agents["b"].connected = False
        farm.submit("1", **RENDER)
        farm.beat()
        assert farm.runner.looks == []
        farm.runner.agents["b"].connected = True
        farm.wait(1)
        farm.beat()
        assert answer(farm) == 1
        assert farm.beat() == 1

    def test_what_an_agent_sees_is_believed_for_an_hour(self, farm: FarmInMemory) -> None:
        farm.submit("1-9", **RENDER)
        farm.beat()
        answer(farm)
        assert farm.beat() == 2
        for seconds, started in ((3500, 1), (200, 0)):
            farm.wait(seconds)
            farm.runner.finish(sorted(farm.runner.agents["b"].held)[0], agent_id="b")
            assert farm.beat() == started
        assert answer(farm) == 1
        assert farm.beat() == 1

    def test_other_answers_change_nothing(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", **RENDER)
        farm.beat()
        assert farm.runner.sink is not None
        number = farm.runner.looks[0][1]
        farm.runner.sink.saw("b", number + 1, SEES)
        farm.runner.sink.saw("another", number, SEES)
        assert farm.beat() == 0
        assert farm.states(job) == "q"


class TestBlind:
    @pytest.mark.parametrize("sight", [UNSEEN, None], ids=["it can't see", "it never answers"])
    def test_the_job_runs_on_the_other_agent(self, mixed: FarmInMemory, sight: Sight | None) -> None:
        job = mixed.submit("1-6", **RENDER)
        assert mixed.beat() == 2, "in the tick in which the other was asked"
        while "a" in mixed.states(job) or "q" in mixed.states(job):
            if sight is not None:
                answer(mixed, sight)
            mixed.runner.finish(*mixed.runner.agents["a"].held, agent_id="a")
            mixed.beat()
        assert mixed.states(job) == "dddddd"
        assert given_to(mixed, "b") == 0
        with mixed.database.reading() as session:
            assert set(session.scalars(select(Attempt.state))) == {AttemptState.DONE}

    def test_the_machine_that_is_the_only_one_says_why(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", **RENDER)
        farm.beat()
        answer(farm, UNSEEN)
        assert farm.beat() == 0
        assert farm.job(job).waiting == CANT
        assert farm.dispatch.idle, "nobody can say when it will see"

    def test_it_heals_within_a_minute(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", **RENDER)
        farm.beat()
        answer(farm, UNSEEN)
        farm.beat()
        farm.wait(58)
        farm.beat()
        assert farm.runner.looks == []
        farm.wait(3)
        farm.beat()
        assert farm.job(job).waiting == CANT, "as long as nothing else is known"
        assert answer(farm) == 1
        assert farm.beat() == 1

    def test_it_is_not_asked_while_no_job_wants_it(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", **RENDER)
        farm.beat()
        answer(farm, UNSEEN)
        farm.beat()
        farm.jobs.pause([job])
        farm.wait(200)
        farm.beat()
        assert farm.runner.looks == []
        farm.jobs.resume([job])
        farm.beat()
        assert answer(farm) == 1

    def test_a_new_path_map_has_it_asked_again_in_new_words(self, farm: FarmInMemory) -> None:
        farm.submit("1", **RENDER)
        farm.beat()
        answer(farm, UNSEEN)
        farm.beat()
        farm.farm.queues.create("/film", {})
        farm.beat()
        assert farm.runner.looks == [], "what else belongs to the whole farm is nothing to it"
        add_map(farm)
        farm.beat()
        assert [look[2] for look in farm.runner.looks] == [("/mnt/shots/a/shot.blend",)]
        answer(farm)
        assert farm.beat() == 1

    def test_an_answer_from_before_the_map_is_not_taken(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", **RENDER)
        farm.beat()
        old = farm.runner.looks.pop()
        add_map(farm)
        farm.beat()
        assert farm.runner.sink is not None
        farm.runner.sink.saw("b", old[1], SEES)
        assert farm.beat() == 0
        assert farm.states(job) == "q"
        answer(farm)
        assert farm.beat() == 1

    def test_what_was_seen_by_other_words_is_asked_anew(self, farm: FarmInMemory) -> None:
        farm.submit("1-3", **RENDER)
        farm.beat()
        answer(farm)
        assert farm.beat() == 2
        add_map(farm)
        farm.runner.finish(*farm.runner.tokens("b"), agent_id="b")
        assert farm.beat() == 0
        answer(farm)
        assert farm.beat() == 1

    def test_an_agent_that_was_started_anew_is_asked_anew(self, farm: FarmInMemory) -> None:
        farm.submit("1-4", **RENDER)
        farm.beat()
        answer(farm)
        assert farm.beat() == 2
        farm.runner.restart("b-2", "b")
        assert farm.beat() == 0
        assert answer(farm, UNSEEN) == 1
        assert farm.beat() == 0
        farm.runner.restart("b-3", "b")
        farm.beat()
        assert answer(farm) == 1, "at once, not after a minute"
        assert farm.beat() == 2

    def test_another_scene_is_another_question(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", **RENDER)
        farm.beat()
        answer(farm, UNSEEN)
        farm.beat()
        with farm.database.sessions.begin() as session:
            session.get_one(Job, job).data = {"scene": "/shots/b.blend"}
        farm.beat()
        assert [look[2] for look in farm.runner.looks] == [("/shots/b.blend",)]
        assert farm.job(job).waiting == "host-b is asked whether it sees b.blend"

    def test_a_task_that_failed_elsewhere_does_not_wait_for_it(self, mixed: FarmInMemory) -> None:
        job = mixed.submit("1", **RENDER, requeue=3)
        assert mixed.beat() == 1
        assert given_to(mixed, "a") == 1
        mixed.runner.finish(*mixed.runner.tokens("a"), state=AttemptState.FAILED, agent_id="a")
        mixed.beat()
        mixed.wait(600)
        assert mixed.beat() == 0
        assert answer(mixed, UNSEEN) > 0, "the other one comes first"
        assert mixed.beat() == 1, "and then it is the only one left"
        assert mixed.states(job) == "a"

    def test_an_agent_that_is_deleted_is_forgotten(self, mixed: FarmInMemory) -> None:
        mixed.submit("1-9", **RENDER)
        mixed.beat()
        with mixed.database.sessions.begin() as session:
            session.delete(session.get_one(Agent, "b"))
        mixed.runner.finish(*mixed.runner.tokens("a"), agent_id="a")
        answer(mixed)
        assert mixed.beat() == 2


class TestNextLead:
    @pytest.mark.parametrize(("sight", "started"), [(SEES, 2), (UNSEEN, 0)], ids=["sees", "can't see"])
    def test_what_is_known_stays_known(self, farm: FarmInMemory, sight: Sight, started: int) -> None:
        farm.submit("1", **RENDER)
        farm.beat()
        answer(farm, sight)
        farm.beat()
        farm.lease.release()
        farm.lead()
        job = farm.submit("1-2", **RENDER)
        farm.runner.finish(*farm.runner.tokens("b"), agent_id="b")
        assert farm.beat() == started
        assert farm.runner.looks == []
        assert farm.job(job).waiting == (None if started else CANT)
        farm.wait(61)
        farm.beat()
        assert len(farm.runner.looks) == (0 if started else 1)

    def test_what_an_agent_saw_before_it_was_started_anew_is_not_believed(self, farm: FarmInMemory) -> None:
        farm.submit("1-4", **RENDER)
        farm.beat()
        answer(farm)
        assert farm.beat() == 2
        farm.runner.restart("b-2", "b")
        assert farm.beat() == 0
        farm.lease.release()
        farm.lead()
        assert farm.beat() == 0

    def test_what_was_not_answered_is_asked_again(self, farm: FarmInMemory) -> None:
        farm.submit("1", **RENDER)
        farm.beat()
        old = farm.runner.looks.pop()
        farm.lease.release()
        farm.lead()
        assert farm.beat() == 0
        assert farm.runner.sink is not None
        farm.runner.sink.saw("b", old[1], SEES)
        assert farm.beat() == 0, "that was another lead's question"
        assert answer(farm) == 1
        assert farm.beat() == 1


class TestExplained:
    def test_every_rule_is_told(self, mixed: FarmInMemory) -> None:
        job = mixed.submit("1-9", **RENDER)
        mixed.beat()
        assert broken(mixed, job, "b") == [ASKED]
        answer(mixed, UNSEEN)
        mixed.beat()
        assert broken(mixed, job, "b") == [CANT]
        assert mixed.farm.explaining.idle("b") == f"1 job: {CANT}"
        assert all("see" not in rule.text for rule in mixed.farm.explaining.rules(job, "a"))
        mixed.wait(61)
        mixed.beat()
        answer(mixed)
        mixed.beat()
        rules = {rule.name: rule for rule in mixed.farm.explaining.rules(job, "b")}
        assert rules["sight"].holds
        assert rules["sight"].text == "host-b sees shot.blend"

    def test_an_idle_agent_is_told_each_scene_that_it_does_not_see(self, mixed: FarmInMemory) -> None:
        mixed.farm.agents.disable(["a"])
        for name in "xyx":
            mixed.submit("1", **RENDER | {"data": {"scene": f"/shots/{name}.blend"}})
        mixed.beat()
        answer(mixed, Sight(Blindness.UNREADABLE, "/shots/x.blend"))
        mixed.beat()
        answer(mixed, UNSEEN)
        mixed.beat()
        assert len(mixed.farm.explaining.idle("b").splitlines()) >= 1
        assert "may not read x.blend" in mixed.farm.explaining.idle("b")


class TestForm:
    ASKED = Question(SCENE, "/out")

    def rows(self, farm: FarmInMemory) -> list[tuple[str, bool, str, str]]:
        rows = farm.farm.sights.rows(self.ASKED)
        return [(row.hostname, row.answered, row.words, row.path) for row in rows]

    def test_all_that_joined_are_asked(self, mixed: FarmInMemory) -> None:
        assert self.rows(mixed) == [("host-b", False, "", "")]
        mixed.farm.sights.ask(self.ASKED)
        mixed.beat()
        ((agent_id, number, reads, writes),) = mixed.runner.looks
        assert (agent_id, reads, writes) == ("b", (SCENE,), ("/out",))
        assert self.rows(mixed) == [("host-b", False, "", "")]
        assert mixed.runner.sink is not None
        mixed.runner.sink.saw("b", number, UNSEEN)
        mixed.beat()
        assert self.rows(mixed) == [("host-b", True, CANT, SCENE)]

    def test_they_are_asked_once_a_minute(self, mixed: FarmInMemory) -> None:
        later = Sights(mixed.database, lambda: None, mixed.clock)
        later.ask(self.ASKED)
        mixed.beat()
        later.ask(self.ASKED)
        mixed.beat()
        assert answer(mixed, UNSEEN) == 1
        mixed.beat()
        later.ask(self.ASKED)
        mixed.beat()
        assert mixed.runner.looks == []
        mixed.wait(61)
        mixed.beat()
        assert mixed.runner.looks == [], "no job wants it"
        later.ask(self.ASKED)
        mixed.beat()
        assert answer(mixed) == 1
        mixed.beat()
        assert self.rows(mixed) == [("host-b", True, "", "")]

    def test_what_a_form_asked_is_known_to_the_job(self, farm: FarmInMemory) -> None:
        farm.farm.sights.ask(self.ASKED)
        farm.beat()
        answer(farm)
        farm.beat()
        farm.submit("1", **RENDER | {"data": {"scene": SCENE, "output": "/out/f_####"}})
        assert farm.beat() == 1

    def test_a_job_goes_on_while_a_form_asks_again(self, farm: FarmInMemory) -> None:
        later = Sights(farm.database, lambda: None, farm.clock)
        asked = Question(SCENE, "")
        farm.submit("1-9", **RENDER)
        farm.beat()
        answer(farm)
        assert farm.beat() == 2
        farm.wait(61)
        later.ask(asked)
        farm.runner.finish(sorted(farm.runner.agents["b"].held)[0], agent_id="b")
        assert farm.beat() == 1
        assert [row.answered for row in later.rows(asked)] == [False]
        assert answer(farm, UNSEEN) == 1
        farm.runner.finish(sorted(farm.runner.agents["b"].held)[0], agent_id="b")
        farm.beat()
        assert [row.words for row in later.rows(asked)] == [CANT]
        farm.runner.finish(*farm.runner.agents["b"].held, agent_id="b")
        assert farm.beat() == 0

    def test_a_new_path_map_makes_answers_void(self, mixed: FarmInMemory) -> None:
        mixed.farm.sights.ask(self.ASKED)
        mixed.beat()
        answer(mixed, UNSEEN)
        mixed.beat()
        add_map(mixed)
        assert self.rows(mixed) == [("host-b", False, "", "")]
        mixed.farm.sights.ask(self.ASKED)
        mixed.beat()
        answer(mixed)
        mixed.beat()
        assert self.rows(mixed) == [("host-b", True, "", "")]

    def test_who_is_not_there_is_left_out(self, mixed: FarmInMemory) -> None:
        mixed.farm.agents.disable(["b"])
        assert self.rows(mixed) == []
        mixed.farm.sights.ask(self.ASKED)
        mixed.beat()
        assert mixed.runner.looks == []

    def test_what_is_old_goes(self, mixed: FarmInMemory) -> None:
        mixed.farm.sights.ask(self.ASKED)
        mixed.cleanup.run()
        with mixed.database.sessions.begin() as session:
            kept = session.scalars(select(AgentSight)).one()
            kept.time_asked = kept.time_asked.replace(year=2020)
        mixed.cleanup.run()
        with mixed.database.reading() as session:
            assert session.scalars(select(AgentSight)).all() == []


def test_logs_that_lie_with_an_agent_that_joined_are_not_removed_here(tmp_path: Path) -> None:
    """It named the folder: on this machine there may be anything under that name."""
    folder = tmp_path / "there"
    farm = FarmInMemory(tmp_path, an_inventory("b", joined=True, log_folder=str(folder)))
    job = farm.submit("1")
    farm.beat()
    farm.runner.finish(*farm.runner.tokens("b"), agent_id="b")
    farm.beat()
    (folder / str(job)).mkdir(parents=True)
    farm.jobs.delete([job])
    assert farm.cleanup.run() == 1
    assert (folder / str(job)).is_dir()
    farm.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["submit", "sees", "blind", "restart", "map", "wait", "finish", "fail", "ask", "lead", "pause"]
        ),
        st.integers(0, 70),
    ),
    max_size=25,
)


class Witness:
    """Does what a step says, and notes who is known to see what.

    Known is what an agent answered last to a question in the words that hold, since it was started.
    """

    def __init__(self, farm: FarmInMemory) -> None:
        self.farm = farm
        self.known: set[tuple[str, Question]] = set()
        self.numbers = count()
        self.asked: dict[int, Question] = {}
        self.outdated = 0
        """Up to this number, questions were in words that don't hold any more."""

    def do(self, step: str, number: int) -> None:
        farm, agent_id = self.farm, "ab"[number % 2]
        asked = Question(f"/shots/{number % 3}.blend", "")
        steps: dict[str, Callable[[], object]] = {
            "submit": lambda: farm.submit("1-3", **RENDER | {"data": {"scene": asked.scene}}, requeue=3),
            "pause": lambda: self.turn(number),
            "ask": lambda: farm.farm.sights.ask(asked),
            "sees": lambda: self.answer(SEES),
            "blind": lambda: self.answer(UNSEEN),
            "restart": lambda: self.restart(agent_id),
            "map": self.add_map,
            "wait": lambda: farm.wait(number),
            "finish": lambda: self.end(AttemptState.DONE, "abc"[number % 3]),
            "fail": lambda: self.end(AttemptState.FAILED, "abc"[number % 3]),
            "lead": self.change_lead,
        }
        steps[step]()

    def answer(self, sight: Sight) -> None:
        looks, self.farm.runner.looks = self.farm.runner.looks, []
        assert self.farm.runner.sink is not None
        for agent_id, number, _, _ in looks:
            self.farm.runner.sink.saw(agent_id, number, sight)
            if number > self.outdated:
                pair = (agent_id, self.asked[number])
                (self.known.add if sight is SEES else self.known.discard)(pair)

    def restart(self, agent_id: str) -> None:
        runner = self.farm.runner
        runner.restart(f"{agent_id} again {next(self.numbers)}", agent_id)
        runner.looks = [look for look in runner.looks if look[0] != agent_id]
        self.known = {pair for pair in self.known if pair[0] != agent_id}

    def add_map(self) -> None:
        add_map(self.farm, f"/mnt/{next(self.numbers)}")
        self.known.clear()
        self.outdated = max(self.asked, default=0)

    def turn(self, number: int) -> None:
        jobs = [row.id for row in self.farm.farm.queries.jobs()]
        if jobs:
            (self.farm.jobs.pause if number % 2 else self.farm.jobs.resume)([jobs[number % len(jobs)]])

    def end(self, state: AttemptState, agent_id: str) -> None:
        held = self.farm.runner.agents[agent_id].held
        self.farm.runner.finish(*held, state=state, agent_id=agent_id)

    def change_lead(self) -> None:
        self.farm.lease.release()
        self.farm.lead()
        # An answer to a lead that is gone is no answer.
        self.farm.runner.looks.clear()

    def beat(self) -> set[tuple[str, Question]]:
        """To whom something was given, and what that takes to see."""
        farm = self.farm
        new = select(Attempt.agent_id, Job.data).join(Job, Job.id == Attempt.job_id)
        with farm.database.reading() as session:
            before = list(session.scalars(select(Attempt.id)))
        farm.beat()
        for _, number, reads, _ in farm.runner.looks:
            self.asked.setdefault(number, Question("/shots/" + reads[0].rsplit("/", 1)[-1], ""))
        with farm.database.reading() as session:
            rows = session.execute(new.where(Attempt.id.not_in(before)))
            return {
                (agent_id, asked) for agent_id, data in rows if agent_id != "c" and (asked := question(data))
            }


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_nothing_is_written_for_an_agent_that_is_not_known_to_see(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        farm = FarmInMemory(Path(folder), joined("a"), joined("b"), an_inventory("c", cpus=1))
        witness = Witness(farm)
        for step, number in steps:
            witness.do(step, number)
            assert witness.beat() <= witness.known, step
        farm.close()
