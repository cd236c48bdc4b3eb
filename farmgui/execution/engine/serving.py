"""What the engine's processes of ours have in common while they serve."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class NoHttpServer:
    """A part of a scheduler or worker of the engine: it listens for the engine's own messages only."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Have it not listen there: it would tell about the farm unencrypted, and take a port for it."""


async def first_of(*works: Awaitable[T]) -> T:
    """Wait until one of them is over, and end the others; what that one gives, or raises."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        # A defect in any of them is raised.
        results = [task.result() for task in done]
        return results[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def end_signals(end: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call `end` on the running loop."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(end)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
