"""Certificates and private keys in PEM, as people hand them over.

What cannot be read raises `ValueError`, which says what it must be.
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


def read_certificates(content: bytes) -> Sequence[x509.Certificate]:
    """Read one certificate or more, in their order."""
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise ValueError("must be certificates in PEM") from None


def read_key(content: bytes) -> PrivateKey:
    """Read a key that is not encrypted."""
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except TypeError:
        raise ValueError("must not be encrypted") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("must be a key in PEM") from None
    if not isinstance(key, PrivateKey):
        raise ValueError("must be of RSA, ECDSA or Ed25519")  # noqa: TRY004 - as above
    return key


def is_pair(certificate: x509.Certificate, key: PrivateKey) -> bool:
    """Tell whether the certificate is of that key."""
    try:
        certified = _der(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return False
    return certified == _der(key.public_key())


def _der(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
