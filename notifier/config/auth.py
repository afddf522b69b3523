"""The ``auth`` block of a distribution configuration file, as it is written.

https://distribution.github.io/distribution/about/configuration/#auth

It says who is let in, and there, whoever is let in by htpasswd may do everything. Here
they may do what is granted.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from notifier.config.document import Entry

_HTPASSWD: Final = "htpasswd"
_ISSUER: Final = "token"

# What each key of ``token`` is called here.
_TOKEN_SETTINGS = {
    "realm": "token_realm",
    "service": "token_audience",
    "issuer": "token_issuer",
    "jwks": "token_jwks",
}
_REFUSED = {
    "rootcertbundle": "is not read: give the issuer's keys as a JSON Web Key Set, jwks",
    "signingalgorithms": "is not read: an algorithm is good if a key of jwks is for "
    "it: take it out",
    "autoredirect": "is not read: say the realm in full, and take it out",
    "autoredirectpath": "is not read: say the realm in full, and take it out",
}
_NO_PROVIDERS = {
    "silly": "lets in whoever says anything: take it out, and say who may do what "
    "(docs/access.md)",
    "none": "lets everybody in: take it out, and say "
    "NOTIFIER_ANONYMOUS=pull,push,delete if that is meant",
}


def read_settings(block: Entry) -> Iterator[tuple[str, Entry]]:
    """Give each setting that the block makes, by its name; raise `ConfigError`."""
    name, provider = _provider(block)
    if name == _HTPASSWD:
        keys = provider.mapping("realm", "path")
        yield "htpasswd", _needed(provider, keys, "path")
        return
    keys = provider.mapping(*_TOKEN_SETTINGS, *_REFUSED)
    for key in keys.keys() & _REFUSED.keys():
        raise keys[key].error(_REFUSED[key])
    for key, setting in _TOKEN_SETTINGS.items():
        yield setting, _needed(provider, keys, key)


def idle_keys(block: Entry) -> Iterator[str]:
    """Give the keys that are read and have no effect."""
    name, provider = _provider(block)
    if name == _HTPASSWD and "realm" in provider.mapping():
        yield f"{block.key}.{_HTPASSWD}.realm"


def _provider(block: Entry) -> tuple[str, Entry]:
    """Return the one provider that there may be, by its name."""
    providers = block.mapping(_HTPASSWD, _ISSUER, *_NO_PROVIDERS)
    for name in providers.keys() & _NO_PROVIDERS.keys():
        raise providers[name].error(_NO_PROVIDERS[name])
    if len(providers) != 1:
        raise block.error(f"must have one of {_HTPASSWD} and {_ISSUER}")
    [found] = providers.items()
    return found


def _needed(provider: Entry, keys: Mapping[str, Entry], key: str) -> Entry:
    if key not in keys:
        article = "an" if key[0] in "aeiou" else "a"
        raise provider.error(f"must have {article} {key}")
    return keys[key]
