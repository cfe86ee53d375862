"""Where vendors are called: the address each publishes, or another one, such as a gateway of your own or a sandbox."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def vendor_address(name: str, address: str, *, allows_loopback: bool) -> str:
    """The address without a slash at its end. Refuses (ImproperlyConfigured) one that would carry secrets unsealed over a network."""
    try:
        parts = urlsplit(address)
        port = parts.port  # read here: it is what cannot be read of a bad one
    except ValueError:
        raise ImproperlyConfigured(f"{name} is no address") from None
    is_local = parts.scheme == "http" and allows_loopback and parts.hostname in LOOPBACK and port is not None
    if not parts.hostname or (parts.scheme != "https" and not is_local):
        raise ImproperlyConfigured(f"{name} must be an https address; http only to this machine, with OUTBOUND_LOOPBACK")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured(f"{name} must be a plain address: no user, no query, no fragment")
    return address.rstrip("/")
