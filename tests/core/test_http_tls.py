"""The outbound door speaks TLS to the name it was given, at the number it has checked."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core import http
from core.http import Request, Transient, send
from tests.core.peers import OK


@pytest.fixture(autouse=True)
def loopback(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads here."""
    settings.OUTBOUND_LOOPBACK = True
    real = socket.getaddrinfo

    def here(host: str, port: int, *given: Any, **named: Any) -> Any:
        return real("127.0.0.1", port, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", here)


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "key.pem", folder / "cert.pem"
    no_password = serialization.NoEncryption()
    paths[0].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
    paths[1].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return paths


@contextmanager
def tls_peer(folder: Path, name: str) -> Iterator[tuple[int, Path, list[str]]]:
    """A TLS server on loopback with a certificate of its own making; the list holds the names clients asked for."""
    key, cert = certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    asked: list[str] = []
    context.sni_callback = lambda sock, asked_for, own: asked.append(asked_for or "")  # type: ignore[assignment]
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(client, server_side=True) as wrapped:
                    asked.append(wrapped.recv(65536).decode())
                    wrapped.sendall(OK)
            except OSError:
                client.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], cert, asked
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def test_tls_names_the_host_and_checks_its_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tls_peer(tmp_path, "carrier.example") as (port, cert, asked):
        monkeypatch.setattr(http, "_tls", lambda: ssl.create_default_context(cafile=str(cert)))
        assert send(Request("GET", f"https://carrier.example:{port}/")).body == b"ok"
        assert asked[0] == "carrier.example"
        assert f"Host: carrier.example:{port}\r\n" in asked[1]
        with pytest.raises(Transient, match=r"other\.example: SSL"):
            send(Request("GET", f"https://other.example:{port}/"))


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with tls_peer(tmp_path, "carrier.example") as (port, _, asked):
        with pytest.raises(Transient, match=r"carrier\.example: SSL"):
            send(Request("GET", f"https://carrier.example:{port}/", {"Authorization": "secret"}))
        assert not any("secret" in text for text in asked)
