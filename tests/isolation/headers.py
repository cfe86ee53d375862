"""What every answer of the platform's host has to say to the browser."""

from typing import Any

from csp.utils import build_policy
from django.conf import settings

from core.docs import DOCS_POLICY
from tests.isolation.addresses import Address

WANTED = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
# A merchant's own words, shown in a frame of our page: no script, no form, no origin.
FRAMED = {"dashboard:preview", "dashboard:message_preview", "admin:notifications_templateversion_frame"}
FRAMED |= {"admin:notifications_automationversion_letter"}


Policy = frozenset[str]


def parts(policy: str) -> Policy:
    """The directives, in whatever order."""
    return frozenset(part.strip() for part in policy.split(";"))


def allowed(address: Address) -> set[Policy]:
    """Ours, and in the admin the one unfold's pages need: no inline script in either."""
    ours: Any = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    configs = [ours, settings.ADMIN_CONTENT_SECURITY_POLICY] if address.section == "admin" else [ours]
    return {parts(build_policy(config=config)) for config in configs}


def faults(response: Any, address: Address) -> list[str]:
    """What is missing or wrong in an answer's headers."""
    found = [f"{name}: {response.get(name)}" for name, value in WANTED.items() if response.get(name) != value]
    if "no-store" not in response.get("Cache-Control", ""):
        found.append(f"Cache-Control: {response.get('Cache-Control')}")
    found += _framing(response, address)
    kind = response.get("Content-Type", "")
    if not kind and response.content:
        found.append("no Content-Type")
    if kind.startswith("text/") and "charset=" not in kind:
        found.append(f"Content-Type: {kind}")
    return found + [f"{name}: {response[name]}" for name in ("Server", "X-Powered-By", "Access-Control-Allow-Origin") if name in response]


def _framing(response: Any, address: Address) -> list[str]:
    policy, frames = response.get("Content-Security-Policy", ""), response.get("X-Frame-Options", "")
    if address.name in FRAMED and response.status_code == 200:
        is_shut = (
            "default-src 'none'" in policy and "sandbox" in policy and "script-src" not in policy and "frame-ancestors 'self'" in policy
        )
        return [] if is_shut and frames == "SAMEORIGIN" else [f"a frame with {frames}, {policy}"]
    if address.name == "docs" and response.status_code == 200:
        return [] if policy == DOCS_POLICY else [policy]
    if "image/" in response.get("Content-Type", "") and policy == "default-src 'none'; sandbox":
        return []
    is_shut = frames == "DENY" or (address.name in FRAMED and frames == "SAMEORIGIN")
    return [] if parts(policy) in allowed(address) and is_shut else [f"{frames}, {policy}"]
