"""A farm that machines can join on loopback, without an engine behind it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from farmgui.execution.engine.certificates import load_certificate
from farmgui.execution.engine.cluster_folder import Cluster
from farmgui.execution.engine.farm_keys import prepare_keys
from farmgui.execution.engine.invitations import invite
from farmgui.execution.engine.join_service import JoinService

HOST = "127.0.0.1"


class FarmToJoin:
    """The door to join by, in a thread, while the block runs."""

    def __init__(self, folder: Path, *, seconds: float = 10.0, at_once: int = 16) -> None:
        self.folder = folder
        self.said: list[str] = []
        folder.mkdir(parents=True, mode=0o700)
        self._authority = prepare_keys(folder, HOST)
        self._door = socket.create_server((HOST, 0))
        self._door.settimeout(0)
        self.address = f"tls://{HOST}:{self.port}"
        cluster = Cluster(folder, "Test farm", f"tls://{HOST}:8786", self.address)
        self._options: dict[str, Any] = {"seconds": seconds, "at_once": at_once}
        self._cluster = cluster
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="join service")

    @property
    def port(self) -> int:
        return int(self._door.getsockname()[1])

    def code(self, **options: float) -> str:
        """A code for one machine."""
        certificate = load_certificate((self.folder / "engine.pem").read_bytes())
        return invite(self.folder, certificate.public_bytes(Encoding.DER), **options)

    def call(self, *, encrypted: bool = True) -> socket.socket:
        """A connection of somebody who doesn't look whom he speaks with."""
        plain = socket.create_connection((HOST, self.port), 5)
        if not encrypted:
            return plain
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
        return tls.wrap_socket(plain)

    def answer_to(self, said: bytes) -> bytes:
        """What it answers before it ends the connection."""
        with self.call() as stream:
            stream.sendall(said)
            answer = b""
            while more := stream.recv(65_536):
                answer += more
        return answer

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        service = JoinService(self._cluster, self._authority, self.said.append, **self._options)
        serving = asyncio.ensure_future(service.run(self._door))
        await self._over.wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    def __enter__(self) -> FarmToJoin:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._door.close()


class Impostor:
    """A server with a certificate of its own that keeps what it is told after the handshake."""

    def __init__(self, folder: Path) -> None:
        prepare_keys(folder, HOST)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(folder / "engine.pem", folder / "engine.key")
        self._door = socket.create_server((HOST, 0))
        self.address = f"tls://{HOST}:{self._door.getsockname()[1]}"
        self.heard = b""
        self.was_called = False
        self._thread = threading.Thread(target=self._run, name="impostor")

    def _run(self) -> None:
        connection, _ = self._door.accept()
        with connection, self._tls.wrap_socket(connection, server_side=True) as stream:
            self.was_called = True
            # Who hangs up at once breaks what the handshake still has to say.
            with contextlib.suppress(ConnectionError):
                while more := stream.recv(65_536):
                    self.heard += more

    def __enter__(self) -> Impostor:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.join()
        self._door.close()
