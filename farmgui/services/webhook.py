"""Webhooks: a notice as JSON to a web address."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO, Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from farmgui import __version__
from farmgui.domain.addresses import check_web_address
from farmgui.domain.errors import InvalidValue
from farmgui.domain.sending import NotSent

TIMEOUT: Final = 15.0
"""Seconds that the address may be silent."""


class Poster:
    """Posts to web addresses, which may be silent for `timeout` seconds.

    For one thread, but `abort` is for any.
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def post(self, address: str, message_id: str, body: str) -> None:
        """Send `body`, JSON; when this returns, the address has accepted it. Raises NotSent.

        The header Idempotency-Key has the `message_id`: who has seen it before may drop what comes again.
        """
        # An address may hold a secret: at most its host is told.
        try:
            check_web_address(address)
        except InvalidValue:
            raise NotSent(
                "The farm's web address can't be used. Write it like https://example.org/farm in the "
                "settings.",
                for_good=True,
            ) from None
        request = urllib.request.Request(  # noqa: S310  the scheme was checked
            address,
            data=body.encode(),
            method="POST",
            headers={
                "Content-Type": "application/json",
                "User-Agent": f"farmgui/{__version__}",
                "Idempotency-Key": message_id.strip("<>"),
            },
        )
        host = urlsplit(address).hostname or ""
        status = self._answer(request, host)
        if not 200 <= status < 300:
            raise NotSent(f"The web address at {host} doesn't accept what happened: it answers {status}.")

    def abort(self) -> None:
        """Break the connection off, so that who waits for the address waits no longer."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _answer(self, request: urllib.request.Request, host: str) -> int:
        try:
            with self._opener().open(request, timeout=self._timeout) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except (OSError, http.client.HTTPException) as error:
            raise NotSent(
                f"The web address at {host} can't be reached: {_why(error)}.", all_alike=True
            ) from error
        finally:
            self._connection = None

    def _opener(self) -> urllib.request.OpenerDirector:
        """Speaks HTTP alone: no files, no FTP."""
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            _Http(self._keep),
            _Https(self._keep),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _NoRedirect(),
        ):
            opener.add_handler(handler)
        return opener

    def _keep(self, connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
        self._connection = connection
        return connection


def post_test(address: str) -> None:
    """Send something that is no job's. Raises NotSent with the reason why it isn't accepted."""
    Poster().post(address, f"<{uuid4().hex}@farmgui>", json.dumps({"event": "test"}))


_Keep = Callable[[http.client.HTTPConnection], http.client.HTTPConnection]


class _Http(urllib.request.HTTPHandler):
    """Tells of each connection that it makes."""

    def __init__(self, keep: _Keep) -> None:
        super().__init__()
        self._keep = keep

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(lambda host, **more: self._keep(http.client.HTTPConnection(host, **more)), req)


class _Https(urllib.request.HTTPSHandler):
    """Tells of each connection that it makes."""

    def __init__(self, keep: _Keep) -> None:
        super().__init__()
        self._keep = keep

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        trusted = ssl.create_default_context()
        return self.do_open(
            lambda host, **more: self._keep(http.client.HTTPSConnection(host, context=trusted, **more)), req
        )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An answer that points elsewhere is no acceptance; followed, a POST would become a GET."""

    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002  the library's names
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: Any,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> urllib.request.Request | None:
        return None


def _why(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "it doesn't answer"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate isn't trusted ({cause.verify_message})"
    return (cause.strerror if isinstance(cause, OSError) else "") or str(cause) or type(error).__name__
