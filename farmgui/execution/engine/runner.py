"""The runner for machines that joined the farm: a process of its own talks with the engine, by lines."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final, cast

import farmgui
from farmgui.domain.orders import BatchOrder
from farmgui.domain.sights import Sight
from farmgui.execution import platforms, wire
from farmgui.execution.agent_process import agent_environ
from farmgui.execution.lead_words import start_messages, token_messages
from farmgui.execution.log_file import rotate
from farmgui.execution.runner import Sink

_log = logging.getLogger(__name__)
_LOOK: Final = 2.0
"""Seconds between two looks whether this machine has become that of a farm."""
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_STEADY: Final = 60.0
"""After a courier that lived so many seconds the waits begin anew."""
_END_WITHIN: Final = 5.0
"""It hands on what is queued for two seconds at most."""


class EngineRunner:
    """The Runner port for the agents that come through the engine.

    It does nothing but look for the farm's cluster.json until there is one.
    """

    def __init__(self, folder: Path, *, command: Sequence[str] = ()) -> None:
        """`folder` is that of the farm's certificates and addresses; `command` starts another courier."""
        self._folder = folder
        self._command = tuple(command) or (
            sys.executable,
            "-m",
            "farmgui.execution.engine.courier",
            "--folder",
            str(folder),
        )
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._courier: _Courier | None = None
        self._sessions: dict[str, str] = {}
        """The session in which each agent that is reached spoke last."""
        self._problem = ""
        self._left_out: dict[str, str] = {}
        self._sink: Sink
        self._fence = 0

    # -- the port

    def open(self, sink: Sink, fence: int) -> None:
        """Begin to look for the engine; returns at once."""
        self._sink, self._fence = sink, fence
        # A daemon: a program that dies of a defect must not wait for it.
        self._thread = threading.Thread(target=self._run, name="joined agents", daemon=True)
        self._thread.start()

    def start(self, agent_id: str, orders: Sequence[BatchOrder]) -> bool:
        """Hand batches to the agent; False where it isn't reached."""
        data = start_messages(orders, lambda ended: self._sink.happened(agent_id, ended))
        return self._say(agent_id, data)

    def stop(self, agent_id: str, tokens: Collection[str]) -> None:
        """Have attempts ended."""
        self._say(agent_id, list(token_messages(wire.Stop, tokens)))

    def acknowledge(self, agent_id: str, tokens: Collection[str]) -> None:
        """Tell the agent that these results are stored."""
        self._say(agent_id, list(token_messages(wire.Acknowledge, tokens)))

    def inventory(self, agent_id: str) -> None:
        """Ask for a fresh inventory."""
        self._say(agent_id, [wire.encode(wire.AskInventory())])

    def look(self, agent_id: str, number: int, reads: Sequence[str], writes: Sequence[str]) -> bool:
        """Ask what the agent sees."""
        return self._say(agent_id, [wire.encode(wire.Look(number, tuple(reads), tuple(writes)))])

    def close(self, *, end_agent: bool) -> None:  # noqa: ARG002 (the port's)
        """Disconnect, once what was said is handed on. The agents stay, whatever `end_agent` says.

        They are the farm's, not this program's: what runs on them goes on, and the next lead adopts it.
        """
        if self._thread is None:
            return
        with self._lock:
            self._closing.set()
            courier = self._courier
        if courier is not None:
            courier.end(_END_WITHIN)
        self._thread.join()
        self._thread = None

    # -- the thread

    def _run(self) -> None:
        wait = _FIRST_WAIT
        while not self._closing.is_set():
            if not (self._folder / "cluster.json").is_file():
                self._closing.wait(_LOOK)
                continue
            began = time.monotonic()
            why = self._follow()
            if self._closing.is_set():
                return
            self._lose_all(why)
            if time.monotonic() - began > _STEADY:
                wait = _FIRST_WAIT
            self._closing.wait(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _follow(self) -> str:
        """Start a courier and hand on what it tells until it ends; why it did, a sentence."""
        log = self._folder / "courier.log"
        try:
            rotate(log)
            courier = _Courier(self._command, log)
        except OSError as error:
            return f"The farm's machines can't be reached: {error.strerror or error}."
        with self._lock:
            self._courier = courier
            closing = self._closing.is_set()
        if closing:
            courier.end(_END_WITHIN)
        courier.say({"fence": self._fence})
        for line in courier.lines():
            self._take(line)
        with self._lock:
            self._courier = None
        status = courier.end(_END_WITHIN)
        return (
            f"The process that talks with the farm's machines ended (status {status}); it is started again. "
            f"Its log is {log}."
        )

    def _lose_all(self, why: str) -> None:
        lost, self._sessions = self._sessions, {}
        for agent_id in lost:
            self._sink.lost_contact(agent_id, why)

    def _take(self, line: object) -> None:
        match line:
            case {"from": str(agent_id), "session": str(session), "data": list(data)}:
                # First, so that what is answered reaches the session that it answers.
                self._sessions[agent_id] = session
                for text in data:
                    self._hand_on(agent_id, text)
            case {"lost": str(agent_id), "why": str(why)}:
                self._sessions.pop(agent_id, None)
                self._sink.lost_contact(agent_id, why)
            case {"engine": str(problem)}:
                self._tell_engine(problem)
            case {"left_out": dict(left_out)}:
                self._tell_left_out(left_out)
            case _:
                _log.error("The courier told something that means nothing here: %.100s", line)

    def _hand_on(self, agent_id: str, text: str) -> None:
        try:
            message = wire.decode(text.encode("ascii", "replace"))
        except wire.BadMessage as error:
            _log.warning("A message of the agent %s was not understood (%s).", agent_id, error)
            return
        if isinstance(message, wire.News):
            self._sink.happened(agent_id, message.events)
        elif isinstance(message, wire.Seen):
            self._sink.saw(agent_id, message.number, Sight(message.problem, message.path))
        elif isinstance(message, wire.Holding):
            # A machine speaks for itself only.
            if message.inventory.agent_id == agent_id:
                self._sink.reported(message.inventory)
            else:
                _log.warning("The agent %s says that it is another one.", agent_id)

    def _tell_engine(self, problem: str) -> None:
        if problem and problem != self._problem:
            _log.info("%s", problem)
        elif self._problem and not problem:
            _log.info("The farm's engine is reached.")
        self._problem = problem

    def _tell_left_out(self, left_out: dict[str, str]) -> None:
        for address, why in left_out.items():
            if self._left_out.get(address) != why:
                _log.info("%s", why)
        self._left_out = left_out

    # -- talking

    def _say(self, agent_id: str, data: Sequence[bytes]) -> bool:
        session, courier = self._sessions.get(agent_id), self._courier
        if session is None or courier is None:
            return False
        if data:
            courier.say({"to": agent_id, "session": session, "data": [message.decode() for message in data]})
        return True


class _Courier:
    """The process, and the thread that writes to it, so that nobody waits for it."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        """Start it. Raises OSError."""
        # Whatever an interrupt of the terminal or the end of its session means to us, it lives as long as we
        # do: it ends with its standard input.
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=Path(farmgui.__file__).resolve().parent.parent,
                env=agent_environ(),
                **platforms.start_options(),
            )
        self._input = cast(IO[bytes], self._process.stdin)
        self._output = cast(IO[bytes], self._process.stdout)
        self._queue: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="to the courier", daemon=True)
        self._writer.start()

    def say(self, line: dict[str, Any]) -> None:
        """Have a line sent."""
        self._queue.put(line)

    def lines(self) -> Iterator[object]:
        """What it tells, until it ends."""
        with self._output:
            for data in self._output:
                try:
                    yield json.loads(data)
                except ValueError:
                    # It was killed in the middle of a line.
                    return

    def end(self, within: float) -> int:
        """Send what is left, let it end by itself, or end it after `within` seconds; its exit status."""
        until = time.monotonic() + within
        self._queue.put(None)
        self._writer.join(within)
        try:
            status = self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._writer.join()
        return status

    def _write(self) -> None:
        try:
            with self._input as lines:
                while (line := self._queue.get()) is not None:
                    lines.write(json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")
                    lines.flush()
        except OSError:
            # It has ended, which whoever reads its lines finds out.
            pass
