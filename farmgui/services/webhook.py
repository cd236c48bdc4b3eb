"""Webhooks: a notice as JSON to a web address."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from typing import IO, Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from farmgui import __version__
from farmgui.domain.addresses import check_web_address
from farmgui.domain.errors import InvalidValue
from farmgui.domain.sending import NotSent

TIMEOUT: Final = 15.0
"""Seconds that the address may be silent."""


def post(address: str, message_id: str, body: str, timeout: float = TIMEOUT) -> None:
    """Send `body`, JSON; when this returns, the address has accepted it. Raises NotSent.

    The header Idempotency-Key has the `message_id`: who has seen it before may drop what comes again.
    """
    # An address may hold a secret: at most its host is told.
    try:
        check_web_address(address)
    except InvalidValue:
        raise NotSent(
            "The farm's web address can't be used. Write it like https://example.org/farm in the settings.",
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
    host = urlsplit(address).hostname
    try:
        with _opener().open(request, timeout=timeout) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(
            f"The web address at {host} can't be reached: {_why(error)}.", all_alike=True
        ) from error
    if not 200 <= status < 300:
        raise NotSent(f"The web address at {host} doesn't accept what happened: it answers {status}.")


def post_test(address: str) -> None:
    """Send something that is no job's. Raises NotSent with the reason why it isn't accepted."""
    post(address, f"<{uuid4().hex}@farmgui>", json.dumps({"event": "test"}))


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


def _opener() -> urllib.request.OpenerDirector:
    """Speaks HTTP alone: no files, no FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _NoRedirect(),
    ):
        opener.add_handler(handler)
    return opener


def _why(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "it doesn't answer"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate isn't trusted ({cause.verify_message})"
    return (cause.strerror if isinstance(cause, OSError) else "") or str(cause) or type(error).__name__
