"""Keyed digests: webhook signatures in, derived one-time codes out. Comparison is always constant in time."""

import base64
import hashlib
import hmac

from django.conf import settings


def hmac_base64(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256, the form Shopify and WooCommerce send."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def hmac_hex(secret: str, body: bytes) -> str:
    """The same digest in hexadecimal, the form carriers' aggregators prefer."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare without telling by time where the difference is. Non-ASCII input is simply different."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def derive(purpose: str, nonce: str) -> bytes:
    """32 bytes that only this installation can compute from a stored nonce: nothing secret lies in the row."""
    return _derive(settings.SECRET_KEY, purpose, nonce)


def _derive(secret: str, purpose: str, nonce: str) -> bytes:
    key = hashlib.sha256(b"postpurchase.derive." + secret.encode()).digest()
    return hmac.new(key, f"{purpose}|{nonce}".encode(), hashlib.sha256).digest()


def derive_digits(purpose: str, nonce: str, *, length: int) -> str:
    """A numeric code of the given length."""
    return str(int.from_bytes(derive(purpose, nonce)) % 10**length).zfill(length)


def derive_token(purpose: str, nonce: str) -> str:
    """A URL-safe token of 256 bits."""
    return _in_letters(derive(purpose, nonce))


def _in_letters(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def is_derived(given: str, purpose: str, nonce: str, *, length: int) -> bool:
    """Whether `given` is the first `length` characters of such a token, by the present key or one it replaced (SECRET_KEY_FALLBACKS).

    Links in letters live longer than a key that had to be changed.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(same(given, _in_letters(_derive(key, purpose, nonce))[:length]) for key in keys)
