"""The settings' pages for notifications and upkeep: kept on OK, refused in words, tried out by a button."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from farmgui.config import Settings, read_settings
from farmgui.submission import programs
from farmgui.ui.background import Background
from farmgui.ui.dialogs.settings import SettingsDialog
from tests.servers import MailServerHere, WebServerHere

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings" / "settings.json")


@pytest.fixture
def dialog(qtbot: QtBot, settings: Settings, background: Background) -> Iterator[SettingsDialog]:
    made = SettingsDialog(settings, [], programs, None, background)
    qtbot.addWidget(made)
    made.show()
    yield made
    # A dialog without a parent belongs to Python: no other thread may be there to collect it as garbage.
    background.close()


def ok(qtbot: QtBot, dialog: SettingsDialog) -> None:
    button = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    qtbot.mouseClick(button, LEFT)


def test_what_is_written_is_kept(qtbot: QtBot, dialog: SettingsDialog, settings: Settings) -> None:
    page, upkeep = dialog.notifications, dialog.upkeep
    page.host.setText("mail.example.org")
    page.from_address.setText("farm@example.org")
    page.user.setText("farm")
    page.password_file.setText("/etc/farm-password")
    page.tls.setCurrentIndex(page.tls.findData("ssl"))
    page.port.setValue(4650)
    page.webhook.setText("https://example.org/farm")
    page.texts.subject.setText("Hooray: $title")
    upkeep.boxes["notices"].setValue(30)
    upkeep.boxes["orphans"].setValue(120)
    upkeep.days.setValue(0)
    ok(qtbot, dialog)
    stored = read_settings(settings.file)
    server = stored.mail_server()
    assert server is not None
    assert (server.host, server.port, server.tls, server.user) == ("mail.example.org", 4650, "ssl", "farm")
    assert (server.sender, server.password_file) == ("farm@example.org", "/etc/farm-password")
    assert stored.webhook == "https://example.org/farm"
    assert stored.templates == {"success_subject": "Hooray: $title"}
    assert stored.periods == {"notices": 30, "orphans": 7200}
    assert stored.compress_logs_after == 0


def test_nothing_changed_is_nothing_kept(qtbot: QtBot, dialog: SettingsDialog, settings: Settings) -> None:
    ok(qtbot, dialog)
    stored = read_settings(settings.file)
    assert (stored.mail_server(), stored.templates, stored.periods) == (None, {}, {})


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        pytest.param("host", "mail.example.org", "no mail address to send from", id="no sender"),
        pytest.param("webhook", "ftp://example.org", "no web address", id="web address"),
        pytest.param("subject", "Done: $titel", "isn't known", id="text"),
    ],
)
def test_what_makes_no_sense_is_refused_on_its_page(
    qtbot: QtBot, dialog: SettingsDialog, settings: Settings, field: str, text: str, why: str
) -> None:
    page = dialog.notifications
    (page.texts.subject if field == "subject" else getattr(page, field)).setText(text)
    ok(qtbot, dialog)
    assert why in dialog.note.text()
    assert dialog.isVisible()
    assert dialog.pages.currentWidget() is page
    assert not settings.file.exists()
    assert (settings.mail_host, settings.webhook, settings.templates) == ("", "", {})


def test_each_outcome_has_texts_of_its_own(qtbot: QtBot, dialog: SettingsDialog, settings: Settings) -> None:
    texts = dialog.notifications.texts
    texts.body.setPlainText("It is done: $title")
    qtbot.keyClick(texts.outcome, Qt.Key.Key_Down)
    assert "$failed_frames" in texts.body.toPlainText()
    texts.subject.setText("Oh no: $title")
    qtbot.keyClick(texts.outcome, Qt.Key.Key_Up)
    assert texts.body.toPlainText() == "It is done: $title"
    ok(qtbot, dialog)
    assert settings.templates == {"success_body": "It is done: $title", "failure_subject": "Oh no: $title"}


def test_a_test_mail_is_sent_and_the_answer_told(qtbot: QtBot, dialog: SettingsDialog) -> None:
    page = dialog.notifications
    with MailServerHere() as mail:
        page.host.setText("127.0.0.1")
        page.port.setValue(mail.port)
        page.tls.setCurrentIndex(page.tls.findData("none"))
        page.from_address.setText("farm@example.org")
        page.test_to.setText("ana@example.org")
        qtbot.mouseClick(page.test_mail, LEFT)
        assert not page.test_mail.isEnabled()
        qtbot.waitUntil(lambda: page.mail_note.level() == "info")
        assert "accepted a message to ana@example.org" in page.mail_note.text()
        mail.box.refused["ana@example.org"] = "550 no such user"
        qtbot.mouseClick(page.test_mail, LEFT)
        qtbot.waitUntil(lambda: page.mail_note.level() == "error")
        assert "550 no such user" in page.mail_note.text()
        assert page.test_mail.isEnabled()
    assert [sent["To"] for sent in mail.box.mails] == ["ana@example.org"]


def test_a_test_of_the_web_address_is_told(qtbot: QtBot, dialog: SettingsDialog) -> None:
    page = dialog.notifications
    with WebServerHere(204, 500) as web:
        page.webhook.setText(web.address)
        assert "isn't encrypted" in page.webhook_note.text()
        qtbot.mouseClick(page.test_webhook, LEFT)
        qtbot.waitUntil(lambda: page.webhook_note.level() == "info")
        qtbot.mouseClick(page.test_webhook, LEFT)
        qtbot.waitUntil(lambda: page.webhook_note.level() == "error")
        assert "answers 500" in page.webhook_note.text()
    assert [body for _, body in web.posted] == [{"event": "test"}]
    page.webhook.setText("https://example.org/farm")
    assert page.webhook_note.text() == ""


def test_what_is_missing_for_a_test_is_told(qtbot: QtBot, dialog: SettingsDialog) -> None:
    page = dialog.notifications
    qtbot.mouseClick(page.test_mail, LEFT)
    assert page.mail_note.text() == "Name the mail server first."
    qtbot.mouseClick(page.test_webhook, LEFT)
    assert page.webhook_note.text() == "Write the web address first."
