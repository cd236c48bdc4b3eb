"""The keys and certificates in the farm's folder: what is missing is made, what is there stays."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from farmgui.domain.errors import FarmError
from farmgui.execution.engine import certificates
from farmgui.execution.private_files import write_new, write_whole

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate


def prepare_keys(folder: Path, host: str) -> certificates.Authority:
    """All that the farm needs, made or completed, with an engine that is called `host`. Raises FarmError.

    Certificates can be made again for their keys; a key is never replaced.
    """
    try:
        authority = _authority(folder)
        _complete(folder, "engine", authority, host)
        _complete(folder, "lead", authority, None)
    except OSError as error:
        raise FarmError(f"The farm's keys in {folder} can't be made: {error.strerror}.") from error
    return authority


def own_key(file: Path) -> EllipticCurvePrivateKey:
    """The private key of `file`, made where there is none. Raises FarmError, OSError."""
    # Of two programs that come here at one time, one makes it.
    if not file.exists():
        with suppress(FileExistsError):
            write_new(file, certificates.key_bytes(certificates.make_key()))
    try:
        return certificates.load_key(file.read_bytes())
    except ValueError as error:
        raise FarmError(
            f"The file {file} holds no key of the farm. Put it back from a copy, or remove it and start "
            "again."
        ) from error


def _authority(folder: Path) -> certificates.Authority:
    key_file, file = folder / "authority.key", folder / "authority.pem"
    if file.exists() and not key_file.exists():
        raise FarmError(
            f"The key {key_file} is missing, and without it no machine can join. Put it back from a copy; "
            f"or remove the folder {folder}, start again and have all machines join anew."
        )
    key = own_key(key_file)
    if not file.exists():
        authority = certificates.make_authority(key)
        write_whole(file, certificates.certificate_bytes(authority.certificate))
        return authority
    certificate = _read(file)
    if certificate is None or not _belongs(certificate, key):
        raise FarmError(
            f"The files {file} and {key_file} don't belong together. Put them back from a copy; or remove "
            f"{file} and start again: it is made anew for the key."
        )
    return certificates.Authority(key, certificate)


def _complete(folder: Path, name: str, authority: certificates.Authority, host: str | None) -> None:
    key = own_key(folder / f"{name}.key")
    file = folder / f"{name}.pem"
    known = _read(file)
    if (
        known is None
        or not _belongs(known, key)
        or not certificates.is_of(known, authority.certificate)
        or not (host is None or certificates.is_for(known, host))
        or not certificates.is_good_at(known, datetime.now(UTC) + certificates.RENEW_BEFORE)
    ):
        made = authority.issue(host or name, name, key.public_key(), host)
        write_whole(file, certificates.certificate_bytes(made))


def _read(file: Path) -> Certificate | None:
    try:
        return certificates.load_certificate(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _belongs(certificate: Certificate, key: EllipticCurvePrivateKey) -> bool:
    return certificate.public_key() == key.public_key()
