"""The farm's keys: private, never replaced, completed where something is missing."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.execution.engine import certificates
from farmgui.execution.engine.farm_keys import own_key, prepare_keys

KEYS = ("authority.key", "engine.key", "lead.key")
FILES = (*KEYS, "authority.pem", "engine.pem", "lead.pem")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cluster"
    folder.mkdir(mode=0o700)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def certificate(folder: Path, name: str) -> x509.Certificate:
    return certificates.load_certificate((folder / f"{name}.pem").read_bytes())


def test_keys_are_private_and_stay(folder: Path) -> None:
    prepare_keys(folder, "127.0.0.1")
    assert {file.name for file in folder.iterdir()} == set(FILES)
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    before = contents(folder)
    prepare_keys(folder, "127.0.0.1")
    assert contents(folder) == before


def test_what_openssl_thinks_of_them(folder: Path) -> None:
    """The strict rules of newer Pythons, and the names."""
    prepare_keys(folder, "127.0.0.1")
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    server.load_cert_chain(folder / "engine.pem", folder / "engine.key")
    server.verify_mode = ssl.CERT_REQUIRED
    client.load_verify_locations(folder / "authority.pem")
    server.load_verify_locations(folder / "authority.pem")
    client.load_cert_chain(folder / "lead.pem", folder / "lead.key")
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    server.verify_flags |= ssl.VERIFY_X509_STRICT
    _shake_hands(server, client, "127.0.0.1")
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(server, client, "127.0.0.2")


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=host)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for end in (one, other, one, other):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert one.getpeercert() and other.getpeercert()


@pytest.mark.parametrize("missing", [name for name in FILES if name != "authority.key"])
def test_what_is_missing_is_made_and_goes_with_the_rest(folder: Path, missing: str) -> None:
    """A kill in the middle leaves any of these behind."""
    prepare_keys(folder, "127.0.0.1")
    before = contents(folder)
    (folder / missing).unlink()
    prepare_keys(folder, "127.0.0.1")
    assert {file.name for file in folder.iterdir()} == set(FILES)
    for name in KEYS:
        assert name == missing or (folder / name).read_bytes() == before[name]
    authority = certificate(folder, "authority")
    for name in ("engine", "lead"):
        assert certificates.is_of(certificate(folder, name), authority)
        assert certificate(folder, name).public_key() == own_key(folder / f"{name}.key").public_key()


def test_a_missing_authority_key_is_told(folder: Path) -> None:
    prepare_keys(folder, "127.0.0.1")
    (folder / "authority.key").unlink()
    with pytest.raises(FarmError, match=r"authority.key is missing, .*\. Put it back from a copy; or remove"):
        prepare_keys(folder, "127.0.0.1")


@pytest.mark.parametrize("name", KEYS)
def test_a_broken_key_is_told_and_left(folder: Path, name: str) -> None:
    prepare_keys(folder, "127.0.0.1")
    (folder / name).write_bytes(b"-----BEGIN")
    with pytest.raises(FarmError, match=f"{name} holds no key of the farm"):
        prepare_keys(folder, "127.0.0.1")
    assert (folder / name).read_bytes() == b"-----BEGIN"


def test_another_authority_key_is_told(folder: Path, tmp_path: Path) -> None:
    prepare_keys(folder, "127.0.0.1")
    (tmp_path / "other").mkdir()
    prepare_keys(tmp_path / "other", "127.0.0.1")
    (tmp_path / "other" / "authority.key").replace(folder / "authority.key")
    with pytest.raises(FarmError, match="don't belong together"):
        prepare_keys(folder, "127.0.0.1")


def test_a_new_address_gives_a_new_certificate_for_the_same_key(folder: Path) -> None:
    prepare_keys(folder, "127.0.0.1")
    before = contents(folder)
    prepare_keys(folder, "farm.example.org")
    after = contents(folder)
    assert {name for name in FILES if before[name] != after[name]} == {"engine.pem"}
    assert certificates.is_for(certificate(folder, "engine"), "farm.example.org")


def test_how_long_they_are_good_and_for_what(folder: Path) -> None:
    prepare_keys(folder, "127.0.0.1")
    engine = certificate(folder, "engine")
    years = (engine.not_valid_after_utc - datetime.now(UTC)) / timedelta(days=365.25)
    assert 9.9 < years < 10.1
    assert not engine.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = engine.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert len(list(usage)) == 2
    assert isinstance(engine.signature_hash_algorithm, hashes.SHA256)


def test_only_key_and_a_clean_name_are_taken_of_a_request(folder: Path) -> None:
    authority = prepare_keys(folder, "127.0.0.1")
    key = certificates.make_key()
    wants_more = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "lead")]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=3), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("engine")]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    made = authority.issue("fa rm\x1b[2J\n" + "x" * 500, "machine", certificates.requested_key(wants_more))
    assert made.public_key() == key.public_key()
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        made.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    (name,) = made.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert str(name.value).startswith("fa-rm-2J-xxx")
    assert len(name.value) <= 63
    assert not made.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)


def _requests() -> dict[str, bytes]:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    good = certificates.request(certificates.make_key(), "a")
    lines = good.splitlines()
    # The signature is at the end: of another request, it doesn't fit.
    lines[-3:-1] = certificates.request(certificates.make_key(), "a").splitlines()[-3:-1]
    other_curve = builder.sign(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256())
    other_kind = builder.sign(rsa.generate_private_key(65537, 2048), hashes.SHA256())
    return {
        "nothing": b"",
        "garbage": b"\xff\x00garbage",
        "certificate": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "another curve": other_curve.public_bytes(serialization.Encoding.PEM),
        "another kind": other_kind.public_bytes(serialization.Encoding.PEM),
        "wrong signature": b"\n".join(lines) + b"\n",
    }


@pytest.mark.parametrize("data", _requests().values(), ids=_requests().keys())
def test_other_requests_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidValue, match="no request for a certificate"):
        certificates.requested_key(data)


def test_two_programs_that_make_a_key_have_the_same(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: own_key(tmp_path / "key"), range(8)))
    assert len({certificates.key_bytes(key) for key in keys}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["key"]
