"""The process between a lead and the engine: JSON lines on its standard input and output, one object each.

From the lead: `{"fence": N}` first, then `{"to": agent, "session": s, "data": [text, …]}`. To the lead:
`{"from": agent, "session": s, "data": [text, …]}`, `{"lost": agent, "why": sentence}`, `{"engine": sentence}`
("" when it is reached) and `{"left_out": {address: sentence, …}}`. The texts are messages of
`farmgui.execution.wire`. The lead answers with the session that it heard last. The end of the standard input
ends the process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO, Final

from farmgui.domain.errors import FarmError
from farmgui.execution.engine.calls import EngineStations
from farmgui.execution.engine.engine_client import Lost, connected, follow
from farmgui.execution.engine.engine_settings import apply_settings, see_that_the_extra_is_there
from farmgui.execution.engine.roster import Roster

_log = logging.getLogger(__name__)
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_HAND_ON_WITHIN: Final = 2.0

Line = dict[str, Any]


class Courier:
    """Serves one lead until its lines end."""

    def __init__(self, folder: Path, tell: Callable[[Line], None]) -> None:
        """`folder` is that of the farm's certificates; `tell` must not block."""
        self._folder = folder
        self._tell = tell
        self._fence = 0
        self._roster: Roster | None = None
        self._problem: str | None = None
        self._fence_is_known = asyncio.Event()
        self._ended = asyncio.Event()

    # -- the lead

    def take(self, line: object) -> None:
        """A line of the lead; None when they have ended."""
        match line:
            case None:
                self._ended.set()
            case {"fence": int(fence)}:
                self._fence = fence
                self._fence_is_known.set()
            case {"to": str(agent_id), "session": str(session), "data": list(data)}:
                if self._roster is not None:
                    self._roster.say(agent_id, session, data)
            case _:
                _log.error("The lead sent a line that means nothing here: %.100s", line)

    async def run(self) -> None:
        """Until the lead's lines end; what it said last is still handed on."""
        serving = asyncio.ensure_future(self._serve())
        ending = asyncio.ensure_future(self._ended.wait())
        await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not serving.done():
            await self._hand_on()
        for task in (serving, ending):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    async def _hand_on(self) -> None:
        until = time.monotonic() + _HAND_ON_WITHIN
        while self._roster is not None and not self._roster.is_settled and time.monotonic() < until:
            await asyncio.sleep(0.01)

    # -- the engine

    async def _serve(self) -> None:
        await self._fence_is_known.wait()
        wait = _FIRST_WAIT
        while True:
            try:
                async with connected(self._folder) as client:
                    wait = _FIRST_WAIT
                    self._tell_engine("")
                    await self._with_engine(client)
            except Lost as error:
                self._tell_engine(str(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _tell_engine(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            _log.info("%s", problem or "The engine is reached.")
            self._tell({"engine": problem})

    async def _with_engine(self, client: Any) -> None:
        """Serve until the connection is lost. Raises Lost."""
        roster = self._roster = Roster(self._fence, EngineStations(client), self._tell)
        try:
            await follow(client, roster)
        finally:
            self._roster = None
            await roster.close()


# ------------------------------------------------------------------------------------------------ the process


class _Mouth:
    """Writes lines for the lead by a thread of its own, so that the engine's events needn't wait for it."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._queue: SimpleQueue[Line | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="to the lead", daemon=True)
        self._thread.start()

    def tell(self, line: Line) -> None:
        """Have a line written."""
        self._queue.put(line)

    def close(self) -> None:
        """Write what is left; not for long, as nobody may read it any more."""
        self._queue.put(None)
        self._thread.join(1.0)

    def _write(self) -> None:
        while (line := self._queue.get()) is not None:
            try:
                self._output.write(json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")
                self._output.flush()
            except OSError:
                # The lead is gone; the end of its lines ends us.
                return


def _listen(take: Callable[[object], None], loop: asyncio.AbstractEventLoop) -> None:
    """Read the lead's lines until they end."""
    # A copy: the interpreter would close its own at the end, and can't while somebody reads it.
    lines = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    with contextlib.suppress(RuntimeError), lines:  # The loop may be over before us.
        for data in lines:
            try:
                line = json.loads(data)
            except ValueError:
                # Its last line may be cut off where it was killed.
                continue
            if line is not None:
                loop.call_soon_threadsafe(take, line)
        loop.call_soon_threadsafe(take, None)


async def _run(folder: Path, tell: Callable[[Line], None]) -> None:
    courier = Courier(folder, tell)
    loop = asyncio.get_running_loop()
    threading.Thread(target=_listen, args=(courier.take, loop), name="from the lead", daemon=True).start()
    await courier.run()


def _own_output() -> BinaryIO:
    """The standard output for us alone: what a library prints goes where errors go."""
    mine = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(mine, "wb")


def _log_to(path: Path) -> None:
    # Nobody can be told that this log can't be written.
    logging.raiseExceptions = False
    handler = RotatingFileHandler(path, maxBytes=2**20, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Be the courier of the lead at the other end of the standard streams; returns the exit status."""
    parser = argparse.ArgumentParser(prog="farmgui courier", description="Carry words to joined machines.")
    parser.add_argument("--folder", type=Path, required=True, help="where the farm's certificates are")
    folder: Path = parser.parse_args(argv).folder
    mouth = _Mouth(_own_output())
    _log_to(folder / "courier.log")
    try:
        see_that_the_extra_is_there()
    except FarmError as error:
        mouth.tell({"engine": str(error)})
        mouth.close()
        return 1
    apply_settings()
    # That the connection broke is told by us; the client adds how its own attempt to mend it was ended.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    asyncio.run(_run(folder, mouth.tell))
    mouth.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
