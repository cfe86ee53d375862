"""Every entry of `urls.yaml` against the two doors to the outside: HTTP calls, and mail servers of a merchant's choice."""

import gzip
import itertools
import smtplib
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.http import Blocked, CallFailed, Limits, Permanent, Request, Transient, send
from notifications.channels.email import SmtpMail
from notifications.types import Account, NotAccepted, Outgoing
from tests.core.peers import OK, peer
from tests.core.test_http_tls import tls_peer
from tests.hostile.corpus import Entry, entries
from tests.hostile.names import Canary, NameServer, Tried, name_server
from tests.hostile.rule import COUNTS, patience

NAME = "carrier.example"
MESSAGE = Outgoing(1, "token", "email", "sam@example.com", sender="shop@acme.example", subject="Hi", text="Hi")


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Tried:
    made = Tried()
    monkeypatch.setattr(socket.socket, "connect", lambda sock, address: made.connect(sock, address))
    return made


@pytest.fixture
def names(tried: Tried) -> Iterator[NameServer]:
    with name_server() as server:
        yield server


def cases(at: str) -> list[tuple[Entry, str, Any]]:
    return [(entry, name, value) for entry in entries("urls", at=at) for name, value in entry.cases()]


def outcome(kind: str, name: str, call: Callable[[], Any]) -> Exception | None:
    """What a call ended in; it must end."""
    start, found = time.perf_counter(), None
    try:
        with patience(name):
            call()
    except CallFailed as error:
        found = error
    COUNTS.count(kind, "core.http.send", 400 if found else 200, time.perf_counter() - start, name)
    return found


def mail_through(host: str) -> Any:
    """A mail through a server of the merchant's choice."""
    account = Account(1, 1, "smtp", "email", {"host": host, "port": "587", "security": "starttls"}, {"password": "p"})
    start = time.perf_counter()
    with patience(host[:40]):
        (found,) = SmtpMail().send(account=account, messages=[MESSAGE])
    COUNTS.count("urls: mail servers", "smtp", 400, time.perf_counter() - start, host[:40])
    return found


def test_the_canary_hears_whoever_comes(canary: Canary, settings: Any, tried: Tried) -> None:
    """Else it would prove nothing that it heard nobody."""
    settings.OUTBOUND_LOOPBACK = True
    with pytest.raises(Transient):
        send(Request("GET", f"http://127.0.0.1:{canary.port}/"))
    assert (len(canary.heard), tried.places) == (1, ["127.0.0.1"])


def test_a_name_of_the_tests_own_leads_where_it_says(names: NameServer, canary: Canary, settings: Any, tried: Tried) -> None:
    settings.OUTBOUND_LOOPBACK = True
    names.zone[NAME] = [{"A": ["127.0.0.1"]}]
    with pytest.raises(Transient):
        send(Request("GET", f"http://{NAME}:{canary.port}/"))
    assert (len(canary.heard), tried.places, NAME in names.asked) == (1, ["127.0.0.1"], True)


def test_addresses_that_lead_inside_or_mean_two_things_are_blocked(names: NameServer, canary: Canary, tried: Tried) -> None:
    names.zone["localhost"] = [{"A": ["127.0.0.1"]}]
    wrong = {}
    for _, name, url in cases("url"):
        found = outcome("urls: addresses", name, partial(send, Request("GET", url)))
        if not isinstance(found, Blocked) and not (isinstance(found, Transient) and "gaierror" in str(found)):
            wrong[url[:80]] = repr(found)
        if found is not None and len(url) > 30 and url[8:] in str(found):
            wrong[url[:80]] = "the whole address is told"
    assert (wrong, canary.heard, tried.places) == ({}, [], [])


def test_names_that_lead_inside_are_never_called(names: NameServer, canary: Canary, tried: Tried) -> None:
    wrong = {}
    for entry, name, value in cases("name"):
        names.zone = {NAME: [value["records"]], **{other: [told] for other, told in value.get("beside", {}).items()}}
        for url in (f"https://{NAME}/", f"https://{NAME}:8443/x"):
            found = outcome("urls: names", name, partial(send, Request("GET", url)))
            if not isinstance(found, Blocked if entry.also.get("blocked", True) else Transient):
                wrong[name] = repr(found)
        if entry.also.get("blocked", True) and mail_through(NAME) != NotAccepted("the mail server's address is not a public one"):
            wrong[f"{name}, by mail"] = repr(mail_through(NAME))
    assert (wrong, canary.heard, tried.places) == ({}, [], [])


def test_a_name_that_leads_elsewhere_a_moment_later_changes_nothing(names: NameServer, canary: Canary, tried: Tried) -> None:
    for _, name, answers in cases("rebinding"):
        names.zone, names._told = {NAME: answers}, {}
        for _ in range(3):
            outcome("urls: names", name, lambda: send(Request("GET", f"https://{NAME}/")))
        names._told = {}
        for _ in range(3):
            mail_through(NAME)
    assert canary.heard == []
    assert set(tried.places) <= {"93.184.215.14"}


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "localhost"]
)
def test_a_mail_servers_number_is_judged_in_any_dress(host: str, canary: Canary, tried: Tried) -> None:
    assert mail_through(host) == NotAccepted("the mail server's address is not a public one")
    assert (canary.heard, tried.places) == ([], [])


def drip(client: socket.socket) -> None:
    client.settimeout(20)
    for _ in range(200):
        client.sendall(b"H")
        time.sleep(0.05)


HEAD = b"HTTP/1.1 200 OK\r\n"


def endless(client: socket.socket) -> None:
    client.sendall(HEAD + b"\r\n")
    for _ in range(1000):
        client.sendall(b"x" * 65536)


SINKS: dict[str, bytes | Callable[[socket.socket], None]] = {
    "drip": drip,
    "endless": endless,
    "told 5 GB": HEAD + b"Content-Length: 5000000000\r\n\r\n" + b"x" * 300_000,
    "gzip bomb": HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"\0" * 20_000_000),
    "br bomb": HEAD + b"Content-Encoding: br\r\nConnection: close\r\n\r\nxxxx",
    "redirect to metadata": b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n",
    "redirect loop": b"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "empty": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "header without end": HEAD + b"X: " + b"a" * 100_000,
    "many headers": HEAD + b"X: a\r\n" * 5_000 + b"\r\n",
    "wrong length": HEAD + b"Content-Length: 10\r\n\r\nshort",
    "negative length": HEAD + b"Content-Length: -5\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    "switch of protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
    "chunks that lie": HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
}
HARMLESS = {"switch of protocol"}  # an answer with no body, and no 2xx


@pytest.mark.parametrize("name", [value for _, _, value in cases("sink") if value != "self-signed"])
def test_a_server_that_answers_badly_is_cut(name: str, settings: Any) -> None:
    settings.OUTBOUND_LOOPBACK = True
    limits = Limits(connect=2, read=2, total=0.5 if name in ("drip", "header without end") else 5, size=200_000)
    with peer(SINKS[name]) as stub:
        found = outcome("urls: sinks", name, lambda: send(Request("GET", f"http://127.0.0.1:{stub.port}/"), limits=limits))
    assert isinstance(found, Permanent | Transient) or name in HARMLESS
    assert len(stub.heard) == 1  # asked once: no redirect was followed, nothing was tried again


def test_a_certificate_of_its_own_making_is_refused(settings: Any, tmp_path: Path, names: NameServer) -> None:
    settings.OUTBOUND_LOOPBACK = True
    names.zone[NAME] = [{"A": ["127.0.0.1"]}]
    with tls_peer(tmp_path, NAME) as (port, _, asked):
        found = outcome("urls: sinks", "self-signed", lambda: send(Request("GET", f"https://{NAME}:{port}/", {"Authorization": "secret"})))
    assert isinstance(found, Transient) and not any("secret" in text for text in asked)


def test_the_checked_connection_reaches_a_server_that_may_be_called(settings: Any) -> None:
    """With the operator's leave; the name is what TLS and EHLO would see."""
    settings.SMTP_PRIVATE_HOSTS = ["127.0.0.1"]
    with peer(OK) as stub:
        account = Account(1, 1, "smtp", "email", {"host": "127.0.0.1", "port": str(stub.port), "security": "starttls"}, {"password": "p"})
        backend: Any = SmtpMail._backend(account)
        backend.timeout = 2
        connecting = itertools.chain([backend.connection_class])
        with pytest.raises((smtplib.SMTPException, OSError)):
            next(connecting)("127.0.0.1", stub.port, timeout=1)
