"""The outbound door and peers that misbehave, all of them on loopback."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from core.http import Blocked, Limits, Permanent, Request, Response, Transient, checked, json_request, send
from tests.core.peers import OK, Peer, peer


@pytest.fixture
def loopback(settings: Any) -> None:
    settings.OUTBOUND_LOOPBACK = True


def get(peer: Peer, path: str = "/", **limits: float) -> Response:
    return send(Request("GET", f"http://127.0.0.1:{peer.port}{path}"), limits=Limits(**{"read": 2.0, "total": 4.0, **limits}))  # type: ignore[arg-type]


def test_loopback_is_open_only_where_a_setting_says_so(settings: Any) -> None:
    with peer(OK) as stub:
        with pytest.raises(Blocked):
            get(stub)
        settings.OUTBOUND_LOOPBACK = True
        assert get(stub).body == b"ok"
        with pytest.raises(Blocked):
            send(Request("GET", "http://10.0.0.1/"))
        assert len(stub.heard) == 1


@pytest.mark.usefixtures("loopback")
def test_a_request_goes_out_as_written_with_host_and_without_cookies_or_packing() -> None:
    with peer(b"HTTP/1.1 201 Created\r\nContent-Length: 11\r\nSet-Cookie: a=b\r\nX-Thing: 7\r\n\r\n" + b'{"a": 1.50}') as stub:
        request = json_request("POST", f"http://127.0.0.1:{stub.port}/v2/x?a=1&b=2", {"17token": "k"}, [{"number": "RR1"}])
        answer = send(request)
        send(request)
    first, second = stub.heard
    assert first == second
    head, _, body = first.decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "POST /v2/x?a=1&b=2 HTTP/1.1"
    assert set(lines[1:]) == {
        "Accept-Encoding: identity",
        "Accept: application/json",
        "17token: k",
        "Content-Length: 18",
        "Content-Type: application/json",
        f"Host: 127.0.0.1:{stub.port}",
        "User-Agent: Postpurchase",
    }
    assert body == '[{"number":"RR1"}]'
    assert (answer.status, answer.headers["x-thing"], str(answer.json()["a"])) == (201, "7", "1.50")


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_not_followed(status: int) -> None:
    with (
        peer(OK) as inner,
        peer(b"HTTP/1.1 %d Moved\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n" % (status, inner.port)) as stub,
    ):
        with pytest.raises(Permanent, match="redirects are not followed"):
            get(stub)
        assert inner.heard == []


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=["hung up", "garbage", "half", "half in chunks", "bad chunk", "too many headers"],
)
def test_a_broken_answer_is_a_passing_trouble(answer: bytes) -> None:
    with peer(answer) as stub, pytest.raises(Transient, match=r"127\.0\.0\.1: "):
        get(stub)


@pytest.mark.usefixtures("loopback")
def test_a_peer_that_is_silent_meets_the_read_timeout() -> None:
    stop = threading.Event()

    def wait(client: socket.socket) -> None:
        stop.wait(60)

    with peer(wait) as stub:
        start = time.monotonic()
        with pytest.raises(Transient):
            get(stub, read=0.1)
        stop.set()
    assert time.monotonic() - start < 30  # on a machine however busy


def drip(head: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def answer(client: socket.socket) -> None:
        client.sendall(head)
        while True:
            client.sendall(piece)
            threading.Event().wait(0.02)

    return answer


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"],
    ids=["in the headers", "in the body", "in a body without length"],
)
def test_a_peer_that_drips_is_cut_when_the_time_is_up(head: bytes) -> None:
    with peer(drip(head, b"a")) as stub:
        start = time.monotonic()
        with pytest.raises(Transient, match="took too long"):
            get(stub, total=0.3)
    assert time.monotonic() - start < 30  # on a machine however busy


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 5000000000\r\n\r\n", b"\r\n", b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n"],
    ids=["told", "untold", "chunked"],
)
def test_an_answer_without_end_is_cut_at_its_size(head: bytes) -> None:
    with peer(drip(b"HTTP/1.1 200 OK\r\n" + head, b"a" * 50_000)) as stub, pytest.raises(Permanent, match="more than 100000 bytes"):
        get(stub, size=100_000)


@pytest.mark.usefixtures("loopback")
def test_a_packed_answer_is_refused_unread() -> None:
    with (
        peer(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b") as stub,
        pytest.raises(Permanent, match="packed"),
    ):
        get(stub)


@pytest.mark.usefixtures("loopback")
def test_a_header_that_would_split_the_request_is_refused() -> None:
    with peer(OK) as stub, pytest.raises(Permanent):
        send(Request("GET", f"http://127.0.0.1:{stub.port}/", {"X": "a\r\nHost: evil.example"}))
    assert stub.heard == []


@pytest.mark.usefixtures("loopback")
def test_a_closed_port_is_a_passing_trouble() -> None:
    with peer(OK) as stub:
        pass
    with pytest.raises(Transient, match="NewConnectionError"):
        get(stub)


@pytest.mark.django_db
def test_no_call_is_made_inside_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="must not run inside"):
        send(Request("GET", "https://carrier.example/"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None),
        (204, None),
        (400, Permanent),
        (401, Permanent),
        (404, Permanent),
        (408, Transient),
        (429, Transient),
        (500, Transient),
        (503, Transient),
    ],
)
def test_answers_are_sorted_into_good_passing_and_final(status: int, kind: type[Exception] | None) -> None:
    answer = Response(status, {}, b"", "carrier.example")
    if kind is None:
        assert checked(answer) is answer
    else:
        with pytest.raises(kind, match=f"carrier.example answered {status}"):
            checked(answer)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        ("0", 1),
        ("999999", 3600),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("Fri, 20 Nov 2026 10:02:00 GMT", 120),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 1),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(value: str, seconds: int | None) -> None:
    answer = Response(429, {"retry-after": value, "date": "Fri, 20 Nov 2026 10:00:00 GMT"}, b"", "carrier.example")
    assert answer.retry_after == seconds
    with pytest.raises(Transient) as error:
        checked(answer)
    assert error.value.retry_after == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"\xff\xfe", b"[" * 10_000])
def test_an_answer_that_is_no_json_is_a_passing_trouble(body: bytes) -> None:
    with pytest.raises(Transient, match=r"carrier\.example answered 200 with no JSON"):
        Response(200, {}, body, "carrier.example").json()
