"""Why a request is refused, in the specification's own codes.

RegistryError
├── BlobCollected         UNAVAILABLE
├── BlobRangeInvalid      RANGE_INVALID
├── BlobUnknown           BLOB_UNKNOWN
├── BlobUploadInvalid     BLOB_UPLOAD_INVALID
├── BlobUploadUnknown     BLOB_UPLOAD_UNKNOWN
├── Denied                DENIED
├── DigestInvalid         DIGEST_INVALID
├── ManifestBlobUnknown   MANIFEST_BLOB_UNKNOWN
├── ManifestInvalid       MANIFEST_INVALID
│   └── ManifestTooLarge  MANIFEST_INVALID, as 413
├── ManifestUnknown       MANIFEST_UNKNOWN
├── NameInvalid           NAME_INVALID
├── NameUnknown           NAME_UNKNOWN
├── PageSizeInvalid       PAGINATION_NUMBER_INVALID
├── RangeInvalid          RANGE_INVALID
├── SizeInvalid           SIZE_INVALID
│   └── BlobTooLarge      SIZE_INVALID, as 413
├── TagInvalid            TAG_INVALID
├── TooManyRequests       TOOMANYREQUESTS
├── Unauthorized          UNAUTHORIZED
└── Unsupported           UNSUPPORTED

``web.v2.errors`` gives each its HTTP status.
"""

from typing import Any, ClassVar


class RegistryError(Exception):
    """A refusal. *detail* is data for the client, not prose."""

    code: ClassVar[str] = "UNKNOWN"
    message: ClassVar[str] = "unknown error"

    def __init__(self, detail: Any = None) -> None:
        super().__init__(
            f"{self.message}: {_words(detail)}" if detail else self.message
        )
        self.detail = detail


class BlobCollected(RegistryError):
    """A blob was removed, for nobody had it, at the moment of its push."""

    code = "UNAVAILABLE"
    message = "the blob was collected just now: push it again"


class BlobRangeInvalid(RegistryError):
    """A range of which the blob, of *size* bytes, has nothing."""

    code = "RANGE_INVALID"
    message = "invalid content range"

    def __init__(self, size: int) -> None:
        super().__init__({"size": size})
        self.size = size


class BlobUnknown(RegistryError):
    """No such blob in that repository."""

    code = "BLOB_UNKNOWN"
    message = "blob unknown to registry"


class BlobUploadInvalid(RegistryError):
    """A request that an upload session cannot take."""

    code = "BLOB_UPLOAD_INVALID"
    message = "blob upload invalid"


class BlobUploadUnknown(RegistryError):
    """No such upload session in that repository."""

    code = "BLOB_UPLOAD_UNKNOWN"
    message = "blob upload unknown to registry"


class Denied(RegistryError):
    """Whoever asks may not do that."""

    code = "DENIED"
    message = "requested access to the resource is denied"


class DigestInvalid(RegistryError):
    """A malformed digest, or one that the content does not have."""

    code = "DIGEST_INVALID"
    message = "provided digest did not match uploaded content"


class ManifestBlobUnknown(RegistryError):
    """A manifest names content that the repository does not have."""

    code = "MANIFEST_BLOB_UNKNOWN"
    message = "blob unknown to registry"


class ManifestInvalid(RegistryError):
    """A manifest that is not what its media type says."""

    code = "MANIFEST_INVALID"
    message = "manifest invalid"


class ManifestTooLarge(ManifestInvalid):
    """A manifest of more than four mebibytes."""


class ManifestUnknown(RegistryError):
    """No manifest has that tag or digest in that repository."""

    code = "MANIFEST_UNKNOWN"
    message = "manifest unknown to registry"


class NameInvalid(RegistryError):
    """A name that no repository can have."""

    code = "NAME_INVALID"
    message = "invalid repository name"


class NameUnknown(RegistryError):
    """No repository has that name."""

    code = "NAME_UNKNOWN"
    message = "repository name not known to registry"


class PageSizeInvalid(RegistryError):
    """The ``n`` of a listing is no number of entries."""

    code = "PAGINATION_NUMBER_INVALID"
    message = "invalid number of results requested"


class RangeInvalid(RegistryError):
    """A chunk that does not go on where the upload session stands.

    *size* is the number of bytes that the session has.
    """

    code = "RANGE_INVALID"
    message = "invalid content range"

    def __init__(self, size: int, detail: Any = None) -> None:
        super().__init__(detail)
        self.size = size


class SizeInvalid(RegistryError):
    """A body that is not as long as the request says."""

    code = "SIZE_INVALID"
    message = "provided length did not match content length"


class BlobTooLarge(SizeInvalid):
    """A blob of more bytes than the registry is set up to take."""

    message = "the blob is too large"


class TagInvalid(RegistryError):
    """A name that no tag can have."""

    code = "TAG_INVALID"
    message = "invalid tag name"


class TooManyRequests(RegistryError):
    """Somebody asks more often than they may; *retry_after_s* says when to go on."""

    code = "TOOMANYREQUESTS"
    message = "too many requests"

    def __init__(self, retry_after_s: int, detail: Any = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Unauthorized(RegistryError):
    """Nobody has proved that they may do that; the *challenge* says how one can."""

    code = "UNAUTHORIZED"
    message = "authentication required"

    def __init__(self, challenge: str, detail: Any = None) -> None:
        super().__init__(detail)
        self.challenge = challenge


class Unsupported(RegistryError):
    """Something that this registry does not do, or is set up not to do."""

    code = "UNSUPPORTED"
    message = "the operation is unsupported"


class RegistryErrors(Exception):
    """Several refusals of one request."""

    def __init__(self, errors: list[RegistryError]) -> None:
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = errors


def _words(detail: Any) -> str:
    if not isinstance(detail, dict):
        return str(detail)
    return ", ".join(f"{name} {value}" for name, value in detail.items())
