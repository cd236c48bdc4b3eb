"""For one job and one agent, every rule in the order of the decision, and whether it holds."""

from __future__ import annotations

from collections.abc import Iterator

from farmgui.domain.explanations import Rule
from farmgui.scheduler.decide import assign
from farmgui.scheduler.farm import AgentSnapshot, Decision
from farmgui.scheduler.licences import LimitRoom
from farmgui.scheduler.nodes import JobNode
from farmgui.scheduler.reasons import queue_name, title
from farmgui.scheduler.requirements import requirements
from farmgui.scheduler.view import FarmView
from farmgui.scheduler.words import counted, ram_text, some


def explain(view: FarmView, job_id: int, agent_id: str) -> tuple[Rule, ...]:
    """Every rule for the job on the agent; the last one, whose turn it is, where all others hold.

    A job or an agent that isn't in the view fails the first one.
    """
    rules = _rules(view, job_id, agent_id)
    if not all(rule.holds for rule in rules):
        return rules
    return (*rules, _turn(view, view.nodes[job_id], view.index.rows[view.index.number(agent_id)]))


def _rules(view: FarmView, job_id: int, agent_id: str) -> tuple[Rule, ...]:
    node, agent = view.nodes.get(job_id), view.agent(agent_id)
    if node is None:
        return (Rule("job", holds=False, text="the job is finished, paused or gone"),)
    if agent is None:
        return (Rule("agent", holds=False, text="the agent is offline, disabled or gone"),)
    number = view.index.number(agent_id)
    return (
        *_of_job(view, node),
        *_of_agent(view, node, agent, number),
        *_of_counts(view, node, number),
        *_of_room(view, node, agent),
    )


def _turn(view: FarmView, node: JobNode, agent: AgentSnapshot) -> Rule:
    """Whether the next decision gives the agent to the job."""
    decision = assign(view)
    first = list(dict.fromkeys(grant.job_id for grant in decision.grants if grant.agent_id == agent.id))
    if node.job.id in first:
        return Rule("turn", holds=True, text=f"its turn comes next, on {agent.name}")
    kept = _kept(view, decision, agent)
    if kept is not None:
        return Rule("turn", holds=False, text=kept)
    if not first:
        return Rule("turn", holds=False, text="its tasks start on other agents")
    titles = some([title(view.nodes[job_id]) for job_id in first])
    return Rule("turn", holds=False, text=f"{agent.name} goes to {titles} first")


def _kept(view: FarmView, decision: Decision, agent: AgentSnapshot) -> str | None:
    """That the decision keeps the agent, and for whom; None where it doesn't."""
    job_id = decision.kept.get(agent.id)
    if job_id is None:
        return None
    return f"{agent.name} is kept for {title(view.nodes[job_id])}, which needs more of it"


def _of_job(view: FarmView, node: JobNode) -> Iterator[Rule]:
    hold = view.hold(node.job)
    yield Rule("hold", hold is None, hold or "nothing holds the job back")
    queued = node.job.queued
    text = f"{counted(queued, 'task')} may start" if queued else "it has no task that may start now"
    yield Rule("tasks", queued > 0, text)


def _of_agent(view: FarmView, node: JobNode, agent: AgentSnapshot, number: int) -> Iterator[Rule]:
    """What the agent is and has, whatever is at work there, and what happened to the job there."""
    online = "is online and enabled" if agent.present else "isn't heard of, and expected back soon"
    yield Rule("online", agent.present, f"{agent.name} {online}")
    for rule in requirements(view.index, view.names, node.job.need):
        holds = bool(rule.mask >> number & 1)
        # Where agents are named, the words say all.
        whole = holds or rule.name in ("allowed agents", "excluded agents")
        yield Rule(
            rule.name, holds, rule.words if whole else f"{rule.words}, which {agent.name} doesn't meet"
        )
    sight = node.job.sights.get(agent.id)
    if sight is not None:
        yield Rule("sight", sight.sees is True, sight.words)
    yield from _of_failures(view, node, agent)


def _of_failures(view: FarmView, node: JobNode, agent: AgentSnapshot) -> Iterator[Rule]:
    if agent.id in node.job.avoid:
        yield Rule("failed tasks", holds=False, text=f"all of its queued tasks failed on {agent.name}")
    if agent.id in node.job.set_aside:
        barred = bool(view.barred(node) >> view.index.number(agent.id) & 1)
        used = "others can run it" if barred else "used all the same: no other agent can run it"
        text = f"{agent.name} is set aside for several failures of this job; {used}"
        yield Rule("set aside", not barred, text)


def _of_counts(view: FarmView, node: JobNode, number: int) -> Iterator[Rule]:
    """Most per agent, maximums up the tree, and limits."""
    here = node.there.get(number, (0, 0))[0]
    most = node.job.most_per_agent
    if most is not None:
        yield Rule("most per agent", here < most, f"runs {here} of at most {most} tasks at once there")
    yield _maximum("its maximum of agents", node.job.maximum_agents, node.mask, number)
    for queue in node.queue.lineage():
        if queue.maximum is not None:
            yield _maximum(f"the maximum of agents of {queue_name(queue)}", queue.maximum, queue.mask, number)
    for name, amount in node.job.need.limits:
        use = view.uses.get(name)
        if use is None:
            yield Rule("limit", holds=False, text=f"the limit “{name}” isn't known")
            continue
        holds = bool(LimitRoom(use).agents(amount, started=node.batches > 0) >> number & 1)
        text = f"the limit “{name}”: {use.taken} of {use.limit.amount} in use, it needs {amount}"
        yield Rule("limit", holds, text)


def _maximum(whose: str, maximum: int | None, mask: int, number: int) -> Rule:
    if maximum is None:
        return Rule("maximum", holds=True, text="it has no maximum of agents")
    used = mask.bit_count()
    holds = maximum > 0 and (used < maximum or bool(mask >> number & 1))
    return Rule("maximum", holds, f"{whose}: {used} of {maximum} in use")


def _of_room(view: FarmView, node: JobNode, agent: AgentSnapshot) -> Iterator[Rule]:
    """What is free there now."""
    need = node.job.need
    users = ", ".join(
        title(view.nodes[job_id])
        for job_id in view.running.get(view.index.number(agent.id), {})
        if job_id in view.nodes
    )
    if agent.exclusive:
        text = f"{users or 'a batch'} has {agent.name} to itself"
        yield Rule("shared", holds=False, text=text)
        return
    if need.whole:
        text = f"needs {agent.name} whole: it runs {counted(agent.batches, 'batch')} ({users})"
        yield Rule("idle", agent.batches == 0, text if agent.batches else f"{agent.name} is idle")
    elif need.cpus:
        free = f"{max(agent.free_cpus, 0)} of {counted(agent.cpus, 'cpu')} are free"
        yield Rule("free cpus", agent.free_cpus >= need.cpus, f"{free}, it needs {need.cpus}")
    else:
        text = f"{agent.name} runs {agent.batches} of at most {agent.cpus} batches"
        yield Rule("processes", agent.batches < agent.cpus, text)
    if need.ram > 0:
        free = f"{ram_text(max(agent.free_ram, 0))} of ram are free"
        yield Rule("free ram", agent.free_ram >= need.ram, f"{free}, it needs {ram_text(need.ram)}")
    if need.gpus > 0:
        free = f"{max(agent.free_gpus, 0)} of {counted(agent.gpus, 'gpu')} are free"
        yield Rule("free gpus", agent.free_gpus >= need.gpus, f"{free}, it needs {need.gpus}")


def idle_reasons(view: FarmView, agent_id: str, most: int = 5) -> tuple[str, ...]:
    """Why the agent has no work, or no more of it: what keeps the jobs that wait, the most frequent first."""
    agent = view.agent(agent_id)
    if agent is None:
        return ("the agent is offline, disabled or gone",)
    counts: dict[str, int] = {}
    turn = ""
    known: dict[tuple[object, ...], str] = {}
    for node in view.nodes.values():
        if not node.job.queued:
            continue
        key = _alike(node, agent_id)
        if key not in known or node.job.most_per_agent is not None:
            broken = (rule.text for rule in _rules(view, node.job.id, agent_id) if not rule.holds)
            known[key] = next(broken, "")
            if not known[key]:
                turn = turn or _kept(view, assign(view), agent) or "nothing keeps it: its turn comes next"
                known[key] = turn
        counts[known[key]] = counts.get(known[key], 0) + 1
    if not counts:
        return ("no job waits",)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = [f"{counted(count, 'job')}: {text}" for text, count in ordered[:most]]
    left = sum(count for _text, count in ordered[most:])
    return (*told, f"{counted(left, 'job')}: for other reasons") if left else tuple(told)


def _alike(node: JobNode, agent_id: str) -> tuple[object, ...]:
    """What jobs have in common that are told the same of one agent: these are asked for once."""
    return (
        node.job.hold,
        node.need_class.index,
        node.queue.id,
        node.capped,
        node.avoid,
        node.set_aside,
        node.mask,
        node.job.sights.get(agent_id),
    )
