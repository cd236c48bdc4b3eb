"""The columns of the agents table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from farmgui.domain.snapshots import AgentRow
from farmgui.domain.states import AgentState
from farmgui.ui.columns import Align, Column, Paint
from farmgui.ui.texts import duration, memory, moment, one_line, runtime

_R: Final = Align.RIGHT
_JOINED_TIP: Final = (
    "A machine that joined: it reads scenes and writes frames by a share, and keeps its own logs."
)
_STATE_ORDER: Final = {AgentState.RUNNING: 0, AgentState.ONLINE: 1, AgentState.OFFLINE: 2}


def agent_state_text(agent: AgentRow) -> str:
    """The state in words, with what a wrangler wants of the agent."""
    if not agent.enabled:
        return "Finishing" if agent.tasks_running else "Set aside"
    return {AgentState.RUNNING: "Working", AgentState.ONLINE: "Idle"}.get(agent.state, "Offline")


def _state_tip(agent: AgentRow) -> str:
    if not agent.enabled:
        if agent.tasks_running:
            return "Set aside: it finishes what it runs and is given nothing new."
        return "Set aside: it is given nothing."
    if agent.state is AgentState.OFFLINE:
        return f"Nothing was heard of it since {moment(agent.last_heard_from) or 'it was added'}."
    return agent_state_text(agent)


def _ago(agent: AgentRow) -> str:
    seconds = runtime(agent.last_heard_from, None)
    if seconds is None:
        return "never"
    return "now" if seconds < 15 else f"{duration(seconds)} ago"


AGENT_COLUMNS: Final[tuple[Column[AgentRow], ...]] = (
    Column(
        "hostname",
        "Agent",
        text=lambda agent: agent.hostname,
        tip=lambda agent: f"{agent.hostname}\n{agent.os}\nversion {agent.version}",
        about="The machine's name",
        width=130,
    ),
    Column(
        "state",
        "State",
        text=agent_state_text,
        value=lambda agent: agent.state,
        sort=lambda agent: (_STATE_ORDER[agent.state], not agent.enabled),
        tip=_state_tip,
        about="What the agent does now",
        width=96,
        paint=Paint.STATE,
    ),
    Column(
        "place",
        "Place",
        text=lambda agent: "joined" if agent.joined else "here",
        tip=lambda agent: (
            _JOINED_TIP if agent.joined else "On this machine, beside the program that schedules."
        ),
        about="Whether the machine joined the farm, or is the one that schedules",
        width=70,
        shown=False,
    ),
    Column(
        "tasks",
        "Tasks",
        text=lambda agent: str(agent.tasks_running) if agent.tasks_running else "",
        value=lambda agent: agent.tasks_running,
        sort=lambda agent: agent.tasks_running,
        about="Tasks that the agent runs now",
        align=_R,
        width=56,
        descending=True,
    ),
    Column(
        "cpus",
        "CPUs",
        text=lambda agent: f"{agent.cpus_in_use} / {agent.cpus}",
        value=lambda agent: agent.cpus,
        sort=lambda agent: agent.cpus,
        tip=lambda agent: f"{agent.cpus_in_use} of {agent.cpus} cores are given to tasks.",
        about="Cores given to tasks, of all cores",
        align=_R,
        width=66,
        descending=True,
    ),
    Column(
        "ram",
        "Free RAM",
        text=lambda agent: memory(agent.free_ram if agent.free_ram is not None else agent.ram),
        value=lambda agent: agent.free_ram,
        sort=lambda agent: agent.free_ram,
        tip=lambda agent: f"{memory(agent.free_ram) or 'An unknown part'} of {memory(agent.ram)} is free.",
        about="Memory that is free now",
        align=_R,
        width=80,
        descending=True,
    ),
    Column(
        "heard",
        "Heard from",
        text=_ago,
        value=lambda agent: agent.last_heard_from,
        sort=lambda agent: agent.last_heard_from or datetime.min.replace(tzinfo=UTC),
        tip=lambda agent: moment(agent.last_heard_from),
        about="When the agent last spoke",
        width=96,
        descending=True,
        live=True,
        tint=lambda _agent: "dim",
    ),
    Column("os", "System", text=lambda agent: agent.os, width=120, shown=False),
    Column("version", "Version", text=lambda agent: agent.version, width=70, shown=False),
    Column("tags", "Tags", text=lambda agent: ", ".join(agent.tags), width=110, shown=False),
    Column("notes", "Notes", text=lambda agent: one_line(agent.notes), width=140, shown=False),
)
