"""The rules of the scheduler once more, as plainly as they can be said, to check decisions against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from farmgui.domain.requirements import Per
from farmgui.scheduler.farm import AgentSnapshot, Grant, JobSnapshot, LimitSnapshot, QueueSnapshot


@dataclass
class Farm:
    """All rows, and the batches at work as pairs of job and agent; `new` ones were granted."""

    jobs: dict[int, JobSnapshot]
    agents: dict[str, AgentSnapshot]
    queues: dict[int, QueueSnapshot]
    limits: dict[str, LimitSnapshot]
    running: list[tuple[int, str]] = field(default_factory=list)
    new: list[Grant] = field(default_factory=list)

    def at_work(self) -> list[tuple[int, str]]:
        return self.running + [(grant.job_id, grant.agent_id) for grant in self.new]

    # The tree

    def above(self, job: JobSnapshot) -> list[QueueSnapshot]:
        """The queues that the job stands in, the nearest first."""
        found = []
        queue_id = job.queue_id
        while queue_id is not None:
            found.append(self.queues[queue_id])
            queue_id = self.queues[queue_id].parent_id
        return found

    def way(self, job: JobSnapshot) -> list[JobSnapshot | QueueSnapshot]:
        return [*reversed(self.above(job)), job]

    def below(self, node: JobSnapshot | QueueSnapshot) -> list[JobSnapshot]:
        if isinstance(node, JobSnapshot):
            return [node]
        return [job for job in self.jobs.values() if node in self.above(job)]

    def used(self, node: JobSnapshot | QueueSnapshot) -> set[str]:
        ids = {job.id for job in self.below(node)}
        return {agent_id for job_id, agent_id in self.at_work() if job_id in ids}

    def share(self, node: JobSnapshot | QueueSnapshot) -> float:
        """The cpus in use, and half a batch, by the weight; nothing for who uses none."""
        ids = {job.id for job in self.below(node)}
        cpus = [self.cpus(job_id, agent_id) for job_id, agent_id in self.at_work() if job_id in ids]
        return sum(cpus) * (1 + 1 / (2 * len(cpus))) / node.weight if cpus else 0.0

    def cpus(self, job_id: int, agent_id: str) -> int:
        need = self.jobs[job_id].need
        return self.agents[agent_id].cpus if -1 in (need.cpus, need.ram) else max(1, need.cpus)

    def is_leftover(self, job: JobSnapshot) -> bool:
        return any(node.weight == 0 for node in self.way(job))

    # Who may run where

    def suits(self, job: JobSnapshot, agent: AgentSnapshot) -> bool:
        """Whether the idle agent could run it."""
        need = job.need
        return (
            (need.allowed is None or agent.id in need.allowed)
            and agent.id not in need.excluded
            and need.tags <= agent.tags
            and not need.without_tags & agent.tags
            and all(
                any(
                    software == number and (low is None or rank >= low) and (high is None or rank <= high)
                    for number, rank in agent.software
                )
                for software, low, high in need.software
            )
            and (agent.cpus >= need.cpus and agent.ram >= need.ram and agent.gpus >= need.gpus)
        )

    def fits(self, job: JobSnapshot, agent: AgentSnapshot) -> bool:
        """Whether it has room for one batch now."""
        need = job.need
        here = [self.jobs[grant.job_id].need for grant in self.new if grant.agent_id == agent.id]
        batches = agent.batches + len(here)
        whole = -1 in (need.cpus, need.ram)
        if agent.exclusive or any(-1 in (other.cpus, other.ram) for other in here) or (whole and batches):
            return False
        cpus = agent.free_cpus - sum(other.cpus for other in here)
        ram = agent.free_ram - sum(other.ram for other in here)
        gpus = agent.free_gpus - sum(other.gpus for other in here)
        enough = batches < agent.cpus if need.cpus == 0 and not whole else cpus >= need.cpus
        return enough and (need.ram <= 0 or ram >= need.ram) and gpus >= need.gpus

    def within_limits(self, job: JobSnapshot, agent_id: str) -> bool:
        """Whether one more batch uses no more of a limit, or of what is left of it."""
        for name, _ in job.need.limits:
            after = self.use(name, (job.id, agent_id))
            if after != self.use(name) and after > self.limits[name].amount:
                return False
        return True

    def use(self, name: str, *more: tuple[int, str]) -> int:
        """How much of the limit is in use, with `more` batches."""
        amounts: dict[object, int] = {}
        for number, (job_id, agent_id) in enumerate([*self.at_work(), *more]):
            amount = dict(self.jobs[job_id].need.limits).get(name, 0)
            per = self.limits[name].per
            who = {Per.TASK: number, Per.AGENT: agent_id, Per.JOB: (job_id,)}[per]
            amounts[who] = max(amount, amounts.get(who, 0))
        return sum(amounts.values())

    def over_maximum(self, node: JobSnapshot | QueueSnapshot, agent_id: str) -> bool:
        """Whether one more batch there would exceed the maximum of agents."""
        if node.maximum_agents is None:
            return False
        used = self.used(node)
        return node.maximum_agents == 0 or (
            len(used | {agent_id}) > node.maximum_agents and agent_id not in used
        )

    def barred(self, job: JobSnapshot, agent_id: str) -> bool:
        """Whether the agent is left out for what happened there."""
        unseen = {name for name, sight in job.sights.items() if not sight.sees}
        others = [
            other for other in self.agents.values()
            if self.suits(job, other) and other.id not in job.set_aside | job.avoid | unseen
        ]  # fmt: skip
        return agent_id in job.avoid | unseen or (agent_id in job.set_aside and bool(others))

    def may_start(self, job: JobSnapshot) -> bool:
        given = sum(grant.tasks for grant in self.new if grant.job_id == job.id)
        known = all(name in self.limits for name, _ in job.need.limits)
        return job.queued > given and job.hold is None and known

    def could(self, job: JobSnapshot, agent: AgentSnapshot) -> bool:
        """Whether a batch of the job may start on the agent now."""
        there = sum(pair == (job.id, agent.id) for pair in self.at_work())
        return (
            self.may_start(job)
            and agent.present
            and self.suits(job, agent)
            and self.fits(job, agent)
            and not self.barred(job, agent.id)
            and (job.most_per_agent is None or there < job.most_per_agent)
            and not any(self.over_maximum(node, agent.id) for node in self.way(job))
            and self.within_limits(job, agent.id)
        )

    # The order

    def unmet(self, node: JobSnapshot | QueueSnapshot, agent_id: str) -> bool:
        """Whether it lacks agents for its minimum, and that one would be new for it."""
        used = self.used(node)
        return len(used) < (node.minimum_agents or 0) and agent_id not in used

    def serves_minimum(self, job: JobSnapshot, agent_id: str) -> bool:
        return any(self.unmet(node, agent_id) for node in self.way(job))

    def branches(
        self, job: JobSnapshot, other: JobSnapshot
    ) -> tuple[JobSnapshot | QueueSnapshot, JobSnapshot | QueueSnapshot]:
        """Where the ways to the two jobs part."""
        return next(
            (mine, theirs)
            for mine, theirs in zip(self.way(job), self.way(other), strict=False)
            if mine != theirs
        )

    def before(self, other: JobSnapshot, job: JobSnapshot) -> str | None:
        """Why `other` comes before `job` in the turns after the minimums, if it does."""
        if self.is_leftover(other) or self.is_leftover(job):
            return "weight 0" if self.is_leftover(job) and not self.is_leftover(other) else None
        mine, theirs = self.branches(job, other)
        if mine.priority != theirs.priority:
            return "priority" if theirs.priority > mine.priority else None
        return "share" if self.share(theirs) < self.share(mine) * (1 - 1e-9) else None


def replay(farm: Farm, grants: tuple[Grant, ...]) -> Iterator[Grant]:
    """The grants one by one, the farm as it is before each."""
    for grant in grants:
        yield grant
        farm.new.append(grant)
