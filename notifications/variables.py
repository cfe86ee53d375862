"""The variables a template may use, by kind of message, and which of them a source uses. `[]` is one of a list."""

from collections.abc import Iterator
from dataclasses import dataclass

from liquid.ast import Node
from liquid.builtin.expressions import Path
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.for_tag import ForNode

from notifications.case_entries import ABOUT_CASES
from notifications.liquid import compile_template, expressions, walk
from notifications.types import Kind
from notifications.words import names

LINE = ("title", "options", "quantity", "unit_price", "total", "image_url")
PARCEL = (
    *names("position carrier service tracking_number carrier_url sent_on sent_at sent_short eta eta_short eta_weekday eta_day more"),
    *(f"items[].{name}" for name in LINE),
)
DAY_FORMS = ("by", "short", "weekday", "day")
GROUPS: dict[str, tuple[str, ...]] = {
    "merchant": ("name", "language", "address", "shop_url", "privacy_url", "imprint_url"),
    "branding": ("font", "heading_font", "heading_weight", "radius", "logo_url"),
    "colors": names("accent on_accent canvas sheet ink soft line plate dark_canvas dark_sheet dark_ink dark_soft dark_line dark_plate"),
    "support": ("email", "phone", "hours", "team", "can_reply", "is_there"),
    "customer": ("first_name",),
    "links": ("home", "order", "track", "choice", "not_here", "returns", "send_back", "withdraw", "short", "preferences", "unsubscribe"),
    "order": (
        *names("number ships is_cancelled has_pictures items_count more by_text shipping_method is_tracked"),
        *names("placed_on placed_short placed_time promise is_sent stage sent_on sent_short"),
        *(f"{what}_{form}" for what in ("ship", "arrive") for form in ("by", "by_short", "weekday", "day")),
        *names("items_total discount shipping tax_added tax_included total refunded"),
        *names("payment paid due methods[] methods_count method address[] address_lines"),
    ),
    "items[]": LINE,
    "parcels[]": PARCEL,
    "returns": ("until", "days", "is_free", "refund_days", "how"),
    "welcome": ("is_first", "echo", "more"),
    "coupon": ("code", "worth", "minimum", "expires_on", "expires_short"),
    "referral": ("code", "url", "worth"),
    "similar[]": ("title", "price", "image_url", "url"),
    "offer": names("url short until until_short first first_price count more items[].title items[].price items[].image_url"),
    "shipment": (
        *(*PARCEL, "count", "rest_count", *(f"rest[].{name}" for name in LINE)),
        *names("who carrier_phone today city arrived_at pickup_city pickup_words delivered_at how manner"),
        *(f"{what}_{form}" for what in ("pickup", "delivered") for form in DAY_FORMS),
    ),
    "incident": (
        *names("what cause why promised choice last_city"),
        *(f"{what}_{form}" for what in ("expected", "news") for form in DAY_FORMS),
    ),
    "attempt": ("at", "why", "todo"),
    "note": ("paragraphs[]",),
    "refund": ("amount", "on", "bank_by", "note", "items_count", *(f"items[].{name}" for name in LINE)),
    "cancellation": ("money", "amount", "by", "by_short"),
    "sign_in": ("code", "url", "minutes"),
    "look_up": ("code", "minutes"),
    "email_change": ("code", "minutes"),
    "request": ("what", "is_done", "reason", *(f"answer_{form}" for form in DAY_FORMS), "address[]", "address_lines"),
    "account": ("what", "at", "device"),
    "privacy": ("what", "state", "reason", *(f"day_{form}" for form in DAY_FORMS)),
    "case": (
        *names("kind number order_number is_gift has_pictures items_count more"),
        *(f"items[].{name}" for name in names("title options quantity outcome amount image_url")),
    ),
    "back": (
        *names("way way_fee carrier tracking_number code has_label waits_for_label place address[] address_lines instructions[]"),
        *names("instructions_count reason help question money credit deduction found[] found_count is_whole"),
        *(f"{day}_{form}" for day in names("answer hand_over arrive inspect refund bank") for form in DAY_FORMS),
    ),
    "claim": (
        *names("problem what is_granted wanted resolution does amount goes_back reason help question"),
        *(f"{day}_{form}" for day in ("answer", "settle") for form in DAY_FORMS),
    ),
    "money": (*names("amount way code on on_short deduction found[] found_count"), *(f"bank_{form}" for form in DAY_FORMS)),
    "exchange": (*names("title options quantity carrier tracking_number carrier_url"), *(f"arrive_{form}" for form in DAY_FORMS)),
    "withdrawal": (
        *names("name email order_number scope at receipt[] receipt_count reason is_open"),
        *(f"refund_{form}" for form in DAY_FORMS),
    ),
}
ANSWERS = ("text", "low", "high", "steps[].value", "steps[].url")
GROUPS |= {
    "surveys[]": ("key", "url", *ANSWERS),
    "ask": (
        *names("order_number delivered_on delivered_short until has_pictures items_count more"),
        *(f"items[].{name}" for name in names("title options image_url url steps[].value steps[].word steps[].url")),
    ),
    "reward": ("worth", "minimum", "days"),
    "thanks": ("code", "worth", "minimum", "expires_on", "expires_short"),
    "written": (
        *names("product title has_pictures items_count"),
        *(f"items[].{name}" for name in names("title options image_url url")),
    ),
    "decision": ("ground", "help", "note"),
    "answer": ("is_public", "paragraphs[]"),
    "survey": ("order_number", "intro", "scales_count", *(f"scales[].{name}" for name in ANSWERS)),
    "theme": ("name", "note", "product", "said", "said_on"),
}
ALWAYS = ("merchant", "branding", "colors", "support", "customer")
ABOUT_ORDER = (*ALWAYS, "links", "order", "items[]", "parcels[]", "returns")
ABOUT_CASE = {
    "return": ("case", "back"),
    "claim": ("case", "claim"),
    "money": ("case", "money"),
    "exchange": ("case", "exchange"),
    "withdrawal": ("withdrawal",),
}
OF_KIND: dict[str, tuple[str, ...]] = {
    Kind.ORDER_CONFIRMATION: (*ABOUT_ORDER, "welcome", "coupon", "referral", "similar[]"),
    Kind.THANKS: ABOUT_ORDER,
    Kind.ADDITIONS: (*ABOUT_ORDER, "offer"),
    Kind.DISPATCH: (*ABOUT_ORDER, "shipment"),
    Kind.CANCELLATION: (*ABOUT_ORDER, "cancellation"),
    Kind.REFUND: (*ABOUT_ORDER, "refund"),
    Kind.SIGN_IN: (*ALWAYS, "sign_in"),
    Kind.ARRIVED_IN_CITY: (*ABOUT_ORDER, "shipment"),
    Kind.OUT_FOR_DELIVERY: (*ABOUT_ORDER, "shipment"),
    Kind.ATTEMPT_FAILED: (*ABOUT_ORDER, "shipment", "attempt"),
    Kind.READY_FOR_PICKUP: (*ABOUT_ORDER, "shipment"),
    Kind.PICKUP_EXPIRING: (*ABOUT_ORDER, "shipment", "incident"),
    Kind.DELAYED: (*ABOUT_ORDER, "shipment", "incident"),
    Kind.DISPATCH_DELAYED: (*ABOUT_ORDER, "incident"),
    Kind.LOST_SUSPECTED: (*ABOUT_ORDER, "shipment", "incident"),
    Kind.DELIVERED: (*ABOUT_ORDER, "shipment"),
    Kind.CHOICE_RECEIVED: (*ABOUT_ORDER, "incident"),
    Kind.RECEIPT_DENIED: (*ABOUT_ORDER, "shipment", "incident"),
    Kind.NOTE: (*ABOUT_ORDER, "note"),
    Kind.ORDER_CODE: (*ABOUT_ORDER, "look_up"),
    Kind.EMAIL_CODE: (*ALWAYS, "email_change"),
    Kind.ACCOUNT_NOTICE: (*ALWAYS, "account"),
    Kind.REQUEST_RECEIVED: (*ABOUT_ORDER, "request"),
    Kind.REQUEST_DECIDED: (*ABOUT_ORDER, "request"),
    Kind.PRIVACY: (*ALWAYS, "privacy"),
}
OF_KIND |= {entry.kind: (*ALWAYS, *ABOUT_CASE[entry.subject]) for entry in ABOUT_CASES}
# A survey stands beside what the message tells, where that is news of an order: not with codes, answers and what the law asks for.
CARRIERS = frozenset(
    kind for kind, groups in OF_KIND.items() if ("order" in groups or "case" in groups) and kind not in (Kind.ORDER_CODE, Kind.SIGN_IN)
)
OF_KIND |= {kind: (*OF_KIND[kind], "surveys[]") for kind in CARRIERS}
OF_KIND |= {
    Kind.REVIEW_REQUEST: (*ALWAYS, "ask", "reward"),
    Kind.REVIEW_REMINDER: (*ALWAYS, "ask", "reward"),
    Kind.REVIEW_PUBLISHED: (*ALWAYS, "written", "thanks"),
    Kind.REVIEW_REJECTED: (*ALWAYS, "written", "decision"),
    Kind.REVIEW_ANSWERED: (*ALWAYS, "written", "answer"),
    Kind.REVIEW_THANKS: (*ALWAYS, "written", "thanks"),
    Kind.SURVEY: (*ALWAYS, "survey"),
    Kind.THEME_DONE: (*ALWAYS, "theme"),
}
# Messages that are about no order know fewer addresses.
LINKS = {
    Kind.ACCOUNT_NOTICE: ("security",),
    Kind.PRIVACY: ("privacy",),
    **{entry.kind: ("case", "short", "returns") for entry in ABOUT_CASES if entry.subject != "withdrawal"},
    Kind.EXCHANGE_SHIPPED: ("case", "short", "returns", "track"),
    **dict.fromkeys((Kind.REVIEW_REQUEST, Kind.REVIEW_REMINDER), ("review", "not_here", "about", "preferences", "unsubscribe")),
    **dict.fromkeys(
        (Kind.REVIEW_PUBLISHED, Kind.REVIEW_REJECTED, Kind.REVIEW_ANSWERED, Kind.REVIEW_THANKS), ("review", "edit", "shown", "about")
    ),
    Kind.SURVEY: ("survey", "preferences", "unsubscribe"),
    Kind.THEME_DONE: ("preferences", "unsubscribe"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """One variable where it stands in a source."""

    path: str
    line: int


def documented(kind: str) -> frozenset[str]:
    """Every variable of the kind: `order.number`, `items[].title`."""
    links = () if "links" in OF_KIND[kind] else ("home", *LINKS.get(Kind(kind), ()))
    extra = {"language", *(f"links.{name}" for name in links)}
    return frozenset({f"{group}.{name}" for group in OF_KIND[kind] for name in GROUPS[group]} | extra)


def variables_of(source: str) -> list[Use]:
    """Variables a source uses, with those of loops spelled out (`line.title` in `for line in items` is `items[].title`).

    Raises LiquidError for a source that does not parse.
    """
    nodes = compile_template(source, html=False).nodes
    # Names made anywhere are known everywhere, as in Liquid.
    made: dict[str, str | None] = {str(node.name): None for node in walk(nodes) if isinstance(node, AssignNode | CaptureNode)}
    return list(_uses(nodes, made))


def unknown(source: str, kind: str) -> list[Use]:
    """Uses of variables the kind does not have; parts of a path (`order`, `items`) count as known."""
    known = documented(kind)
    prefixes = {path[:end].removesuffix("[]") for path in known for end, c in enumerate(path) if c in ".["} | known
    return [use for use in variables_of(source) if use.path not in prefixes and f"{use.path}[]" not in known]


def _uses(nodes: list[Node], local: dict[str, str | None]) -> Iterator[Use]:
    for node in nodes:
        for expression in expressions(node):
            if isinstance(expression, Path) and (use := _use(expression, local)):
                yield use
        yield from _uses(_inside(node), _within(node, local))


def _inside(node: Node) -> list[Node]:
    return list(node.children(None, include_partials=False))  # type: ignore[arg-type]


def _within(node: Node, local: dict[str, str | None]) -> dict[str, str | None]:
    if not isinstance(node, ForNode):
        return local
    over = node.expression.iterable
    path = _resolve(over, local) if isinstance(over, Path) else None
    return {**local, node.expression.identifier: f"{path}[]" if path else None, "forloop": None}


def _use(expression: Path, local: dict[str, str | None]) -> Use | None:
    path = _resolve(expression, local)
    if path is None:
        return None
    source, start = expression.token.source, max(0, expression.token.start_index)
    return Use(path, source.count("\n", 0, start) + 1)


def _resolve(expression: Path, local: dict[str, str | None]) -> str | None:
    """The full path; None for a template's own names, whose contents are not followed."""
    head, *rest = expression.path
    base = local.get(str(head), str(head))
    if base is None:
        return None
    parts = [base]
    for part in rest:
        if isinstance(part, int) or part in ("first", "last"):
            parts[-1] += "[]"
        elif isinstance(part, str) and part != "size":
            parts.append(part)
    return ".".join(parts)
