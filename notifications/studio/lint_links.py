"""Findings about addresses: where a link leads, and where a picture comes from. Variables hold our own addresses or checked ones."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from customers.types import Channel
from merchants.models import Domain
from merchants.selectors import branding
from notifications.studio.build import Built
from notifications.studio.check import in_block, place
from notifications.studio.types import Draft, Finding, Severity, Text
from notifications.words import names

WRITTEN = re.compile(r"\bhttps?://[^\s<>\"'{}\[\]]+", re.IGNORECASE)
# Shared by everybody, so filtered by telephone companies and mail programs alike.
SHORTENERS = frozenset(
    names(
        "bit.ly bitly.com buff.ly cutt.ly goo.gl is.gd lnkd.in ow.ly rb.gy rebrand.ly s.id shorturl.at t.co t.ly tiny.cc tinyurl.com"
        " trib.al v.gd t.cn dwz.cn url.cn"
    )
)
PIXEL = 2
TRAILING = ".,;:!?)"


@dataclass(frozen=True, slots=True)
class Problem:
    severity: str
    code: str
    message: Text
    fix: Text = ""


@dataclass(slots=True)
class Image:
    src: str
    has_alt: bool
    is_pixel: bool


@dataclass(slots=True)
class Addresses(HTMLParser):
    """Every address written out in a page, and its pictures."""

    links: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            sizes = [values.get(name, "") for name in ("width", "height")]
            is_pixel = any(size.isdigit() and int(size) <= PIXEL for size in sizes)
            self.images.append(Image(values.get("src", ""), "alt" in values, is_pixel))
        elif values.get("href"):
            self.links.append(values["href"])


def own_hosts() -> frozenset[str]:
    """Hosts known to be the merchant's: those it proved, the one the platform gave it, and those of its shop's pages."""
    rows = Domain.objects.values_list("host", "is_primary", "verified_at")
    hosts = {host for host, is_primary, verified_at in rows if is_primary or verified_at is not None}
    look = branding()
    hosts |= {host_of(url) for url in (look.shop_url, look.privacy_url, look.imprint_url, look.logo_url)}
    return frozenset(host.removeprefix("www.") for host in hosts if host)


def host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def about_links(draft: Draft, built: Built, compiled: str) -> list[Finding]:
    """One finding for each address, in the order of the source."""
    hosts = own_hosts()
    if draft.channel == Channel.SMS:
        return [
            _finding("source", built.mjml, url, problem) for url in _written(built.mjml) for problem in _judged(url, hosts, is_sms=True)
        ]
    page = Addresses()
    page.feed(compiled)
    found = [_finding("source", built.mjml, url, problem) for url in _plain(page.links) for problem in _judged(url, hosts)]
    for image in page.images:
        found += [_finding("source", built.mjml, image.src, problem) for problem in _about_image(image, hosts)]
    known = {*page.links, *(image.src for image in page.images)}
    texts = [url for url in _written(built.text) if url not in known]
    in_text = [_finding("text_source", built.text, url, problem) for url in texts for problem in _judged(url, hosts)]
    return [*(in_block(one, built.spans) for one in found), *(in_block(one, built.text_spans) for one in in_text)]


def _plain(links: list[str]) -> list[str]:
    return list(dict.fromkeys(link for link in links if link.lower().startswith(("http:", "https:")) and "{{" not in link))


def _written(text: str) -> list[str]:
    return list(dict.fromkeys(found[0].rstrip(TRAILING) for found in WRITTEN.finditer(text)))


def _finding(field: str, source: str, url: str, problem: Problem) -> Finding:
    index = source.find(url)
    if index < 0:
        index = source.find(url.replace("&", "&amp;"))
    line, column = place(source, index) if index >= 0 and url else (0, 0)
    return Finding(problem.severity, field, line, column, problem.code, problem.message, problem.fix)


def _judged(url: str, hosts: frozenset[str], *, is_sms: bool = False) -> Iterator[Problem]:
    """What is wrong with an address that passed as one."""
    host = host_of(url)
    named = {"host": host or url[:60]}
    if not host or "@" in urlsplit(url).netloc or "\\" in url:
        yield Problem(Severity.ERROR, "address", _("an address with a name or password in it, or without a host"))
        return
    if _is_inside(host):
        yield Problem(Severity.ERROR, "inside", _("%(host)s is no place on the internet") % named)
        return
    if any(label.startswith("xn--") for label in host.split(".")) or not host.isascii():
        fix = _("Write the address in plain letters, as your customers know it.")
        yield Problem(Severity.ERROR, "lookalike", _("%(host)s is written in letters that can look like others") % named, fix)
        return
    if host.removeprefix("www.") in SHORTENERS:
        severity = Severity.ERROR if is_sms else Severity.WARNING
        fix = _("Use {{ links.short }}: it leads to your own host.") if is_sms else _("Link to the page itself.")
        yield Problem(severity, "shortener", _("%(host)s shortens for everybody: messages with it are filtered") % named, fix)
        return
    if url.lower().startswith("http:"):
        yield Problem(Severity.WARNING, "http", _("%(host)s is linked without encryption") % named, _("Write https://."))
    if not _is_own(host, hosts):
        fix = _("Prove the domain under Domains, or link to a page of your own.")
        yield Problem(Severity.WARNING, "domain", _("%(host)s is not one of your verified domains") % named, fix)


def _is_inside(host: str) -> bool:
    """A number, a name without a dot, or a name that never leaves a network."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        return (
            "." not in host or last.isdigit() or last in ("local", "internal", "localhost", "lan", "home", "arpa") or last.startswith("0x")
        )
    return True


def _is_own(host: str, hosts: frozenset[str]) -> bool:
    bare = host.removeprefix("www.")
    return bare in hosts or any(bare.endswith(f".{own}") for own in hosts)


def _about_image(image: Image, hosts: frozenset[str]) -> Iterator[Problem]:
    if not image.has_alt:
        fix = _('Say what it shows in alt="", or leave that empty when it only decorates.')
        yield Problem(Severity.WARNING, "alt", _("a picture without words for those who do not see it"), fix)
    if not image.src.lower().startswith(("http:", "https:")) or "{{" in image.src:
        return
    if image.is_pixel:
        yield Problem(Severity.ERROR, "pixel", _("a picture nobody sees tells others who reads: it is not sent"), _("Remove it."))
        return
    yield from _judged(image.src, hosts)
