"""The door by which machines join: who has a code gets a certificate, everybody else a refusal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

from farmgui import __version__
from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.execution.engine import certificates, invitations
from farmgui.execution.engine.cluster_folder import Cluster

LONGEST_MESSAGE: Final = 65_536
SECONDS: Final = 10.0
"""All that one who joins has to be done with."""
AT_ONCE: Final = 16
_LONGEST_REQUEST: Final = 8_192

_log = logging.getLogger(__name__)


class _Refusal(Exception):
    """Why somebody may not join."""


class JoinService:
    """Lets machines join a farm; each that comes costs little, whatever it says or doesn't."""

    def __init__(
        self,
        cluster: Cluster,
        authority: certificates.Authority,
        say: Callable[[str], None],
        *,
        seconds: float = SECONDS,
        at_once: int = AT_ONCE,
    ) -> None:
        """`say` is told of each that joins or is refused. Raises OSError where the keys can't be read."""
        self._cluster = cluster
        self._authority = authority
        self._say = say
        self._seconds = seconds
        self._places = asyncio.Semaphore(at_once)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_3
        self._tls.load_cert_chain(cluster.folder / "engine.pem", cluster.folder / "engine.key")

    async def run(self, listening: socket.socket) -> None:
        """Answer who comes by `listening`, a socket that doesn't block, until cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as answers:
            while True:
                # Those for whom there is no place wait where they cost us nothing.
                await self._places.acquire()
                try:
                    connection, address = await loop.sock_accept(listening)
                except OSError as error:
                    self._places.release()
                    _log.warning("Nobody can come in to join: %s.", error)
                    await asyncio.sleep(0.2)
                    continue
                answers.create_task(self._receive(connection, str(address[0])))

    async def _receive(self, connection: socket.socket, peer: str) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._talk(connection, peer)
        except TimeoutError:
            self._tell(f"{peer} took too long and was sent away.")
        except (OSError, EOFError) as error:
            self._tell(f"{peer} went without joining: {_reason(error)}.")
        except Exception:  # noqa: BLE001 (here a task begins)
            # What one who joins sets off by a defect of ours may not end the farm.
            _log.exception("%s could not be answered.", peer)
        finally:
            self._places.release()

    async def _talk(self, connection: socket.socket, peer: str) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(LONGEST_MESSAGE)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            connection,
            ssl=self._tls,
            ssl_handshake_timeout=self._seconds,
            ssl_shutdown_timeout=1.0,
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            answer = await self._answer(reader, peer)
            try:
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
                writer.close()
                await writer.wait_closed()
            except OSError as error:
                # What became of it was told; one who goes on talking ends the connection like that.
                _log.info("%s may not have heard the answer: %s.", peer, _reason(error))
        finally:
            transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, peer: str) -> dict[str, str]:
        try:
            try:
                line = await reader.readuntil()
            except asyncio.LimitOverrunError as error:
                raise _Refusal("It says more than one who joins has to say.") from error
            asked = _read(line)
            # The code is used up by one who can be given a certificate.
            key = certificates.requested_key(asked["csr"].encode("ascii", "replace"))
            if asked["version"] != __version__:
                raise _Refusal(
                    f"The farm has farmgui {__version__}, the machine another version. "
                    "Install that one there, then paste the line again."
                )
            await asyncio.to_thread(self._spend, asked["secret"])
        except (_Refusal, InvalidValue) as refusal:
            self._tell(f"{peer} was refused: {refusal}")
            return {"refused": str(refusal)}
        name = certificates.clean_name(asked["hostname"])
        made = self._authority.issue(name, "machine", key)
        self._tell(f"{name} ({peer}) has joined the farm.")
        return {
            "certificate": certificates.certificate_bytes(made).decode(),
            "authority": certificates.certificate_bytes(self._authority.certificate).decode(),
            "engine": self._cluster.engine,
            "farm": self._cluster.farm,
        }

    def _spend(self, secret: str) -> None:
        try:
            good = invitations.spend(self._cluster.folder, bytes.fromhex(secret))
        except ValueError:
            good = False
        except FarmError as error:
            _log.error("%s", error)
            raise _Refusal("The farm can't look its invitations up now. Try again in a minute.") from error
        if not good:
            raise _Refusal(
                "This code was used already, or is older than 15 minutes. "
                "Have another line made on the farm's workstation: farmgui cluster --invite"
            )

    def _tell(self, text: str) -> None:
        _log.info("%s", text)
        # Whoever reads it may have gone; the farm goes on.
        with contextlib.suppress(OSError):
            self._say(text)


def _read(line: bytes) -> dict[str, str]:
    """What one who joins asks for. Raises _Refusal."""
    try:
        asked: Any = json.loads(line)
    except (ValueError, RecursionError):
        asked = None
    names = ("secret", "csr", "hostname", "version")
    if not isinstance(asked, dict) or not all(isinstance(asked.get(name), str) for name in names):
        raise _Refusal("It doesn't say what one who joins has to say.")
    if len(asked["csr"]) > _LONGEST_REQUEST:
        raise _Refusal("What it wants signed is too long.")
    return {name: asked[name] for name in names}


def _reason(error: Exception) -> str:
    if isinstance(error, asyncio.IncompleteReadError):
        return "it ended the connection"
    if isinstance(error, ssl.SSLError):
        return f"it doesn't speak TLS as it should ({error.reason})"
    return getattr(error, "strerror", None) or type(error).__name__
