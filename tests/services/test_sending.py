"""Notices reach a real mail server and a real web server once, whatever is killed or refused on the way."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import insert, select, text, update

from farmgui.config import Settings
from farmgui.domain.addresses import Letter, MailServer
from farmgui.domain.errors import InvalidValue
from farmgui.domain.requirements import Channel, Outcome
from farmgui.domain.sending import NotSent, next_try
from farmgui.models import Event, FarmRow, Notice
from farmgui.services.database import open_database
from farmgui.services.mail import MailConnection
from farmgui.services.notices import Notices, forget_old
from farmgui.services.sending import Sending
from farmgui.services.webhook import Poster
from tests.servers import MailBox, MailServerHere, WebServerHere

ROOT = Path(__file__).parents[2]


class Store:
    """A database with nothing in it."""

    def __init__(self, folder: Path) -> None:
        (folder / "farm.db").write_bytes(_new_database())
        self.database = open_database(f"sqlite:///{folder / 'farm.db'}")


@cache
def _new_database() -> bytes:
    with TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'farm.db'}")
        database.close()
        return database.path.read_bytes()


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.database.close()


@pytest.fixture
def mail() -> Iterator[MailServerHere]:
    with MailServerHere() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServerHere]:
    with WebServerHere() as server:
        yield server


def settings_for(folder: Path, mail: MailServerHere | None = None, **more: object) -> Settings:
    settings = Settings(folder / "settings.json", **more)  # type: ignore[arg-type]
    if mail is not None:
        settings.mail_host, settings.mail_port = "127.0.0.1", mail.port
        settings.mail_tls, settings.mail_from = "none", "Farm <farm@example.org>"
    return settings


def put(farm: Store, channel: Channel, recipient: str, name: str = "one", **more: object) -> None:
    time = datetime.now(UTC)
    values = {
        "job_id": 7,
        "outcome": Outcome.SUCCESS,
        "channel": channel,
        "recipient": recipient,
        "message_id": f"<{name}@farmgui>",
        "subject": "Done: shot – ä",
        "body": '{"job": 7}',
        "time_created": time,
        "not_before": time,
        **more,
    }
    with farm.database.sessions.begin() as session:
        session.execute(insert(Notice).values(values))


def notices(farm: Store) -> list[Notice]:
    with farm.database.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def events(farm: Store) -> list[str]:
    with farm.database.reading() as session:
        return list(session.scalars(select(Event.text).where(Event.kind == "notice given up")))


def make_due(farm: Store) -> None:
    with farm.database.sessions.begin() as session:
        session.execute(update(Notice).values(not_before=datetime.now(UTC)))


def sender(farm: Store, settings: Settings, leads: Callable[[], bool] = lambda: True) -> Sending:
    return Sending(farm.database, settings, leads, mail_timeout=5)


def test_a_mail_arrives_as_it_was_written(farm: Store, mail: MailServerHere, tmp_path: Path) -> None:
    put(farm, Channel.MAIL, "ana@example.org")
    assert sender(farm, settings_for(tmp_path, mail)).run() == 1
    (got,) = mail.box.mails
    assert got["Message-ID"] == "<one@farmgui>"
    assert (got["From"], got["To"]) == ("Farm <farm@example.org>", "ana@example.org")
    assert got["Subject"] == "Done: shot – ä"
    assert got.get_content().strip() == '{"job": 7}'
    (stored,) = notices(farm)
    assert stored.sent
    assert stored.time_closed is not None
    assert sender(farm, settings_for(tmp_path, mail)).run() == 0
    assert len(mail.box.mails) == 1


def test_only_the_lead_sends(farm: Store, mail: MailServerHere, tmp_path: Path) -> None:
    put(farm, Channel.MAIL, "ana@example.org")
    assert sender(farm, settings_for(tmp_path, mail), leads=lambda: False).run() == 0
    assert mail.box.mails == []


def test_a_refused_recipient_is_given_up_at_once_and_the_others_get_theirs(
    farm: Store, mail: MailServerHere, tmp_path: Path
) -> None:
    mail.box.refused["gone@example.org"] = "550 no such user"
    put(farm, Channel.MAIL, "gone@example.org", "one")
    put(farm, Channel.MAIL, "ana@example.org", "two")
    assert sender(farm, settings_for(tmp_path, mail)).run() == 1
    gone, got = notices(farm)
    assert gone.time_closed is not None
    assert not gone.sent
    assert got.sent
    assert "refuses mail to gone@example.org: 550 no such user" in events(farm)[0]


@pytest.mark.parametrize(
    ("set_up", "why"),
    [
        pytest.param(
            lambda box: box.refused.update({"ana@example.org": "450 later"}), "450 later", id="recipient"
        ),
        pytest.param(
            lambda box: setattr(box, "data_answer", "451 greylisted"), "451 greylisted", id="content"
        ),
    ],
)
def test_a_passing_refusal_is_tried_again(
    farm: Store, mail: MailServerHere, tmp_path: Path, set_up: Callable[[MailBox], None], why: str
) -> None:
    put(farm, Channel.MAIL, "ana@example.org")
    set_up(mail.box)
    sending = sender(farm, settings_for(tmp_path, mail))
    assert sending.run() == 0
    (waits,) = notices(farm)
    assert (waits.tries, waits.time_closed) == (1, None)
    assert why in (waits.last_error or "")
    assert timedelta(seconds=50) < waits.not_before - datetime.now(UTC) <= timedelta(seconds=60)
    mail.box.refused.clear()
    mail.box.data_answer = "250 accepted"
    assert sending.run() == 0, "it isn't due yet"
    make_due(farm)
    assert sending.run() == 1
    assert events(farm) == []


def test_a_server_that_is_away_puts_all_mail_off_but_no_webhook(
    farm: Store, web: WebServerHere, tmp_path: Path
) -> None:
    with MailServerHere() as gone:
        settings = settings_for(tmp_path, gone)
    for name in ("one", "two"):
        put(farm, Channel.MAIL, "ana@example.org", name)
    put(farm, Channel.WEBHOOK, web.address, "three")
    assert sender(farm, settings).run() == 1
    assert [(item.tries, item.sent) for item in notices(farm)] == [(1, False), (1, False), (0, True)]
    assert "can't be used" in (notices(farm)[0].last_error or "")


def test_after_three_days_it_is_given_up_and_told(farm: Store, tmp_path: Path) -> None:
    with MailServerHere() as gone:
        settings = settings_for(tmp_path, gone)
    long_ago = datetime.now(UTC) - timedelta(days=3)
    put(farm, Channel.MAIL, "ana@example.org", time_created=long_ago, tries=70)
    sender(farm, settings).run()
    assert notices(farm)[0].time_closed is not None
    assert 'ana@example.org wasn\'t told "Done: shot – ä"' in events(farm)[0]
    told = Notices(farm.database).given_up(None)
    assert [item.text for item in told] == events(farm)
    assert Notices(farm.database).given_up(told[0].id) == []


def test_mail_waits_for_a_server_to_be_set_and_is_given_up_without_one(
    farm: Store, mail: MailServerHere, tmp_path: Path
) -> None:
    put(farm, Channel.MAIL, "ana@example.org", "one")
    put(farm, Channel.MAIL, "ben@example.org", "two", time_created=datetime.now(UTC) - timedelta(days=4))
    sender(farm, settings_for(tmp_path)).run()
    assert [item.time_closed is None for item in notices(farm)] == [True, False]
    assert "No mail server is set" in events(farm)[0]
    assert sender(farm, settings_for(tmp_path, mail)).run() == 1


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (1000, 60)]
)
def test_the_delay_doubles_up_to_an_hour(tries: int, minutes: int) -> None:
    time = datetime(2026, 11, 25, tzinfo=UTC)
    assert next_try(tries, time, time) == time + timedelta(minutes=minutes)


def test_the_last_try_is_within_three_days() -> None:
    time = datetime(2026, 11, 25, tzinfo=UTC)
    assert next_try(70, time, time + timedelta(days=2, hours=23)) is not None
    assert next_try(70, time, time + timedelta(days=2, hours=23, seconds=1)) is None


# Killed on the way.


def start_sending(farm: Store, settings: Settings) -> subprocess.Popen[bytes]:
    settings.save()
    url = f"sqlite:///{farm.database.path}"
    return subprocess.Popen(
        [sys.executable, "-m", "tests.services.send_once", str(settings.file), url], cwd=ROOT
    )


def test_killed_between_acceptance_and_commit_it_is_sent_twice_under_one_identity(
    farm: Store, mail: MailServerHere, tmp_path: Path
) -> None:
    put(farm, Channel.MAIL, "ana@example.org")
    settings = settings_for(tmp_path, mail)
    mail.box.may_accept.clear()
    process = start_sending(farm, settings)
    assert mail.box.asked_to_accept.wait(30)
    # As long as this transaction is open, the sender can't commit what the server accepts.
    with farm.database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        mail.box.may_accept.set()
        end = time.monotonic() + 10
        while not mail.box.mails:
            assert time.monotonic() < end
            time.sleep(0.01)
        time.sleep(0.2)
        assert process.poll() is None
        process.kill()
        process.wait()
    assert not notices(farm)[0].sent
    assert sender(farm, settings).run() == 1
    assert [mail["Message-ID"] for mail in mail.box.mails] == ["<one@farmgui>", "<one@farmgui>"]
    assert notices(farm)[0].sent


def test_killed_before_acceptance_nothing_is_lost_or_doubled(
    farm: Store, mail: MailServerHere, tmp_path: Path
) -> None:
    put(farm, Channel.MAIL, "ana@example.org")
    settings = settings_for(tmp_path, mail)
    mail.box.may_accept.clear()
    process = start_sending(farm, settings)
    assert mail.box.asked_to_accept.wait(30)
    process.kill()
    process.wait()
    time.sleep(0.2)
    mail.box.may_accept.set()
    time.sleep(0.1)
    assert mail.box.mails == []
    assert sender(farm, settings).run() == 1
    assert [mail["Message-ID"] for mail in mail.box.mails] == ["<one@farmgui>"]


def test_a_silent_server_is_left_when_the_program_ends(
    farm: Store, mail: MailServerHere, tmp_path: Path
) -> None:
    put(farm, Channel.MAIL, "ana@example.org")
    mail.box.may_accept.clear()
    sending = Sending(farm.database, settings_for(tmp_path, mail), lambda: True, mail_timeout=60)
    thread = threading.Thread(target=sending.run)
    thread.start()
    assert mail.box.asked_to_accept.wait(10)
    sending.stop(seconds=0.1)
    thread.join(5)
    assert not thread.is_alive()
    assert (notices(farm)[0].tries, notices(farm)[0].sent) == (0, False)


def test_a_silent_web_server_is_left_too(farm: Store, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        put(farm, Channel.WEBHOOK, f"http://127.0.0.1:{server.getsockname()[1]}/hook")
        sending = sender(farm, settings_for(tmp_path))
        thread = threading.Thread(target=sending.run)
        thread.start()
        connection, _ = server.accept()
        with connection:
            assert connection.recv(1)
            sending.stop(seconds=0.1)
            thread.join(5)
            left = thread.is_alive()
        thread.join()
    assert not left
    assert (notices(farm)[0].tries, notices(farm)[0].sent) == (0, False)


# The password, and the way to the server.


@pytest.mark.warns("Session.login_data is deprecated")  # The mail server of the tests, of itself.
@pytest.mark.parametrize("from_file", [True, False])
def test_the_password_comes_from_a_file_or_the_environment(
    farm: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_file: bool
) -> None:
    with MailServerHere(MailBox(password="secret")) as mail:  # noqa: S106
        put(farm, Channel.MAIL, "ana@example.org")
        settings = settings_for(tmp_path, mail, mail_user="farm")
        sending = sender(farm, settings)
        assert sending.run() == 0
        assert "isn't known" in (notices(farm)[0].last_error or "")
        if from_file:
            (tmp_path / "password").write_text("secret\n")
            settings.mail_password_file = str(tmp_path / "password")
        else:
            monkeypatch.setenv("FARMGUI_SMTP_PASSWORD", "secret")
        make_due(farm)
        assert sending.run() == 1
    settings.save()
    assert "secret" not in settings.file.read_text()
    assert "secret" not in repr(settings.mail_server())


@pytest.mark.warns("Session.login_data is deprecated")  # The mail server of the tests, of itself.
def test_a_wrong_password_is_told_and_tried_again(farm: Store, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong\n")
    with MailServerHere(MailBox(password="secret")) as mail:  # noqa: S106
        put(farm, Channel.MAIL, "ana@example.org")
        settings = settings_for(
            tmp_path, mail, mail_user="farm", mail_password_file=str(tmp_path / "password")
        )
        assert sender(farm, settings).run() == 0
    (waits,) = notices(farm)
    assert "refuses the user name or password" in (waits.last_error or "")
    assert "wrong" not in (waits.last_error or "")
    assert waits.time_closed is None


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param({"host": "mail.example.org", "tls": "none"}, "unencrypted", id="unencrypted"),
        pytest.param({"tls": "tls13"}, "no way to encrypt", id="encryption"),
        pytest.param({"port": 70_000}, "no port", id="port"),
        pytest.param({"host": "mail..example.org"}, "no name of a mail server", id="host"),
        pytest.param({"host": f"{'a' * 64}.org"}, "no name of a mail server", id="long host"),
        pytest.param({"sender": "farm"}, "no mail address", id="sender"),
        pytest.param({"sender": "farm@example.org\nBcc: x@example.org"}, "no mail address", id="line break"),
    ],
)
def test_a_mail_server_that_cant_be_used_is_refused(values: dict[str, object], why: str) -> None:
    known: dict[str, object] = {"host": "localhost", "sender": "farm@example.org", **values}
    with pytest.raises(InvalidValue, match=why):
        MailServer(**known).check()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"mail_host": "mail..example.org", "mail_tls": "starttls"}, id="host"),
        pytest.param({"mail_from": "farm@example.org\nBcc: x@example.org"}, id="sender"),
    ],
)
def test_mail_waits_while_the_way_there_is_set_wrongly(
    farm: Store, mail: MailServerHere, tmp_path: Path, values: dict[str, str]
) -> None:
    put(farm, Channel.MAIL, "ana@example.org")
    settings = settings_for(tmp_path, mail)
    for name, value in values.items():
        setattr(settings, name, value)
    assert sender(farm, settings).run() == 0
    (waits,) = notices(farm)
    assert waits.time_closed is None
    make_due(farm)
    assert sender(farm, settings_for(tmp_path, mail)).run() == 1


@pytest.mark.warns("Session.login_data is deprecated")  # The mail server of the tests, of itself.
def test_a_password_that_smtp_cant_tell_is_told(farm: Store, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("gehüim\n", encoding="utf-8")
    with MailServerHere(MailBox(password="secret")) as mail:  # noqa: S106
        put(farm, Channel.MAIL, "ana@example.org")
        settings = settings_for(
            tmp_path, mail, mail_user="farm", mail_password_file=str(tmp_path / "password")
        )
        assert sender(farm, settings).run() == 0
    (waits,) = notices(farm)
    assert "letters beyond ASCII" in (waits.last_error or "")
    assert "ü" not in (waits.last_error or "")
    assert waits.time_closed is None


def test_a_sender_that_the_server_cant_take_is_no_fault_of_the_recipient(farm: Store, tmp_path: Path) -> None:
    with MailServerHere(utf8=False) as mail:
        put(farm, Channel.MAIL, "ana@example.org")
        settings = settings_for(tmp_path, mail)
        settings.mail_from = "farm@exämple.org"
        assert sender(farm, settings).run() == 0
        (waits,) = notices(farm)
        assert "farm@exämple.org" in (waits.last_error or "")
        assert waits.time_closed is None


@pytest.mark.parametrize(
    "recipient", ["a@b\nBcc: evil@example.org", "a@b\r\n\r\nbody", "", "nobody", "x y@b"]
)
def test_no_recipient_makes_a_header(mail: MailServerHere, tmp_path: Path, recipient: str) -> None:
    server = settings_for(tmp_path, mail).mail_server()
    assert server is not None
    connection = MailConnection(server)
    letter = Letter(recipient, "x\r\nBcc: evil@example.org", "text", "<one@farmgui>", datetime.now(UTC))
    with pytest.raises(NotSent) as refused:
        connection.send(letter)
    connection.close()
    assert refused.value.for_good
    assert mail.box.mails == []


# Webhooks.


def test_a_webhook_is_posted_with_its_identity(farm: Store, web: WebServerHere, tmp_path: Path) -> None:
    put(farm, Channel.WEBHOOK, web.address)
    assert sender(farm, settings_for(tmp_path)).run() == 1
    ((headers, body),) = web.posted
    assert headers["Idempotency-Key"] == "one@farmgui"
    assert headers["Content-Type"] == "application/json"
    assert body == {"job": 7}


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500, 503])
def test_only_success_is_acceptance(farm: Store, tmp_path: Path, status: int) -> None:
    with WebServerHere(status) as web:
        put(farm, Channel.WEBHOOK, web.address)
        sending = sender(farm, settings_for(tmp_path))
        assert sending.run() == 0
        assert f"answers {status}" in (notices(farm)[0].last_error or "")
        make_due(farm)
        assert sending.run() == 1
        assert [headers["Idempotency-Key"] for headers, _ in web.posted] == ["one@farmgui"]


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://x/y", "https://", "http://a b/", "x", "http://h:0x/", "http://a..b/"],
)
def test_what_is_no_web_address_is_given_up(address: str) -> None:
    with pytest.raises(NotSent) as refused:
        Poster().post(address, "<one@farmgui>", "{}")
    assert refused.value.for_good


def test_a_secret_in_the_address_is_told_nobody(tmp_path: Path) -> None:
    with pytest.raises(NotSent) as failed:
        Poster(2).post("http://127.0.0.1:9/secret", "<one@farmgui>", "{}")
    assert "secret" not in str(failed.value)
    assert "127.0.0.1" in str(failed.value)


@pytest.mark.parametrize("address", ["https://farm:secret@127.0.0.1/x", "https://127.0.0.1/a secret"])
def test_nor_one_in_an_address_that_cant_be_used(address: str) -> None:
    with pytest.raises(NotSent) as failed:
        Poster(2).post(address, "<one@farmgui>", "{}")
    assert "secret" not in str(failed.value)
    assert failed.value.for_good


def test_the_lead_shares_its_web_address_and_templates(farm: Store, tmp_path: Path) -> None:
    settings = settings_for(
        tmp_path, webhook="https://example.org/x", templates={"success_subject": "$title"}
    )
    sender(farm, settings).run()
    with farm.database.reading() as session:
        assert session.scalar(select(FarmRow.notification)) == {
            "webhook": "https://example.org/x",
            "templates": {"success_subject": "$title"},
        }


# On the desktop.


def test_a_window_takes_what_is_for_its_person_once(farm: Store) -> None:
    put(farm, Channel.DESKTOP, "ana", "one")
    put(farm, Channel.DESKTOP, "ben", "two")
    desk = Notices(farm.database)
    taken = desk.take_desktop("ana")
    assert [(item.job_id, item.message.subject) for item in taken] == [(7, "Done: shot – ä")]
    assert desk.take_desktop("ana") == taken, "what wasn't shown is told again"
    desk.shown([item.id for item in taken])
    assert desk.take_desktop("ana") == []
    assert len(desk.take_desktop("ben")) == 1


def test_old_notices_are_forgotten(farm: Store) -> None:
    old = datetime.now(UTC) - timedelta(days=15)
    put(farm, Channel.DESKTOP, "ana", "unseen", time_created=old)
    put(farm, Channel.MAIL, "a@b", "sent", time_created=old, time_closed=old, sent=True)
    put(farm, Channel.MAIL, "a@b", "open", time_created=old)
    put(farm, Channel.MAIL, "a@b", "sent today", time_closed=datetime.now(UTC), sent=True)
    assert forget_old(farm.database) == 2
    assert [item.message_id for item in notices(farm)] == ["<open@farmgui>", "<sent today@farmgui>"]
