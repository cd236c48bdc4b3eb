"""What a run without a window tells, and what it takes for its own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from farmgui.cli.report import Reporter
from farmgui.domain.states import AttemptState
from farmgui.services.lead import Leading
from tests.factories import FarmInMemory

LEADS = Leading(begun=True, leads=True)


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmInMemory]:
    farm = FarmInMemory(tmp_path)
    yield farm
    farm.close()


def test_a_job_that_was_deleted_meanwhile_is_no_error(farm: FarmInMemory) -> None:
    reporter = Reporter(farm.farm, io.StringIO())
    job = farm.submit("1")
    reporter.look(LEADS)
    farm.jobs.delete([job])
    farm.cleanup.run()
    reporter.look(LEADS)
    reporter.close()
    assert not reporter.failed


def test_a_finished_job_that_is_run_again_counts(farm: FarmInMemory) -> None:
    job = farm.submit("1", requeue=0)
    farm.run_to_end()
    out = io.StringIO()
    reporter = Reporter(farm.farm, out)
    reporter.look(LEADS)
    farm.jobs.rerun([job])
    reporter.look(LEADS)
    farm.beat()
    farm.runner.finish(farm.runner.tokens()[-1], state=AttemptState.FAILED, reason="no light")
    farm.beat()
    reporter.look(LEADS)
    assert reporter.failed
    assert "no light" in out.getvalue()
