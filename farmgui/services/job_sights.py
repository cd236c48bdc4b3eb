"""What is known of agents and the files of jobs, as decisions ask for it: by job."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy.orm import Session

from farmgui.domain.sights import Question, question
from farmgui.scheduler.farm import NOBODY_ASKED, JobSight
from farmgui.services.bulk import Driver, listed

_DATA = "SELECT id, data FROM jobs WHERE id IN (SELECT value FROM json_each(?))"


class JobSights:
    """Jobs with what agents have to see for them, and what is known of that; empty where nobody is asked."""

    def __init__(self) -> None:
        self._questions: dict[int, Question | None] = {}
        self._jobs: dict[Question, set[int]] = {}
        self._known: dict[Question, Mapping[str, JobSight]] = {}
        self._new: set[int] = set()
        """Jobs that were linked since the last word on their question."""

    @property
    def any(self) -> bool:
        """Whether anything is known of any job."""
        return bool(self._questions)

    def of(self, job_id: int) -> Mapping[str, JobSight]:
        """What is known of agents and the files of the job."""
        asked = self._questions.get(job_id)
        return NOBODY_ASKED if asked is None else self._known.get(asked, NOBODY_ASKED)

    def jobs(self, asked: Question) -> Collection[int]:
        """The jobs for which agents have to see this."""
        return self._jobs.get(asked, ())

    def link(self, job_id: int, asked: Question | None) -> None:
        """For this job, agents have to see that."""
        self.forget(job_id)
        self._questions[job_id] = asked
        if asked is not None:
            self._jobs.setdefault(asked, set()).add(job_id)
            self._new.add(job_id)

    def forget(self, job_id: int) -> None:
        """The job is gone, or became another one."""
        asked = self._questions.pop(job_id, None)
        if asked is not None:
            self._new.discard(job_id)
            self._jobs[asked].discard(job_id)
            if not self._jobs[asked]:
                del self._jobs[asked]
                self._known.pop(asked, None)

    def link_stored(self, session: Session, job_ids: Iterable[int]) -> set[Question]:
        """Link those of these jobs that aren't linked; returns the questions of these."""
        new = [job_id for job_id in job_ids if job_id not in self._questions]
        found: set[Question] = set()
        if new:
            for job_id, data in Driver(session).rows(_DATA, (listed(new),)):
                asked = question(json.loads(data or "null") or {})
                self.link(job_id, asked)
                found |= {asked} if asked is not None else set()
        return found

    def put(self, asked: Question, known: Mapping[str, JobSight]) -> Collection[int]:
        """Take this for what is known; returns the jobs for which that is something else than before."""
        jobs = self._jobs.get(asked, set())
        if self._known.get(asked, NOBODY_ASKED) == known:
            jobs = jobs & self._new
        elif jobs:
            self._known[asked] = known
        self._new -= jobs
        return tuple(jobs)

    def replace(self, known: Mapping[Question, Mapping[str, JobSight]]) -> set[int]:
        """Take this for all that is known; returns as `put` does."""
        return {job_id for asked in self._jobs for job_id in self.put(asked, known.get(asked, NOBODY_ASKED))}
