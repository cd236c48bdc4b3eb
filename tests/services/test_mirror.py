"""The farm in the lead's memory is the farm that is stored, whatever happens and in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmgui.domain.requirements import Dependency, LimitUse, Per, TagNeed
from farmgui.domain.states import AttemptState
from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import AgentSnapshot, JobSnapshot
from farmgui.scheduler.view import FarmView
from farmgui.services.holdings import Holdings
from farmgui.services.holds import clock
from farmgui.services.mirror import Mirror
from tests.factories import FarmInMemory
from tests.fakes import an_inventory


def read_anew(farm: FarmInMemory, time: datetime | None = None) -> FarmView:
    mirror = Mirror(Holdings())
    with farm.database.reading() as session:
        mirror.refresh(session, time or farm.clock())
    return mirror.view


def contents(view: FarmView) -> tuple[dict[int, JobSnapshot], dict[str, AgentSnapshot], Any]:
    """What is in a view, in no particular order."""
    jobs = {
        job.id: job._replace(holdings=tuple(sorted(job.holdings, key=lambda item: item.agent_id)))
        for job in view.jobs
    }
    agents = {agent.id: agent for agent in view.agents}
    return jobs, agents, (view.queue_snapshots, view.limits)


def at_work(view: FarmView) -> Any:
    """What a view counts of what runs, by job and by queue, and what it decides."""
    rows = view.index.rows
    jobs = {
        job_id: ({rows[number].id: what for number, what in node.there.items()}, node.load, node.batches)
        for job_id, node in view.nodes.items()
    }
    queues = {
        queue.id: ({rows[number].id: what for number, what in queue.there.items()}, queue.load, queue.batches)
        for queue in (view.root, *view.queues.values())
    }
    return jobs, queues, assign(view)


def job(farm: FarmInMemory, job_id: int) -> JobSnapshot:
    found = read_anew(farm).job(job_id)
    assert found is not None
    return found


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "submit", "child", "by frame", "pause", "resume", "delete", "hide", "late", "rerun", "stop",
                "mark", "priority", "rename", "finish", "fail", "beat", "wait", "disable", "enable",
                "restart", "queue", "limit", "tag", "clean up", "shorten",
            ]
        ),
        st.integers(0, 1_000),
    ),
    max_size=14,
)  # fmt: skip


class Farmhand:
    """Does what a step says with one of the jobs or attempts that there are."""

    def __init__(self, farm: FarmInMemory) -> None:
        self.farm = farm
        self.tags = count()

    def do(self, step: str, number: int) -> None:
        farm, agent_id = self.farm, "ab"[number % 2]
        steps: dict[str, Callable[[], object]] = {
            "submit": lambda: farm.submit(
                "1-3", cpus=number % 3, ram=number % 5 * 1_000, batch=1 + number % 2
            ),
            "late": lambda: farm.submit("1-2", start_after=farm.clock() + timedelta(seconds=number)),
            "beat": farm.beat,
            "wait": lambda: farm.wait(number / 10),
            "disable": lambda: farm.farm.agents.disable([agent_id]),
            "enable": lambda: farm.farm.agents.enable([agent_id]),
            "restart": lambda: farm.runner.restart(f"again {number}", agent_id),
            "limit": lambda: farm.farm.limits.put("licence", number % 3, Per.TASK),
            "tag": lambda: farm.farm.tags.create(f"tag{next(self.tags)}"),
            "queue": lambda: farm.submit("1", queue=f"/film/shot{number % 3}", limits=(LimitUse("licence"),)),
            "clean up": farm.cleanup.run,
            "finish": lambda: self.end(AttemptState.DONE, number, agent_id),
            "fail": lambda: self.end(AttemptState.FAILED, number, agent_id),
        }
        if step in steps:
            steps[step]()
            return
        jobs = [row.id for row in farm.farm.queries.jobs()]
        if jobs:
            self.change(step, number, jobs[number % len(jobs)])

    def change(self, step: str, number: int, some: int) -> None:
        commands = self.farm.jobs
        match step:
            case "child":
                self.farm.submit("1-2", parents=(some,))
            case "by frame":
                self.farm.submit("1-2", parents=(Dependency(some, by_frame=True),))
            case "pause" | "resume" | "delete" | "rerun":
                getattr(commands, step)([some])
            case "hide":
                commands.change([some], {"hidden": bool(number % 2)})
            case "priority":
                commands.change(
                    [some], {"priority": number, "agent_tags": (TagNeed("fast", bool(number % 2)),)}
                )
            case "rename":
                commands.change([some], {"title": f"job {number}"})
            case "shorten":
                commands.set_frames(some, "1")
            case "stop" | "mark":
                task = self.farm.tasks(some)[0].id
                if step == "stop":
                    commands.stop_tasks([task])
                else:
                    (commands.mark_failed if number % 2 else commands.mark_done)(task_ids=[task])

    def end(self, state: AttemptState, number: int, agent_id: str) -> None:
        held = sorted(self.farm.runner.agents[agent_id].held)
        if held:
            self.farm.runner.finish(held[number % len(held)], state=state, agent_id=agent_id)
            self.farm.results.take()


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_what_is_kept_is_what_is_read_anew(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        farm = FarmInMemory(Path(folder), an_inventory("a"), an_inventory("b", cpus=1))
        hand = Farmhand(farm)
        kept = Mirror(farm.holdings)
        farm.submit("1-4", requeue=3)
        for step, number in steps:
            hand.do(step, number)
            with farm.database.reading() as session:
                kept.refresh(session, farm.clock())
            # What nobody may run there is known only to who tried.
            jobs, agents, rest = contents(kept.view)
            assert (jobs, agents, rest) == contents(read_anew(farm)), step
        farm.close()


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_what_the_lead_wrote_itself_need_not_be_read(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        farm = FarmInMemory(Path(folder), an_inventory("a"), an_inventory("b", cpus=1))
        hand = Farmhand(farm)
        farm.submit("1-4", requeue=3)
        for step, number in steps:
            hand.do(step, number)
            farm.beat()
            farm.dispatch.tick(start_new=False)
            jobs, agents, rest = contents(farm.dispatch._mirror.view)
            # What nobody may run there is known only to who tried.
            jobs = {key: one._replace(avoid=frozenset()) for key, one in jobs.items()}
            # At the same moment: a job's hour may come in between.
            anew = read_anew(farm, farm.dispatch._mirror._now)
            assert (jobs, agents, rest) == contents(anew), step
            view = farm.dispatch._mirror.view
            made = FarmView.of(view.jobs, view.agents, view.queue_snapshots, view.limits)
            assert at_work(view) == at_work(made), step
        farm.close()


def test_a_job_that_only_the_lead_changed_is_not_read_again(farm: FarmInMemory) -> None:
    job_id = farm.submit("1-9")
    farm.beat()
    farm.runner.finish(*farm.runner.tokens())
    assert farm.beat() == 2
    mirror = farm.dispatch._mirror
    with farm.database.reading() as session:
        assert mirror.is_current(session)
    row = mirror._jobs[job_id].row
    farm.dispatch.tick()
    assert mirror._jobs[job_id].row is row
    assert (row.num_queued, row.num_assigned) == (5, 2)


class TestHolds:
    def test_a_parent_by_its_name(self, farm: FarmInMemory) -> None:
        parents = [farm.submit("1", title=f"shot_{number}") for number in range(3)]
        child = farm.submit("1", parents=tuple(parents))
        assert job(farm, child).hold == "waits for #1 shot_0 and 2 more jobs"
        farm.jobs.delete(parents[:1])
        assert farm.cleanup.run() == 1
        assert job(farm, child).hold == "waits for #2 shot_1 and 1 more job"

    def test_a_parent_that_failed(self, farm: FarmInMemory) -> None:
        parent = farm.submit("1", title="sim", requeue=0)
        child = farm.submit("1", parents=(parent,))
        farm.beat()
        assert farm.job(child).waiting == "waits for #1 sim"
        farm.runner.finish(*farm.runner.tokens(), state=AttemptState.FAILED)
        farm.beat()
        assert farm.job(child).waiting == "a job that it depends on failed: #1 sim"
        farm.jobs.mark_done([parent])
        assert farm.beat() == 1
        assert farm.job(child).waiting is None

    def test_frames_of_a_parent(self, farm: FarmInMemory) -> None:
        parent = farm.submit("1-2", title="sim", priority=1)
        child = farm.submit("1-2", parents=(Dependency(parent, by_frame=True),))
        farm.beat()
        assert farm.job(child).waiting == "waits for frames of #1 sim"
        farm.runner.finish(farm.runner.tokens()[0])
        farm.beat()
        assert farm.states(child) == "aq"

    def test_the_hour(self, farm: FarmInMemory) -> None:
        start = farm.clock() + timedelta(minutes=10)
        late = farm.submit("1", start_after=start)
        farm.beat()
        assert farm.job(late).waiting == f"starts after {clock(start, farm.clock())}"
        assert farm.dispatch.next_time == start
        farm.wait(599)
        assert farm.beat() == 0
        farm.wait(1)
        assert farm.beat() == 1
        assert farm.dispatch.next_time is None

    def test_hidden(self, farm: FarmInMemory) -> None:
        hidden = farm.submit("1", hidden=True)
        assert farm.beat() == 0
        assert job(farm, hidden).hold == "hidden"
        farm.jobs.change([hidden], {"hidden": False})
        assert farm.beat() == 1


def test_the_clock_tells_the_day_where_it_is_another() -> None:
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert len(clock(now, now)) == 5
    assert len(clock(now + timedelta(days=1), now)) == 16


@pytest.mark.parametrize(
    ("values", "cpus", "ram"),
    [
        pytest.param({}, 10, 8_000, id="as an agent is made: all cpus, four fifths of the memory"),
        pytest.param({"cpu_allocation": 0.29, "ram_allocation": 0.5}, 2, 5_000, id="a share"),
        pytest.param({"cpu_allocation": 0.0, "ram_allocation": 0.0}, 1, 0, id="at least one cpu"),
    ],
)
def test_allocations_are_obeyed(tmp_path: Path, values: dict[str, object], cpus: int, ram: int) -> None:
    farm = FarmInMemory(tmp_path, an_inventory(cpus=10, ram=10_000, free_ram=10_000))
    farm.farm.agents.change(["a"], values)
    agent = read_anew(farm).agent("a")
    assert agent is not None
    assert (agent.cpus, agent.ram, agent.free_ram) == (cpus, ram, ram)
    farm.close()


def test_memory_is_not_promised_twice(tmp_path: Path) -> None:
    farm = FarmInMemory(tmp_path, an_inventory(cpus=8, ram=10_000, free_ram=5_000))
    farm.submit("1-3", ram=3_000)
    assert farm.beat() == 1, "5,000 MB are free, and 3,000 of them are promised now"
    assert farm.beat() == 0
    agent = read_anew(farm).agent("a")
    assert agent is not None
    assert agent.free_ram == 2_000
    farm.wait(1)
    assert farm.beat() == 1, "it told that 5,000 are free while the first one ran"
    farm.close()
