"""Servers on loopback that notices are sent to: a mail server and a web server, real ones."""

# ruff: noqa: ARG002, N802  the libraries' names for what they call

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class MailBox:
    """A mail server's handler: keeps what it accepted, and refuses or waits where it is told to."""

    mails: list[EmailMessage] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Answers to recipients, like "550 no such user"."""
    data_answer: str = "250 accepted"
    password: str = ""
    asked_to_accept: threading.Event = field(default_factory=threading.Event)
    may_accept: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.may_accept.set()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.password and not session.authenticated:
            return "530 who are you"
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.asked_to_accept.set()
        while not self.may_accept.is_set():
            await asyncio.sleep(0.01)
        if self.data_answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        return self.data_answer

    def check_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password.decode() == self.password, handled=False)


class MailServerHere:
    """The mail server, on a port of its own while the block runs."""

    def __init__(self, box: MailBox | None = None, *, utf8: bool = True) -> None:
        self.box = box or MailBox()
        more: dict[str, Any] = {"enable_SMTPUTF8": utf8}
        if self.box.password:
            more |= {"authenticator": self.box.check_login, "auth_require_tls": False}
        self._controller = Controller(self.box, hostname="127.0.0.1", port=_free_port(), **more)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> MailServerHere:
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.box.may_accept.set()
        self._controller.stop()


class WebServerHere:
    """A web server that keeps what was posted, and answers with the statuses that it is told, then 204."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.posted: list[tuple[dict[str, str], dict[str, Any]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.answers.pop(0) if outer.answers else 204
                if status < 300:
                    outer.posted.append((dict(self.headers), json.loads(body)))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="web")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> WebServerHere:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
