"""Graphics cards: which there are, and which of them a batch may use."""

from __future__ import annotations

import contextlib
import csv
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from farmgui.domain.reports import Gpu
from farmgui.execution import platforms

_ANSWER_WITHIN: Final = 20.0
"""Seconds; a driver that has to be woken takes several."""
_KNOWN_WITHIN: Final = 30.0
_FREE_WITHIN: Final = 10.0
_MB: Final = 2**20
_AMD: Final = "0x1002"
_INTEL: Final = "0x8086"
_LONGEST_NAME: Final = 128


class NotEnoughCards(Exception):
    """A batch can't have the graphics cards that it asks for; the text is a sentence."""


def find_gpus(
    drm: Path = Path("/sys/class/drm"), nvidia: Path = Path("/proc/driver/nvidia/gpus")
) -> tuple[Gpu, ...]:
    """The graphics cards that can compute, as their driver counts them. May take seconds.

    NVIDIA's own program is asked first; without it, what Linux tells of cards with memory of their own.
    """
    program = shutil.which("nvidia-smi")
    asked = _ask_nvidia(program) if program else ()
    return asked or _read_nvidia(nvidia) or _read_drm(drm)


def _ask_nvidia(program: str) -> tuple[Gpu, ...]:
    try:
        done = subprocess.run(
            [program, "--query-gpu=index,name,memory.total", "--format=csv,noheader,nounits"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_ANSWER_WITHIN,
            check=False,
            **platforms.start_options(),
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    if done.returncode:
        # It is there, but its driver isn't.
        return ()
    rows = csv.reader(done.stdout.decode("utf-8", "replace").splitlines(), skipinitialspace=True)
    return tuple(
        Gpu(int(row[0]), row[1][:_LONGEST_NAME], int(row[2]) if row[2].isdecimal() else None)
        for row in rows
        if len(row) == 3 and row[0].isdecimal()
    )


def _read_nvidia(folder: Path) -> tuple[Gpu, ...]:
    """What NVIDIA's driver says of itself, one folder a card by its place on the bus."""
    names: list[str] = []
    for file in sorted(folder.glob("*/information")):
        with contextlib.suppress(OSError):
            lines = dict(line.partition(":")[::2] for line in file.read_text("utf-8", "replace").splitlines())
            names.append(lines.get("Model", "").strip() or "NVIDIA")
    return tuple(Gpu(number, name[:_LONGEST_NAME]) for number, name in enumerate(names))


def _read_drm(folder: Path) -> tuple[Gpu, ...]:
    """Cards of AMD and Intel that have memory of their own."""
    found: list[tuple[str, str, int]] = []
    for card in folder.glob("card[0-9]*"):
        if not card.name[4:].isdecimal():
            continue  # A socket of a card, like card0-HDMI-A-1.
        device = card / "device"
        vendor = _text(device / "vendor")
        ram = _text(device / "mem_info_vram_total") if vendor == _AMD else _text(card / "lmem_total_bytes")
        if vendor in (_AMD, _INTEL) and ram.isdecimal() and int(ram):
            maker = "AMD" if vendor == _AMD else "Intel"
            name = _text(device / "product_name") or f"{maker} {_text(device / 'device')}"
            found.append((device.resolve().name, name.strip()[:_LONGEST_NAME], int(ram) // _MB))
    # By the place on the bus, which is how they are counted.
    return tuple(Gpu(number, name, ram) for number, (_, name, ram) in enumerate(sorted(found)))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def card_environ(numbers: Sequence[int]) -> dict[str, str]:
    """The variables that show a program these cards and no others."""
    shown = ",".join(str(number) for number in numbers)
    # CUDA counts the fastest card first, unless it is told to count as we do.
    return {
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES": shown,
        "HIP_VISIBLE_DEVICES": shown,
    }


class Cards:
    """Lends the machine's graphics cards, each to one batch at a time. Any thread may ask."""

    def __init__(self, gpus: Callable[[], Sequence[Gpu]], known: threading.Event) -> None:
        """`gpus` says which there are, once `known` is set."""
        self._gpus = gpus
        self._known = known
        self._changed = threading.Condition()
        self._lent: set[int] = set()

    @contextlib.contextmanager
    def lent(self, count: int) -> Iterator[tuple[int, ...]]:
        """The numbers of so many free cards, as long as the context lasts; -1 stands for all.

        Waits some seconds for those of a batch that is just ending. Raises NotEnoughCards.
        """
        numbers = self._take(count) if count else ()
        try:
            yield numbers
        finally:
            with self._changed:
                self._lent.difference_update(numbers)
                self._changed.notify_all()

    def _take(self, count: int) -> tuple[int, ...]:
        self._known.wait(_KNOWN_WITHIN)
        here = [gpu.number for gpu in self._gpus()]
        wanted = len(here) if count < 0 else count
        if wanted > len(here):
            raise NotEnoughCards(f"The task takes {_cards(wanted)}; this machine has {len(here) or 'none'}.")
        with self._changed:
            self._changed.wait_for(lambda: len(here) - len(self._lent) >= wanted, timeout=_FREE_WITHIN)
            free = [number for number in here if number not in self._lent]
            if wanted > len(free):
                raise NotEnoughCards(
                    f"The task takes {_cards(wanted)}; {len(free)} of {len(here)} are free on this machine."
                )
            self._lent.update(free[:wanted])
            return tuple(free[:wanted])


def _cards(count: int) -> str:
    return "1 graphics card" if count == 1 else f"{count} graphics cards"
