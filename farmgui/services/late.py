"""Word of attempts that are not open: it changes nothing and is kept in the diary, once for each attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from farmgui.domain.reports import Finished
from farmgui.models import Event

_KEEP: Final = insert(cast(Table, Event.__table__)).on_conflict_do_nothing()


def keep(session: Session, agent_id: str, word: Finished, attempt: Any | None, time: datetime) -> None:
    """Note a result that came too late, or under a token that nobody knows; `attempt` as it is stored.

    An agent that says it again and again adds nothing: the first word stays.
    """
    if attempt is None:
        text = f"said of an unknown attempt ({word.token}) that it is {word.state}"
    elif attempt.agent_id != agent_id:
        text = f"said of another agent's attempt that it is {word.state}"
    elif attempt.state == word.state:
        # The receipt was lost on the way and the same word came once more.
        return
    else:
        text = f"said that the attempt is {word.state}, which had ended as {attempt.state}"
    session.execute(
        _KEEP,
        {
            "time": time,
            "kind": "late",
            "text": text,
            "job_id": None if attempt is None else attempt.job_id,
            "task_id": None if attempt is None else attempt.task_id,
            "agent_id": agent_id,
            "token": word.token,
        },
    )
