"""Servers on loopback that answer as they are told, well or badly."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """A server on loopback that answers each connection with one function."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self.heard: list[bytes] = []
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client:
                try:
                    self._talk(client)
                except OSError:
                    continue

    def _talk(self, client: socket.socket) -> None:
        client.settimeout(5)
        heard = b""
        while b"\r\n\r\n" not in heard:
            piece = client.recv(65536)
            if not piece:
                return
            heard += piece
        length = int(m[1]) if (m := re.search(rb"Content-Length: (\d+)", heard)) else 0
        while len(heard) < heard.index(b"\r\n\r\n") + 4 + length:
            heard += client.recv(65536)
        self.heard.append(heard)
        self._answer(client)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)


@contextmanager
def peer(answer: bytes | Callable[[socket.socket], None]) -> Iterator[Peer]:
    made = Peer(answer if callable(answer) else lambda client: client.sendall(answer))
    try:
        yield made
    finally:
        made.close()
