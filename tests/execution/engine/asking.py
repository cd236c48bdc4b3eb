"""What a courier asks of stations, asked by a test: a process with a client of the engine, told what to call.

`python -m tests.execution.engine.asking` is that process.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from farmgui.domain.orders import BatchOrder
from farmgui.domain.reports import Finished, Inventory, Started
from farmgui.execution import wire
from farmgui.execution.engine.cluster_folder import engine_security

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0


class Asking:
    """Waits raise TimeoutError with what was heard."""

    def __init__(self, cluster_folder: Path, engine: str) -> None:
        self.news: list[dict[str, Any]] = []
        self._answers: dict[int, Any] = {}
        self._asked = 0
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.execution.engine.asking", str(cluster_folder), engine],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._reader.join()
        self._process.stdout.close()

    # -- asking

    def begin(self, name: str, *values: Any) -> int:
        """Have a function called at all stations; the number of the question."""
        assert self._process.stdin is not None
        self._asked += 1
        self._process.stdin.write(json.dumps([self._asked, name, *values]) + "\n")
        self._process.stdin.flush()
        return self._asked

    def answer(self, number: int) -> dict[str, Any]:
        """What each address answered."""
        self.wait(lambda: number in self._answers)
        found: dict[str, Any] = self._answers[number]
        return found

    def who(self) -> list[Any]:
        return list(self.answer(self.begin("who")).values())

    def wait_for_station(self) -> str:
        """The agent of the only station; waits until there is one."""
        while not (found := self.who()):
            pass
        [agent] = found
        return str(agent)

    def attach(self, session: str, fence: int = 1) -> wire.Message:
        [answer] = self.answer(self.begin("attach", fence, session)).values()
        return wire.decode(answer.encode())

    def deliver(self, session: str, *messages: wire.Message) -> bool:
        texts = [wire.encode(message).decode() for message in messages]
        [answer] = self.answer(self.begin("deliver", session, texts)).values()
        return bool(answer)

    def start(self, session: str, *orders: BatchOrder) -> None:
        assert self.deliver(session, wire.Start(orders))

    # -- hearing

    def wait(self, found: Callable[[], object], patience: float = PATIENCE) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(found()), timeout=patience):
                raise TimeoutError(f"heard only {self.news}, {self._answers}")

    def of(self, session: str) -> list[dict[str, Any]]:
        return [one for one in self.news if one["session"] == session]

    def numbers(self, session: str) -> list[int]:
        return [one["number"] for one in self.of(session)]

    def messages(self, session: str) -> list[wire.Message]:
        return [wire.decode(text.encode()) for one in self.of(session) for text in one.get("data", ())]

    def events(self, session: str) -> list[Any]:
        news = [one for one in self.messages(session) if isinstance(one, wire.News)]
        return [event for one in news for event in one.events]

    def finished(self, session: str) -> dict[str, Finished]:
        return {event.token: event for event in self.events(session) if isinstance(event, Finished)}

    def wait_started(self, session: str, order: BatchOrder) -> None:
        def tokens() -> set[str]:
            return {event.token for event in self.events(session) if isinstance(event, Started)}

        self.wait(lambda: tokens() >= {task.token for task in order.tasks})

    def wait_finished(self, session: str, order: BatchOrder) -> list[Finished]:
        tokens = [task.token for task in order.tasks]
        self.wait(lambda: set(tokens) <= set(self.finished(session)))
        return [self.finished(session)[token] for token in tokens]

    def inventory(self, session: str) -> Inventory:
        """The newest; waits for one."""

        def found() -> list[Inventory]:
            return [one.inventory for one in self.messages(session) if isinstance(one, wire.Holding)]

        self.wait(found)
        return found()[-1]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            with self._changed:
                if "news" in said:
                    self.news.append(said["news"])
                else:
                    self._answers[said["number"]] = said["answer"]
                self._changed.notify_all()


# ---------------------------------------------------------------------------------------- the process itself


def _say(**words: Any) -> None:
    print(json.dumps(words), flush=True)


async def _serve(folder: Path, engine: str) -> None:
    from distributed import Client

    from farmgui.execution.engine.engine_settings import apply_settings

    apply_settings()
    security = engine_security(folder, "client")
    loop = asyncio.get_running_loop()
    async with Client(engine, security=security, asynchronous=True) as client:
        client.subscribe_topic("farmgui", lambda event: _say(news=event[1]))
        asked: set[asyncio.Task[None]] = set()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            asked.add(asyncio.create_task(_ask(client, *json.loads(line))))


async def _ask(client: Any, number: int, name: str, *values: Any) -> None:
    from farmgui.execution.engine import station

    function: Any = getattr(station, name)
    if name == "deliver":
        values = (values[0], [text.encode() for text in values[1]])
    try:
        answers = await client.run(function, *values, on_error="return")
    except ValueError:
        # Without a worker it is an error.
        answers = {}
    plain = {
        where: answer.decode() if isinstance(answer, bytes) else answer for where, answer in answers.items()
    }
    _say(number=number, answer=plain)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2]))
