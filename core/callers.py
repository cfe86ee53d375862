"""Who calls: the address behind our own proxies, cut to its network, and what the browser calls itself, as a fingerprint."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from core.encryption import fingerprint

V4_BITS, V6_BITS = 24, 64
AGENT = 32  # hexadecimal digits kept of a browser's fingerprint


def address_of(request: HttpRequest) -> str:
    """The address of the one who asks. Only the hops our own proxies added are believed; "" when there is none."""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    trusted: int = getattr(settings, "TRUSTED_PROXY_HOPS", 0)
    value = hops[-trusted] if 0 < trusted <= len(hops) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(value))
    except ValueError:
        return ""


def neighbourhood(address: str) -> str:
    """The /24 of an IPv4 address, the /64 of an IPv6 one: whose network it was, not which person. "" for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ip_network(f"{found}/{V6_BITS if isinstance(found, IPv6Address) else V4_BITS}", strict=False))


def network_of(ip: str) -> str:
    """What one person can change at will counts as one: an IPv6 address stands for its /64. Empty or bad input gives ""."""
    try:
        address = ip_address(ip.strip())
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), 64), strict=False).network_address)
    return str(address)


def agent_of(request: HttpRequest) -> str:
    """A fingerprint of the browser's own words: tells two browsers apart, and shows neither."""
    words = request.headers.get("User-Agent", "")
    return fingerprint(words)[:AGENT] if words else ""
