"""Brings what an agent holds and what the database says of it together again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from farmgui.domain.errors import FarmError
from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Inventory
from farmgui.domain.states import AttemptState
from farmgui.models import IS_OPEN, Attempt
from farmgui.services import inventories, news
from farmgui.services.agent_words import AgentWords
from farmgui.services.orders import Orders
from farmgui.services.tally import Tally

_OPEN: Final = (
    select(Attempt.token, Attempt.batch, Attempt.incarnation, Attempt.stop_as)
    .where(IS_OPEN)
    .order_by(Attempt.id)
)


@dataclass(slots=True)
class Mending:
    """What the agent has to be told once the transaction is committed."""

    start: list[BatchOrder] = field(default_factory=list)
    stop: set[str] = field(default_factory=set)


def reconcile(
    session: Session,
    tally: Tally,
    orders: Orders,
    inventory: Inventory,
    receipts: Collection[str],
    time: datetime,
) -> Mending:
    """Compare the open attempts of an agent with its inventory; to be done after its events were put.

    What an earlier incarnation had and didn't report is lost. What never arrived is sent again. What the
    agent holds and isn't open here is stopped, but for `receipts`, which are being acknowledged.
    """
    inventories.store(session, inventory, time)
    attempts = session.execute(_OPEN.where(Attempt.agent_id == inventory.agent_id)).all()
    current = [attempt for attempt in attempts if attempt.incarnation == inventory.incarnation]
    gone = [attempt.token for attempt in attempts if attempt.incarnation != inventory.incarnation]
    words = news.ended(gone, inventory.agent_id, AttemptState.LOST, "the agent's process ended", time)
    news.put(session, tally, words, time)
    missing = dict.fromkeys(a.batch for a in current if a.token not in inventory.tokens)
    mending = Mending()
    if missing:
        mending.start = _again(session, tally, orders, inventory.agent_id, missing, time)
    mending.stop = {attempt.token for attempt in current if attempt.stop_as is not None}
    mending.stop |= inventory.tokens - {attempt.token for attempt in current} - set(receipts)
    return mending


def _again(
    session: Session,
    tally: Tally,
    orders: Orders,
    agent_id: str,
    batches: Collection[str],
    time: datetime,
) -> list[BatchOrder]:
    """The orders of batches that never arrived. The agent runs none twice: it knows its tokens."""
    found = []
    words_of_agent = AgentWords(session)
    for batch in batches:
        try:
            found += [words_of_agent.told(agent_id, one) for one in orders.of_batches(session, [batch])]
        except FarmError as error:
            # Its command can't be made any more.
            tokens = session.scalars(select(Attempt.token).where(IS_OPEN, Attempt.batch == batch)).all()
            words = news.ended(tokens, agent_id, AttemptState.FAILED, str(error), time)
            news.put(session, tally, words, time)
    return found
