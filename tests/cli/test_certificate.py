"""The web server's certificate: what can be served, and what is refused."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from notifier.cli.certificate import CertificateFiles
from notifier.config import ConfigError, Settings
from tests.authorities import Authority, Identity
from tests.receiver import wait_until


@pytest.fixture(name="authority", scope="module")
def _authority() -> Authority:
    return Authority.make()


@pytest.fixture(name="files")
def _files(tmp_path: Path, authority: Authority) -> CertificateFiles:
    """Give files that can be served."""
    files = CertificateFiles(tmp_path / "server.pem", tmp_path / "server.key")
    write(files, authority.sign("localhost"))
    return files


def write(files: CertificateFiles, identity: Identity) -> None:
    files.certificate.write_text(identity.certificate_pem)
    files.key.write_text(identity.key_pem)


def reason(files: CertificateFiles) -> str:
    with pytest.raises(ConfigError) as refused:
        files.check()
    return str(refused.value)


def test_without_settings_there_is_no_certificate() -> None:
    assert CertificateFiles.of(Settings()) is None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            Settings(tls_certificate=Path("a")),
            "NOTIFIER_TLS_KEY must be set with NOTIFIER_TLS_CERTIFICATE",
        ),
        (
            Settings(tls_key=Path("a")),
            "NOTIFIER_TLS_CERTIFICATE must be set with NOTIFIER_TLS_KEY",
        ),
    ],
)
def test_one_file_alone_is_refused(settings: Settings, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        CertificateFiles.of(settings)

    assert str(refused.value) == told


def test_a_certificate_with_its_key_can_be_served(files: CertificateFiles) -> None:
    files.check()


def test_both_may_be_in_one_file(files: CertificateFiles, authority: Authority) -> None:
    identity = authority.sign("localhost")
    files.certificate.write_text(
        identity.certificate_pem + authority.certificate_pem + identity.key_pem
    )

    CertificateFiles(files.certificate, files.certificate).check()


def test_a_file_that_is_missing_is_named(files: CertificateFiles) -> None:
    files.key.unlink()

    assert reason(files) == f"NOTIFIER_TLS_KEY: {files.key}: No such file or directory"

    files.certificate.unlink()

    assert reason(files) == (
        f"NOTIFIER_TLS_CERTIFICATE: {files.certificate}: No such file or directory"
    )


def test_what_is_not_pem_is_refused(files: CertificateFiles) -> None:
    files.key.write_text("no key")

    assert reason(files) == f"NOTIFIER_TLS_KEY: {files.key}: must be a key in PEM"

    files.certificate.write_bytes(b"\0")

    assert reason(files).endswith("must be certificates in PEM")


def test_a_file_that_goes_on_and_on_is_refused(files: CertificateFiles) -> None:
    endless = CertificateFiles(Path("/dev/zero"), files.key)

    assert reason(endless).endswith("/dev/zero: has more than 1048576 bytes")


def test_an_encrypted_key_is_refused(
    files: CertificateFiles, authority: Authority
) -> None:
    files.key.write_text(authority.sign("localhost").key_pem_under(b"password"))

    assert reason(files) == f"NOTIFIER_TLS_KEY: {files.key}: must not be encrypted"


def test_the_key_of_another_certificate_is_refused(
    files: CertificateFiles, authority: Authority
) -> None:
    files.key.write_text(authority.sign("localhost").key_pem)

    assert reason(files) == (
        f"NOTIFIER_TLS_KEY: {files.key}: is not the key of the first certificate in "
        f"{files.certificate}"
    )


def test_an_expired_certificate_is_refused(
    files: CertificateFiles, authority: Authority
) -> None:
    identity = authority.sign("localhost", days=-1)
    write(files, identity)

    day = identity.certificate.not_valid_after_utc.date()
    assert reason(files) == (
        f"NOTIFIER_TLS_CERTIFICATE: {files.certificate}: expired on {day}"
    )


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - refused, that is
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256K1()),
    ],
    ids=["small RSA", "P-521", "secp256k1"],
)
def test_a_key_that_granian_could_not_use_is_refused(
    files: CertificateFiles, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
) -> None:
    files.key.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )

    assert reason(files).endswith(
        "must be RSA of 2048 to 4096 bits, ECDSA on P-256 or P-384, or Ed25519"
    )


def test_a_watch_tells_when_files_were_replaced(
    files: CertificateFiles, authority: Authority
) -> None:
    told: list[tuple[object, ...]] = []

    with files.watched(lambda: told.append(files.version())):
        write(files, authority.sign("localhost"))
        wait_until(lambda: told, 30)
        files.key.unlink()
        wait_until(lambda: len(told) == 2, 30)

    assert told[0] != told[1] == files.version()
