"""The open batches in memory, and what is known of those that changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from farmgui.scheduler.farm import Holding
from farmgui.services.holdings import Holdings, OpenBatch, Use

BATCHES = st.builds(
    OpenBatch,
    agent_id=st.sampled_from("ab"),
    job_id=st.integers(1, 3),
    cpus=st.integers(0, 4),
    ram=st.integers(0, 3),
    gpus=st.integers(0, 1),
    whole=st.booleans(),
    since=st.sampled_from("1234"),
)


@given(st.lists(st.tuples(BATCHES, st.booleans(), st.booleans()), max_size=12))
def test_what_is_kept_by_changes_is_what_all_open_batches_make(
    steps: list[tuple[OpenBatch, bool, bool]],
) -> None:
    """Each opens a batch, and some end one and look what changed."""
    holdings = Holdings()
    still: dict[str, OpenBatch] = {}
    copy: dict[tuple[int, str], Holding] = {}
    for number, (batch, ends, looks) in enumerate(steps):
        name = f"batch{number}"
        still[name] = batch
        holdings.open(name, replace(batch, tokens={f"{name}.0"}))
        if ends:
            first = next(iter(still))
            del still[first]
            holdings.close([f"{first}.0"])
        if looks:
            take(holdings, copy)
    take(holdings, copy)
    held = held_by(still)
    assert {(job_id, one.agent_id): one for job_id in (1, 2, 3) for one in holdings.of_job(job_id)} == held
    assert {key: one for key, one in copy.items() if one.batches} == held
    assert set(holdings.jobs) == {job_id for job_id, _ in held}
    for agent_id in "ab":
        here = [batch for batch in still.values() if batch.agent_id == agent_id]
        assert figures(holdings.use(agent_id)) == (
            len(here),
            sum(batch.cpus for batch in here),
            sum(batch.ram for batch in here),
            sum(batch.gpus for batch in here),
            sum(batch.whole for batch in here),
            [sum(batch.ram for batch in here if batch.since > heard) for heard in "01234"],
        )


def take(holdings: Holdings, copy: dict[tuple[int, str], Holding]) -> None:
    """Bring a copy up to what changed."""
    agents, turned = holdings.changed()
    for job_id, of_job in turned.items():
        copy |= {(job_id, agent_id): held for agent_id, held in of_job.items()}
        assert of_job.keys() <= agents


def held_by(batches: dict[str, OpenBatch]) -> dict[tuple[int, str], Holding]:
    number: Counter[tuple[int, str]] = Counter()
    cpus: Counter[tuple[int, str]] = Counter()
    for batch in batches.values():
        number[batch.job_id, batch.agent_id] += 1
        cpus[batch.job_id, batch.agent_id] += batch.cpus or 1
    return {key: Holding(key[1], count, cpus[key]) for key, count in number.items()}


def figures(use: Use) -> tuple[object, ...]:
    since = [use.ram_since(heard) for heard in "01234"]
    return (len(use.batches), use.cpus, use.ram, use.gpus, use.wholes, since)
