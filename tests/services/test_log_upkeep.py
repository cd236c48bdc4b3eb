"""Logs: compressed when old and read as before, removed when they belong to nothing, never while in use."""

from __future__ import annotations

import gzip
import io
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from farmgui.domain.errors import FarmError
from farmgui.models import Attempt, Task
from farmgui.services import log_blocks
from farmgui.services.compression import compress_logs
from farmgui.services.logs import CHUNK, compressed
from farmgui.services.orphans import remove_orphaned_logs
from tests.factories import FarmInMemory

DAY = 86_400.0


def logs_of(farm: FarmInMemory, job: int) -> list[tuple[int, Path]]:
    """The attempts of a job and their logs."""
    with farm.database.reading() as session:
        rows = session.execute(select(Attempt.id, Attempt.log).where(Attempt.job_id == job))
        return [(attempt, Path(log)) for attempt, log in rows]


def write(path: Path, text: bytes, days_old: float = 0.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    written = time.time() - days_old * DAY
    os.utime(path, (written, written))


def lines(length: int) -> bytes:
    """A log of about that many bytes."""
    return b"".join(b"Fra:%d Mem:12M | rendering sample %d\n" % (n, n * 7) for n in range(length // 36))


def run_one(farm: FarmInMemory, text: bytes, days_old: float) -> tuple[int, Path]:
    job = farm.submit("1")
    farm.run_to_end()
    ((attempt, log),) = logs_of(farm, job)
    write(log, text, days_old)
    return attempt, log


# The format.


@settings(max_examples=50)
@given(text=st.binary(max_size=300), offset=st.integers(0, 320), limit=st.integers(0, 320))
def test_any_part_is_read_as_it_was(text: bytes, offset: int, limit: int) -> None:
    packed = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_blocks, "BLOCK", 64)
        log_blocks.compress(io.BytesIO(text), packed)
    assert log_blocks.size(packed) == len(text)
    assert log_blocks.read(packed, offset, limit) == text[offset : offset + limit]
    assert gzip.decompress(packed.getvalue()) == text


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda data: data[:-3], id="cut off"),
        pytest.param(lambda data: b"x" + data[1:], id="no gzip"),
        pytest.param(lambda data: gzip.compress(data), id="another gzip"),
        pytest.param(lambda data: data[:20] + b"\xff" * 30 + data[50:], id="damaged"),
    ],
)
def test_a_damaged_file_is_told(harm) -> None:
    packed = io.BytesIO()
    log_blocks.compress(io.BytesIO(lines(10_000)), packed)
    with pytest.raises(log_blocks.BadLog):
        log_blocks.read(io.BytesIO(harm(packed.getvalue())), 0, 100)


# Compressing.


def test_an_old_log_is_compressed_and_read_as_before(farm: FarmInMemory) -> None:
    text = lines(3_000_000)
    attempt, log = run_one(farm, text, days_old=8)
    logs = farm.farm.logs
    before = [logs.read(attempt, offset, 5000) for offset in (None, 0, 1_048_000, 2_999_990, 4_000_000)]
    assert compress_logs(farm.database, farm.log_folder, 7) == 1
    assert not log.exists()
    assert compressed(log).stat().st_size < len(text) / 3
    after = [logs.read(attempt, offset, 5000) for offset in (None, 0, 1_048_000, 2_999_990, 4_000_000)]
    assert after == before
    assert time.time() - compressed(log).stat().st_mtime == pytest.approx(8 * DAY, abs=60)
    assert compress_logs(farm.database, farm.log_folder, 7) == 0


def test_it_can_be_read_from_the_end_to_the_beginning(farm: FarmInMemory) -> None:
    text = lines(2_500_000)
    attempt, _ = run_one(farm, text, days_old=8)
    compress_logs(farm.database, farm.log_folder, 7)
    logs, got = farm.farm.logs, b""
    end = logs.read(attempt, None).size
    while end:
        start = max(0, end - CHUNK)
        got = logs.read(attempt, start, end - start).data + got
        end = start
    assert got == text


@pytest.mark.parametrize(
    ("days_old", "days", "length"),
    [
        pytest.param(6, 7, 100_000, id="not old enough"),
        pytest.param(100, 0, 100_000, id="never"),
        pytest.param(100, 7, 1000, id="too small to gain by it"),
    ],
)
def test_what_stays_as_it_is(farm: FarmInMemory, days_old: float, days: int, length: int) -> None:
    _, log = run_one(farm, lines(length), days_old)
    assert compress_logs(farm.database, farm.log_folder, days) == 0
    assert log.exists()


def test_the_log_of_an_open_attempt_is_left_alone(farm: FarmInMemory) -> None:
    job = farm.submit("1")
    farm.beat()
    ((_, log),) = logs_of(farm, job)
    write(log, lines(100_000), days_old=100)
    assert compress_logs(farm.database, farm.log_folder, 7) == 0
    assert remove_orphaned_logs(farm.database, farm.log_folder) == 0
    assert log.exists()


def test_who_reads_while_it_is_compressed_reads_on(farm: FarmInMemory) -> None:
    text = lines(100_000)
    _, log = run_one(farm, text, days_old=8)
    with log.open("rb") as reader:
        first = reader.read(1000)
        compress_logs(farm.database, farm.log_folder, 7)
        assert first + reader.read() == text


def test_what_a_crash_left_half_compressed_is_compressed_by_the_next(farm: FarmInMemory) -> None:
    text = lines(100_000)
    attempt, log = run_one(farm, text, days_old=8)
    compressed(log).write_bytes(b"half")
    log.with_name(f"{log.name}.gz.new").write_bytes(b"half")
    assert farm.farm.logs.read(attempt, 0, 100).data == text[:100], "the plain one counts"
    assert compress_logs(farm.database, farm.log_folder, 7) == 1
    assert farm.farm.logs.read(attempt, 0, 1_000_000).data == text
    assert [path.name for path in log.parent.iterdir()] == [compressed(log).name]


def test_a_compressed_log_that_is_damaged_is_told_in_words(farm: FarmInMemory) -> None:
    attempt, log = run_one(farm, lines(100_000), days_old=8)
    compress_logs(farm.database, farm.log_folder, 7)
    compressed(log).write_bytes(b"no gzip, but long enough to be taken for one")
    with pytest.raises(FarmError, match="can't be read: it isn't a log"):
        farm.farm.logs.read(attempt, None)


def test_another_program_opens_a_copy(farm: FarmInMemory) -> None:
    text = lines(1_500_000)
    attempt, log = run_one(farm, text, days_old=8)
    assert farm.farm.logs.plain_file(attempt) == log
    compress_logs(farm.database, farm.log_folder, 7)
    copy = farm.farm.logs.plain_file(attempt)
    assert copy.read_bytes() == text
    copy.unlink()


# Orphans.


def test_what_belongs_to_nothing_goes_and_all_else_stays(farm: FarmInMemory) -> None:
    _, log = run_one(farm, b"text", days_old=0)
    folder = farm.log_folder
    gone = folder / "4711" / "0001-99-1.log"
    frame, packed = log.parent / "0009-4712-1.log", log.parent / "0009-4712-2.log.gz"
    stay = [folder / "notes.txt", folder / "shots" / "0001-99-1.log", log.parent / "readme", log]
    for path in (gone, frame, packed, *stay[:-1]):
        write(path, b"x")
    assert remove_orphaned_logs(farm.database, folder) == 3
    assert [path.exists() for path in (gone.parent, frame, packed)] == [False] * 3
    assert all(path.exists() for path in stay)


def test_logs_of_frames_that_were_taken_out_go(farm: FarmInMemory) -> None:
    job = farm.submit("1-2", requeue=0)
    farm.run_to_end()
    (_, first), (_, second) = logs_of(farm, job)
    for log in (first, second):
        write(log, b"x")
    write(compressed(second), b"x")
    farm.jobs.set_frames(job, "1")
    assert remove_orphaned_logs(farm.database, farm.log_folder) == 2
    assert first.exists()
    assert not second.exists()
    assert not compressed(second).exists()


def test_logs_of_another_farm_with_the_same_home_are_left_alone(farm: FarmInMemory, tmp_path: Path) -> None:
    _, log = run_one(farm, lines(100_000), days_old=8)
    assert remove_orphaned_logs(farm.database, farm.log_folder) == 0, "now the folder is this farm's"
    (tmp_path / "other").mkdir()
    other = FarmInMemory(tmp_path / "other")
    other.submit("1")
    try:
        assert remove_orphaned_logs(other.database, farm.log_folder) == 0
        assert compress_logs(other.database, farm.log_folder, 7) == 0
        assert log.exists()
    finally:
        other.close()


def test_the_folder_of_a_farm_that_is_no_more_is_taken_over(farm: FarmInMemory) -> None:
    write(farm.log_folder / ".farm", b"/nowhere/farm.sqlite\n")
    write(farm.log_folder / "4711" / "0001-99-1.log", b"x")
    assert remove_orphaned_logs(farm.database, farm.log_folder) == 1


def test_it_ends_when_it_is_told_to(farm: FarmInMemory) -> None:
    for job in (4711, 4712):
        write(farm.log_folder / str(job) / "0001-99-1.log", b"x")
    asked = iter([True, False])
    assert remove_orphaned_logs(farm.database, farm.log_folder, lambda: next(asked)) == 1


def test_tasks_without_attempts_have_no_logs(farm: FarmInMemory) -> None:
    _, log = run_one(farm, b"x", days_old=0)
    with farm.database.sessions.begin() as session:
        session.execute(delete(Attempt))
        assert session.scalar(select(Task.id)) is not None
    assert remove_orphaned_logs(farm.database, farm.log_folder) == 1
    assert not log.exists()
