"""What the machine is made of: processor, graphics cards, disks and network cards, as far as it tells."""

from __future__ import annotations

import contextlib
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from farmgui.domain.reports import Disk, Gpu
from farmgui.execution.graphics import find_gpus

_DISKS_EVERY: Final = 60.0
_CPU_NAME: Final = re.compile(r"^(?:model name|Model|cpu)\s*:\s*(\S.*)$", re.MULTILINE)
_OS_CLASSES: Final = {"linux": "linux", "win32": "windows", "cygwin": "windows", "darwin": "mac"}


@dataclass(frozen=True, slots=True)
class Hardware:
    """What was found so far."""

    cpu_name: str = ""
    gpus: tuple[Gpu, ...] = ()
    disks: tuple[Disk, ...] | None = None
    mac_addresses: tuple[str, ...] = ()


class Machine:
    """Looks on a thread of its own: a driver that hangs or a slow disk must not hold up the agent."""

    def __init__(self) -> None:
        self.hardware = Hardware()
        self.gpus_known = threading.Event()
        """Set when it is known which graphics cards there are."""

    def run(self, over: threading.Event, changed: Callable[[], None]) -> None:
        """Look at everything and call `changed`; then now and then at the disks, until `over` is set."""
        self.hardware = Hardware(cpu_name(), find_gpus(), mac_addresses=mac_addresses())
        self.gpus_known.set()
        changed()
        while not over.wait(0 if self.hardware.disks is None else _DISKS_EVERY):
            first = self.hardware.disks is None
            self.hardware = replace(self.hardware, disks=disks())
            if first:
                changed()


def os_class(system: str = sys.platform) -> str:
    """The kind of system by Python's name for it: one of OS_CLASSES."""
    return _OS_CLASSES.get(system) or (
        "bsd" if "bsd" in system or system.startswith("dragonfly") else "other"
    )


def cpu_name() -> str:
    """The name of the processor; that of its kind where no better one is told."""
    name = ""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        name = _told_cpu_name()
    return " ".join((name or platform.processor() or platform.machine()).split())[:128]


if sys.platform == "win32":

    def _told_cpu_name() -> str:
        import winreg

        place = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0])
elif sys.platform == "linux":

    def _told_cpu_name() -> str:
        found = _CPU_NAME.search(Path("/proc/cpuinfo").read_text("utf-8", "replace"))
        return found[1] if found else ""
else:

    def _told_cpu_name() -> str:
        asked = "machdep.cpu.brand_string" if sys.platform == "darwin" else "hw.model"
        done = subprocess.run(
            ["/usr/sbin/sysctl", "-n", asked] if sys.platform == "darwin" else ["/sbin/sysctl", "-n", asked],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=5,
            check=False,
        )
        return done.stdout.decode("utf-8", "replace")


def disks() -> tuple[Disk, ...]:
    """The file systems that lie on disks of this machine, by their place; each disk once."""
    import psutil

    found: dict[str, Disk] = {}
    # Of two that are mounted at one place only the later one can be reached.
    visible = {part.mountpoint: part for part in psutil.disk_partitions(all=False)}
    for part in visible.values():
        # A drive without a disk in it, or one that was taken out just now.
        with contextlib.suppress(OSError):
            if part.fstype and part.fstype != "squashfs" and "cdrom" not in part.opts.split(","):
                usage = psutil.disk_usage(part.mountpoint)
                found.setdefault(part.device, Disk(part.mountpoint, usage.total, usage.free))
    return tuple(sorted(found.values()))


def mac_addresses() -> tuple[str, ...]:
    """The addresses of the network cards; those of made-up ones only where there is no other."""
    import psutil

    found = {
        name: address.address.replace("-", ":").lower()
        for name, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if address.family == psutil.AF_LINK
    }
    found = {
        name: address
        for name, address in found.items()
        if re.fullmatch(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", address) and address.strip("0:")
    }
    real = {address for name, address in found.items() if Path(f"/sys/class/net/{name}/device").exists()}
    return tuple(sorted(real or set(found.values())))
