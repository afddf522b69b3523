"""The headers that libcurl adds to those it is given."""

from collections.abc import Sequence
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def with_implied(
    url: str, headers: Sequence[tuple[str, str]], size: int | None
) -> Sequence[tuple[str, str]]:
    """Return the headers of a POST as they went over the line.

    Without a *size* of the body its length is left out.
    """
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(_DEFAULT_PORTS[parts.scheme])
    names = {name.lower() for name, _ in headers}
    accept = [] if "accept" in names else [("Accept", "*/*")]
    length = [] if size is None else [("Content-Length", str(size))]
    return [("Host", host), *accept, *headers, *length]
