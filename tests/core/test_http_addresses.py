"""The outbound door and the addresses an attacker gives. Nothing leaves this machine."""

import ipaddress
import socket
from typing import Any

import pytest

from core.http import Blocked, Request, Transient, is_public, send

PUBLIC = "93.184.215.14"


HOSTILE = [
    "http://example.com/",
    "https://example.com:22/",
    "https://example.com:80/",
    "https://user:pass@example.com/",
    "https://example.com\\@evil.example/",
    "https://example.com#@evil.example/",
    "https://example.com/ x",
    "https://example.com/\r\nHost: evil.example",
    "https://exаmple.com/",  # a Cyrillic letter
    "https://例え.example/",
    "https://" + "a" * 10_000 + ".example/",
    "https:///nothing",
    "https://example.com:port/",
    "https://[fe80::1%25eth0]/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "ftp://example.com/",
    "//example.com/",
    "example.com",
    "",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_an_address_that_is_not_plain_https_is_refused_before_any_look_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **named: pytest.fail("looked up"))
    with pytest.raises(Blocked):
        send(Request("GET", url))


INNER = [
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.88.99.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:93.184.215.14]",
    "[::169.254.169.254]",
    "[2002:a9fe:a9fe::]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::a9fe:a9fe]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:db8::1]",
    "[fc00::1]",
    "[fe80::1]",
    "[ff02::1]",
    "localhost",
]


@pytest.mark.parametrize("host", INNER)
def test_an_inner_address_in_any_dress_is_never_connected_to(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *given: pytest.fail("connected"))
    with pytest.raises(Blocked, match="does not lead to the public internet"):
        send(Request("GET", f"https://{host}/"))


@pytest.mark.parametrize(("address", "public"), [(PUBLIC, True), ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True), ("5f00::1", False)])
def test_public_numbers_are_told_from_others(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def resolves_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Each look-up gives the next answer; the list returned tells which names were asked for."""
    asked: list[str] = []
    real, left = socket.getaddrinfo, list(answers)

    def answer(host: str, port: int, *given: Any, **named: Any) -> Any:
        if host[0].isdigit() or ":" in host:
            return real(host, port, *given, **named)
        asked.append(host)
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in left.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


def connects(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where connections would have gone to; each of them fails."""
    tried: list[str] = []

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


@pytest.mark.parametrize("answer", [["127.0.0.1"], [PUBLIC, "::1"], [PUBLIC, "10.0.0.7"], ["::ffff:127.0.0.1"]])
def test_a_name_with_one_inner_address_is_not_called_at_all(answer: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    tried = connects(monkeypatch)
    resolves_to(monkeypatch, answer)
    with pytest.raises(Blocked):
        send(Request("GET", "https://carrier.example/"))
    assert tried == []


def test_a_name_that_changes_after_the_check_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = connects(monkeypatch)
    asked = resolves_to(monkeypatch, [PUBLIC], ["127.0.0.1"])
    with pytest.raises(Transient):
        send(Request("GET", "https://carrier.example/"))
    assert (asked, tried) == (["carrier.example"], [PUBLIC])


def test_the_next_address_of_a_name_is_tried_and_three_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = connects(monkeypatch)
    resolves_to(monkeypatch, ["8.8.8.1", "8.8.8.2", "8.8.8.3", "8.8.8.4"])
    with pytest.raises(Transient):
        send(Request("GET", "https://carrier.example/"))
    assert tried == ["8.8.8.1", "8.8.8.2", "8.8.8.3"]


def test_a_name_nobody_knows_is_a_passing_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*given: Any, **named: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Transient, match=r"carrier\.example: gaierror"):
        send(Request("GET", "https://carrier.example/"))
