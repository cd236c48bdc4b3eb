"""How a machine joins a farm: it makes a key and has it signed by who gave the code, and nobody else."""

from __future__ import annotations

import hashlib
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farmgui import __version__
from farmgui.domain.errors import FarmError
from farmgui.execution import platforms
from farmgui.execution.engine.cluster_folder import check_farm_name
from farmgui.execution.engine.engine_address import split_address
from farmgui.execution.engine.engine_settings import see_that_the_extra_is_there
from farmgui.execution.engine.invitations import Invitation, read_code
from farmgui.execution.engine.join_call import NO_SENSE, ask, connected, not_a_farm
from farmgui.execution.engine.membership import (
    AUTHORITY,
    CERTIFICATE,
    KEY,
    Membership,
    code_of,
    read_membership,
    write_membership,
)
from farmgui.execution.private_files import write_whole

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

__all__ = ("Membership", "join", "read_membership")


def join(folder: Path, address: str, code: str | None) -> Membership:
    """The machine's place in the farm at `address`: the one that it has, or with a new code a new one.

    The code that it joined by before changes nothing: a line may be started again.
    What has to be kept is in `folder` when this returns. Raises FarmError.
    """
    see_that_the_extra_is_there()
    host, port = split_address(address)
    known = read_membership(folder)
    is_known = known is not None and (host, port) in (split_address(known.join), split_address(known.engine))
    if code is None:
        if known is None or not is_known:
            raise FarmError(_without_code(known, address))
        return known
    invitation = read_code(code)
    digest = hashlib.sha256(invitation.secret + invitation.pin).hexdigest()
    if known is not None and is_known and code_of(folder) == digest:
        return known
    platforms.make_private(folder)
    try:
        return _join(folder, address, invitation, known, digest)
    except OSError as error:
        raise FarmError(f"What joining needs can't be kept in {folder}: {error.strerror}.") from error


def _without_code(known: Membership | None, address: str) -> str:
    how = (
        "Have a line with a code made on the farm's workstation, and paste it here: farmgui cluster --invite"
    )
    if known is None:
        return f"This machine has joined no farm yet. {how}"
    return (
        f'This machine belongs to the farm "{known.farm}" at {known.join}, and not to one at {address}. {how}'
    )


def _join(
    folder: Path, address: str, invitation: Invitation, known: Membership | None, digest: str
) -> Membership:
    from cryptography.x509 import load_der_x509_certificate

    from farmgui.execution.engine import certificates
    from farmgui.execution.engine.farm_keys import own_key

    with connected(*split_address(address), address) as stream:
        shown = stream.getpeercert(binary_form=True) or b""
        # Until here nothing was said that anybody may not know.
        if not invitation.is_from(shown):
            raise FarmError(
                f"The computer that answers at {address} isn't the one that gave this code, so it was told "
                "nothing. Copy the whole line once more, or have another one made: farmgui cluster --invite"
            )
        peer = load_der_x509_certificate(shown)
        _see_that_it_may_be_joined(folder, peer, known)
        key = own_key(folder / KEY)
        name = socket.gethostname()
        asked = {
            "secret": invitation.secret.hex(),
            "csr": certificates.request(key, name).decode(),
            "hostname": name,
            "version": __version__,
        }
        answer = ask(stream, asked, address)
    farm, engine, authority, certificate = _given(answer, address)
    if certificate.public_key() != key.public_key() or not (
        certificates.is_of(certificate, authority) and certificates.is_of(peer, authority)
    ):
        raise FarmError(not_a_farm(address, NO_SENSE))
    write_whole(folder / AUTHORITY, certificates.certificate_bytes(authority))
    write_whole(folder / CERTIFICATE, certificates.certificate_bytes(certificate))
    membership = Membership(farm, engine, address, folder)
    write_membership(membership, digest)
    return membership


def _given(answer: dict[str, Any], address: str) -> tuple[str, str, Certificate, Certificate]:
    """The farm's name, its engine, its authority and our certificate. Raises FarmError."""
    from farmgui.execution.engine.certificates import load_certificate

    try:
        farm, engine = check_farm_name(answer["farm"]), answer["engine"]
        split_address(engine)
        authority, certificate = (
            load_certificate(answer[name].encode()) for name in ("authority", "certificate")
        )
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise FarmError(not_a_farm(address, NO_SENSE)) from error
    return farm, engine, authority, certificate


def _see_that_it_may_be_joined(folder: Path, peer: Certificate, known: Membership | None) -> None:
    """Raise FarmError before the code is used up for nothing."""
    from farmgui.execution.engine import certificates

    now = datetime.now(UTC)
    if not certificates.is_good_at(peer, now):
        raise FarmError(
            f"By this machine's clock it is {now:%Y-%m-%d %H:%M} UTC, and by that the farm's certificate is "
            "not good. Set the clock, then paste the line again."
        )
    if known is None:
        return
    try:
        authority = certificates.load_certificate((folder / AUTHORITY).read_bytes())
    except ValueError:
        # A file that is broken holds nobody here.
        return
    if not certificates.is_of(peer, authority):
        raise FarmError(
            f'This machine belongs to another farm, "{known.farm}" at {known.join}. To leave that for good, '
            f"remove the folder {folder} and paste the line again."
        )
