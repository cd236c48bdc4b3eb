"""The farm's own authority, the certificates that it gives, and what a machine asks it to sign."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from farmgui.domain.errors import InvalidValue

GOOD_FOR: Final = timedelta(days=3653)
EARLIER: Final = timedelta(days=1)
"""Certificates are good before they are made, since clocks differ."""
RENEW_BEFORE: Final = timedelta(days=30)
_AUTHORITY_NAME: Final = "farmgui authority"
# Always the same: a certificate that is made anew for the same key then goes with all that it has signed.
_LONGEST_NAME: Final = 63


def make_key() -> EllipticCurvePrivateKey:
    """A new private key."""
    return generate_private_key(SECP256R1())


def key_bytes(key: EllipticCurvePrivateKey) -> bytes:
    """The key as PEM, unencrypted: for a file that only its owner can read."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_key(data: bytes) -> EllipticCurvePrivateKey:
    """The key of a PEM file. Raises ValueError."""
    try:
        key = serialization.load_pem_private_key(data, None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("no key of the farm's kind") from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError("no key of the farm's kind")
    return key


def load_certificate(data: bytes) -> x509.Certificate:
    """The certificate of a PEM file. Raises ValueError."""
    return x509.load_pem_x509_certificate(data)


def certificate_bytes(certificate: x509.Certificate) -> bytes:
    """The certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def clean_name(name: str) -> str:
    """What may stand of a machine's name in a certificate, a log or on a screen."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_LONGEST_NAME].strip("-.") or "machine"


def request(key: EllipticCurvePrivateKey, name: str) -> bytes:
    """What a machine has the farm sign: its public key and name, as PEM."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, clean_name(name))])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def requested_key(data: bytes) -> EllipticCurvePublicKey:
    """The public key of a request whose maker has the private one. Raises InvalidValue."""
    try:
        asked = x509.load_pem_x509_csr(data)
        key = asked.public_key()
        good = asked.is_signature_valid and isinstance(key, EllipticCurvePublicKey)
        if good and isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            return key
    except (ValueError, UnsupportedAlgorithm):
        pass
    raise InvalidValue("What it wants signed is no request for a certificate.")


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs for the farm; made by `make_authority` or read from the farm's folder."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate

    def issue(
        self, name: str, kind: str, key: EllipticCurvePublicKey, host: str | None = None
    ) -> x509.Certificate:
        """A certificate for `key`; with `host`, for who is called by that name or address."""
        subject = [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, kind),
            x509.NameAttribute(NameOID.COMMON_NAME, clean_name(name)),
        ]
        ours = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        builder = (
            _certificate(
                subject, key, min(datetime.now(UTC) + GOOD_FOR, self.certificate.not_valid_after_utc)
            )
            .issuer_name(self.certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ours.value), critical=False
            )
        )
        # A machine gets none: it could say that it has the engine's name.
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([_host_name(host)]), critical=False)
        return builder.sign(self.key, hashes.SHA256())


def make_authority(key: EllipticCurvePrivateKey) -> Authority:
    """The authority whose key is `key`."""
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, _AUTHORITY_NAME)]
    builder = (
        _certificate(subject, key.public_key(), datetime.now(UTC) + GOOD_FOR)
        .issuer_name(x509.Name(subject))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
    )
    return Authority(key, builder.sign(key, hashes.SHA256()))


def is_of(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether that authority has signed it."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def is_for(certificate: x509.Certificate, host: str) -> bool:
    """Whether it is for who is called by that name or address."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    return list(names) == [_host_name(host)]


def is_good_at(certificate: x509.Certificate, moment: datetime) -> bool:
    """Whether it is good then."""
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def _certificate(
    subject: list[x509.NameAttribute[str]], key: EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - EARLIER)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
