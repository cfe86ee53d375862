"""The one door to the outside: every HTTP call of ours goes through `send`.

A name is resolved once, each address it has is judged by its number, and the connection goes to that very number: a name
that points elsewhere a moment later changes nothing. No redirects, no cookies, no proxies; time and size have an end.
"""

import ipaddress
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from core.api import load_json
from core.transactions import forbid_transaction

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = (443, 8443)
MAX_URL = 4000
ADDRESSES_TRIED = 3
PIECE = 64 * 1024
HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+")  # plain letters only: an address that looks like another is no address
LATER = frozenset({408, 425, 429})
SHORTEST_WAIT, LONGEST_WAIT = 1, 3600

# Where an IPv4 address may hide in an IPv6 one (6to4, Teredo with its neighbours; NAT64, v4-mapped and v4-compatible lie
# outside the global range), and what `is_global` lets through besides.
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
CLOSED = tuple(ipaddress.ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "192.88.99.0/24"))


class CallFailed(Exception):
    """There is no usable answer. The text names the host and never the whole address, which may hold a secret."""


class Transient(CallFailed):
    """Worth another try, after `retry_after` seconds when the other side asked for that."""

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(CallFailed):
    """Another try would end the same way."""


class Blocked(Permanent):
    """An address we do not call: not https, an odd port, or not on the public internet."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, to wait for the next bytes, for everything together; bytes of the body."""

    connect: float = 3.05
    read: float = 10.0
    total: float = 15.0
    size: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str = ""

    def json(self) -> Any:
        """The body read strictly. Raises Transient: an answer that is not JSON is a proxy's or a bad moment's."""
        try:
            return load_json(self.body)
        except ValueError:
            raise Transient(f"{self.host} answered {self.status} with no JSON") from None

    @property
    def retry_after(self) -> int | None:
        """Seconds the other side asks us to wait, at most an hour; a date counts from the answer's own."""
        value = self.headers.get("retry-after", "").strip()
        seconds = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else _seconds_until(value, self.headers.get("date", ""))
        return None if seconds is None else min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


def _seconds_until(then: str, sent: str) -> int | None:
    try:
        return int((parsedate_to_datetime(then) - parsedate_to_datetime(sent)).total_seconds())
    except (TypeError, ValueError):
        return None


def json_request(method: str, url: str, headers: Mapping[str, str], content: Any = None) -> Request:
    """A request that speaks JSON."""
    body = None if content is None else json.dumps(content, separators=(",", ":")).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    return Request(method, url, {"Accept": "application/json", **kind, **headers}, body)


def checked(response: Response) -> Response:
    """The answer when it is a 2xx. Raises Transient (408, 425, 429, 5xx, with what Retry-After says) or Permanent."""
    if 200 <= response.status < 300:
        return response
    text = f"{response.host} answered {response.status}"
    if response.status in LATER or response.status >= 500:
        raise Transient(text, retry_after=response.retry_after)
    raise Permanent(text)


def send(request: Request, *, limits: Limits | None = None) -> Response:
    """Make one call. Refused inside a transaction; raises Blocked, Transient, and Permanent for redirects and oversize."""
    forbid_transaction("http.send")
    limits = limits or Limits()
    until = time.monotonic() + limits.total
    target = _target(request.url)
    addresses = _allowed(target, _resolve(target))
    try:
        return _exchange(request, target, addresses, limits, until)
    except (HTTPError, HTTPException, OSError) as error:
        what = "took too long" if time.monotonic() >= until else error.__class__.__name__
        raise Transient(f"{target.hostname}: {what}") from None
    except ValueError as error:  # a header or path http.client refuses to write
        raise Permanent(f"{target.hostname}: {error.__class__.__name__}") from None


def _target(url: str) -> SplitResult:
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise Blocked("the address holds characters no address has, or is too long")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Blocked("the address cannot be read") from None
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(parts.hostname or ""):
        raise Blocked("only https addresses with a plain host name are called")
    if "@" in parts.netloc or "#" in url:
        raise Blocked("an address with a user, a password or a fragment is not called")
    if not _is_plain(parts, port) and not settings.OUTBOUND_LOOPBACK:
        raise Blocked("only https on port 443 or 8443 is called")
    return parts


def _is_plain(target: SplitResult, port: int | None) -> bool:
    return target.scheme == "https" and (port or 443) in PORTS


def _port(target: SplitResult) -> int:
    return target.port or (443 if target.scheme == "https" else 80)


def _resolve(target: SplitResult) -> list[Address]:
    try:
        found = socket.getaddrinfo(target.hostname, _port(target), type=socket.SOCK_STREAM)
    except OSError as error:
        raise Transient(f"{target.hostname}: {error.__class__.__name__}") from None
    except UnicodeError:
        raise Blocked("the host name cannot be read") from None
    return list(dict.fromkeys(ipaddress.ip_address(row[4][0]) for row in found))


def _allowed(target: SplitResult, addresses: list[Address]) -> list[Address]:
    """All of them, or none: a name with one inner address among public ones is not called at all."""
    if settings.OUTBOUND_LOOPBACK and all(address.is_loopback for address in addresses):
        return addresses
    if not _is_plain(target, target.port):
        raise Blocked("only https on port 443 or 8443 is called")
    if not addresses or not all(is_public(address) for address in addresses):
        raise Blocked(f"{target.hostname} does not lead to the public internet")
    return addresses


def is_public(address: Address) -> bool:
    """Whether the number belongs to the public internet, in whatever form an inner one may be dressed."""
    if address.version == 6 and address not in GLOBAL_V6:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in CLOSED)


def _exchange(request: Request, target: SplitResult, addresses: list[Address], limits: Limits, until: float) -> Response:
    connection = _connect(target, addresses, limits, until)
    try:
        with _cut_at(until, connection.sock):
            connection.timeout = limits.read
            connection.request(
                request.method, _path(target), request.body, _headers(request, target), preload_content=False, decode_content=False
            )
            raw = connection.getresponse()
            try:
                return _answer(raw, str(target.hostname), limits, until)
            finally:
                raw.close()  # an answer that is refused unread still holds its line
    finally:
        connection.close()


def _connect(target: SplitResult, addresses: list[Address], limits: Limits, until: float) -> HTTPConnection:
    """The first address that takes us. Its certificate must be the host's, by whatever address it was reached."""
    failed: Exception = OSError("no address")
    for address in addresses[:ADDRESSES_TRIED]:
        timeout = min(limits.connect, max(0.01, until - time.monotonic()))
        connection = _connection(target, address, timeout)
        try:
            connection.connect()
        except (HTTPError, OSError) as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed


def _connection(target: SplitResult, address: Address, timeout: float) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(str(address), _port(target), timeout=timeout)
    return HTTPSConnection(str(address), _port(target), timeout=timeout, ssl_context=_tls(), server_hostname=target.hostname)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _cut_at(until: float, sock: Any) -> Iterator[None]:
    """A peer that sends one byte a second meets no read timeout: its line is cut when the time is up."""

    def cut() -> None:
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, until - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _path(target: SplitResult) -> str:
    return (target.path or "/") + (f"?{target.query}" if target.query else "")


def _headers(request: Request, target: SplitResult) -> dict[str, str]:
    return {"User-Agent": "Postpurchase", **request.headers, "Host": target.netloc, "Accept-Encoding": "identity"}


def _answer(raw: HTTPResponse, host: str, limits: Limits, until: float) -> Response:
    headers = {name.lower(): value for name, value in raw.headers.items()}
    if 300 <= raw.status < 400:
        raise Permanent(f"{host} answered {raw.status}: redirects are not followed")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Permanent(f"{host} packed its answer, which we did not ask for")
    body = bytearray()
    for piece in raw.stream(PIECE, decode_content=False):
        body += piece
        if len(body) > limits.size:
            raise Permanent(f"{host} answered with more than {limits.size} bytes")
    if time.monotonic() >= until:  # an answer that ends with its line was cut, not complete
        raise Transient(f"{host}: took too long")
    return Response(raw.status, headers, bytes(body), host)
