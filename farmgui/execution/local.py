"""The runner for this machine: starts the agent process and connects to it, again and again if need be."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from multiprocessing.connection import Client
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import farmgui
from farmgui.domain.errors import FarmError
from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Finished
from farmgui.domain.sending import PASSWORD_VARIABLE
from farmgui.domain.sights import Sight
from farmgui.domain.states import AttemptState
from farmgui.execution import platforms, wire
from farmgui.execution.family import AGENT_VARIABLE, ATTEMPT_VARIABLE
from farmgui.execution.folder import AgentFolder, open_folder
from farmgui.execution.link import Link, LinkLost
from farmgui.execution.log_file import rotate
from farmgui.execution.platforms import AnyConnection, Detached
from farmgui.execution.runner import Sink

_log = logging.getLogger(__name__)
_LOOK: Final = 1.0
"""Seconds between two looks whether the agent is silent for too long."""
_SILENT: Final = 35.0
_START_WITHIN: Final = 45.0
"""An agent may first have to end what another left."""
_WELCOME_WITHIN: Final = 10.0
_LONGEST_WAIT: Final = 30.0
_END_WITHIN: Final = 45.0


class NoContact(Exception):
    """There is no agent to talk to; the text is a sentence."""


class LocalRunner:
    """The Runner port for the one agent of this machine."""

    def __init__(self, folder: Path, *, options: Sequence[str] = ()) -> None:
        """`options` are handed to the agent process, as `farmgui agent` takes them."""
        self._path = folder
        self._options = tuple(options)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._talk: _Talk | None = None
        self._process: Detached | None = None
        self._sink: Sink
        self._fence = 0
        self._agent_id = ""
        self._agent_pid: int | None = None

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
        for order in orders:
            data = wire.encode(wire.Start((order,)))
            if len(data) > wire.MAX_BYTES:
                self._refuse(agent_id, order)
            else:
                talk.say(data)
        return True

    def stop(self, agent_id: str, tokens: Collection[str]) -> None:
        """Have attempts ended."""
        self._say(agent_id, wire.Stop(tuple(tokens)))

    def acknowledge(self, agent_id: str, tokens: Collection[str]) -> None:
        """Tell the agent that these results are stored."""
        self._say(agent_id, wire.Acknowledge(tuple(tokens)))

    def inventory(self, agent_id: str) -> None:
        """Ask for a fresh inventory."""
        self._say(agent_id, wire.AskInventory())

    def look(self, agent_id: str, number: int, reads: Sequence[str], writes: Sequence[str]) -> bool:
        """Ask what the agent sees."""
        if self._talk_with(agent_id) is None:
            return False
        self._say(agent_id, wire.Look(number, tuple(reads), tuple(writes)))
        return True

    def close(self, *, end_agent: bool) -> None:
        """Disconnect; with `end_agent` the agent ends what runs, then itself, and is waited for."""
        if self._thread is None:
            return
        with self._lock:
            self._closing.set()
            talk = self._talk
        told = end_agent and talk is not None and talk.has_begun
        if talk is not None:
            talk.close(wire.encode(wire.End()) if end_agent else None, _END_WITHIN)
        self._thread.join()
        self._thread = None
        if end_agent and not told and self._process is None:
            told = self._meet_and_end()
        if told:
            self._wait_until_gone()
        if end_agent and self._process is not None and (told or self._agent_pid is None):
            # One that was being started and nobody has talked to yet wasn't told.
            self._end_process(self._process)

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

    def _connect(self) -> _Talk:
        """The connection to the agent, which is started if there is none. Raises NoContact and others."""
        folder = open_folder(self._path)
        self._agent_id = folder.agent_id
        connection = _call(folder) or self._start_agent(folder)
        link = Link(connection)
        talk = _Talk(link)
        with self._lock:
            if self._closing.is_set():
                talk.abandon()
                raise NoContact("The program ends.")
            self._talk = talk
        try:
            self._greet(link)
        except (NoContact, LinkLost) as error:
            self._drop(talk)
            raise NoContact(str(error)) from error
        return talk

    def _greet(self, link: Link) -> None:
        link.send(wire.encode(wire.Hello(wire.PROTOCOL, self._fence)))
        answer = link.receive(_WELCOME_WITHIN)
        if isinstance(answer, wire.Refused):
            raise NoContact(answer.why)
        if not isinstance(answer, wire.Welcome):
            raise NoContact("The agent of this machine doesn't answer.")
        self._agent_id = answer.agent_id

    def _listen(self, talk: _Talk) -> str:
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
            self._agent_pid = message.inventory.pid
            if self._process is not None and self._process.pid != self._agent_pid:
                # Two programs started an agent at one time, and the other one's came first.
                self._end_process(self._process)
                self._process = None
            self._sink.reported(message.inventory)

    def _drop(self, talk: _Talk) -> None:
        with self._lock:
            self._talk = None
        talk.abandon()

    # -- the agent process

    def _start_agent(self, folder: AgentFolder) -> AnyConnection:
        """Start the agent and wait until it listens."""
        if self._fence < folder.highest_fence():
            raise NoContact("Another program leads this farm by now; it has an agent started.")
        if self._process is None or self._process.poll() is not None:
            self._agent_pid = None
            rotate(folder.log)
            self._process = platforms.start_detached(
                self._command(folder), cwd=_root(), environ=_agent_environ(), log=folder.log
            )
        process = self._process
        until = time.monotonic() + _START_WITHIN
        while not self._closing.wait(0.02):
            connection = _call(folder)
            if connection is not None:
                return connection
            if process.poll() is not None:
                raise NoContact(f"The agent of this machine can't be started: {_last_line(folder.log)}")
            if time.monotonic() > until:
                raise NoContact(f"The agent of this machine doesn't begin; look into its log: {folder.log}")
        raise NoContact("The program ends.")

    def _command(self, folder: AgentFolder) -> list[str]:
        return [sys.executable, "-m", "farmgui.execution.agent", "--folder", str(folder.path), *self._options]

    def _meet_and_end(self) -> bool:
        """Tell an agent to end that runs and that nobody here has talked to yet; whether it was told."""
        try:
            connection = _call(open_folder(self._path))
            if connection is None:
                return False
            link = Link(connection)
        except (FarmError, OSError):
            return False
        told = False
        try:
            self._greet(link)
            while not isinstance(message := link.receive(_WELCOME_WITHIN), wire.Holding):
                if message is None:
                    return False
            self._agent_pid = message.inventory.pid
            link.send(wire.encode(wire.End()))
            told = True
            while link.receive(_END_WITHIN) is not None:
                pass
        except (NoContact, LinkLost):
            # It hung up, as it does when it ends; or another program leads, whose agent it is.
            pass
        finally:
            link.close()
        return told

    def _wait_until_gone(self) -> None:
        """Wait until the agent that was told to end is gone."""
        pid, process = self._agent_pid, self._process
        until = time.monotonic() + _END_WITHIN
        while time.monotonic() < until:
            if process is not None:
                process.poll()
            if pid is None or not platforms.is_alive(pid):
                return
            time.sleep(0.01)
        _log.warning("The agent of this machine has not ended.")

    def _end_process(self, process: Detached) -> None:
        if process.poll() is None:
            process.terminate()
            process.wait(_END_WITHIN)

    # -- talking

    def _talk_with(self, agent_id: str) -> _Talk | None:
        talk = self._talk
        return talk if talk is not None and talk.has_begun and agent_id == self._agent_id else None

    def _say(self, agent_id: str, message: wire.Message) -> None:
        talk = self._talk_with(agent_id)
        if talk is not None:
            for part in _parts(message):
                talk.say(wire.encode(part))

    def _refuse(self, agent_id: str, order: BatchOrder) -> None:
        now = time.time()
        reason = "The batch is too long to be sent to the agent. Make the job's batch smaller."
        events = [Finished(task.token, AttemptState.FAILED, None, now, None, reason) for task in order.tasks]
        self._sink.happened(agent_id, events)


class _Talk:
    """A link and the thread that sends what is to be said, so that nobody waits for a slow agent."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.has_begun = False
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="to the agent", daemon=True)

    def begin(self) -> None:
        """Begin to send."""
        self._writer.start()
        self.has_begun = True

    def say(self, data: bytes) -> None:
        """Have a message sent."""
        self._queue.put(data)

    def close(self, last_word: bytes | None, timeout: float) -> None:
        """Send what is left; with a last word, wait for the agent to hang up. Then the link is of no use."""
        if self.has_begun:
            if last_word is not None:
                self.say(last_word)
            self._queue.put(None)
            self._writer.join(2.0)
            if last_word is not None:
                self.link.wait_broken(timeout)
        self.link.break_off()

    def abandon(self) -> None:
        """Close the link and end the thread; by the thread that listens."""
        self.link.break_off()
        if self.has_begun:
            self._queue.put(None)
            self._writer.join()
        self.link.close()

    def _write(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self.link.send(data)
            except LinkLost:
                return


def _call(folder: AgentFolder) -> AnyConnection | None:
    try:
        return Client(folder.address, platforms.SOCKET_FAMILY)
    except OSError:
        return None


def _parts(message: wire.Message, size: int = 50_000) -> Iterable[wire.Message]:
    """A message with very many tokens as several."""
    if isinstance(message, wire.Stop | wire.Acknowledge):
        for start in range(0, len(message.tokens), size):
            yield type(message)(message.tokens[start : start + size])
    else:
        yield message


def _root() -> Path:
    """The folder from which the package can be imported: `python -m` looks there first."""
    return Path(farmgui.__file__).resolve().parent.parent


def clean_environ() -> dict[str, str]:
    """Our environment without the marks of an attempt that this program may itself be part of."""
    return {
        name: value for name, value in os.environ.items() if name not in (AGENT_VARIABLE, ATTEMPT_VARIABLE)
    }


def _agent_environ() -> dict[str, str]:
    """What an agent inherits: all but the mail server's password, which its tasks would inherit too."""
    return {name: value for name, value in clean_environ().items() if name != PASSWORD_VARIABLE}


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"look into its log, {log}"
