"""Sends what is in the outbox: each notice is committed as sent as soon as it was accepted.

Only a crash between the two sends a notice twice, and then under the same identity.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import Row, Select, select, update
from sqlalchemy.orm import Session

from farmgui.domain.addresses import Letter, MailServer
from farmgui.domain.requirements import Channel
from farmgui.domain.sending import GIVEN_UP_AFTER, NotSent, next_try
from farmgui.models import Event, FarmRow, Notice
from farmgui.models.base import now
from farmgui.services.database import Database
from farmgui.services.notices import GIVEN_UP, close

if TYPE_CHECKING:
    from farmgui.services.mail import MailConnection

_COLUMNS: Final[tuple[Any, ...]] = (
    Notice.id,
    Notice.job_id,
    Notice.channel,
    Notice.recipient,
    Notice.message_id,
    Notice.subject,
    Notice.body,
    Notice.time_created,
    Notice.tries,
    Notice.last_error,
)
MAIL_TIMEOUT: Final = 30.0
"""Seconds that the mail server may be silent."""
AT_ONCE: Final = 100
"""Notices of one kind that are read in one go."""
_OPEN: Final[Select[Any]] = select(*_COLUMNS).where(Notice.time_closed.is_(None)).limit(AT_ONCE)


class Choices(Protocol):
    """What the settings say of telling people."""

    def mail_server(self) -> MailServer | None:
        """Where mail is handed in; None: none is sent."""

    def notification(self) -> Mapping[str, Any]:
        """What is kept in the database for who writes notices: "webhook" and "templates"."""


class _Breakable(Protocol):
    """The way to a server."""

    def abort(self) -> None:
        """Let nobody wait for the server any longer; from any thread."""


class Sending:
    """The lead's sender; `run` may wait for servers and has to be called on a thread of its own.

    `leads` tells whether this program still schedules: with another lead, that one sends.
    """

    def __init__(
        self,
        database: Database,
        choices: Choices,
        leads: Callable[[], bool],
        *,
        mail_timeout: float = MAIL_TIMEOUT,
    ) -> None:
        self._database = database
        self._choices = choices
        self._leads = leads
        self._mail_timeout = mail_timeout
        self._stopping = threading.Event()
        self._at_rest = threading.Event()
        self._at_rest.set()
        self._connection: _Breakable | None = None
        self._accepted: set[int] = set()
        """Sent, but that couldn't be committed yet."""

    def run(self) -> int:
        """Send what is due; returns how many were accepted."""
        if not self._goes_on():
            return 0
        self._at_rest.clear()
        try:
            self._share_choices()
            self._commit_accepted()
            sent = self._send_mail() + self._send_webhooks()
            self._give_up_old()
        finally:
            self._at_rest.set()
        return sent

    def stop(self, seconds: float = 2.0) -> None:
        """Send no more; a server that doesn't answer within `seconds` is left, and told again later."""
        self._stopping.set()
        if not self._at_rest.wait(seconds) and (connection := self._connection) is not None:
            connection.abort()

    def _goes_on(self) -> bool:
        return not self._stopping.is_set() and self._leads()

    def _share_choices(self) -> None:
        """Put the farm's templates and web address where `enqueue` finds them."""
        chosen = self._choices.notification()
        with self._database.reading() as session:
            known = session.scalar(select(FarmRow.notification).where(FarmRow.id == 1))
        if (known or {}) != dict(chosen):
            with self._database.sessions.begin(quiet=True) as session:
                session.execute(update(FarmRow).where(FarmRow.id == 1).values(notification=dict(chosen)))

    def _send_mail(self) -> int:
        server = self._choices.mail_server()
        if server is None:
            return 0
        letters = self._due(Channel.MAIL)
        if not letters:
            return 0
        with self._connected(server) as connection:
            return self._send(letters, lambda notice: connection.send(_letter(notice)))

    def _send_webhooks(self) -> int:
        notices = self._due(Channel.WEBHOOK)
        if not notices:
            return 0
        # Loaded with the first notice: most farms send none.
        from farmgui.services.webhook import Poster

        self._connection = poster = Poster()
        try:
            return self._send(
                notices, lambda notice: poster.post(notice.recipient, notice.message_id, notice.body)
            )
        finally:
            self._connection = None

    @contextmanager
    def _connected(self, server: MailServer) -> Iterator[MailConnection]:
        # Loaded with the first letter: most farms send none.
        from farmgui.services.mail import MailConnection

        connection = MailConnection(server, self._mail_timeout)
        self._connection = connection
        try:
            yield connection
        finally:
            self._connection = None
            connection.close()

    def _due(self, channel: Channel) -> Sequence[Row[Any]]:
        with self._database.reading() as session:
            return session.execute(
                _OPEN.where(Notice.not_before <= now(), Notice.channel == channel).order_by(
                    Notice.not_before, Notice.id
                )
            ).all()

    def _send(self, notices: Sequence[Row[Any]], send: Callable[[Row[Any]], None]) -> int:
        sent = 0
        for place, notice in enumerate(notices):
            if not self._goes_on():
                break
            try:
                send(notice)
            except NotSent as error:
                if self._stopping.is_set():
                    break
                # What failed on the way there would fail for those behind it as well, only slowly.
                self._failed(notices[place:] if error.all_alike else (notice,), error)
                if error.all_alike:
                    break
                continue
            sent += 1
            self._accepted.add(notice.id)
            self._commit_accepted()
        return sent

    def _commit_accepted(self) -> None:
        if not self._accepted:
            return
        with self._database.sessions.begin(quiet=True) as session:
            close(session, self._accepted)
        self._accepted.clear()

    def _failed(self, notices: Sequence[Row[Any]], error: NotSent) -> None:
        again = {} if error.for_good else {notice.id: _again(notice) for notice in notices}
        given_up = [notice for notice in notices if again.get(notice.id) is None]
        with self._database.sessions.begin(quiet=not given_up) as session:
            for notice in given_up:
                _give_up(session, notice, str(error))
            for notice in notices:
                if again.get(notice.id) is not None:
                    session.execute(
                        update(Notice)
                        .where(Notice.id == notice.id)
                        .values(tries=notice.tries + 1, last_error=str(error), not_before=again[notice.id])
                    )

    def _give_up_old(self) -> None:
        """Give up what nobody could be told because no mail server was set all the time."""
        with self._database.reading() as session:
            old = session.execute(
                _OPEN.where(Notice.channel != Channel.DESKTOP, Notice.time_created <= now() - GIVEN_UP_AFTER)
            ).all()
        if old:
            with self._database.sessions.begin() as session:
                for notice in old:
                    _give_up(session, notice, notice.last_error or "No mail server is set in the settings.")


def _again(notice: Row[Any]) -> datetime | None:
    return next_try(notice.tries + 1, notice.time_created, now())


def _give_up(session: Session, notice: Row[Any], why: str) -> None:
    """Close a notice that nobody got, and tell of it in the farm's diary."""
    time = now()
    session.execute(update(Notice).where(Notice.id == notice.id).values(last_error=why, time_closed=time))
    who = notice.recipient if notice.channel is Channel.MAIL else "The web address"
    session.add(
        Event(
            time=time,
            kind=GIVEN_UP,
            text=f'{who} wasn\'t told "{notice.subject}". {why}',
            job_id=notice.job_id,
        )
    )


def _letter(notice: Row[Any]) -> Letter:
    return Letter(notice.recipient, notice.subject, notice.body, notice.message_id, notice.time_created)
