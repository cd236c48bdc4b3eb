"""Takes in what agents report: enqueued by the runner's threads, stored by the lead's, then acknowledged."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from farmgui.domain.errors import FarmError
from farmgui.domain.reports import Event, Inventory
from farmgui.domain.sights import Sight
from farmgui.domain.states import AgentState
from farmgui.execution.runner import Runner
from farmgui.models import Agent
from farmgui.services import news
from farmgui.services.bulk import Driver, stored_second
from farmgui.services.database import Database
from farmgui.services.holdings import Holdings
from farmgui.services.lease import LostLease, check_fence
from farmgui.services.news import Word
from farmgui.services.orders import Orders
from farmgui.services.reconcile import Mending, reconcile
from farmgui.services.tally import Tally

_log = logging.getLogger(__name__)
_SUCCEEDED: Final = (
    "UPDATE agents SET last_success_on = ? WHERE id = ? AND (last_success_on IS NULL OR last_success_on < ?)"
)
_EXACT: Final = 60.0
"""Seconds by which an agent's last success may be out of date."""


@dataclass(frozen=True, slots=True)
class _Events:
    agent_id: str
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class _Silence:
    agent_id: str


@dataclass(frozen=True, slots=True)
class _Saw:
    agent_id: str
    number: int
    sight: Sight


_News = _Events | _Silence | _Saw | Inventory


@dataclass(slots=True)
class Pile:
    """Everything that came since the last time, put in order."""

    taken: Sequence[_News]
    words: dict[tuple[str, str], Word] = field(default_factory=dict)
    inventories: dict[str, Inventory] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    sights: list[tuple[str, int, Sight]] = field(default_factory=list)
    """What agents saw: agent, number of the question, answer."""
    receipts: dict[str, set[str]] = field(default_factory=dict)
    """The tokens of finished attempts, by the agent that waits for the receipt."""
    mending: dict[str, Mending] = field(default_factory=dict)
    """What agents have to be told, once it is stored."""
    successes: dict[str, float] = field(default_factory=dict)
    """When agents had a task done, where that is stored."""

    def __post_init__(self) -> None:
        for item in self.taken:
            self._add(item)

    def _add(self, item: _News) -> None:
        match item:
            case Inventory():
                self.inventories[item.agent_id] = item
                self.silent.discard(item.agent_id)
            case _Silence():
                self.inventories.pop(item.agent_id, None)
                self.silent.add(item.agent_id)
            case _Saw():
                self.sights.append((item.agent_id, item.number, item.sight))
            case _Events():
                for event in item.events:
                    self._add_event(item.agent_id, event)

    def _add_event(self, agent_id: str, event: Event) -> None:
        key = (agent_id, event.token)
        word = self.words.get(key)
        if word is None:
            word = self.words[key] = Word(event.token, agent_id)
        word.add(event)
        if word.finished is not None:
            self.receipts.setdefault(agent_id, set()).add(event.token)


class Results:
    """The lead's ear. `on_news` is called on the runner's threads when something came: it must only signal.

    `holdings` are told of attempts that ended; `nice` is that of tasks whose orders are sent again.
    """

    def __init__(
        self,
        database: Database,
        runner: Runner,
        fence: int,
        on_news: Callable[[], None],
        *,
        holdings: Holdings,
        nice: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._holdings = holdings
        self._clock = clock
        self._runner = runner
        self._fence = fence
        self._on_news = on_news
        self._orders = Orders(nice)
        self._lock = threading.Lock()
        self._news: deque[_News] = deque()
        self._sights: list[tuple[str, int, Sight]] = []
        self._successes: dict[str, float] = {}
        """The last success that was stored of each agent."""
        self._piecemeal = 0
        """How many pieces of news are still to be taken one at a time."""

    def reported(self, inventory: Inventory) -> None:
        """An agent told who it is and what it holds."""
        self._enqueue(inventory)

    def happened(self, agent_id: str, events: Sequence[Event]) -> None:
        """Attempts went on or ended."""
        self._enqueue(_Events(agent_id, events))

    def saw(self, agent_id: str, number: int, sight: Sight) -> None:
        """An agent answered what it sees."""
        self._enqueue(_Saw(agent_id, number, sight))

    def lost_contact(self, agent_id: str, why: str) -> None:
        """The agent can't be reached."""
        _log.info("No contact to the agent %s: %s", agent_id or "of this machine", why)
        self._enqueue(_Silence(agent_id))

    def sights(self) -> Sequence[tuple[str, int, Sight]]:
        """What agents saw, of that which was taken in since the last call: agent, number and answer."""
        sights, self._sights = self._sights, []
        return sights

    def take(self) -> int:
        """Store all that came, in one transaction, and acknowledge it. Returns how many attempts it told of.

        Raises LostLease where another program leads by now. After any other FarmError (a full disk, say)
        nothing is lost: the next call tries once more.
        """
        with self.taking() as pile:
            if pile is None:
                return 0
            try:
                with self._database.sessions.begin() as session:
                    check_fence(session, self._fence)
                    time = self._clock()
                    self.store(session, pile, time).settle(session, time)
            except BaseException:
                # Nobody knows what was stored.
                self._holdings.doubt()
                raise
        return len(pile.words)

    @contextmanager
    def taking(self) -> Iterator[Pile | None]:
        """All that came, None for nothing: to be stored and committed within; acknowledged at the end.

        After a FarmError but LostLease it comes once more the next time; after a defect piece by piece, so
        that what can't be stored takes nothing else with it.
        """
        taken = self._drain()
        if not taken:
            yield None
            return
        pile = Pile(taken)
        try:
            yield pile
        except LostLease:
            raise
        except FarmError:
            self._put_back(taken)
            raise
        except Exception:
            if len(taken) > 1:
                self._put_back(taken)
                self._piecemeal += len(taken)
            self._wake_for_more()
            raise
        self._answer(pile)
        self._wake_for_more()

    def store(self, session: Session, pile: Pile, time: datetime) -> Tally:
        """Put it on attempts, tasks and agents, in the transaction of `session`.

        Returns what the caller has to put on jobs. The holdings are told at once: whoever can't commit it has
        to have them doubt.
        """
        tally = Tally()
        news.put(session, tally, pile.words.values(), time)
        _silence(session, pile.silent)
        pile.mending = {
            agent_id: reconcile(
                session, tally, self._orders, inventory, pile.receipts.get(agent_id, ()), time
            )
            for agent_id, inventory in pile.inventories.items()
        }
        pile.successes = self._tell_successes(session, tally.succeeded)
        self._holdings.close(tally.ended)
        return tally

    def _tell_successes(self, session: Session, succeeded: Mapping[str, float]) -> dict[str, float]:
        known = self._successes
        new = {agent: at for agent, at in succeeded.items() if at - known.get(agent, 0.0) >= _EXACT}
        rows = [(stored := stored_second(at), agent, stored) for agent, at in new.items()]
        Driver(session).many(_SUCCEEDED, rows)
        return new

    def _answer(self, pile: Pile) -> None:
        self._sights += pile.sights
        self._successes.update(pile.successes)
        for agent_id, tokens in pile.receipts.items():
            self._runner.acknowledge(agent_id, tokens)
        for agent_id, mend in pile.mending.items():
            if mend.start:
                self._runner.start(agent_id, mend.start)
            if mend.stop:
                self._runner.stop(agent_id, mend.stop)

    def _enqueue(self, item: _News) -> None:
        with self._lock:
            self._news.append(item)
        self._on_news()

    def _put_back(self, taken: Sequence[_News]) -> None:
        with self._lock:
            self._news.extendleft(reversed(taken))

    def _wake_for_more(self) -> None:
        if self._piecemeal:
            self._on_news()

    def _drain(self) -> list[_News]:
        with self._lock:
            if self._piecemeal:
                self._piecemeal -= 1
                return [self._news.popleft()]
            taken = list(self._news)
            self._news.clear()
        return taken


def _silence(session: Session, agents: Iterable[str]) -> None:
    silent = list(agents)
    if silent:
        session.execute(update(Agent).where(Agent.id.in_(silent)).values(state=AgentState.OFFLINE))
