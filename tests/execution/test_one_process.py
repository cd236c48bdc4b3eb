"""Batches that one process renders whole, with a stand-in renderer."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from farmgui.domain.orders import BatchOrder, Patterns
from farmgui.domain.states import AttemptState
from tests.execution.leading import PATTERNS, Lead, log_of, render, until

DONE, FAILED, STOPPED = AttemptState.DONE, AttemptState.FAILED, AttemptState.STOPPED


def states(lead: Lead, order: BatchOrder) -> list[AttemptState]:
    return [end.state for end in lead.run(order)]


def test_each_frame_is_told_and_logged_on_its_own(lead: Lead, work: Path) -> None:
    order = render(work, [1, 2, 3], "--seconds", "0.1")
    ends = lead.run(order)
    assert [end.state for end in ends] == [DONE, DONE, DONE]
    starts = [lead.started(end.token)[0].time for end in ends]
    assert starts == sorted(starts)
    assert ends[0].time_finished < ends[1].time_finished < ends[2].time_finished
    assert starts[1] >= ends[0].time_finished
    assert [end.exit_status for end in ends] == [None, None, 0]
    assert all(end.usage.cpu_seconds is not None for end in ends)
    logs = [log_of(order, number).decode() for number in range(3)]
    assert "Read scene" in logs[0]
    assert "Quit" in logs[2]
    for frame, log in enumerate(logs, 1):
        assert [f"Fra:{other} " in log for other in (1, 2, 3)] == [other == frame for other in (1, 2, 3)]
        assert f"pic_{frame:04d}.txt'" in log
        assert log.startswith("# ")
        assert "done after" in log.splitlines()[-1]
    assert lead.progress(ends[1].token)


def test_a_failure_at_frame_7_keeps_1_to_6(lead: Lead, work: Path) -> None:
    order = render(work, range(1, 11), "--fail-at", "7")
    ends = lead.run(order)
    assert [end.state for end in ends] == [DONE] * 6 + [FAILED] + [STOPPED] * 3
    assert (ends[6].reason, ends[6].exit_status) == ("Error: out of luck in frame 7", 1)
    assert ends[7].time_started is None
    assert ends[7].reason is None
    assert b"Some more words" in log_of(order, 6)


def test_a_failure_without_an_error_line_tells_the_exit_status(lead: Lead, work: Path) -> None:
    patterns = dataclasses.replace(PATTERNS, error=None)
    ends = lead.run(render(work, [1, 2], "--fail-at", "2", patterns=patterns))
    assert [end.state for end in ends] == [DONE, FAILED]
    assert ends[1].reason == "The program ended with exit status 1."


def test_a_file_that_comes_a_moment_late(lead: Lead, work: Path) -> None:
    assert states(lead, render(work, [1, 2, 3], "--late", "2")) == [DONE, DONE, DONE]
    assert states(lead, render(work, [4, 5], "--late", "5")) == [DONE, DONE]


def test_a_frame_that_leaves_no_file_failed(lead: Lead, work: Path) -> None:
    (work / "pic_0002.txt").write_text("from yesterday")
    old = (work / "pic_0002.txt").stat()
    ends = lead.run(render(work, [1, 2, 3], "--skip", "2"))
    assert [end.state for end in ends] == [DONE, FAILED, DONE]
    assert ends[1].reason == "The program ended without having done frame 2."
    assert (work / "pic_0002.txt").stat() == old


def test_a_frame_of_which_no_line_says_that_it_is_done(lead: Lead, work: Path) -> None:
    ends = lead.run(render(work, [1, 2], "--no-picture", "2"))
    assert [end.state for end in ends] == [DONE, FAILED]
    assert ends[1].reason == "The program ended without having done frame 2."


def test_an_old_file_doesnt_count(lead: Lead, work: Path) -> None:
    (work / "pic_0001.txt").write_text("from yesterday")
    order = render(work, [1, 2])
    lying = (*order.argv[:-1], "1,2", "--late", "1")
    ends = lead.run(dataclasses.replace(order, argv=(*lying[:-1], "1")))
    assert [end.state for end in ends] == [DONE, DONE]
    assert (work / "pic_0001.txt").read_text() == "frame 1"


def test_a_crash_after_the_last_frame_is_a_warning(lead: Lead, work: Path) -> None:
    ends = lead.run(render(work, [1, 2], "--status", "11"))
    assert [end.state for end in ends] == [DONE, DONE]
    assert lead.warnings(ends[1].token) == [
        "All frames are done, but then: The program ended with exit status 11."
    ]


def test_the_last_frame_ends_with_the_process(lead: Lead, work: Path) -> None:
    order = render(work, [1, 2], "--linger", "0.5")
    ends = lead.run(order)
    assert ends[1].time_finished - ends[0].time_finished > 0.4


def test_without_a_done_line_the_exit_status_tells(lead: Lead, work: Path) -> None:
    patterns = dataclasses.replace(PATTERNS, done=None)
    order = render(work, [1, 2, 3], patterns=patterns)
    assert states(lead, order) == [DONE] * 3
    assert b"Fra:2" in log_of(order, 1)
    assert b"Fra:2" not in log_of(order, 0)
    assert states(lead, render(work, [4, 5], "--fail-at", "5", patterns=patterns)) == [FAILED, STOPPED]


def test_without_any_pattern(lead: Lead, work: Path) -> None:
    assert states(lead, render(work, [1, 2], patterns=Patterns())) == [DONE, DONE]


def test_lines_without_the_frames_name(lead: Lead, work: Path) -> None:
    order = render(work, [1, 2, 3], patterns=Patterns(done="^Saved: "))
    assert states(lead, order) == [DONE] * 3
    assert b"Fra:2" in log_of(order, 1)
    order = render(work, [4, 5], patterns=Patterns(frame=r"Sample 1/4"))
    assert states(lead, order) == [DONE] * 2
    assert b"Fra:5 Mem:10M | Sample 4/4" in log_of(order, 1)


def test_stop_now(lead: Lead, work: Path) -> None:
    order = render(work, [1, 2, 3, 4], "--seconds", "0.3")
    lead.start(order)
    lead.wait_started(order.tasks[1].token)
    lead.stop([task.token for task in order.tasks])
    ends = lead.wait_finished(order)
    assert [end.state for end in ends] == [DONE, STOPPED, STOPPED, STOPPED]
    assert not (work / "pic_0003.txt").exists()


def test_stop_of_a_later_frame_lets_the_frame_at_work_finish(lead: Lead, work: Path) -> None:
    order = render(work, [1, 2, 3, 4], "--seconds", "0.3")
    lead.start(order)
    lead.wait_started(order.tasks[1].token)
    lead.stop([order.tasks[3].token])
    ends = lead.wait_finished(order)
    assert [end.state for end in ends] == [DONE, DONE, STOPPED, STOPPED]


@pytest.mark.parametrize("first", ["/no/such/blender", ""])
def test_a_program_that_is_not_there(lead: Lead, work: Path, first: str) -> None:
    order = render(work, [1, 2])
    ends = lead.run(dataclasses.replace(order, argv=(first, *order.argv[1:])))
    assert [end.state for end in ends] == [FAILED, STOPPED]
    assert ends[0].reason in (
        "The program /no/such/blender is not on this machine.",
        "There is no command to run.",
    )


def test_a_scene_that_changed_is_a_warning(lead: Lead, work: Path) -> None:
    scene = work / "scene"
    scene.write_text("a")
    found = scene.stat()
    stamp = f"{found.st_size} {found.st_mtime_ns}"
    order = render(work, [1, 2], "--seconds", "0.4", watched=str(scene), watched_stamp=stamp)
    lead.start(order)
    lead.wait_started(order.tasks[0].token)
    scene.write_text("changed")
    lead.wait_finished(order)
    assert lead.warnings(order.tasks[0].token) == []
    assert lead.warnings(order.tasks[1].token) == [
        f"The scene {scene} has changed since the job was submitted."
    ]


def test_one_mark_for_all_frames(lead: Lead, work: Path) -> None:
    order = render(work, [1, 2], "--seconds", "0.5")
    lead.start(order)
    lead.wait_started(order.tasks[0].token)
    from farmgui.execution.family import attempts_of

    until(lambda: set(attempts_of(lead.agent_id).values()) == {order.token})
    lead.wait_finished(order)
