"""Mail: a notice to one recipient by SMTP, encrypted unless the server is on this machine."""

from __future__ import annotations

import contextlib
import os
import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Final
from uuid import uuid4

from farmgui.domain.addresses import TLS_PORTS, Letter, MailServer, is_address
from farmgui.domain.errors import InvalidValue
from farmgui.domain.notices import one_line
from farmgui.domain.sending import PASSWORD_VARIABLE, NotSent

CONNECT_TIMEOUT: Final = 10.0
"""Seconds until the server must have answered at all; nobody can break that off."""
_LONGEST_REASON: Final = 300


class MailConnection:
    """A connection to the server, made with the first letter; for one thread, but `abort` is for any.

    The server may be silent for `timeout` seconds.
    """

    def __init__(self, server: MailServer, timeout: float = 30.0) -> None:
        self._server = server
        self._timeout = timeout
        self._smtp: smtplib.SMTP | None = None

    def send(self, letter: Letter) -> None:
        """Hand the letter in; when this returns, the server has accepted it. Raises NotSent."""
        if not is_address(letter.recipient):
            raise NotSent(
                f'"{one_line(letter.recipient, _LONGEST_REASON)}" is no mail address.', for_good=True
            )
        sender = self._sender()
        try:
            mail = _mail(letter, self._server.sender)
        except ValueError as error:
            raise NotSent(f"The mail can't be written: {error}.", for_good=True) from error
        smtp = self._smtp
        # The server may have hung up after a refusal.
        if smtp is None or smtp.sock is None:
            smtp = self._connect()
        try:
            smtp.send_message(mail, sender, [letter.recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise self._refused(letter, code, reason) from error
        except smtplib.SMTPDataError as error:
            raise self._refused(letter, error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            # Only addresses beyond ASCII need what it lacks.
            own = not sender.isascii()
            raise NotSent(
                f"The mail server takes no address like {sender if own else letter.recipient}.",
                for_good=not own,
                all_alike=own,
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise self._failed(error) from error

    def close(self) -> None:
        """Say goodbye; what was accepted stays so."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def abort(self) -> None:
        """Break the connection off, so that who waits for the server waits no longer."""
        smtp = self._smtp
        if smtp is not None and smtp.sock is not None:
            with contextlib.suppress(OSError):
                smtp.sock.shutdown(socket.SHUT_RDWR)

    def _sender(self) -> str:
        """The address that mail comes from. Raises NotSent where none can be sent as it is set."""
        try:
            self._server.check()
        except InvalidValue as error:
            raise NotSent(str(error), all_alike=True) from error
        return parseaddr(self._server.sender)[1]

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        password = _password(server) if server.user else ""
        port = server.port or TLS_PORTS[server.tls]
        wait = min(CONNECT_TIMEOUT, self._timeout)
        smtp: smtplib.SMTP
        try:
            if server.tls == "ssl":
                trusted = ssl.create_default_context()
                smtp = smtplib.SMTP_SSL(server.host, port, _own_name(), timeout=wait, context=trusted)
            else:
                smtp = smtplib.SMTP(server.host, port, _own_name(), timeout=wait)
        except (smtplib.SMTPException, OSError) as error:
            raise self._failed(error) from error
        self._smtp = smtp
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self._timeout)
            if server.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if server.user:
                _log_in(smtp, server.user, password)
        except NotSent:
            self.close()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise self._failed(error) from error
        return smtp

    def _failed(self, error: Exception) -> NotSent:
        """The server can't be used as it is; for each letter alike."""
        where = f"{self._server.host}:{self._server.port or TLS_PORTS[self._server.tls]}"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            text = (
                f"The mail server {where} refuses the user name or password of {self._server.user}: "
                f"{_said(error.smtp_error)}."
            )
        elif isinstance(error, smtplib.SMTPSenderRefused):
            text = (
                f"The mail server {where} refuses mail from {self._server.sender}: {_said(error.smtp_error)}."
            )
        elif isinstance(error, ssl.SSLCertVerificationError):
            text = f"The certificate of the mail server {where} isn't trusted: {error.verify_message}."
        else:
            said = error.smtp_error if isinstance(error, smtplib.SMTPResponseException) else _why(error)
            text = f"The mail server {where} can't be used: {_said(said)}."
        return NotSent(text, all_alike=True)

    def _refused(self, letter: Letter, code: int, reason: bytes | str) -> NotSent:
        who = f"The mail server {self._server.host} refuses mail to {letter.recipient}"
        return NotSent(f"{who}: {code} {_said(reason)}.", for_good=500 <= code < 600)


def _mail(letter: Letter, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = letter.recipient
    mail["Subject"] = one_line(letter.subject, _LONGEST_REASON)
    mail["Date"] = format_datetime(letter.written)
    mail["Message-ID"] = letter.message_id
    # Answering machines leave such mail alone (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    try:
        smtp.login(user, password)
    except UnicodeError:
        # Without its cause, which has the password.
        raise NotSent(
            f"The user name or password of {user} for the mail server has letters beyond ASCII, which can't "
            "be told to it. Choose others.",
            all_alike=True,
        ) from None


def _password(server: MailServer) -> str:
    """Raises NotSent where there is none."""
    if not server.password_file:
        password = os.environ.get(PASSWORD_VARIABLE, "")
        if not password:
            raise NotSent(
                f"The password of {server.user} for the mail server isn't known. Name a file that holds it "
                f"in the settings, or set {PASSWORD_VARIABLE}.",
                all_alike=True,
            )
        return password
    try:
        lines = Path(server.password_file).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise NotSent(
            f"The file {server.password_file} with the mail server's password can't be read: {_why(error)}.",
            all_alike=True,
        ) from error
    if not lines or not lines[0]:
        raise NotSent(f"The file {server.password_file} holds no password in its first line.", all_alike=True)
    return lines[0]


def _own_name() -> str:
    """The name that is told the server; asked of this machine alone, as a name server may take a minute."""
    name = socket.gethostname()
    return name if name.isascii() and name else "localhost"


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it doesn't answer"
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__


def _said(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return one_line(text, _LONGEST_REASON).rstrip(".")


def send_test(server: MailServer, recipient: str) -> None:
    """Hand in a mail that says that it works. Raises NotSent with the reason why it doesn't."""
    connection = MailConnection(server)
    try:
        connection.send(
            Letter(
                recipient,
                "Test of farmgui",
                "This is what mail from your render farm looks like.\n",
                f"<{uuid4().hex}@farmgui>",
                datetime.now(UTC),
            )
        )
    finally:
        connection.close()
