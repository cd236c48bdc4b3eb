"""A machine that has joined, as a process of a test: `python -m tests.execution.engine.joined_machine`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farmgui.domain.errors import FarmError
from farmgui.execution.engine.joined import run_joined
from farmgui.execution.engine.membership import Membership
from tests.execution.leading import PATIENCE, until

ROOT = Path(__file__).parents[3]


@dataclass
class JoinedMachine:
    """Waits raise TimeoutError."""

    folder: Path
    engine: str
    options: Sequence[str] = ()
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        command = [sys.executable, "-m", "tests.execution.engine.joined_machine"]
        self.process = subprocess.Popen(
            [*command, str(self.folder), self.engine, *self.options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def said(self) -> str:
        """All that it has said so far."""
        return "".join(self.lines)

    def wait_said(self, words: str, times: int = 1) -> None:
        until(lambda: self.said.count(words) >= times)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal and wait; its exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(PATIENCE)
        self._reader.join()
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)
        self.process.stdout.close()


def main() -> int:
    """Be such a machine."""
    folder, engine, *options = sys.argv[1:]

    def join(place: Path) -> Membership:
        return Membership("test", engine, engine, place)

    try:
        run_joined(Path(folder), join, lambda words: print(words, flush=True), options=options)
    except FarmError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
