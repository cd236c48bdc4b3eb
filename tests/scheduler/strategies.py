"""Random farms: agents of mixed sizes, tags and software, nested queues, limits, and batches at work."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from hypothesis import strategies as st

from farmgui.domain.requirements import Per
from farmgui.scheduler.farm import (
    AgentSnapshot,
    Grant,
    Holding,
    JobSight,
    JobSnapshot,
    LimitSnapshot,
    QueueSnapshot,
)
from farmgui.scheduler.needs import Need
from farmgui.scheduler.view import FarmView
from tests.scheduler.referee import Farm

LIMITS = ("nuke", "houdini")
LIMITED = (
    (("nuke", 1),),
    (("nuke", 2), ("houdini", 1)),
    (("houdini", 1),),
    (("houdini", 2),),
    (("unknown", 1),),
)


class Dice(Random):
    """Chance that has a mood: in a bold one, what is seldom on farms is frequent."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._boldness = self.choice((0.05, 0.15, 0.3))

    def some(self, *values: Any, often: Any = None) -> Any:
        """One of the values, or more often than not the usual one."""
        return self.choice(values) if self.random() < self._boldness else often


def make_agent(dice: Dice, number: int) -> AgentSnapshot:
    """An idle agent."""
    cpus, ram, gpus = (
        dice.choice((1, 2, 4, 8)),
        dice.choice((500, 1000, 4000)),
        dice.choice((0, 0, 1, 2)),
    )
    return AgentSnapshot(
        f"a{number}", f"host{number}", cpus, ram, gpus,
        free_cpus=cpus,
        free_ram=dice.some(100, 700, often=ram),
        free_gpus=gpus,
        tags=frozenset(tag for tag in (1, 2) if dice.random() < 0.5),
        software=frozenset((1, rank) for rank in (100, 200, 300) if dice.random() < 0.4),
        present=dice.random() < 0.9,
    )  # fmt: skip


def make_need(dice: Dice, agent_ids: list[str]) -> Need:
    """What a batch asks for, mostly little."""
    few = frozenset(dice.sample(agent_ids, min(2, len(agent_ids))))
    return Need(
        cpus=dice.some(0, 4, -1, often=dice.choice((1, 1, 2))),
        ram=dice.some(400, 900, -1, often=dice.choice((0, 100))),
        gpus=dice.some(1, 2, often=0),
        tags=dice.some(frozenset({1}), frozenset({1, 2}), often=frozenset()),
        without_tags=dice.some(frozenset({2}), often=frozenset()),
        software=dice.some(((1, 200, None),), ((1, 100, 200),), ((1, None, None),), often=()),
        allowed=dice.some(few),
        excluded=dice.some(few, often=frozenset()),
        limits=dice.some(*LIMITED, often=()),
    )  # fmt: skip


def make_job(dice: Dice, number: int, needs: list[Need], queues: list[int], agents: list[str]) -> JobSnapshot:
    """A job that runs nothing yet."""
    few = frozenset(dice.sample(agents, min(2, len(agents))))
    return JobSnapshot(
        number, f"job{number}", dice.some(None, often=dice.choice([None, *queues])),
        priority=dice.some(1, 2, -1, often=0),
        weight=dice.some(0, 1, 30, 60, often=10),
        minimum_agents=dice.some(1, 2, 4),
        maximum_agents=dice.some(0, 1, 2, 5),
        need=dice.choice(needs),
        batch=dice.choice((1, 1, 3)),
        queued=dice.choice((0, 1, 3, 50, 50, 50)),
        hold=dice.some("waits", None, None),
        most_per_agent=dice.some(1, 2),
        set_aside=dice.some(few, often=frozenset()),
        avoid=dice.some(few, frozenset(), often=frozenset()),
        sights={name: JobSight(dice.choice((None, False, True)), "") for name in dice.some(few, often=())},
    )  # fmt: skip


def make_queues(dice: Dice) -> list[QueueSnapshot]:
    """A few queues, nested."""
    return [
        QueueSnapshot(
            number, dice.choice([None, *range(1, number)]),
            priority=dice.some(1, -1, often=0),
            weight=dice.some(0, 1, 30, 60, often=10),
            minimum_agents=dice.some(1, 3),
            maximum_agents=dice.some(0, 1, 2, 5),
            path=f"queue{number}",
        )
        for number in range(1, dice.choice((1, 2, 3, 5)))
    ]  # fmt: skip


def make_farm(dice: Dice) -> Farm:
    """A farm on which some batches are at work; maximums and limits may be exceeded already."""
    agents = {f"a{number}": make_agent(dice, number) for number in range(dice.choice((1, 2, 4, 6)))}
    queues = {queue.id: queue for queue in make_queues(dice)}
    needs = [Need(), *(make_need(dice, list(agents)) for _ in range(3))]
    count = dice.choice((2, 4, 6, 9))
    made = (make_job(dice, number, needs, list(queues), list(agents)) for number in range(1, count + 1))
    limits = {name: LimitSnapshot(name, dice.choice((0, 1, 2, 4)), dice.choice(list(Per))) for name in LIMITS}
    farm = Farm({job.id: job for job in made}, agents, queues, limits)
    for _ in range(dice.choice((0, 4, 12))):
        _run(farm, dice.choice(list(farm.jobs.values())), dice.choice(list(agents.values())))
    _settle(farm)
    return farm


def _run(farm: Farm, job: JobSnapshot, agent: AgentSnapshot) -> None:
    if farm.suits(job, agent) and farm.fits(job, agent):
        farm.new.append(Grant(job.id, agent.id, 0))


def _settle(farm: Farm) -> None:
    """What was just begun is at work."""
    pairs = Counter((grant.job_id, grant.agent_id) for grant in farm.new)
    for (job_id, agent_id), batches in pairs.items():
        job, agent = farm.jobs[job_id], farm.agents[agent_id]
        holding = Holding(agent_id, batches, batches * farm.cpus(job_id, agent_id))
        farm.jobs[job_id] = job._replace(holdings=(*job.holdings, holding))
        whole = -1 in (job.need.cpus, job.need.ram)
        farm.agents[agent_id] = agent._replace(
            free_cpus=0 if whole else agent.free_cpus - batches * job.need.cpus,
            free_ram=agent.free_ram - batches * max(job.need.ram, 0),
            free_gpus=agent.free_gpus - batches * job.need.gpus,
            batches=agent.batches + batches,
            exclusive=agent.exclusive or whole,
        )
    farm.running += [(grant.job_id, grant.agent_id) for grant in farm.new]
    farm.new.clear()


def view_of(farm: Farm) -> FarmView:
    """The farm as the policy keeps it."""
    return FarmView.of(farm.jobs.values(), farm.agents.values(), farm.queues.values(), farm.limits.values())


dices = st.builds(Dice, st.integers(0, 2**32))
farms = dices.map(make_farm)
