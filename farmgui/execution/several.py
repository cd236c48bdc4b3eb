"""Several runners as one: each agent belongs to the runner that told of it last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from functools import partial

from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Event, Inventory
from farmgui.domain.sights import Sight
from farmgui.execution.runner import Runner, Sink


class SeveralRunners:
    """The Runner port over others. What is meant for an agent that none of them told of reaches nobody."""

    def __init__(self, runners: Sequence[Runner]) -> None:
        self._runners = tuple(runners)
        self._owners: dict[str, Runner] = {}

    def open(self, sink: Sink, fence: int) -> None:
        """Have all of them begin."""
        for runner in self._runners:
            runner.open(_Ear(sink, runner, self._owners), fence)

    def start(self, agent_id: str, orders: Sequence[BatchOrder]) -> bool:
        """Hand batches to the agent's connection; False where there is none."""
        runner = self._owners.get(agent_id)
        return runner is not None and runner.start(agent_id, orders)

    def stop(self, agent_id: str, tokens: Collection[str]) -> None:
        """Have attempts ended."""
        if runner := self._owners.get(agent_id):
            runner.stop(agent_id, tokens)

    def acknowledge(self, agent_id: str, tokens: Collection[str]) -> None:
        """Tell the agent that these results are stored."""
        if runner := self._owners.get(agent_id):
            runner.acknowledge(agent_id, tokens)

    def inventory(self, agent_id: str) -> None:
        """Ask for a fresh inventory."""
        if runner := self._owners.get(agent_id):
            runner.inventory(agent_id)

    def look(self, agent_id: str, number: int, reads: Sequence[str], writes: Sequence[str]) -> bool:
        """Ask what the agent sees; False where there is no connection."""
        runner = self._owners.get(agent_id)
        return runner is not None and runner.look(agent_id, number, reads, writes)

    def close(self, *, end_agent: bool) -> None:
        """Disconnect all, side by side, since each may wait for its agents."""
        _side_by_side([partial(runner.close, end_agent=end_agent) for runner in self._runners])


class _Ear:
    """Hands on what one runner hears, and notes whose agent it is."""

    def __init__(self, sink: Sink, runner: Runner, owners: dict[str, Runner]) -> None:
        self._sink = sink
        self._runner = runner
        self._owners = owners

    def reported(self, inventory: Inventory) -> None:
        self._owners[inventory.agent_id] = self._runner
        self._sink.reported(inventory)

    def happened(self, agent_id: str, events: Sequence[Event]) -> None:
        # Before its first inventory, too: what has finished is acknowledged by the same way.
        self._owners[agent_id] = self._runner
        self._sink.happened(agent_id, events)

    def saw(self, agent_id: str, number: int, sight: Sight) -> None:
        self._sink.saw(agent_id, number, sight)

    def lost_contact(self, agent_id: str, why: str) -> None:
        # One that another runner has by now isn't lost.
        if self._owners.get(agent_id, self._runner) is self._runner:
            self._sink.lost_contact(agent_id, why)


def _side_by_side(calls: Sequence[Callable[[], None]]) -> None:
    """Make all calls, each by a thread, and wait for all; what one of them raises is raised afterwards."""
    failures: list[BaseException] = []

    def make(call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 (here a thread begins)
            failures.append(error)

    threads = [threading.Thread(target=make, args=(call,), name="close") for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
