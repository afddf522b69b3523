"""What Azure Container Registry sends: one event of an envelope, without it.

https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from notifier.ingest.dialects.distribution import Distribution
from notifier.ingest.source import SourceKind


class Acr(Distribution):
    """``{"id": …, "timestamp": …, "action": …, "target": …, "request": …}``."""

    kind: ClassVar[SourceKind] = SourceKind.ACR

    def recognises(self, document: Any) -> bool:
        """Tell whether it is such an event."""
        return type(document) is dict and {"timestamp", "action"} <= document.keys()

    def split(self, document: Any) -> Sequence[Any]:
        """Return it."""
        return [document]
