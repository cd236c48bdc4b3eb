"""What a lead says to an agent, in messages that are short enough to be taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Finished
from farmgui.domain.states import AttemptState
from farmgui.execution import wire

_TOKENS_AT_ONCE: Final = 50_000


def start_messages(orders: Iterable[BatchOrder], refuse: Callable[[list[Finished]], None]) -> list[bytes]:
    """A message for each order; `refuse` is told how the tasks of one that is too long have ended."""
    messages = []
    for order in orders:
        data = wire.encode(wire.Start((order,)))
        if len(data) > wire.MAX_BYTES:
            refuse(_too_long(order))
        else:
            messages.append(data)
    return messages


def token_messages(
    kind: type[wire.Stop] | type[wire.Acknowledge], tokens: Collection[str]
) -> Iterator[bytes]:
    """What is said of these attempts; of very many in several messages."""
    known = tuple(tokens)
    for start in range(0, len(known), _TOKENS_AT_ONCE):
        yield wire.encode(kind(known[start : start + _TOKENS_AT_ONCE]))


def _too_long(order: BatchOrder) -> list[Finished]:
    now = time.time()
    reason = "The batch is too long to be sent to the agent. Make the job's batch smaller."
    return [Finished(task.token, AttemptState.FAILED, None, now, None, reason) for task in order.tasks]
