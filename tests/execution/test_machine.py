"""What an agent tells of its machine, and the graphics cards that it lends to its batches."""

from __future__ import annotations

import re
import time
from pathlib import Path

import psutil
import pytest

from farmgui.domain.reports import OS_CLASSES, Gpu
from farmgui.domain.states import AttemptState
from farmgui.execution.graphics import find_gpus
from farmgui.execution.machine import cpu_name, disks, mac_addresses, os_class
from tests.execution.conftest import MakeLead
from tests.execution.leading import Lead, each, log_of, python

DONE, FAILED = AttemptState.DONE, AttemptState.FAILED
TWO_CARDS = "0, NVIDIA RTX 6000 Ada, 49140\\n1, NVIDIA T4, [N/A]\\n"
SHOW = (
    "import os, time;print('cards', *[os.environ.get(f'{kind}_VISIBLE_DEVICES') for kind in ('CUDA', 'HIP')])"
)


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for NVIDIA's program, first on PATH; to be written by `says`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "nvidia-smi"


def says(driver: Path, text: str, *, first: str = "", status: int = 0) -> None:
    driver.write_text(f"#!/bin/sh\n{first}\n[ $# = 2 ] && printf '{text}'\nexit {status}\n")
    driver.chmod(0o755)


def lead_that_knows(make_lead: MakeLead) -> Lead:
    lead = make_lead()
    lead.wait(lambda: lead.inventories()[-1:] and lead.inventories()[-1].cpu_name)
    return lead


@pytest.mark.parametrize(
    ("system", "kind"),
    [
        ("linux", "linux"),
        ("win32", "windows"),
        ("darwin", "mac"),
        ("freebsd14", "bsd"),
        ("openbsd7", "bsd"),
        ("dragonfly6", "bsd"),
        ("sunos5", "other"),
    ],
)
def test_kinds_of_systems(system: str, kind: str) -> None:
    assert os_class(system) == kind
    assert kind in OS_CLASSES


def test_an_agent_tells_what_its_machine_is_made_of(make_lead: MakeLead) -> None:
    lead = lead_that_knows(make_lead)
    if disks():
        lead.wait(lambda: lead.inventories()[-1].disks)
    told = lead.inventories()[-1]
    assert told.os_class == os_class()
    assert (told.cpu_name, told.mac_addresses) == (cpu_name(), mac_addresses())
    assert told.cpu_name
    assert {disk.mountpoint: disk.size for disk in told.disks} == {
        disk.mountpoint: disk.size for disk in disks()
    }
    assert all(0 <= disk.free <= disk.size for disk in told.disks)
    assert all(re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", address) for address in told.mac_addresses)
    assert "00:00:00:00:00:00" not in told.mac_addresses


def test_disks_are_those_of_the_machine() -> None:
    kinds = {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}
    found = {disk.mountpoint: kinds[disk.mountpoint] for disk in disks()}
    assert not {"proc", "sysfs", "tmpfs", "nfs", "cifs", "squashfs"}.intersection(found.values())
    if "/" in kinds and kinds["/"] in ("ext4", "xfs", "btrfs"):
        assert "/" in found


def test_a_disk_that_another_one_hides_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = psutil.disk_partitions(all=True)[0]
    values = {"mountpoint": str(tmp_path), "fstype": "ext4", "opts": "rw"}
    mounted = [some._replace(device=f"/dev/sd{letter}1", **values) for letter in "ab"]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounted)
    assert [disk.mountpoint for disk in disks()] == [str(tmp_path)]


def test_cards_of_nvidia(driver: Path, make_lead: MakeLead) -> None:
    says(driver, TWO_CARDS)
    told = lead_that_knows(make_lead).inventory()
    assert told.gpus == (Gpu(0, "NVIDIA RTX 6000 Ada", 49140), Gpu(1, "NVIDIA T4", None))


def test_a_driver_that_is_broken_tells_of_none(driver: Path, tmp_path: Path) -> None:
    says(driver, "NVIDIA-SMI has failed because it couldn\\x27t communicate\\n", status=9)
    assert find_gpus(tmp_path, tmp_path) == ()
    says(driver, "No devices were found\\n")
    assert find_gpus(tmp_path, tmp_path) == ()
    driver.write_bytes(b"\x7fELF no program")
    assert find_gpus(tmp_path, tmp_path) == ()


def test_a_slow_driver_holds_up_nothing(driver: Path, make_lead: MakeLead, work: Path) -> None:
    says(driver, TWO_CARDS, first="sleep 2")
    begin = time.monotonic()
    lead = make_lead()
    assert lead.inventory().gpus == ()
    [end] = lead.run(each(work, ["/bin/true"]))
    assert end.state is DONE
    assert time.monotonic() - begin < 2
    lead.wait(lambda: lead.inventories()[-1].gpus)


def test_what_linux_tells_of_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    drm, none = tmp_path / "drm", tmp_path / "none"
    radeon = {"vendor": "0x1002", "product_name": "Radeon Pro W6800", "mem_info_vram_total": str(2**30)}
    other = {"vendor": "0x1002", "device": "0x73bf", "mem_info_vram_total": str(2**34)}
    for name, bus, values in (
        ("card1", "0000:41:00.0", other),
        ("card0", "0000:43:00.0", radeon),
        ("card2", "0000:00:02.0", {"vendor": "0x8086", "device": "0x9a49"}),
        ("card3", "0000:05:00.0", {"vendor": "0x1a03", "device": "0x2000"}),
    ):
        device = tmp_path / "devices" / bus
        device.mkdir(parents=True)
        for key, value in values.items():
            (device / key).write_text(f"{value}\n")
        (drm / name).mkdir(parents=True)
        (drm / name / "device").symlink_to(device)
    (drm / "card0-HDMI-A-1").mkdir()
    assert find_gpus(drm, none) == (Gpu(0, "AMD 0x73bf", 16384), Gpu(1, "Radeon Pro W6800", 1024))
    card = tmp_path / "nvidia" / "0000:01:00.0"
    card.mkdir(parents=True)
    (card / "information").write_text("Model: \t\t NVIDIA T4\nIRQ:   \t\t 24\n")
    assert find_gpus(drm, tmp_path / "nvidia") == (Gpu(0, "NVIDIA T4"),)


def test_batches_get_different_cards(driver: Path, make_lead: MakeLead, work: Path) -> None:
    says(driver, TWO_CARDS)
    lead = lead_that_knows(make_lead)
    code = f"{SHOW}; time.sleep(0.7)"
    first, second, third = (each(work, python(code), gpus=1) for _ in range(3))
    # The third comes while both cards are in use, and gets the one that is free first.
    lead.start(first, second, third)
    ends = [lead.wait_finished(order)[0] for order in (first, second, third)]
    assert [end.state for end in ends] == [DONE] * 3
    shown = sorted(log_of(order).decode().splitlines()[1] for order in (first, second))
    assert len({log_of(order).decode().splitlines()[1] for order in (first, second, third)}) == 2
    assert set(shown) <= {"cards 0 0", "cards 1 1"}


def test_all_cards_and_none(
    driver: Path, make_lead: MakeLead, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    says(driver, TWO_CARDS)
    lead = lead_that_knows(make_lead)
    every, none = each(work, python(SHOW), gpus=-1), each(work, python(SHOW))
    lead.run(every)
    lead.run(none)
    assert b"\ncards 0,1 0,1\n" in log_of(every)
    assert b"\ncards None None\n" in log_of(none)


def test_more_cards_than_there_are(driver: Path, make_lead: MakeLead, work: Path) -> None:
    says(driver, TWO_CARDS)
    [end] = lead_that_knows(make_lead).run(each(work, ["/bin/true"], gpus=3))
    assert (end.state, end.reason) == (FAILED, "The task takes 3 graphics cards; this machine has 2.")
