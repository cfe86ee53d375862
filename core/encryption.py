"""AES-256-GCM for secrets at rest. The associated data binds a value to its merchant and field, so rows cannot be swapped."""

import base64
import hashlib
import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12
VERSION = "v1"


class BadSecret(ValueError):
    """The value was not encrypted by this key for this merchant and field, or was changed."""


def _key() -> bytes:
    return hashlib.sha256(b"postpurchase.secrets." + settings.ENCRYPTION_KEY.encode()).digest()


def _bound_to(merchant_id: int, field: str) -> bytes:
    return f"{VERSION}|{merchant_id}|{field}".encode()


def encrypt(plain: str, *, merchant_id: int, field: str) -> str:
    """`v1.<base64>`; opens only with the same merchant and field."""
    nonce = os.urandom(NONCE)
    sealed = AESGCM(_key()).encrypt(nonce, plain.encode(), _bound_to(merchant_id, field))
    return f"{VERSION}.{base64.b64encode(nonce + sealed).decode()}"


def decrypt(value: str, *, merchant_id: int, field: str) -> str:
    """Raises BadSecret for another merchant's or field's value, another key, or a changed one."""
    version, _, body = value.partition(".")
    if version != VERSION:
        raise BadSecret(f"unknown secret version {version[:8]!r}")
    raw = base64.b64decode(body)
    try:
        return AESGCM(_key()).decrypt(raw[:NONCE], raw[NONCE:], _bound_to(merchant_id, field)).decode()
    except InvalidTag:
        raise BadSecret("secret does not open for this merchant and field") from None


def random_id() -> str:
    """128 random bits as 22 URL-safe characters: every id a stranger may see."""
    return secrets.token_urlsafe(16)


def fingerprint(value: str) -> str:
    """SHA-256 in hex, for tokens that are looked up and never read back."""
    return hashlib.sha256(value.encode()).hexdigest()
