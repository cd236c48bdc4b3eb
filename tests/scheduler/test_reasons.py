"""What people are told of a job that waits, of a job and an agent, and of an idle agent."""

from __future__ import annotations

import pytest

from farmgui.domain.requirements import Per
from farmgui.scheduler.decide import assign
from farmgui.scheduler.explain import explain, idle_reasons
from farmgui.scheduler.farm import AgentSnapshot, Holding, JobSight, JobSnapshot, LimitSnapshot, Names
from farmgui.scheduler.needs import Need
from farmgui.scheduler.reasons import why_waiting
from farmgui.scheduler.view import FarmView, eligible
from tests.scheduler.farms import agent, agents, busy, job, queue, start

GPU, BLENDER = 1, 7
NAMES = Names({GPU: "gpu"}, {BLENDER: "blender"}, {(BLENDER, 100): "3.6", (BLENDER, 200): "4.0"})


def needing(**values: object) -> JobSnapshot:
    return job(1, Need(**values))  # type: ignore[arg-type]


def seen(**sights: bool | None) -> dict[str, JobSight]:
    """Agents that see the files, can't, or haven't answered."""
    words = {True: "sees it", False: "can't see it", None: "is asked"}
    return {agent_id: JobSight(sees, f"{agent_id} {words[sees]}") for agent_id, sees in sights.items()}


@pytest.mark.parametrize(
    ("waiting", "farm", "words"),
    [
        pytest.param(job(1, hold="waits for comp_010"), agents(2), "waits for comp_010", id="held"),
        pytest.param(job(1, queued=0), agents(2), "has no task that may start now", id="no task"),
        pytest.param(job(1), [], "no agent is online and enabled", id="no agents"),
        pytest.param(
            job(1), [agent("a", present=False)], "waits for a, expected back soon", id="expected agent"
        ),
        pytest.param(
            needing(cpus=64), agents(3, 4), "needs 64 cpus: none of 3 agents has so many", id="cpus"
        ),
        pytest.param(
            needing(cpus=64), agents(1, 4), "needs 64 cpus: no agent here has so many", id="one agent"
        ),
        pytest.param(
            needing(ram=65536), agents(3), "needs 64 GB of ram: none of 3 agents has so much", id="ram"
        ),
        pytest.param(
            needing(ram=1500), agents(3), "needs 1500 MB of ram: none of 3 agents has so much", id="MB"
        ),
        pytest.param(needing(gpus=1), agents(3), "needs 1 gpu: none of 3 agents has so many", id="gpus"),
        pytest.param(needing(tags=frozenset({GPU})), agents(3), "no agent has the tag gpu", id="tag"),
        pytest.param(
            needing(without_tags=frozenset({GPU})),
            agents(3, tags=frozenset({GPU})),
            "every agent has the tag gpu, which it must not have",
            id="negated tag",
        ),
        pytest.param(
            needing(software=((BLENDER, 200, None),)),
            agents(3),
            "needs blender 4.0 or newer: none of 3 agents has it",
            id="software",
        ),
        pytest.param(
            needing(software=((BLENDER, 100, 200),)),
            agents(3),
            "needs blender 3.6 to 4.0: none of 3 agents has it",
            id="interval of software",
        ),
        pytest.param(
            needing(allowed=frozenset({"x"})),
            agents(3),
            "may only run on 1 agent: not online and enabled",
            id="allowed agent that is gone",
        ),
        pytest.param(
            needing(allowed=frozenset()), agents(3), "may run on no agent: none is allowed", id="none allowed"
        ),
        pytest.param(
            needing(excluded=frozenset({"a"})),
            [agent("a")],
            "may not run on a, and there is no other agent",
            id="excluded",
        ),
        pytest.param(
            needing(tags=frozenset({GPU}), ram=2000),
            [agent("a", tags=frozenset({GPU})), agent("b", ram=4000)],
            "needs 2000 MB of ram: 1 of 2 agents has it, and none of these meets all else that it needs",
            id="together",
        ),
        pytest.param(job(1, maximum_agents=0), agents(3), "its maximum of agents is 0", id="maximum 0"),
        pytest.param(
            job(1, avoid=frozenset({"a"})),
            [agent("a")],
            "its tasks failed on every agent that could run them now",
            id="failed everywhere",
        ),
        pytest.param(job(1, sights=seen(a=False)), [agent("a")], "a can't see it", id="can't see"),
        pytest.param(job(1, sights=seen(a=None)), [agent("a")], "a is asked", id="is asked"),
        pytest.param(
            job(1, sights=seen(b=False, a=False)),
            [agent("a"), agent("b")],
            "a can't see it (and 1 more agent)",
            id="two can't see",
        ),
        pytest.param(
            job(1, sights=seen(a=None, b=False, c=False, d=False)),
            [agent(name) for name in "abcd"],
            "b can't see it (and 2 more agents)",
            id="one is asked, the others can't see",
        ),
        pytest.param(
            job(1, avoid=frozenset("a"), sights=seen(a=False, b=False)),
            [agent("a"), agent("b")],
            "b can't see it",
            id="failed on one, the other can't see",
        ),
        pytest.param(
            job(1, avoid=frozenset("a"), sights=seen(a=False)),
            [agent("a")],
            "its tasks failed on every agent that could run them now",
            id="failed before it couldn't see",
        ),
        pytest.param(
            job(1, sights=seen(a=False)),
            [agent("a"), agent("b")],
            "its turn comes next: there is room for it",
            id="another one sees",
        ),
        pytest.param(
            job(1, maximum_agents=0, sights=seen(a=False)),
            [agent("a")],
            "its maximum of agents is 0",
            id="a maximum before what is seen",
        ),
        pytest.param(
            job(1, sights=seen(a=False)),
            [agent("a"), agent("b", present=False)],
            "a can't see it",
            id="another one is expected",
        ),
        pytest.param(
            needing(ram=500),
            [agent("a", free_ram=300)],
            "needs 500 MB of ram: no idle agent has so much of it free",
            id="memory of others",
        ),
        pytest.param(job(1), agents(2), "its turn comes next: there is room for it", id="room"),
        pytest.param(
            needing(limits=(("nuke", 1),)),
            agents(2),
            "the limit “nuke” isn't known: define it, or take it off the job",
            id="unknown limit",
        ),
    ],
)
def test_why_a_job_waits(waiting: JobSnapshot, farm: list[AgentSnapshot], words: str) -> None:
    assert why_waiting(FarmView.of([waiting], farm, names=NAMES), [1]) == {1: words}


def at_work(number: int, count: int, cpus: int, **values: object) -> tuple[list[AgentSnapshot], JobSnapshot]:
    """Agents full of one job, and the job."""
    farm = [busy(f"b{number}{each:02}", cpus, 0, cpus) for each in range(count)]
    return farm, job(number, holdings=tuple(Holding(one.id, cpus, cpus) for one in farm), **values)


@pytest.mark.parametrize(
    ("waiting", "other", "words"),
    [
        pytest.param(
            job(1), {}, "waits for its turn: shot_020 uses the 3 agents that could run it", id="as high"
        ),
        pytest.param(
            job(1),
            {"priority": 5},
            "waits for its turn: jobs of higher priority (shot_020) use the 3 agents that could run it",
            id="higher",
        ),
        pytest.param(
            needing(cpus=-1),
            {},
            "needs a whole agent, and shot_020 uses the 3 agents that could run it",
            id="whole",
        ),
        pytest.param(
            job(1, weight=0),
            {"priority": -5},
            "has weight 0, so it gets what nobody else can use: shot_020 uses the 3 agents that could run it",
            id="weight 0",
        ),
    ],
)
def test_who_uses_the_agents(waiting: JobSnapshot, other: dict[str, object], words: str) -> None:
    farm, running = at_work(20, 3, 4, **other)
    assert why_waiting(FarmView.of([waiting, running], farm), [1]) == {1: words}


def test_the_agents_that_have_what_is_rare_are_busy() -> None:
    farm = [busy(f"b{number}", 1, 0, ram=65536) for number in range(3)]
    running = job(20, holdings=tuple(Holding(one.id, 1, 1) for one in farm), queued=0)
    view = FarmView.of([needing(ram=65536), running], [*farm, *agents(37)])
    assert why_waiting(view, [1]) == {1: "needs 64 GB of ram: 3 of 40 agents have it, all busy with shot_020"}


def test_a_maximum_in_use() -> None:
    farm, running = at_work(20, 2, 1, queue_id=1)
    held = running._replace(maximum_agents=2)
    queues = [queue(1, maximum_agents=2)]
    view = FarmView.of([held, job(1, queue_id=1)], [*farm, *agents(3)], queues)
    assert why_waiting(view, [1, 20]) == {
        1: "the maximum of 2 agents of the queue queue1 is in use",
        20: "its maximum of 2 agents is in use",
    }


@pytest.mark.parametrize("per", [Per.TASK, Per.JOB], ids=["per task", "per job"])
def test_a_limit_in_use(per: Per) -> None:
    need = Need(limits=(("nuke", 10),))
    running = job(20, need, holdings=(Holding("b", 1, 1),))
    view = FarmView.of(
        [job(1, need), running], [busy("b", 1, 0), *agents(3)], limits=[LimitSnapshot("nuke", 10, per)]
    )
    assert why_waiting(view, [1])[1] == "the limit “nuke” (10 of 10) is in use by shot_020"


@pytest.mark.parametrize(("amount", "words"), [(2, "there are 2"), (1, "there is 1")])
def test_a_limit_smaller_than_what_is_needed(amount: int, words: str) -> None:
    view = FarmView.of([needing(limits=(("nuke", 3),))], agents(3), limits=[LimitSnapshot("nuke", amount)])
    assert why_waiting(view, [1])[1] == f"needs 3 of the limit “nuke”, of which {words}"


def test_what_a_decision_grants_is_at_work_for_the_reasons() -> None:
    need = Need(limits=(("nuke", 1),))
    jobs = [job(1, need, priority=1), job(2, need), job(3), job(4)]
    jobs[2] = jobs[2]._replace(queued=3, priority=2)
    view = FarmView.of(jobs, agents(4), limits=[LimitSnapshot("nuke", 1)])
    told = why_waiting(view, [2, 4], assign(view))
    assert told == {
        2: "the limit “nuke” (1 of 1) is in use by shot_001",
        4: "waits for its turn: jobs of higher priority (shot_003, shot_001) use the 4 agents"
        " that could run it",
    }


def test_an_agent_that_is_kept_is_told_of_to_both() -> None:
    running = job(3, holdings=(Holding("a", 1, 1),), queued=0)
    view = FarmView.of([job(1, Need(-1)), job(2), running], [busy("a", 8, 7)])
    told = why_waiting(view, [1, 2], assign(view))
    assert told == {
        1: "needs a whole agent, and shot_003 uses the agent that could run it;"
        " a is kept for it until it has room",
        2: "kept waiting: its turn comes after shot_001, for which agents are kept",
    }


def test_an_older_decision_is_taken_for_what_the_view_knows_by_now() -> None:
    """Its grants are in the view already, and jobs and agents may be gone."""
    running = job(3, holdings=(Holding("a", 1, 1),), queued=0)
    view = FarmView.of(
        [job(1, Need(8)), job(2), running, job(4, priority=-1)], [busy("a", 8, 7), agent("b"), agent("c")]
    )
    decision = assign(view)
    start(view, decision.grants)
    view.drop_agent("c")
    view.drop_job(1)
    assert why_waiting(view, [1, 2, 4], decision) == {
        2: "runs, and no further agent that could run it has room",
        4: "its turn comes next: there is room for it",
    }
    view.drop_agent("a")
    assert why_waiting(view, [4], decision) == {
        4: "waits for its turn: jobs of higher priority (shot_002) use the agent that could run it"
    }


def test_reasons_of_many_jobs_are_found_once() -> None:
    farm, running = at_work(20, 3, 4)
    waiting = [job(number) for number in range(100, 5100)]
    view = FarmView.of([running, *waiting], farm)
    told = why_waiting(view, [row.id for row in waiting])
    assert len(told) == 5000
    assert len({id(text) for text in told.values()}) == 1


def broken(view: FarmView, job_id: int, agent_id: str) -> list[str]:
    return [rule.name for rule in explain(view, job_id, agent_id) if not rule.holds]


@pytest.mark.parametrize(
    ("row", "where", "expected"),
    [
        pytest.param(job(1), agent("a"), [], id="all hold"),
        pytest.param(job(1, hold="paused"), agent("a"), ["hold"], id="held"),
        pytest.param(job(1, queued=0), agent("a"), ["tasks"], id="no task"),
        pytest.param(job(1), agent("a", present=False), ["online"], id="expected"),
        pytest.param(needing(allowed=frozenset("b")), agent("a"), ["allowed agents"], id="not allowed"),
        pytest.param(needing(excluded=frozenset("a")), agent("a"), ["excluded agents"], id="excluded"),
        pytest.param(needing(tags=frozenset({GPU})), agent("a"), ["tag"], id="tag"),
        pytest.param(
            needing(without_tags=frozenset({GPU})),
            agent("a", tags=frozenset({GPU})),
            ["without tag"],
            id="no tag",
        ),
        pytest.param(needing(software=((BLENDER, None, None),)), agent("a"), ["software"], id="software"),
        pytest.param(needing(gpus=1), agent("a"), ["gpus", "free gpus"], id="gpus"),
        pytest.param(needing(cpus=2), agent("a"), ["cpus", "free cpus"], id="cpus"),
        pytest.param(needing(cpus=2), busy("a", 4, 1), ["free cpus"], id="free cpus"),
        pytest.param(needing(ram=900), agent("a", free_ram=800), ["free ram"], id="free ram"),
        pytest.param(needing(gpus=1), agent("a", gpus=1, free_gpus=0), ["free gpus"], id="free gpus"),
        pytest.param(needing(cpus=0), busy("a", 1, 1), ["processes"], id="processes"),
        pytest.param(needing(cpus=-1), busy("a", 4, 3), ["idle"], id="whole"),
        pytest.param(job(1), busy("a", 4, 0, exclusive=True), ["shared"], id="exclusive"),
        pytest.param(job(1, avoid=frozenset("a")), agent("a"), ["failed tasks"], id="avoided"),
        pytest.param(job(1, sights=seen(a=False)), agent("a"), ["sight"], id="can't see"),
        pytest.param(job(1, sights=seen(a=None)), agent("a"), ["sight"], id="is asked"),
        pytest.param(job(1, sights=seen(a=True, b=False)), agent("a"), [], id="sees"),
        pytest.param(job(1, set_aside=frozenset("a")), agent("a"), [], id="set aside on a farm of one"),
        pytest.param(job(1, maximum_agents=0), agent("a"), ["maximum"], id="maximum 0"),
        pytest.param(
            job(1, maximum_agents=1, holdings=(Holding("b", 1, 1),)), agent("a"), ["maximum"], id="maximum"
        ),
        pytest.param(
            job(1, most_per_agent=1, holdings=(Holding("a", 1, 1),)),
            busy("a", 4, 3),
            ["most per agent"],
            id="most",
        ),
        pytest.param(job(1, queue_id=1), agent("a"), ["maximum"], id="maximum of the queue"),
        pytest.param(needing(limits=(("nuke", 3),)), agent("a"), ["limit"], id="limit"),
        pytest.param(needing(limits=(("unknown", 1),)), agent("a"), ["hold", "limit"], id="unknown limit"),
    ],
)
def test_every_rule_for_a_job_on_an_agent(
    row: JobSnapshot, where: AgentSnapshot, expected: list[str]
) -> None:
    queues, limits = [queue(1, maximum_agents=0)], [LimitSnapshot("nuke", 2)]
    view = FarmView.of([row], [where], queues, limits, NAMES)
    assert broken(view, 1, "a") == expected
    assert bool(assign(view).grants) == (not expected)


def test_an_agent_that_is_set_aside_is_told_of_as_such() -> None:
    view = FarmView.of([job(1, set_aside=frozenset("a"))], [*agents(1), agent("a")])
    rule = next(rule for rule in explain(view, 1, "a") if rule.name == "set aside")
    assert not rule.holds
    assert rule.text == "a is set aside for several failures of this job; others can run it"


def test_limits_are_not_blamed_for_what_nobody_sees() -> None:
    row = needing(limits=(("nuke", 1),))._replace(sights=seen(a=False))
    view = FarmView.of([row], [agent("a")], limits=[LimitSnapshot("nuke", 3)])
    assert why_waiting(view, [1]) == {1: "a can't see it"}


def test_an_agent_that_sees_is_told_of_as_such() -> None:
    view = FarmView.of([job(1, sights=seen(a=True))], [agent("a")])
    rule = next(rule for rule in explain(view, 1, "a") if rule.name == "sight")
    assert (rule.holds, rule.text) == (True, "a sees it")


def test_who_cannot_see_does_not_count_as_another_one_that_could_run_it() -> None:
    row = job(1, set_aside=frozenset("a"), sights=seen(b=False, c=None))
    view = FarmView.of([row], [agent(name) for name in "abc"])
    assert {grant.agent_id for grant in assign(view).grants} == {"a"}
    assert eligible(view, 1) == {"a", "c"}


def test_agents_that_rest_get_nothing() -> None:
    view = FarmView.of([job(1), job(2, Need(-1))], [agent("a", 4), agent("b", 4)])
    decision = assign(view, ["a"])
    assert {grant.agent_id for grant in decision.grants} == {"b"}
    assert assign(view, ["a", "b"]).grants == ()
    assert {grant.agent_id for grant in assign(view, ["unknown"]).grants} == {"a", "b"}


def test_an_idle_agent_is_told_of_each_kind_of_files_that_it_cannot_see() -> None:
    one, other = {"a": JobSight(sees=False, words="x")}, {"a": JobSight(sees=False, words="y")}
    view = FarmView.of([job(1, sights=one), job(2, sights=other), job(3, sights=one)], [agent("a")])
    assert idle_reasons(view, "a") == ("2 jobs: x", "1 job: y")


def test_what_is_gone_is_told_of_as_such() -> None:
    view = FarmView.of([job(1)], [agent("a")])
    assert broken(view, 2, "a") == ["job"]
    assert broken(view, 1, "b") == ["agent"]


def test_why_an_agent_is_idle() -> None:
    jobs = [job(number, Need(tags=frozenset({GPU}))) for number in (1, 2, 3)]
    jobs += [job(4, hold="waits for shot_001"), job(5, queued=0)]
    view = FarmView.of(jobs, [agent("a")], names=NAMES)
    assert idle_reasons(view, "a") == (
        "3 jobs: needs the tag gpu, which a doesn't meet",
        "1 job: waits for shot_001",
    )
    assert idle_reasons(FarmView.of([], [agent("a")]), "a") == ("no job waits",)
    assert idle_reasons(view, "b") == ("the agent is offline, disabled or gone",)


def test_reasons_that_are_left_out_are_counted() -> None:
    jobs = [job(number, hold=f"waits for shot {number}") for number in range(1, 5)]
    view = FarmView.of(jobs, [agent("a")])
    assert idle_reasons(view, "a", most=2)[2:] == ("2 jobs: for other reasons",)


def test_a_job_that_runs_is_told_that_it_gets_no_more() -> None:
    view = FarmView.of([job(1)], agents(2))
    start(view, assign(view).grants)
    assert why_waiting(view, [1, 99]) == {1: "runs, and no further agent that could run it has room"}


def test_whose_turn_it_is_is_told_where_all_other_rules_hold() -> None:
    small = job(3, holdings=(Holding("c", 1, 1),), queued=0)
    large = job(4, Need(-1, allowed=frozenset("c")), priority=5)
    view = FarmView.of(
        [job(1, priority=1, queued=4), job(2, queued=2), large, small],
        [agent("a", 4), agent("b", 8), busy("c", 4, 3), agent("d", 16)],
    )

    def last(job_id: int, agent_id: str) -> tuple[str, bool, str]:
        rule = explain(view, job_id, agent_id)[-1]
        return (rule.name, rule.holds, rule.text)

    assert last(1, "a") == ("turn", True, "its turn comes next, on a")
    assert last(2, "a") == ("turn", False, "a goes to shot_001 first")
    assert last(1, "d") == ("turn", False, "its tasks start on other agents")
    assert last(2, "c") == ("turn", False, "c is kept for shot_004, which needs more of it")


def test_why_an_agent_is_idle_that_is_kept() -> None:
    whole, running = job(1, Need(cpus=-1)), job(2, holdings=(Holding("a", 1, 1),))
    view = FarmView.of([whole, running, job(3)], [busy("a", 4, 3)])
    assert idle_reasons(view, "a") == (
        "2 jobs: a is kept for shot_001, which needs more of it",
        "1 job: needs a whole: it runs 1 batch (shot_002)",
    )


def test_which_maximum_is_told() -> None:
    view = FarmView.of([job(1, queue_id=1, maximum_agents=3)], [agent("a")], [queue(1, maximum_agents=2)])
    told = [rule.text for rule in explain(view, 1, "a") if rule.name == "maximum"]
    assert told == [
        "its maximum of agents: 0 of 3 in use",
        "the maximum of agents of the queue queue1: 0 of 2 in use",
    ]
