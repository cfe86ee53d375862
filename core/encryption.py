"""AES-256-GCM for secrets at rest. The associated data binds a value to its merchant and field, so rows cannot be swapped.

`ENCRYPTION_KEY` is one key, or several with commas between them: the first seals, all of them open. A sealed value names its key, so
that a key can be taken away once nothing is sealed by it (`manage.py rotate_keys`).
"""

import base64
import binascii
import hashlib
import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12
FIRST, VERSION = "v1", "v2"  # the first named no key


class BadSecret(ValueError):
    """The value was not encrypted by a key of ours for this merchant and field, or was changed."""


def _keys() -> dict[str, bytes]:
    """By name, the one that seals first. The name tells two keys apart and nothing about either."""
    texts = [text.strip() for text in settings.ENCRYPTION_KEY.split(",") if text.strip()]
    found = [hashlib.sha256(b"postpurchase.secrets." + text.encode()).digest() for text in texts]
    return {hashlib.sha256(b"postpurchase.name." + key).hexdigest()[:8]: key for key in found}


def sealing_key() -> str:
    """The name of the key that seals now."""
    return next(iter(_keys()))


def key_of(value: str) -> str:
    """The name of the key a value was sealed by; "" for one of the first form."""
    version, _, rest = value.partition(".")
    return rest.partition(".")[0] if version == VERSION else ""


def _bound_to(version: str, merchant_id: int, field: str) -> bytes:
    return f"{version}|{merchant_id}|{field}".encode()


def encrypt(plain: str, *, merchant_id: int, field: str) -> str:
    """`v2.<name of the key>.<base64>`; opens only with the same merchant and field."""
    name, key = next(iter(_keys().items()))
    nonce = os.urandom(NONCE)
    sealed = AESGCM(key).encrypt(nonce, plain.encode(), _bound_to(f"{VERSION}|{name}", merchant_id, field))
    return f"{VERSION}.{name}.{base64.b64encode(nonce + sealed).decode()}"


def decrypt(value: str, *, merchant_id: int, field: str) -> str:
    """Raises BadSecret for another merchant's or field's value, a key that is not ours (any more), or a changed one."""
    version, _, rest = value.partition(".")
    if version == FIRST:
        keys, bound, body = list(_keys().values()), _bound_to(FIRST, merchant_id, field), rest
    elif version == VERSION:
        name, _, body = rest.partition(".")
        keys, bound = [key for known, key in _keys().items() if known == name], _bound_to(f"{VERSION}|{name}", merchant_id, field)
    else:
        raise BadSecret(f"unknown secret version {version[:8]!r}")
    if not keys:
        raise BadSecret("the secret was sealed by a key that is not there (any more)")
    return _open(body, keys, bound)


def _open(body: str, keys: list[bytes], bound: bytes) -> str:
    try:
        raw = base64.b64decode(body)
    except binascii.Error:
        raise BadSecret("secret is cut or changed") from None
    for key in keys:
        try:
            return AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], bound).decode()
        except (InvalidTag, ValueError):
            continue
    raise BadSecret("secret does not open for this merchant and field")


def random_id() -> str:
    """128 random bits as 22 URL-safe characters: every id a stranger may see."""
    return secrets.token_urlsafe(16)


def fingerprint(value: str) -> str:
    """SHA-256 in hex, for tokens that are looked up and never read back."""
    return hashlib.sha256(value.encode()).hexdigest()
