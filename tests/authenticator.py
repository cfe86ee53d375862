"""A security key in software: makes and uses passkeys as a device does, by the book, or wrongly where a test says so."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, HOLDS_KEY = 0x01, 0x04, 0x40
CURVE = ec.SECP256R1()


@dataclass(slots=True)
class Device:
    """One device with one key."""

    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    handle: bytes = b""
    count: int = 0

    def make(self, options: str, *, origin: str, flags: int = PRESENT | VERIFIED, **over: Any) -> str:
        """The answer to `navigator.credentials.create()`."""
        asked = json.loads(options)
        self.handle = base64url_to_bytes(asked["user"]["id"])
        point = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        held = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(over.get("host", asked["rp"]["id"]), flags | HOLDS_KEY) + held
        response = {
            "clientDataJSON": self._client("webauthn.create", over.get("challenge", asked["challenge"]), origin),
            "attestationObject": bytes_to_base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "hybrid"],
        }
        return self._answer(response)

    def use(self, options: str, *, origin: str, flags: int = PRESENT | VERIFIED, **over: Any) -> str:
        """The answer to `navigator.credentials.get()`."""
        asked = json.loads(options)
        self.count = over.get("count", self.count)
        data = self._data(over.get("host", asked["rpId"]), flags)
        client = self._client(over.get("type", "webauthn.get"), over.get("challenge", asked["challenge"]), origin)
        signed = data + hashlib.sha256(base64url_to_bytes(client)).digest()
        signature = over.get("key", self.key).sign(signed, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": client,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signature),
            "userHandle": bytes_to_base64url(over.get("handle", self.handle)),
        }
        return self._answer(response)

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _answer(self, response: dict[str, Any]) -> str:
        id = bytes_to_base64url(self.id)
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform", "response": response})

    @staticmethod
    def _client(type: str, challenge: str, origin: str) -> str:
        return bytes_to_base64url(json.dumps({"type": type, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode())
