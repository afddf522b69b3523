"""Where everything is: what may be sent to, and what may not."""

from typing import Final

# The one address that the server is allowed to reach.
ALLOWED: Final = "127.0.0.2"
FORBIDDEN: Final = ("127.0.0.1", "::1")
REBINDING: Final = "rebinding.localhost"
METADATA_URL: Final = "http://169.254.169.254/latest/meta-data/"

# A proxy that is trusted lets others in: then loopback is nothing to reach, though the
# server need not listen to the whole network for it.
SETTINGS: Final = {
    "NOTIFIER_TRUSTED_PROXIES": "127.0.0.3/32",
    "NOTIFIER_ANONYMOUS": "all",
    "NOTIFIER_ALLOWED_NETWORKS": f"{ALLOWED}/32",
}
