"""The runner for this machine: starts the agent process and connects to it, again and again if need be."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

from farmgui.domain.errors import FarmError
from farmgui.domain.orders import BatchOrder
from farmgui.domain.sights import Sight
from farmgui.execution import wire
from farmgui.execution.agent_process import END_WITHIN, AgentProcess, NoContact, Talk, clean_environ
from farmgui.execution.lead_words import start_messages, token_messages
from farmgui.execution.link import LinkLost
from farmgui.execution.runner import Sink

__all__ = ["LocalRunner", "clean_environ"]

_LOOK: Final = 1.0
"""Seconds between two looks whether the agent is silent for too long."""
_SILENT: Final = 35.0
_LONGEST_WAIT: Final = 30.0


class LocalRunner:
    """The Runner port for the one agent of this machine."""

    def __init__(self, folder: Path, *, options: Sequence[str] = ()) -> None:
        """`options` are handed to the agent process, as `farmgui agent` takes them."""
        self._process = AgentProcess(folder, options)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._talk: Talk | None = None
        self._sink: Sink
        self._fence = 0
        self._agent_id = ""

    # -- the port

    def open(self, sink: Sink, fence: int) -> None:
        """Begin to look for the agent; returns at once."""
        self._sink, self._fence = sink, fence
        # A daemon: a program that dies of a defect must not wait for it.
        self._thread = threading.Thread(target=self._run, name="agent of this machine", daemon=True)
        self._thread.start()

    def start(self, agent_id: str, orders: Sequence[BatchOrder]) -> bool:
        """Hand batches to the agent's connection; False where there is none."""
        talk = self._talk_with(agent_id)
        if talk is None:
            return False
        for data in start_messages(orders, lambda ended: self._sink.happened(agent_id, ended)):
            talk.say(data)
        return True

    def stop(self, agent_id: str, tokens: Collection[str]) -> None:
        """Have attempts ended."""
        self._say(agent_id, token_messages(wire.Stop, tokens))

    def acknowledge(self, agent_id: str, tokens: Collection[str]) -> None:
        """Tell the agent that these results are stored."""
        self._say(agent_id, token_messages(wire.Acknowledge, tokens))

    def inventory(self, agent_id: str) -> None:
        """Ask for a fresh inventory."""
        self._say(agent_id, [wire.encode(wire.AskInventory())])

    def look(self, agent_id: str, number: int, reads: Sequence[str], writes: Sequence[str]) -> bool:
        """Ask what the agent sees."""
        return self._say(agent_id, [wire.encode(wire.Look(number, tuple(reads), tuple(writes)))])

    def close(self, *, end_agent: bool) -> None:
        """Disconnect; with `end_agent` the agent ends what runs, then itself, and is waited for."""
        if self._thread is None:
            return
        with self._lock:
            self._closing.set()
            talk = self._talk
        told = end_agent and talk is not None and talk.has_begun
        if talk is not None:
            talk.close(wire.encode(wire.End()) if end_agent else None, END_WITHIN)
        self._thread.join()
        self._thread = None
        if end_agent:
            self._process.end(self._fence, told=told)

    # -- the thread

    def _run(self) -> None:
        wait = 0.25
        told = ""
        while not self._closing.is_set():
            try:
                talk = self._connect()
            except (NoContact, FarmError, OSError) as error:
                why = str(error)
            else:
                wait, told = 0.25, ""
                why = self._listen(talk)
            if self._closing.is_set():
                break
            if why != told:
                self._sink.lost_contact(self._agent_id, why)
                told = why
            self._closing.wait(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _connect(self) -> Talk:
        """The connection to the agent, which is started if there is none. Raises NoContact and others."""
        self._agent_id = self._process.folder().agent_id
        link = self._process.meet(self._fence, self._closing)
        talk = Talk(link)
        with self._lock:
            if self._closing.is_set():
                talk.abandon()
                raise NoContact("The program ends.")
            self._talk = talk
        try:
            self._agent_id = self._process.greet(link, self._fence).agent_id
        except NoContact:
            self._drop(talk)
            raise
        return talk

    def _listen(self, talk: Talk) -> str:
        """Hand on what the agent says until it is gone; why it is, in a sentence."""
        heard = time.monotonic()
        talk.begin()
        try:
            while time.monotonic() - heard < _SILENT:
                message = talk.link.receive(_LOOK)
                if message is None:
                    continue
                heard = time.monotonic()
                if isinstance(message, wire.Refused):
                    return message.why
                self._hand_on(message)
            return f"The agent of this machine was silent for {_SILENT:.0f} seconds."
        except LinkLost as error:
            return f"The connection to the agent of this machine broke: {error}."
        finally:
            self._drop(talk)

    def _hand_on(self, message: wire.Message) -> None:
        if isinstance(message, wire.News):
            self._sink.happened(self._agent_id, message.events)
        elif isinstance(message, wire.Seen):
            self._sink.saw(self._agent_id, message.number, Sight(message.problem, message.path))
        elif isinstance(message, wire.Holding):
            self._process.serves(message.inventory.pid)
            self._sink.reported(message.inventory)

    def _drop(self, talk: Talk) -> None:
        with self._lock:
            self._talk = None
        talk.abandon()

    # -- talking

    def _talk_with(self, agent_id: str) -> Talk | None:
        talk = self._talk
        return talk if talk is not None and talk.has_begun and agent_id == self._agent_id else None

    def _say(self, agent_id: str, messages: Iterable[bytes]) -> bool:
        talk = self._talk_with(agent_id)
        if talk is None:
            return False
        for data in messages:
            talk.say(data)
        return True
