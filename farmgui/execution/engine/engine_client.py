"""The courier's connection to the engine: what the engine tells goes to a roster, as long as it stands."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from farmgui.domain.errors import FarmError
from farmgui.execution.engine.cluster_folder import read_cluster
from farmgui.execution.engine.contact import Told
from farmgui.execution.engine.roster import Roster
from farmgui.execution.engine.serving import first_of

_LOOK: Final = 10.0
"""Seconds between two looks which workers the engine has; it also tells of each that comes or goes."""
_LOOK_WITHIN: Final = 15.0
_CHECK: Final = 0.25
"""Seconds between two looks whether the connection to the engine still is the one it was."""
_CONNECT_WITHIN: Final = 5.0
_CLOSE_WITHIN: Final = 1.0
_ECHO: Final = 0.01
_NO_ANSWER: Final = (
    "The farm's engine doesn't answer any more. Look whether `farmgui cluster` runs; machines that have "
    "joined go on with what they run."
)
_TOPIC: Final = "farmgui"
"""Under which stations tell."""


class Lost(Exception):
    """The engine isn't reached; the text says why, a sentence."""


@contextlib.asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[Any]:
    """A client of the engine of the farm in `folder`. Raises Lost."""
    client, address = _new_client(folder)
    try:
        try:
            await client
        except (OSError, ImportError) as error:
            raise Lost(
                f"The farm's engine at {address} can't be reached. Start it with `farmgui cluster`; "
                "machines that have joined go on with what they run."
            ) from error
        yield client
    finally:
        with contextlib.suppress(OSError):
            await client.close(timeout=_CLOSE_WITHIN)


async def follow(client: Any, roster: Roster) -> None:
    """Tell the roster what the engine tells; when that ends, all agents are lost. Raises Lost then."""
    try:
        await first_of(_listen(client, roster), _watch(client))
    except Lost as error:
        roster.lose_all(str(error))
        raise


def _new_client(folder: Path) -> tuple[Any, str]:
    """A client that isn't connected yet, and the engine's address, which may be new. Raises Lost."""
    import distributed

    client: Any = distributed.Client
    cluster = read_cluster(folder)
    if cluster is None:
        raise Lost(f"The farm's engine isn't known: {folder / 'cluster.json'} can't be read.")
    try:
        security = cluster.security("client")
    except (FarmError, OSError, ValueError) as error:
        raise Lost(str(error)) from error
    new = client(
        cluster.engine,
        security=security,
        asynchronous=True,
        set_as_default=False,
        name="lead",
        timeout=_CONNECT_WITHIN,
    )
    return new, cluster.engine


async def _listen(client: Any, roster: Roster) -> None:
    """Hear the engine, and look now and then which workers it has, in case that a word was missed."""
    await _subscribe(client, roster)
    while True:
        try:
            async with asyncio.timeout(_LOOK_WITHIN):
                addresses = await client.scheduler.ncores()
        except (OSError, TimeoutError, RuntimeError, AttributeError) as error:
            raise Lost(_NO_ANSWER) from error
        roster.look(addresses)
        await asyncio.sleep(_LOOK)


async def _subscribe(client: Any, roster: Roster) -> None:
    """Have the roster told; returns when the engine does so. Raises Lost."""
    echoed = asyncio.Event()

    def hear(event: object) -> None:
        match event:
            case (_, {"lead": str(name)}):
                if name == client.id:
                    echoed.set()
            case _:
                _hear(roster, event)

    client.subscribe_topic("all", lambda event: _notice(roster, event))
    client.subscribe_topic(_TOPIC, hear)
    try:
        async with asyncio.timeout(_CONNECT_WITHIN):
            # A station may be called, and answer, before the engine has heard that somebody listens.
            while not echoed.is_set():
                await client.log_event(_TOPIC, {"lead": client.id})
                await asyncio.sleep(_ECHO)
    except (OSError, TimeoutError, RuntimeError, AttributeError) as error:
        # A client that has closed itself has no scheduler any more.
        raise Lost(_NO_ANSWER) from error


def _hear(roster: Roster, event: object) -> None:
    """What stations tell."""
    match event:
        case (_, {"agent": str(agent_id), "session": str(session), "number": int(number), **rest}):
            lost, data = rest.get("lost"), rest.get("data", ())
            if isinstance(lost, str | None) and isinstance(data, list | tuple):
                roster.hear(Told(agent_id, session, number, [str(text) for text in data], lost))


def _notice(roster: Roster, event: object) -> None:
    """Workers that come and go, as the engine tells of them."""
    match event:
        case (_, {"action": "add-worker", "worker": str(address)}):
            roster.came(address)
        case (_, {"action": "remove-worker", "worker": str(address)}):
            roster.went(address)


async def _watch(client: Any) -> None:
    """Raise Lost when the connection to the engine is lost, or is another one than it was.

    The client connects anew by itself, but what it had subscribed to is forgotten then.
    """
    stream = client.scheduler_comm
    while client.scheduler_comm is stream and not stream.closed():
        await asyncio.sleep(_CHECK)
    raise Lost(
        "The connection to the farm's engine broke. Look whether `farmgui cluster` runs; machines that have "
        "joined go on with what they run."
    )
