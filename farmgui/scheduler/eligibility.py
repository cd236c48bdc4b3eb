"""Why a job waits, in words: the first rule that keeps it from the agents."""

from __future__ import annotations

from collections.abc import Sequence

from farmgui.scheduler.snapshot import WHOLE, AgentSnapshot, JobSnapshot
from farmgui.scheduler.tree import Node


def why_waiting(node: Node, agents: Sequence[AgentSnapshot]) -> str:
    """The reason for a job with queued tasks and nothing running."""
    job = node.job
    if job is None:
        raise ValueError("only a job waits")
    if not job.ready:
        return "waits for the jobs that it depends on"
    if not agents:
        return "no agent is online and enabled"
    full = node.at_maximum()
    if full is not None:
        return _maximum(node, full)
    if job.cpus > 0 and all(agent.cpus < job.cpus for agent in agents):
        return f"needs {job.cpus} cpus: {_none_of(agents)} has so many"
    if job.ram > 0 and all(agent.ram < job.ram for agent in agents):
        return f"needs {job.ram} MB of ram: {_none_of(agents)} has so much"
    if job.ram > 0 and _lacks_free_ram(job, agents):
        return f"needs {job.ram} MB of ram: no idle agent has so much of it free"
    if WHOLE in (job.cpus, job.ram):
        return "needs a whole agent, and all are at work"
    return "all agents that can run it are at work"


def _lacks_free_ram(job: JobSnapshot, agents: Sequence[AgentSnapshot]) -> bool:
    """Whether all agents that are big enough are idle, and other programs hold their memory."""
    able = [agent for agent in agents if agent.cpus >= job.cpus and agent.ram >= job.ram]
    return bool(able) and all(agent.batches == 0 and agent.free_ram < job.ram for agent in able)


def _maximum(node: Node, full: Node) -> str:
    whose = "its" if full is node else "its queue's"
    if full.maximum == 0:
        return f"{whose} maximum of agents is 0"
    return f"{whose} maximum of {full.maximum} agents is in use"


def _none_of(agents: Sequence[AgentSnapshot]) -> str:
    return "no agent here" if len(agents) == 1 else f"none of {len(agents)} agents"
