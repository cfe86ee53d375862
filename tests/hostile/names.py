"""A name server on loopback that answers as a test says, and a listener that nobody may come to."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

Records = Mapping[str, Sequence[str]]


class NameServer:
    """Answers from `zone`: name -> its answers, one after the other; the last one stays."""

    def __init__(self) -> None:
        self.zone: dict[str, list[Records]] = {}
        self.asked: list[str] = []
        self._told: dict[str, int] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                wire, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            if wire == b"end":
                return
            with suppress(Exception):
                self._socket.sendto(self._answer(dns.message.from_wire(wire)).to_wire(), sender)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        (question,) = query.question
        name, kind = question.name.to_text().rstrip("."), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(name)
        for _ in range(8):
            records = self._records(name, kind)
            if "CNAME" in records:
                (target,) = records["CNAME"]
                answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", "CNAME", f"{target}."))
                name = target
                continue
            if found := records.get(kind):
                answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", kind, *found))
            elif not records and not answer.answer:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            break
        return answer

    def _records(self, name: str, kind: str) -> Records:
        """What a name holds now. A name with several answers gives the next one each time its A is asked for."""
        given = self.zone.get(name, [{}])
        place = self._told.get(name, 0)
        if kind == "AAAA" and len(given) > 1:  # asked for after A: one look-up takes both
            self._told[name] = min(place + 1, len(given) - 1)
        return given[min(place, len(given) - 1)]

    def close(self) -> None:
        self._socket.sendto(b"end", ("127.0.0.1", self.port))
        self._thread.join(5)
        self._socket.close()


@contextmanager
def name_server() -> Iterator[NameServer]:
    """Every look-up of this process goes to it."""
    server = NameServer()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.port
    resolver.lifetime = resolver.timeout = 5
    dns.resolver.override_system_resolver(resolver)
    try:
        yield server
    finally:
        dns.resolver.restore_system_resolver()
        server.close()


class Canary:
    """Listeners on loopback, at the ports calls go to where they are free; each connection is written down."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._sockets: list[socket.socket] = []
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            for port in (443, 8443, 0):
                with suppress(OSError):
                    self._sockets.append(socket.create_server((host, port), family=family))
        self.port: int = next(one.getsockname()[1] for one in reversed(self._sockets) if one.family == socket.AF_INET)
        self._threads = [threading.Thread(target=self._serve, args=(one,), daemon=True) for one in self._sockets]
        for thread in self._threads:
            thread.start()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, place = listener.accept()
            except OSError:
                return
            self.heard.append(str(place))
            client.close()

    def close(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)


class Tried:
    """Where this process would have connected to: nothing but loopback is let through."""

    def __init__(self) -> None:
        self.places: list[str] = []
        self._real = socket.socket.connect

    def connect(self, sock: socket.socket, address: Any) -> None:
        if sock.type == socket.SOCK_STREAM and sock.family in (socket.AF_INET, socket.AF_INET6):
            self.places.append(address[0])
            if address[0] not in ("127.0.0.1", "::1"):
                raise ConnectionRefusedError
        self._real(sock, address)
