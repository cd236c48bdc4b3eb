"""The page of the settings for mail and webhooks, each with a test message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from farmgui.config import Settings
from farmgui.domain.addresses import MailServer, check_web_address, is_address, is_encrypted
from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.ui.background import Background, Outcome
from farmgui.ui.dialogs.notice_texts import NoticeTexts
from farmgui.ui.dialogs.parts import plain_label, section
from farmgui.ui.editors.field_note import FieldNote

_TLS_WORDS: Final = {
    "starttls": "STARTTLS (usual, port 587)",
    "ssl": "TLS from the beginning (port 465)",
    "none": "None (only for a server on this machine)",
}


class NotificationPage(QScrollArea):
    """Where people are told how jobs end. Test messages are sent on `background`; without it, none."""

    def __init__(
        self, settings: Settings, background: Background | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._make_mail_fields(settings)
        self.webhook = QLineEdit(settings.webhook, placeholderText="https://example.org/farm; empty: none")
        self.test_webhook = QPushButton("Send a &test message")
        self.webhook_note = FieldNote()
        self.texts = NoticeTexts(settings.templates)
        self._lay_out()
        self.test_mail.clicked.connect(self._test_mail)
        self.test_webhook.clicked.connect(self._test_webhook)
        self.webhook.textChanged.connect(self._say_encryption)
        self._say_encryption()

    def _make_mail_fields(self, settings: Settings) -> None:
        self.host = QLineEdit(settings.mail_host, placeholderText="smtp.example.org; empty: no mail is sent")
        self.tls = QComboBox()
        for value, text in _TLS_WORDS.items():
            self.tls.addItem(text, value)
        self.tls.setCurrentIndex(max(0, self.tls.findData(settings.mail_tls)))
        self.port = QSpinBox()
        self.port.setRange(0, 65_535)
        self.port.setSpecialValueText("the usual one")
        self.port.setValue(settings.mail_port)
        self.from_address = QLineEdit(settings.mail_from, placeholderText="Farm <farm@example.org>")
        self.user = QLineEdit(settings.mail_user, placeholderText="empty: the server asks for none")
        self.password_file = QLineEdit(
            settings.mail_password_file, placeholderText="empty: FARMGUI_SMTP_PASSWORD has the password"
        )
        self.test_to = QLineEdit(placeholderText="ana@example.org")
        self.test_mail = QPushButton("Send a test &message")
        self.mail_note = FieldNote()

    def put_into(self, settings: Settings) -> None:
        """Take what is chosen over into `settings`. Raises InvalidValue, and then takes nothing over."""
        self._server()
        address, texts = self._address(), self.texts.chosen()
        settings.mail_host = self.host.text().strip()
        settings.mail_from, settings.mail_user = self.from_address.text().strip(), self.user.text().strip()
        settings.mail_tls, settings.mail_port = self.tls.currentData(), self.port.value()
        settings.mail_password_file = self.password_file.text().strip()
        settings.webhook, settings.templates = address, texts

    def _server(self) -> MailServer | None:
        """The mail server that is written there; None: none. Raises InvalidValue."""
        host = self.host.text().strip()
        if not host:
            return None
        server = MailServer(
            host=host,
            sender=self.from_address.text().strip(),
            tls=self.tls.currentData(),
            port=self.port.value(),
            user=self.user.text().strip(),
            password_file=self.password_file.text().strip(),
        )
        server.check()
        return server

    def _address(self) -> str:
        address = self.webhook.text().strip()
        return check_web_address(address) if address else ""

    def _test_mail(self) -> None:
        recipient = self.test_to.text().strip()
        try:
            server = self._server()
            if server is None:
                raise InvalidValue("Name the mail server first.")
            if not is_address(recipient):
                raise InvalidValue("Write the mail address that the test message goes to.")
        except InvalidValue as error:
            self.mail_note.say(str(error), "error")
            return

        def send() -> None:
            # Loads what only this needs.
            from farmgui.services.mail import send_test

            send_test(server, recipient)

        said = f"The mail server accepted a message to {recipient}. See whether it arrives."
        self._test(self.test_mail, self.mail_note, send, said)

    def _test_webhook(self) -> None:
        try:
            address = self._address()
            if not address:
                raise InvalidValue("Write the web address first.")
        except InvalidValue as error:
            self.webhook_note.say(str(error), "error")
            return

        def send() -> None:
            # As above.
            from farmgui.services.webhook import post_test

            post_test(address)

        self._test(self.test_webhook, self.webhook_note, send, "The web address accepted a message.")

    def _test(self, button: QPushButton, note: FieldNote, send: Callable[[], None], said: str) -> None:
        if self._background is None:
            return
        button.setEnabled(False)
        note.say("Sending …")

        def done(outcome: Outcome[None]) -> None:
            button.setEnabled(True)
            error: FarmError | None = outcome.error
            if error is None:
                note.say(said, "info")
            else:
                note.say(str(error), "error")

        self._background.run(send, done, label="sending a test message")

    def _say_encryption(self) -> None:
        address = self.webhook.text().strip()
        if address and not is_encrypted(address):
            text = "What is sent there isn't encrypted: whoever is on the way can read it."
            self.webhook_note.say(text, "warning")
        else:
            self.webhook_note.say("")

    def _lay_out(self) -> None:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setSpacing(8)
        layout.addWidget(section("Mail"))
        layout.addLayout(
            _form(
                ("Mail &server", self.host),
                ("&Encryption", self.tls),
                ("&Port", self.port),
                ("&From", self.from_address),
                ("&User name", self.user),
                ("File with the pass&word", self.password_file),
                ("Test message t&o", _beside(self.test_to, self.test_mail)),
            )
        )
        layout.addWidget(self.mail_note)
        layout.addWidget(section("Webhook"))
        layout.addLayout(_form(("Web &address", _beside(self.webhook, self.test_webhook))))
        layout.addWidget(self.webhook_note)
        layout.addWidget(section("Texts"))
        layout.addWidget(
            plain_label(
                "What mails of this farm say, where the type of the job has no text of its own.", dim=True
            )
        )
        layout.addWidget(self.texts)
        layout.addStretch(1)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(inner)


def _form(*rows: tuple[str, QWidget]) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    for text, widget in rows:
        label = QLabel(text)
        field = widget.focusProxy() or widget
        label.setBuddy(field)
        field.setAccessibleName(text.replace("&", ""))
        form.addRow(label, widget)
    return form


def _beside(field: QWidget, button: QPushButton) -> QWidget:
    both = QWidget()
    layout = QHBoxLayout(both)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(field, 1)
    layout.addWidget(button)
    both.setFocusProxy(field)
    return both
