"""What libcurl is told: the rules that hold for every POST, and what each one says."""

import errno
from typing import TypeVar

import certifi
import pycurl

from notifier.delivery.tls import Tls
from notifier.delivery.transport.answer import FORBIDDEN_ADDRESS, TIMEOUT, Post
from notifier.delivery.transport.exchange import Exchange

K = TypeVar("K")

_INVALID_ANSWER = "invalid_answer"
_PROXY = "proxy"
# A line of the header is longer than libcurl ever takes. pycurl has no name for it.
_E_TOO_LARGE = 100
_ERRORS = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_CONNECT: "unreachable",
    # It is `check_peer` that aborts.
    pycurl.E_ABORTED_BY_CALLBACK: FORBIDDEN_ADDRESS,
    pycurl.E_OPERATION_TIMEDOUT: TIMEOUT,
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_RECV_ERROR: "reset",
    pycurl.E_PARTIAL_FILE: "reset",
    pycurl.E_BAD_CONTENT_ENCODING: _INVALID_ANSWER,
    pycurl.E_UNSUPPORTED_PROTOCOL: _INVALID_ANSWER,
    # Its name is older than its use: the answer is not HTTP.
    pycurl.E_FTP_WEIRD_SERVER_REPLY: _INVALID_ANSWER,
    _E_TOO_LARGE: _INVALID_ANSWER,
    # It was we who refused to hear more of the head.
    pycurl.E_WRITE_ERROR: _INVALID_ANSWER,
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_SSL_CERTPROBLEM: "tls",
    pycurl.E_SSL_CIPHER: "tls",
    pycurl.E_SSL_ISSUER_ERROR: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls",
}


def new_handle(proxy: str | None, tls: Tls | None) -> pycurl.Curl:
    """Make a handle that keeps to the rules, for one endpoint's TLS."""
    curl = pycurl.Curl()
    curl.setopt(pycurl.POST, 1)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    curl.setopt(pycurl.FOLLOWLOCATION, 0)
    curl.setopt(pycurl.PATH_AS_IS, 1)
    curl.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
    # What a receiver compresses is kept as it is: it cannot unfold to any size.
    curl.setopt(pycurl.HTTP_CONTENT_DECODING, 0)
    curl.setopt(pycurl.CAINFO, certifi.where())
    # pycurl may have found the system's authorities; these are not asked.
    curl.unsetopt(pycurl.CAPATH)
    curl.setopt(pycurl.SSL_VERIFYPEER, 1)
    curl.setopt(pycurl.SSL_VERIFYHOST, 2)
    curl.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
    # libcurl looks at the time first and for an answer then: see `Transport.wait`.
    curl.setopt(pycurl.TIMEOUT_MS, 0)
    # Signals belong to the main thread.
    curl.setopt(pycurl.NOSIGNAL, 1)
    _set_proxy(curl, proxy)
    if tls is not None:
        _set_tls(curl, tls)
    return curl


def prepare(curl: pycurl.Curl, post: Post, exchange: Exchange[K]) -> None:
    """Tell a handle what to send, and whom to ask and to tell meanwhile."""
    curl.setopt(pycurl.URL, post.url)
    curl.setopt(
        pycurl.HTTPHEADER,
        # curl would ask for permission to send a larger body, and wait for it.
        [*(f"{name}: {value}" for name, value in post.headers), "Expect:"],
    )
    curl.setopt(pycurl.POSTFIELDS, post.body)
    curl.setopt(pycurl.OPENSOCKETFUNCTION, exchange.open_socket)
    curl.setopt(pycurl.PREREQFUNCTION, exchange.check_peer)
    curl.setopt(pycurl.WRITEFUNCTION, exchange.write)
    curl.setopt(pycurl.HEADERFUNCTION, exchange.read_header)
    if exchange.is_encrypted:
        curl.setopt(pycurl.DEBUGFUNCTION, exchange.read_trace)
    curl.setopt(pycurl.VERBOSE, int(exchange.is_encrypted))


def error_of(curl: pycurl.Curl, code: int | None, exchange: Exchange[K]) -> str | None:
    """Return the class of the error that libcurl's *code* means; None if it is none."""
    if code is None or (code == pycurl.E_WRITE_ERROR and exchange.is_cut):
        return None
    if code == pycurl.E_COULDNT_CONNECT and exchange.is_forbidden:
        return FORBIDDEN_ADDRESS
    if _is_of_proxy(curl, code):
        return _PROXY
    if code == pycurl.E_COULDNT_CONNECT and _is_refused(curl):
        return "connection_refused"
    return _ERRORS.get(code, "failed")


# No proxy was asked to connect, or one has connected.
_CONNECTED = {0, *range(200, 300)}


def _is_refused(curl: pycurl.Curl) -> bool:
    return bool(curl.getinfo(pycurl.OS_ERRNO) == errno.ECONNREFUSED)


def _is_of_proxy(curl: pycurl.Curl, code: int) -> bool:
    """Tell whether it was the proxy that did not connect, or could not be reached."""
    if curl.getinfo(pycurl.HTTP_CONNECTCODE) not in _CONNECTED:
        return True
    unreached = code in {pycurl.E_COULDNT_CONNECT, pycurl.E_COULDNT_RESOLVE_PROXY}
    return unreached and bool(curl.getinfo(pycurl.USED_PROXY))


def _set_tls(curl: pycurl.Curl, tls: Tls) -> None:
    if tls.ca is not None:
        # It takes the place of certifi's authorities.
        curl.setopt(pycurl.CAINFO_BLOB, tls.ca)
    if tls.client_certificate is not None:
        curl.setopt(pycurl.SSLCERT_BLOB, tls.client_certificate)
        curl.setopt(pycurl.SSLKEY_BLOB, tls.client_key)


def _set_proxy(curl: pycurl.Curl, proxy: str | None) -> None:
    if proxy is None:
        curl.setopt(pycurl.NOPROXY, "*")
        return
    curl.setopt(pycurl.PROXY, proxy)
    curl.setopt(pycurl.NOPROXY, "")
    # It sees neither the body nor the endpoint's headers, if those are encrypted.
    curl.setopt(pycurl.HTTPPROXYTUNNEL, 1)
    curl.setopt(pycurl.HEADEROPT, pycurl.HEADER_SEPARATE)
