"""Which tasks are blocked, after whatever moves the ones that they wait for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select

from farmgui.domain.reports import Finished
from farmgui.domain.requirements import Dependency
from farmgui.domain.states import AttemptState, JobState, TaskState
from farmgui.models import Attempt, dependencies
from tests.factories import FarmInMemory
from tests.fakes import NOW
from tests.services.blocked import ASSEMBLED, DONE, FAILED, depend, give, ids, picture, recompute, run

Step = Callable[[FarmInMemory, int, int], object]


PARENT, CHILD = 0, 1


def ended(place: int, state: AttemptState = DONE) -> Step:
    return lambda farm, job: run(farm, job, place, state=state)


def ranged(text: str) -> Step:
    return lambda farm, job: farm.jobs.set_frames(job, text)


def marked_done(farm: FarmInMemory, job: int) -> None:
    farm.jobs.mark_done([job])


def marked_failed(farm: FarmInMemory, job: int) -> None:
    farm.jobs.mark_failed([job])


def task_marked(farm: FarmInMemory, job: int) -> None:
    farm.jobs.mark_done(task_ids=ids(farm, job, 2))


def rerun(farm: FarmInMemory, job: int) -> None:
    farm.jobs.rerun([job])


def task_rerun(farm: FarmInMemory, job: int) -> None:
    farm.jobs.rerun_tasks(ids(farm, job, 2))


def given_one(farm: FarmInMemory, job: int) -> None:
    give(farm, ids(farm, job, 1)[0])


class TestFrameByFrame:
    @pytest.fixture
    def pair(self, farm: FarmInMemory) -> tuple[int, int]:
        """A parent of frames 1 to 3, and a child of frames 2 to 5."""
        parent, child = farm.submit("1-3", requeue=0), farm.submit("2-5")
        depend(farm, child, parent)
        return parent, child

    def test_only_frames_that_the_parent_has_wait(self, farm: FarmInMemory, pair: tuple[int, int]) -> None:
        assert picture(farm, pair[1]) == "bbqq"

    @pytest.mark.parametrize(
        ("steps", "expected"),
        [
            pytest.param([(PARENT, ended(0))], "bbqq", id="another frame is done"),
            pytest.param([(PARENT, ended(1))], "qbqq", id="done"),
            pytest.param([(PARENT, ended(1, FAILED))], "bbqq", id="failed"),
            pytest.param(
                [(PARENT, ended(1, FAILED)), (PARENT, marked_failed)], "qqqq", id="failed, then marked"
            ),
            pytest.param([(PARENT, marked_done)], "qqqq", id="job marked done"),
            pytest.param([(PARENT, marked_failed)], "qqqq", id="job marked failed"),
            pytest.param([(PARENT, task_marked)], "bqqq", id="task marked"),
            pytest.param([(PARENT, marked_done), (PARENT, rerun)], "bbqq", id="done, then rerun"),
            pytest.param([(PARENT, marked_failed), (PARENT, rerun)], "bbqq", id="marked, then rerun"),
            pytest.param([(PARENT, marked_done), (PARENT, task_rerun)], "qbqq", id="one rerun"),
            pytest.param([(PARENT, ranged("3-4"))], "qbbq", id="the parent's range"),
            pytest.param([(CHILD, ranged("1-2,7"))], "bbq", id="the child's range"),
            pytest.param([(PARENT, given_one), (PARENT, ranged("3"))], "qbqq", id="left while it ran"),
            pytest.param(
                [(PARENT, given_one), (PARENT, ranged("3")), (PARENT, ranged("2-3"))],
                "bbqq",
                id="left and came back while it ran",
            ),
            pytest.param([(CHILD, marked_done)], "dddd", id="the child marked done"),
            pytest.param([(CHILD, marked_done), (CHILD, rerun)], "bbqq", id="the child marked and rerun"),
        ],
    )
    def test_after(
        self, farm: FarmInMemory, pair: tuple[int, int], steps: list[tuple[int, Step]], expected: str
    ) -> None:
        for who, step in steps:
            step(farm, pair[who])
            farm.check()
        assert picture(farm, pair[CHILD]) == expected

    def test_a_dependency_that_goes(self, farm: FarmInMemory, pair: tuple[int, int]) -> None:
        with farm.database.sessions.begin() as session:
            session.execute(delete(dependencies))
        recompute(farm, pair[1])
        assert picture(farm, pair[1]) == "qqqq"

    def test_a_parent_that_is_removed(self, farm: FarmInMemory, pair: tuple[int, int]) -> None:
        farm.jobs.delete([pair[0]])
        farm.cleanup.run()
        assert picture(farm, pair[1]) == "qqqq"

    def test_a_child_is_blocked_from_its_submission_on(
        self, farm: FarmInMemory, pair: tuple[int, int]
    ) -> None:
        child = farm.submit("2-5", parents=(Dependency(pair[0], by_frame=True),))
        assert picture(farm, child) == "bbqq"

    def test_a_dependency_that_is_edited(self, farm: FarmInMemory, pair: tuple[int, int]) -> None:
        farm.jobs.change([pair[1]], {"parents": ()})
        assert picture(farm, pair[1]) == "qqqq"
        farm.jobs.change([pair[1]], {"parents": (Dependency(pair[0], by_frame=True),)})
        assert picture(farm, pair[1]) == "bbqq"
        farm.jobs.change([pair[1]], {"parents": (Dependency(pair[0]),)})
        assert picture(farm, pair[1]) == "qqqq", "the whole job waits, not its frames"

    def test_frames_follow_one_another(self, farm: FarmInMemory, pair: tuple[int, int]) -> None:
        """What an agent is given: a frame of the child only after the same frame of its parent."""
        farm.run_to_end()
        assert [picture(farm, job) for job in pair] == ["ddd", "dddd"]
        order = told(farm)
        assert all(order.index((pair[0], frame)) < order.index((pair[1], frame)) for frame in ("2", "3"))

    def test_two_parents(self, farm: FarmInMemory, pair: tuple[int, int]) -> None:
        other = farm.submit("2-3")
        depend(farm, pair[1], other)
        farm.jobs.mark_done([other])
        assert picture(farm, pair[1]) == "bbqq"
        farm.jobs.mark_done([pair[0]])
        assert picture(farm, pair[1]) == "qqqq"

    def test_a_retry_that_fails_at_last(self, farm: FarmInMemory) -> None:
        """A task of the child is queued again after a failure: meanwhile its parent's frame was rerun."""
        parent, child = farm.submit("1"), farm.submit("1")
        depend(farm, child, parent)
        farm.jobs.mark_done([parent])
        token = give(farm, ids(farm, child, 0)[0])
        farm.jobs.rerun([parent])
        farm.results.happened("a", [Finished(token, FAILED, NOW, NOW + 1)])
        farm.results.take()
        assert picture(farm, child) == "b"

    def test_a_frame_waits_for_all_tiles_and_the_assembly(self, farm: FarmInMemory) -> None:
        parent, child = farm.submit("1", **ASSEMBLED), farm.submit("1")
        depend(farm, child, parent)
        for place in range(3):
            assert picture(farm, child) == "b"
            run(farm, parent, place)
        assert picture(farm, child) == "q"


def told(farm: FarmInMemory) -> list[tuple[int, str]]:
    """Jobs and frames in the order in which the agent was given them."""
    return [(batch.job_id, task.frame) for batch in farm.runner.agents["a"].batches for task in batch.tasks]


class TestAssembly:
    def test_it_is_given_out_when_its_tiles_are_done(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", **ASSEMBLED)
        assert farm.beat() == 2
        farm.runner.finish(farm.runner.tokens()[0])
        assert farm.beat() == 1, "a tile of the next frame, not the assembly of this one"
        farm.run_to_end()
        assert (picture(farm, job), farm.job(job).state) == ("dddddd", JobState.DONE)
        tasks = [task for batch in farm.runner.agents["a"].batches for task in batch.tasks]
        commands = {(task.frame, task.tile): task.argv[1:] for task in tasks}
        assert commands["1", 1] == ("1", "1")
        assert commands["1", None] == ("1",), "the command that assembles"

    def test_it_comes_after_its_tiles_and_waits_for_them(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", **ASSEMBLED)
        assert [row.tile for row in farm.tasks(job)] == [0, 1, None] * 2
        assert picture(farm, job) == "qqbqqb"
        run(farm, job, 1, 3)
        assert picture(farm, job) == "qdbdqb"
        run(farm, job, 0)
        assert picture(farm, job) == "ddqdqb"

    def test_a_job_type_that_does_not_assemble_has_tiles_alone(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", job_type="tiled", num_tiles=2)
        assert [row.tile for row in farm.tasks(job)] == [0, 1, 0, 1]
        assert picture(farm, job) == "qqqq"

    def test_a_rerun_of_a_tile_assembles_its_frame_again(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", **ASSEMBLED)
        farm.jobs.mark_done([job])
        assert farm.jobs.rerun_tasks(ids(farm, job, 1)) == 2
        assert picture(farm, job) == "dqbddd"

    def test_a_rerun_of_the_assembly_leaves_the_tiles(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", **ASSEMBLED)
        farm.jobs.mark_done([job])
        assert farm.jobs.rerun_tasks(ids(farm, job, 2)) == 1
        assert picture(farm, job) == "ddqddd"

    @pytest.mark.parametrize("place", [pytest.param(1, id="a tile"), pytest.param(2, id="the assembly")])
    def test_what_was_assembled_has_no_tiles_any_more_and_renders_all_again(
        self, farm: FarmInMemory, place: int
    ) -> None:
        job = farm.submit("1-2", **ASSEMBLED)
        run(farm, job, 0, 1, 3, 4)
        run(farm, job, 2, 5)
        assert picture(farm, job) == "dddddd"
        assert farm.jobs.rerun_tasks(ids(farm, job, place)) == 3
        assert picture(farm, job) == "qqbddd"
        run(farm, job, 0, 1)
        assert picture(farm, job) == "ddqddd"

    def test_an_assembly_that_failed_has_its_tiles_still(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", requeue=0, **ASSEMBLED)
        run(farm, job, 0, 1)
        run(farm, job, 2, state=FAILED)
        assert farm.jobs.rerun_tasks(ids(farm, job, 2)) == 1
        assert picture(farm, job) == "ddq"

    def test_an_assembly_at_work_is_ended_when_a_tile_is_rerun(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", **ASSEMBLED)
        run(farm, job, 0, 1)
        token = give(farm, ids(farm, job, 2)[0])
        farm.jobs.rerun_tasks(ids(farm, job, 0))
        with farm.database.reading() as session:
            assert session.scalar(select(Attempt.stop_as).where(Attempt.token == token)) is TaskState.QUEUED
        farm.results.happened("a", [Finished(token, AttemptState.STOPPED, NOW, NOW + 1)])
        farm.results.take()
        assert picture(farm, job) == "qdb"

    def test_one_that_was_made_before_it_heard_of_that_is_made_again_of_new_tiles(
        self, farm: FarmInMemory
    ) -> None:
        job = farm.submit("1", **ASSEMBLED)
        run(farm, job, 0, 1)
        token = give(farm, ids(farm, job, 2)[0])
        farm.jobs.rerun_tasks(ids(farm, job, 0))
        farm.results.happened("a", [Finished(token, DONE, NOW, NOW + 1)])
        farm.results.take()
        assert picture(farm, job) == "qqb"
        run(farm, job, 0, 1)
        run(farm, job, 2)
        assert (picture(farm, job), farm.job(job).state) == ("ddd", JobState.DONE)

    def test_one_that_was_to_be_restarted_and_is_made_stays_done(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", **ASSEMBLED)
        run(farm, job, 0, 1)
        token = give(farm, ids(farm, job, 2)[0])
        farm.jobs.restart_running([job])
        farm.results.happened("a", [Finished(token, DONE, NOW, NOW + 1)])
        farm.results.take()
        assert picture(farm, job) == "ddd"

    def test_a_job_whose_tile_failed_has_failed_and_goes_on_when_it_is_rerun(
        self, farm: FarmInMemory
    ) -> None:
        job = farm.submit("1", requeue=0, **ASSEMBLED)
        run(farm, job, 0)
        run(farm, job, 1, state=FAILED)
        assert (picture(farm, job), farm.job(job).state) == ("dfb", JobState.FAILED)
        farm.jobs.rerun_failed([job])
        assert (picture(farm, job), farm.job(job).state) == ("dqb", JobState.QUEUED)
        run(farm, job, 1)
        assert (picture(farm, job), farm.job(job).state) == ("ddq", JobState.QUEUED)

    def test_a_tile_that_is_given_up_by_hand_holds_the_frame_back_no_longer(self, farm: FarmInMemory) -> None:
        job = farm.submit("1", requeue=0, **ASSEMBLED)
        run(farm, job, 0)
        farm.jobs.mark_failed(task_ids=ids(farm, job, 1))
        assert (picture(farm, job), farm.job(job).state) == ("dfq", JobState.QUEUED)

    def test_frames_that_come_and_go_bring_and_take_their_assembly(self, farm: FarmInMemory) -> None:
        job = farm.submit("1-2", **ASSEMBLED)
        run(farm, job, 3, 4)
        farm.jobs.set_frames(job, "2-3")
        assert picture(farm, job) == "ddqqqb"
