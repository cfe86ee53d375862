"""A second reader of the policy: it knows nothing of the engine and decides from the English sentences of the public text alone.

It stands for a shopper who reads the page with care, or a machine that reads its JSON.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel import Locale

NAMES = {
    "Money back": "refund",
    "Store credit": "credit",
    "Exchange": "exchange",
    "The same again": "replacement",
    "Repair": "repair",
    "Keep it, part of the money back": "keep",
    "Give it away, money back": "donate",
}
LANDS = {name: code for code, name in Locale("en").territories.items()}
KINDS = {"a wish of yours": "wish", "a fault of ours": "fault"}
CENT = Decimal("0.01")


@dataclass
class Bought:
    """What the reader is told of a purchase."""

    country: str
    currency: str
    price: Decimal
    pieces: int
    sku: str
    type: str
    tags: set[str]
    reduced: bool
    in_parcel: bool
    left_shop: bool
    ordered: date
    begins: date
    today: date
    returns: int
    gift: bool
    reason: str  # in words; "" before one is named
    kind: str


@dataclass
class Way:
    days: int | None
    free: bool
    offered: bool | None = None
    only: str = ""
    fee: Decimal = Decimal(0)
    percent: int = 0
    more: Decimal = Decimal(0)
    share: int = 0


@dataclass
class Read:
    ways: dict[str, Way]
    final: bool = False
    exempt: bool = False
    stays: bool = False
    photo: bool = False
    review: bool = False
    not_before: date | None = None
    place: str = ""
    currency: str = ""


@dataclass
class Verdict:
    open: bool
    until: date | None
    amount: Decimal
    fee: Decimal
    free: bool
    photo: bool
    review: bool
    place: str


@dataclass
class Answer:
    eligible: bool
    exempt: bool
    ways: dict[str, Verdict] = field(default_factory=dict)


def money(text: str) -> Decimal:
    return Decimal(re.sub(r"[^0-9.]", "", text))


def day(text: str) -> date:
    return datetime.strptime(text, "%B %d, %Y").replace(tzinfo=UTC).date()


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def quoted(text: str) -> list[str]:
    return re.findall("“(.*?)”", text)


def several(text: str) -> list[str]:
    head, _, last = text.rpartition(" or ")
    return [*(head.split(", ") if head else []), last]


def holds(sentence: str, asked: Bought, currency: str) -> bool:
    """Whether one condition is true of a purchase. A sentence nobody can understand is an error, never a guess."""
    ours = asked.currency == currency
    fold = {tag.casefold() for tag in asked.tags}
    readings: list[tuple[str, Any]] = [
        (r"was sent to (.+)", lambda t: asked.country in [LANDS[name] for name in several(t)]),
        (r"was not sent to (.+)", lambda t: asked.country not in [LANDS[name] for name in several(t)]),
        (r"is of the type (.+)", lambda t: asked.type.casefold() in [word.casefold() for word in quoted(t)]),
        (r"is marked (.+)", lambda t: bool(fold & {word.casefold() for word in quoted(t)})),
        (r"has the article number (.+)", lambda t: asked.sku.casefold() in [word.casefold() for word in quoted(t)]),
        (r"goes back because of (.+)", lambda t: asked.reason in quoted(t)),
        (r"goes back for (.+)", lambda t: asked.kind in [KINDS[one] for one in several(t)]),
        (r"cost at least (.+) a piece", lambda t: ours and asked.price >= money(t)),
        (r"cost at most (.+) a piece", lambda t: ours and asked.price <= money(t)),
        (r"was (not )?reduced", lambda t: asked.reduced is not bool(t)),
        (r"was ordered on (.+) or later", lambda t: asked.ordered >= day(t)),
        (r"was ordered on (.+) or earlier", lambda t: asked.ordered <= day(t)),
        (r"was bought by somebody with (\d+) returns? or more within a year", lambda t: asked.returns >= int(t)),
        (r"was (not )?a gift", lambda t: asked.gift is not bool(t)),
    ]
    for pattern, test in readings:
        if match := re.fullmatch(pattern, sentence):
            return bool(test(match[1]))
    raise AssertionError(f"not understood: {sentence}")


def follow(sentence: str, read: Read) -> None:
    """Take in one effect."""
    name, mark, rest = sentence.partition(": ")
    if mark and name in NAMES:
        return of_way(rest, [read.ways[NAMES[name]]])
    plain = {
        "It is a final sale: not taken back for a wish.": ("final", True),
        "It is not a final sale.": ("final", False),
        "The legal right of withdrawal does not cover it.": ("exempt", True),
        "The legal right of withdrawal covers it.": ("exempt", False),
        "It need not be sent: only what lets you keep it or give it away is open.": ("stays", True),
        "It may be sent.": ("stays", False),
        "We ask for a photo.": ("photo", True),
        "No photo is needed.": ("photo", False),
        "We look at it before we agree.": ("review", True),
        "We agree at once.": ("review", False),
    }
    if sentence in plain:
        setattr(read, *plain[sentence])
    elif match := re.fullmatch(r"The last day is not before (.+)\.", sentence):
        read.not_before = day(match[1])
    elif match := re.fullmatch(r"It goes to: (.+)\.", sentence):
        read.place = match[1]
    else:
        of_way(sentence, list(read.ways.values()))
    return None


def of_way(sentence: str, ways: Sequence[Way]) -> None:
    """Take in what is said of one outcome, or of all of them."""
    readings: list[tuple[str, str, Any]] = [
        (r"You have (\d+) days? from delivery\.", "days", int),
        (r"It is not taken back\.()", "days", lambda _: 0),
        (r"There is no last day\.()", "days", lambda _: None),
        (r"The way back is free for you\.()", "free", lambda _: True),
        (r"You pay the way back\.()", "free", lambda _: False),
        (r"There is no fee\.()", "fee", lambda _: Decimal(0)),
        (r"The fee is (.+) for each piece\.", "fee", money),
        (r"Offered\.()", "offered", lambda _: True),
        (r"Not offered\.()", "offered", lambda _: False),
        (r"For a wish or a fault\.()", "only", lambda _: ""),
        (r"For (.+) only\.", "only", lambda t: KINDS[t]),
        (r"(\d+)% more than you paid\.", "percent", int),
        (r"(.+) more for each piece\.", "more", money),
        (r"(\d+)% of what you paid\.", "share", int),
    ]
    for pattern, name, value in readings:
        if match := re.fullmatch(pattern, sentence):
            for way in ways:
                setattr(way, name, value(match[1]))
            return
    raise AssertionError(f"not understood: {sentence}")


def begin(clauses: Sequence[Mapping[str, Any]]) -> Read:
    """What the page's first clause and its standing ones say."""
    read = Read({name: Way(None, False) for name in NAMES.values()})
    read.ways["refund"].offered = True
    for clause in clauses:
        for sentence in clause["then"]:
            if clause["kind"] == "base" and not sentence.startswith("Your money is sent back within "):
                follow(sentence, read)
            if clause["id"] == "always.currency":
                read.currency = re.match(r"Amounts are in ([A-Z]{3})\.", sentence)[1]  # type: ignore[index]
            if clause["id"] == "always.faulty_only":
                read.ways["replacement"].only = read.ways["repair"].only = "fault"
    return read


def answer(clauses: Sequence[Mapping[str, Any]], asked: Bought) -> Answer:
    """What the text promises for a purchase."""
    read = begin(clauses)
    for clause in clauses:
        if clause["kind"] in ("outcome", "rule") and all(holds(one, asked, read.currency or asked.currency) for one in clause["when"]):
            for sentence in clause["then"]:
                follow(sentence, read)
    ways = {name: verdict(name, way, read, asked) for name, way in read.ways.items() if way.offered is not None}
    return Answer(any(one.open for one in ways.values()), read.exempt, ways)


def verdict(name: str, way: Way, read: Read, asked: Bought) -> Verdict:
    stays = name in ("keep", "donate")
    fault = asked.kind == "fault"
    until = None if way.days is None else asked.begins + timedelta(days=way.days)
    if until and read.not_before:
        until = max(until, read.not_before)
    is_open = all(
        (
            asked.pieces > 0,
            asked.left_shop,
            fault or (asked.in_parcel and not read.final),
            stays or not read.stays,
            way.offered,
            way.days != 0,
            way.only in ("", asked.kind),
            until is None or asked.today <= until,
        )
    )
    ours = not read.currency or asked.currency == read.currency
    paid = cents(asked.price * asked.pieces)
    fee = Decimal(0) if fault or stays or not ours else min(paid, cents(way.fee * asked.pieces))
    bonus = cents(paid * way.percent / 100 + (way.more * asked.pieces if ours else 0))
    amounts = {"refund": paid - fee, "credit": paid - fee + bonus, "keep": cents(paid * way.share / 100), "donate": paid}
    free = fault or stays or way.free
    return Verdict(is_open, until, amounts.get(name, Decimal(0)), fee, free, read.photo, read.review, read.place)
