"""This machine as an agent of another's farm: a worker of the engine, made anew when the engine was gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from farmgui.execution import platforms
from farmgui.execution.agent_process import AgentProcess, agent_environ
from farmgui.execution.engine.engine_address import split_address, tls_address
from farmgui.execution.engine.engine_settings import apply_settings, see_that_the_extra_is_there
from farmgui.execution.engine.joining import Membership
from farmgui.execution.engine.serving import NoHttpServer, end_signals, first_of
from farmgui.execution.locks import held

if TYPE_CHECKING:
    from farmgui.execution.engine.station import StationPlugin

Say = Callable[[str], None]
_WAIT_FOR_LOCK: Final = 2.0
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_ANSWER_WITHIN: Final = 10.0
_REGISTER_WITHIN: Final = 30.0
_END_WITHIN: Final = 20.0
"""The agent lets tasks end by themselves for some of them."""
_CLOSE_WITHIN: Final = 5.0


def run_joined(
    folder: Path, join: Callable[[Path], Membership], say: Say, *, port: int = 0, options: Sequence[str] = ()
) -> None:
    """Run tasks for the farm that `join` names until SIGINT or SIGTERM, which end the agent and what it runs.

    `join` is called once no other process runs for `folder`. `say` is told what people should know. The
    engine connects to `port` of this machine; 0: one that is free. `options` are handed to the agent process.
    For a process's main thread. Raises FarmError.
    """
    # The engine may set variables for its own sake, which renderers must not get.
    environ = agent_environ()
    see_that_the_extra_is_there()
    platforms.make_private(folder)
    # The agent looks for a moment now and then whether the lock is held.
    runs_already = (
        f"This machine runs as an agent of a farm already (in {folder}). "
        "Let that go on, or end it where it was started: Ctrl-C."
    )
    with held(folder / "lock", runs_already, _WAIT_FOR_LOCK):
        membership = join(folder)
        apply_settings()
        # As long as we hold the lock, an agent without a lead doesn't end by itself: the lead may be gone
        # for a night. After us it does, unless another of us comes.
        company = ("--joined", "--company", str(folder / "lock"))
        process = AgentProcess(
            folder / "agent",
            (*company, *options),
            environ=environ,
            called=f"the agent of {socket.gethostname()}",
        )
        process.folder()
        asyncio.run(_Presence(membership, process, port, say).run())


class _NotReached(Exception):
    """The engine doesn't take us now; the text says why."""


class _Presence:
    """Belongs to one event loop."""

    def __init__(self, membership: Membership, process: AgentProcess, port: int, say: Say) -> None:
        self._membership = membership
        self._process = process
        self._port = port
        self._say = say
        self._over = asyncio.Event()
        """Told to end."""
        self._hurry = asyncio.Event()
        """Told so twice."""
        self._has_ended = False
        """The agent has, or was given the time for it."""

    async def run(self) -> None:
        """Serve until told to end."""
        with end_signals(self._tell_to_end):
            wait, told = _FIRST_WAIT, ""
            while not self._over.is_set():
                try:
                    await self._serve()
                    wait, told = _FIRST_WAIT, ""
                except _NotReached as error:
                    if not told:
                        self._tell("The farm can't be reached; trying again. What runs goes on.")
                    if str(error) != told:
                        told = str(error)
                        self._tell(f"({self._membership.engine}: {told})")
                await first_of(asyncio.sleep(wait), self._over.wait())
                wait = min(wait * 2, _LONGEST_WAIT)
            if not self._has_ended:
                await self._end(partial(self._process.end_whatever_it_does, told=False))

    async def _serve(self) -> None:
        """Be a worker of the engine until it is gone, or we are told to end. Raises _NotReached."""
        from farmgui.execution.engine.station import StationPlugin

        station = StationPlugin(self._process)
        connecting = asyncio.ensure_future(self._connect(station))
        await first_of(asyncio.wait([connecting]), self._over.wait())
        if not connecting.done():
            connecting.cancel()
            return
        worker = await connecting
        self._tell(
            f'This machine is an agent of the farm "{self._membership.farm}" now. '
            "Ctrl-C ends that, and what runs here."
        )
        await first_of(worker.finished(), self._over.wait())
        if self._over.is_set():
            await self._end(station.end_agent)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(worker.close(timeout=_CLOSE_WITHIN / 2), _CLOSE_WITHIN)

    async def _end(self, end_agent: Callable[[], None]) -> None:
        """Have the agent end, for as long as it may take, or until told once more."""
        from farmgui.execution.engine.station import in_thread

        self._has_ended = True
        ending = in_thread(end_agent, "agent's end")
        await first_of(ending, self._hurry.wait(), asyncio.sleep(_END_WITHIN))

    async def _connect(self, station: StationPlugin) -> Any:
        """A worker that the engine has taken. Raises _NotReached."""
        import distributed

        class EngineWorker(NoHttpServer, distributed.Worker):
            pass

        security: Any = self._membership.security()
        context = security.get_connection_args("worker")["ssl_context"]
        address = await _own_address(self._membership.engine, context)
        worker = EngineWorker(
            self._membership.engine,
            host=tls_address(address, self._port) if self._port else address,
            protocol="tls",
            security=security,
            nthreads=1,
            memory_limit=0,
            dashboard=False,
            local_directory=str(self._membership.folder / "engine"),
            death_timeout=_REGISTER_WITHIN,
            plugins=(station,),
        )
        try:
            await worker
        except (OSError, RuntimeError) as error:
            raise _NotReached(str(error.__cause__ or error)) from error
        return worker

    def _tell_to_end(self) -> None:
        (self._hurry if self._over.is_set() else self._over).set()

    def _tell(self, words: str) -> None:
        # The terminal may be gone, and the machine goes on.
        with contextlib.suppress(OSError, ValueError):
            self._say(words)


async def _own_address(engine: str, context: ssl.SSLContext) -> str:
    """By which address the engine reaches this machine. Raises _NotReached where the farm doesn't answer.

    Without that the engine's worker would knock ten times a second.
    """
    host, port = split_address(engine)
    try:
        async with asyncio.timeout(_ANSWER_WITHIN):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLCertVerificationError as error:
        raise _NotReached("who answers there is of another farm, or a clock is wrong") from error
    except TimeoutError as error:
        raise _NotReached("no answer") from error
    except OSError as error:
        number = error.errno or 0
        raise _NotReached((os.strerror(number) if number > 0 else str(error)).lower()) from error
    address = str(writer.get_extra_info("sockname")[0])
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return address
