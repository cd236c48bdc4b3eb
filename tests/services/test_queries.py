"""What windows and the command line read."""

from __future__ import annotations

from pathlib import Path

import pytest

from farmgui.domain.counts import TaskCounts
from farmgui.domain.errors import FarmError, InvalidValue, NotFound
from farmgui.domain.jobtypes import JobTypeDefinition, Parameter, Program
from farmgui.domain.orders import BatchMode, Patterns
from farmgui.domain.requirements import Dependency
from farmgui.domain.states import AttemptState
from farmgui.services.database import Database
from farmgui.services.jobtypes import sync
from farmgui.services.queries import Queries
from tests.factories import FarmInMemory


def test_the_farm_in_numbers(farm: FarmInMemory) -> None:
    empty = farm.farm.queries.farm()
    assert (empty.jobs, empty.ever_had_a_job, empty.agents_online, empty.cpus) == (0, False, 1, 2)
    assert empty.lead is not None
    assert empty.lead.is_me

    farm.submit("1-3")
    failing = farm.submit("1", requeue=0, priority=5)
    farm.beat()
    (batch,) = (batch for batch in farm.runner.agents["a"].batches if batch.job_id == failing)
    farm.runner.finish(*(task.token for task in batch.tasks), state=AttemptState.FAILED)
    farm.results.take()
    summary = farm.farm.queries.farm()
    assert (summary.jobs, summary.failed_jobs, summary.cpus_in_use) == (2, 1, 1)
    assert summary.tasks == TaskCounts(queued=2, assigned=1)
    assert summary.ever_had_a_job


def test_what_a_rerun_would_hit(farm: FarmInMemory) -> None:
    job = farm.submit("1-3", requeue=0)
    farm.submit("1", parents=(job,))
    farm.beat()
    farm.beat()
    first, second = farm.runner.tokens()
    farm.runner.finish(first, seconds=90)
    farm.runner.finish(second, state=AttemptState.FAILED)
    farm.results.take()
    farm.jobs.mark_done(task_ids=[farm.tasks(job)[2].id])
    effect = farm.farm.queries.rerun_effect([job])
    assert (effect.done, effect.failed, effect.dependants) == (2, 1, 0)
    assert effect.seconds == pytest.approx(90, abs=0.01), "what was marked took no time"
    effect = farm.farm.queries.rerun_effect([job], failed_only=True)
    assert (effect.done, effect.failed, effect.seconds) == (0, 1, 0.0)


def test_what_a_deletion_would_hit(farm: FarmInMemory) -> None:
    parent = farm.submit("1-2", title="parent")
    child = farm.submit("1", title="child", parents=(parent,))
    farm.submit("1", title="grandchild", parents=(child,))
    farm.beat()
    effect = farm.farm.queries.delete_effect([parent])
    assert (effect.jobs, effect.running, effect.dependants) == (("parent",), 2, ("child", "grandchild"))
    assert effect.running_dependants == 0
    assert farm.farm.queries.delete_effect([parent, child]).dependants == ("grandchild",)
    farm.jobs.change([child], {"parents": ()})
    farm.jobs.mark_done([parent])
    farm.beat()
    farm.runner.finish(*farm.runner.tokens())
    farm.beat()
    farm.jobs.change([child], {"parents": (Dependency(parent),)})
    assert farm.farm.queries.delete_effect([parent]).running_dependants == 1


@pytest.mark.parametrize(
    ("data", "folders"),
    [
        pytest.param({"output": "/out/a/f_####", "extension": ".png"}, ["/out/a"], id="of the frames"),
        pytest.param({"output": "f_####", "cwd": "/"}, ["/"], id="relative"),
        pytest.param({"output": "/out/b/f_####", "unchecked": True}, ["/out/b"], id="unchecked"),
        pytest.param({}, [], id="no files"),
    ],
)
def test_where_frames_go(farm: FarmInMemory, data: dict[str, object], folders: list[str]) -> None:
    jobs = [farm.submit("1-2", data={"command": ["true"], **data}) for _ in range(2)]
    assert farm.farm.queries.output_folders(jobs) == [Path(folder) for folder in folders]


class TestLogs:
    @pytest.fixture
    def attempt(self, farm: FarmInMemory) -> int:
        job = farm.submit("1")
        farm.run_to_end()
        number = farm.tasks(job)[0].attempt_id
        assert number is not None
        return number

    def test_a_log_is_read_in_parts(self, farm: FarmInMemory, attempt: int) -> None:
        logs = farm.farm.logs
        assert logs.read(attempt, None).size == 0, "none yet"
        path = logs.path(attempt)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"0123456789")
        first = logs.read(attempt, 0, 4)
        assert (first.offset, first.data, first.size) == (0, b"0123", 10)
        assert logs.read(attempt, 4, 100).data == b"456789"
        assert logs.read(attempt, 10).data == b""
        end = logs.read(attempt, None, 3)
        assert (end.offset, end.data) == (7, b"789")

    def test_what_cannot_be_read_is_told(self, farm: FarmInMemory, attempt: int) -> None:
        farm.farm.logs.path(attempt).mkdir(parents=True)
        with pytest.raises(FarmError, match="can't be read"):
            farm.farm.logs.read(attempt, 0)
        with pytest.raises(NotFound, match=r"no attempt 99\."):
            farm.farm.logs.read(99, 0)


class TestJobTypes:
    FULL = JobTypeDefinition(
        "full",
        title="Full",
        description="all of it",
        files=(".x",),
        program=Program(names=("x",), places=("/x",), title="X"),
        mode=BatchMode.ONE_PROCESS,
        arguments=("{program}", ("-t", "{cpus}"), "{*rest}"),
        patterns=Patterns(progress=r"(?P<percent>\d+)%", error="^E"),
        outputs=("{output_file}",),
        environ={"A": "{title}"},
        cpus=-1,
        ram=100,
        max_batch=None,
        batch_contiguous=True,
        whole_frames=True,
        parameters=(
            Parameter("scene", "Scene", "file", required=True),
            Parameter("c", "C", "choice", ("a", "b")),
        ),
    )

    def test_a_definition_comes_back_as_it_was(self, database: Database) -> None:
        assert sync(database, [(self.FULL, "text")]) == 1
        assert Queries(database).job_types() == [self.FULL]

    def test_a_new_text_is_a_new_version_and_jobs_stay_with_theirs(self, farm: FarmInMemory) -> None:
        old = JobTypeDefinition("t", arguments=("true", "old"))
        new = JobTypeDefinition("t", arguments=("true", "new"))
        assert sync(farm.database, [(old, "1")]) == 1
        assert sync(farm.database, [(old, "1")]) == 0
        first = farm.submit("1", job_type="t")
        assert sync(farm.database, [(new, "2")]) == 1
        second = farm.submit("1", job_type="t")
        assert [farm.job(job).job_type_version for job in (first, second)] == [1, 2]
        farm.beat()
        commands = [batch.tasks[0].argv for batch in farm.runner.agents["a"].batches]
        assert commands == [("true", "old"), ("true", "new")]


class TestQueues:
    def test_a_path_is_made_once(self, farm: FarmInMemory) -> None:
        create = farm.farm.queues.create
        assert create("/film/shot") == create("film/ shot /")
        (film, shot) = farm.farm.queries.queues()
        assert (film.path, shot.path, shot.parent_id, shot.name) == ("/film", "/film/shot", film.id, "shot")

    @pytest.mark.parametrize("path", ["/", "", "x" * 256, "/".join("x" * 200 for _ in range(6))])
    def test_a_path_that_is_none_is_told(self, farm: FarmInMemory, path: str) -> None:
        with pytest.raises(InvalidValue):
            farm.farm.queues.create(path)
        assert farm.farm.queries.queues() == []


def test_notes_on_an_agent(farm: FarmInMemory) -> None:
    assert farm.farm.agents.change(["a"], {"notes": "loud fan"}) == 1
    assert farm.farm.queries.agents()[0].notes == "loud fan"
    with pytest.raises(NotFound, match="There is no agent z"):
        farm.farm.agents.disable(["z"])
