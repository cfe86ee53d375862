"""The one place that asks the domain name system. Three seconds, and "could not be asked" is an answer of its own."""

import dns.exception
import dns.resolver

from core.transactions import forbid_transaction

PATIENCE = 3.0


class NotLookedUp(Exception):
    """The name servers did not answer: nothing is known."""


def look_up(name: str, type: str) -> list[str]:
    """The texts of a TXT name, or the target of a CNAME one, without the last dot; empty when there is none. Raises NotLookedUp."""
    forbid_transaction("looking up a name")
    try:
        answer = dns.resolver.resolve(name, type, lifetime=PATIENCE, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise NotLookedUp(error.__class__.__name__) from None
    if type == "TXT":
        return [b"".join(row.strings).decode("ascii", "replace")[:1000] for row in answer]
    return [str(row.target).rstrip(".").lower() for row in answer]
