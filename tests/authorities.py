"""Certificates, made for a test and trusted by nobody else."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self._key_pem(NoEncryption())

    def key_pem_under(self, password: bytes) -> str:
        return self._key_pem(BestAvailableEncryption(password))

    def _key_pem(self, encryption: KeySerializationEncryption) -> str:
        content = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        return content.decode()


@dataclass(frozen=True, slots=True)
class Authority(Identity):
    """One that signs the certificates of servers and clients."""

    @classmethod
    def make(cls, *, days: int = 30) -> Self:
        """Make an authority that signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder("authority", "authority", key, days).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return cls(builder.sign(key, hashes.SHA256()), key)

    def sign(self, name: str, *, days: int = 20) -> Identity:
        """Make a certificate for *name*, and for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = _builder(name, "authority", key, days).add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
        return Identity(builder.sign(self.key, hashes.SHA256()), key)

    def server_context(
        self, folder: Path, name: str = "localhost", *, asks_clients: bool = False
    ) -> ssl.SSLContext:
        """Set up a server called *name*, which may want clients of this authority."""
        identity = self.sign(name)
        path = folder / "server.pem"
        path.write_text(identity.certificate_pem + identity.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if asks_clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=self.certificate_pem)
        return context


def _builder(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    """Begin a certificate that lasts until so many days from now, or ended before."""
    until = datetime.now(UTC) + days * _DAY
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 400 * _DAY)
        .not_valid_after(until)
    )
