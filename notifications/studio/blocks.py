"""The catalogue of blocks: what a mail can be put together from, which fields each block has, and how much they hold.

Words of a field may hold Liquid, `**strong**` and `[label](address)`, an address being a variable (`links.order`) or an
https one. Blocks called `own_...` are sections of the shipped mail of one kind: their fields are its strings.
"""

from functools import cache

from django.utils.translation import gettext_lazy as _

from customers.types import Channel
from notifications import shipped
from notifications.registry import entry_of
from notifications.studio.pieces import BLOCK_OF, VARIABLE, Piece, has_part, pieces
from notifications.studio.types import BlockField, BlockType, Text
from notifications.types import Kind, Style
from notifications.variables import CARRIERS, OF_KIND

MAX_BLOCKS = 40
LINE, WORDS, MARKUP = 300, 2_000, 20_000
OWN = "own_"
ONLY_CONFIRMED = frozenset({"stages", "stage_bar", "details"})  # their words are those of a confirmation
MARKETING_STYLES = frozenset({Style.ENTICING.value, Style.SIMILAR.value})

_MARKS = _("Liquid, **strong** and [label](address) may stand here.")
_HEADING = BlockField("heading", _("Heading"), "line", LINE)


def _type(name: str, label: Text, about: Text, icon: str, *fields: BlockField, most: int = 10, is_marketing: bool = False) -> BlockType:
    return BlockType(name, label, about, icon, fields, most=most, is_marketing=is_marketing)


GENERAL = (
    _type(
        "heading",
        _("Heading"),
        _("The fact of the message in large letters, with a quiet line above it."),
        "text",
        BlockField("lead", _("Line above"), "line", LINE),
        BlockField("text", _("Heading"), "line", LINE, is_required=True),
    ),
    _type(
        "text",
        _("Text"),
        _("Paragraphs, with a small heading when you want one."),
        "text",
        _HEADING,
        BlockField("text", _("Text"), "words", WORDS, is_required=True, help=_MARKS),
    ),
    _type(
        "button",
        _("Button"),
        _("One thing to do. A mail has one that matters."),
        "out",
        BlockField("label", _("Label"), "line", 120, is_required=True),
        BlockField("link", _("Leads to"), "link", 500, is_required=True, help=_("a variable, as links.order, or an https address")),
        most=4,
    ),
    _type(
        "image",
        _("Image"),
        _("A picture from your own https address, as wide as the mail."),
        "image",
        BlockField("url", _("Address of the picture"), "image", 500, is_required=True, has_liquid=False),
        BlockField("alt", _("What it shows"), "line", LINE, help=_("read aloud, and shown where pictures are off")),
        BlockField("link", _("Leads to"), "link", 500),
    ),
    _type("divider", _("Divider"), _("A thin line between two parts."), "line"),
    _type(
        "raw",
        _("MJML"),
        _("Whole mj-section elements of your own, and what the text part says instead."),
        "code",
        BlockField("mjml", _("MJML"), "mjml", MARKUP, is_required=True),
        BlockField("text", _("In the text part"), "liquid", WORDS),
    ),
)
ABOUT_ORDER = (
    _type(
        "summary",
        _("Items and amounts"),
        _("What was ordered, with pictures, prices and, if you want, the sums."),
        "list",
        BlockField("items_heading", _("Heading"), "line", LINE),
        BlockField("sums", _("Show shipping, tax and total"), "yes"),
        most=1,
    ),
    _type("stages", _("Stages"), _("Ordered, sent, arrives: how far the order is."), "route", most=1),
    _type("stage_bar", _("Stage bar"), _("How far the order is, in four steps."), "route", most=1),
    _type(
        "details",
        _("Address and payment"),
        _("Where it goes, its tracking number, the order's number and how it was paid."),
        "home",
        BlockField("goes_to", _("Above the address"), "line", LINE),
        BlockField("tracking_later", _("Until there is a tracking number"), "words", WORDS),
        most=1,
    ),
    _type(
        "returns",
        _("Returns and contact"),
        _("Until when it may come back, who pays, and who answers. The words come from your policy."),
        "return",
        BlockField("returns_heading", _("Heading"), "line", LINE),
        most=1,
    ),
    _type("contact", _("Contact"), _("Who answers, and when."), "chat", BlockField("help_heading", _("Heading"), "line", LINE), most=1),
)
ABOUT_PARCEL = (
    _type("carrier", _("Carrier and address"), _("Who brings it, its number, where it goes."), "route", most=1),
    _type(
        "parcels",
        _("In this parcel"),
        _("What is in the parcel, and what follows later."),
        "box",
        BlockField("in_parcel", _("Heading"), "line", LINE),
        BlockField("follows_heading", _("Heading of what follows"), "line", LINE),
        most=1,
    ),
)
ASKING = (
    _type(
        "survey",
        _("Survey"),
        _("The first question of a survey, answered with one tap. Only who may be asked sees it."),
        "chat",
        _HEADING,
        BlockField(
            "survey",
            _("Survey"),
            "line",
            40,
            is_required=True,
            help=_("what you call it, as csat; it shows while the survey is on"),
            has_liquid=False,
            pattern=r"[-a-zA-Z0-9_]*",
        ),
        most=1,
    ),
)
ALWAYS = (
    _type(
        "preheader",
        _("First line in the inbox"),
        _("Shown after the subject in the list of mails."),
        "text",
        BlockField("preheader", _("Text"), "line", WORDS),
        most=1,
    ),
    _type("footer", _("Legal footer"), _("Your name and address, why they get it, legal notice and privacy."), "lock", most=1),
    _type("unsubscribe", _("Unsubscribe"), _("One press and no more of these: the law asks for it."), "lock", most=1, is_marketing=True),
)
PROMOTING = (
    _type("coupon", _("Coupon"), _("A code for one use, with its last day, and one for a friend."), "tag", most=1, is_marketing=True),
    _type(
        "related", _("Related items"), _("Up to four things that go with the order and are in stock."), "grid", most=1, is_marketing=True
    ),
)
CATALOGUE = {one.name: one for one in (*GENERAL, *ABOUT_ORDER, *ABOUT_PARCEL, *ASKING, *ALWAYS, *PROMOTING)}
LABELS: dict[str, Text] = {
    "lead": _("Line above"),
    "lead_text": _("First sentence of the text part"),
    "headline": _("Heading when no day is known"),
    "open": _("Heading when no day is known"),
    "next": _("What happens next"),
    "handed": _("What happened"),
    "where": _("Where it is"),
    "why": _("Why"),
    "before": _("Before the day promised first"),
    "button": _("Label of the button"),
    "goes_to": _("Above the address"),
    "tracking_number": _("Above the tracking number"),
    "tracking_later": _("Until there is a tracking number"),
    "order_word": _("Above the order number"),
    "paid_with": _("Above the payment"),
    "valid": _("How long it is valid"),
    "not_you": _("If it was not them"),
    "fact": _("What is so"),
    "meaning": _("What it means"),
    "more": _("What else to know"),
    "back": _("How to take it back"),
    "asked_for": _("Above the address asked for"),
}
NAMES: dict[str, Text] = {
    "lead": _("Opening"),
    "headline": _("Opening"),
    "goes_to": _("Address and payment"),
    "order_word": _("Order and date"),
    "sent_on": _("Refund in detail"),
    "refund_for": _("What it is for"),
    "can_heading": _("What they can do"),
    "not_there_heading": _("If it is not there"),
    "not_you": _("If it was not them"),
    "not_you_heading": _("If it was not them"),
    "asked_for": _("The address asked for"),
}


def is_marketing(kind: str, style: str = "") -> bool:
    """Whether such a message needs consent: what it is about, or the offer its style holds."""
    return entry_of(kind).is_marketing or style in MARKETING_STYLES


def own_name(piece: Piece) -> str:
    """The name of a shipped mail's own section: after its first string, which outlives changes of the layout."""
    first = piece.keys[0] if piece.keys else next(iter(VARIABLE.findall(piece.mjml)), "section").replace(".", "_")
    return f"{OWN}{first}"


@cache
def own_types(kind: str, style: str) -> dict[str, BlockType]:
    """The sections only the shipped mail of this kind and style has, as blocks."""
    found = [piece for piece in pieces(kind, style) if is_own(piece)]
    return {own_name(piece): _own_type(piece) for piece in found}


def is_own(piece: Piece) -> bool:
    """Whether only this mail has the section; one that shows nothing but whom to ask is the block of that."""
    return not piece.button and piece.part not in BLOCK_OF and bool(piece.keys or "[[> help ]]" not in piece.mjml)


def _own_type(piece: Piece) -> BlockType:
    fields = tuple(BlockField(key, LABELS.get(key, key.replace("_", " ").capitalize()), "words", WORDS, help=_MARKS) for key in piece.keys)
    label = NAMES.get(next(iter(piece.keys), ""), _("Part of this message"))
    return BlockType(own_name(piece), label, _("A part of the shipped message."), "calendar", fields, most=1)


def type_of(name: str, kind: str, style: str = "") -> BlockType | None:
    """The block's type, if a mail of this kind may hold it."""
    found = CATALOGUE.get(name)
    if found is not None:
        return found if name in _names(kind, style) else None
    return own_types(kind, style).get(name)


def offered(kind: str, channel: str, style: str = "") -> tuple[BlockType, ...]:
    """What an editor may add to a mail of this kind. An SMS has no blocks."""
    if channel != Channel.EMAIL or not shipped.is_offered(kind, channel, style):
        return ()
    names = _names(kind, style) - locked(kind, style)
    return (*(one for one in CATALOGUE.values() if one.name in names), *own_types(kind, style).values())


def locked(kind: str, style: str = "") -> frozenset[str]:
    """Blocks that are always there: legal footer, return line of a confirmation, unsubscribe of what needs consent."""
    names = {"preheader", "footer"}
    if kind == Kind.ORDER_CONFIRMATION:
        names.add("returns")
    if is_marketing(kind, style):
        names.add("unsubscribe")
    return frozenset(names)


@cache
def _names(kind: str, style: str) -> frozenset[str]:
    names = {one.name for one in GENERAL} | locked(kind, style)
    if kind in CARRIERS:
        names.add("survey")
    if "order" in OF_KIND[kind]:
        names |= {one.name for one in ABOUT_ORDER if one.name not in ONLY_CONFIRMED or kind == Kind.ORDER_CONFIRMATION}
        names |= {one.name for one in ABOUT_PARCEL} if any(piece.part == "parcel" for piece in pieces(kind, style)) else set()
    elif any(piece.part == "end" for piece in pieces(kind, style)):
        names.add("contact")
    if is_marketing(kind, style):
        names |= {name for name, part in (("coupon", "coupon"), ("related", "similar")) if has_part(part)}
    return frozenset(names)
