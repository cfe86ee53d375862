"""Every address of both hosts, read from the resolvers, and filled with one merchant's own rows."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

PLATFORM, SHOP = "postpurchase.urls", "postpurchase.urls_portal"
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Address:
    """One pattern: where it lies, what it is called, what has to be filled in."""

    host: str
    name: str  # with its namespace; unnamed ones by their route
    route: str
    pattern: URLPattern

    @property
    def section(self) -> str:
        """Which table of `listed.py` it belongs in: the first part of the path, or `portal`."""
        return "portal" if self.host == SHOP else re.split(r"[/^]", self.route)[0]

    @property
    def arguments(self) -> list[str]:
        return list(self.pattern.pattern.regex.groupindex)

    def path(self, own: Callable[["Address", str], str]) -> str:
        """The address with every argument filled in; `own` says with what, and raises KeyError where nobody has said yet."""
        if self.route.endswith("(?P<url>.*)$"):
            return "/admin/nowhere/at/all/"
        if self.name == "nowhere":
            return "/api/v1/nowhere"
        return "/" + re.sub(r"\^|\$|\\Z", "", self._plain(own))

    def _plain(self, own: Callable[["Address", str], str]) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>(?!\()", lambda found: own(self, found[1]), re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", self.route))


def _walk(resolver: URLResolver, host: str, route: str = "", space: str = "") -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, host, here, pattern.namespace or space)
        else:
            yield Address(host, ":".join(part for part in (space, pattern.name or here) if part), here, pattern)


def addresses(*sections: str) -> list[Address]:
    """All of them, or those of some sections."""
    found = [address for host in (PLATFORM, SHOP) for address in _walk(get_resolver(host), host)]
    return [address for address in found if not sections or address.section in sections]
