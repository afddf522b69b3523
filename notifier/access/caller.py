"""Callers: whoever sends a request, and what they may do."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from notifier.access.permissions import Permissions
from notifier.access.permits import Permit


class Credential(StrEnum):
    """How a caller has proved their name."""

    NONE = "none"
    PASSWORD = "password"  # noqa: S105 - a kind of credential
    HTPASSWD = "htpasswd"
    ACCESS_TOKEN = "access_token"  # noqa: S105 - a kind of credential
    ISSUER_TOKEN = "issuer_token"  # noqa: S105 - a kind of credential
    API_TOKEN = "api_token"  # noqa: S105 - a kind of credential

    @property
    def is_password(self) -> bool:
        """Tell whether a password was proved."""
        return self in {Credential.PASSWORD, Credential.HTPASSWD}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sends a request. Without a *name* they are anonymous.

    The *subject* is what grants call them. An access token is ours, an issuer token is
    of an outside issuer, which may leave its name out. *api_token_id* is there if an
    API token was used, also to get the access token at hand.

    *listed* has the pulls by which the catalog is shown, where those differ from what
    may be pulled: an access token names one repository, or the catalog of all.
    """

    name: str | None
    credential: Credential
    permissions: Permissions
    subject: str = "anonymous"
    api_token_id: UUID | None = None
    listed: Permissions | None = None

    def may(self, permit: Permit, repository: str | None = None) -> bool:
        """Tell whether they have *permit* on *repository*; None: on any at all."""
        return self.permissions.allow(permit, repository)

    def globs_for(self, permit: Permit) -> tuple[str, ...]:
        """Return globs of exactly the repositories on which they have *permit*.

        ``("**",)`` is all of them, and nothing is none.
        """
        return self.permissions.globs_for(permit)

    def catalog_globs(self) -> tuple[str, ...]:
        """Return globs of the repositories that a catalog shows them."""
        return (self.listed or self.permissions).globs_for(Permit.PULL)
