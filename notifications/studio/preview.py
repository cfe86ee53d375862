"""The message one shopper would get, from a draft and a real order. Rendered by the same code as what is sent; nothing is stored."""

from datetime import datetime
from decimal import Decimal

from customers.types import Channel
from merchants.models import Merchant
from notifications import sms
from notifications.house import load
from notifications.models import ProviderAccount, TemplateVersion
from notifications.rendering import Rendered, render
from notifications.rules.prices import price_of
from notifications.shipped import style_of
from notifications.studio.check import Inspection, check
from notifications.studio.samples import PreviewNeeds, context_of, order_for, orders_for
from notifications.studio.types import Draft, Preview
from orders.models import Order

__all__ = ["PreviewNeeds", "orders_for", "preview"]
STRUCTURED = '<script type="application/ld+json">'


def preview(*, draft: Draft, order_id: int | None, now: datetime) -> Preview:
    """The draft for one order of the merchant's; without `order_id` for the newest that fits.

    Raises TemplateRefused for what could not be saved either, OrderNotFound for anybody else's order, PreviewNeeds when the
    order lacks what the message is about. A wording that fails for this order says so in `fallback_reason`.
    """
    made = check(draft)
    order = order_for(draft.kind, order_id)
    house = load()
    rendered = rendered_draft(draft, made, order, now)
    if draft.channel == Channel.SMS:
        return _sms(rendered, order, house.merchant)
    page = without_facts(rendered.html)
    reason = rendered.fallback_reason
    return Preview(
        rendered.subject,
        page,
        rendered.text,
        len(rendered.html.encode()),
        label=rendered.label,
        order_number=order.number,
        fallback_reason=reason,
    )


def rendered_draft(draft: Draft, made: Inspection, order: Order, now: datetime) -> Rendered:
    """A checked draft for an order, as composing does it."""
    facts = context_of(draft, order, now)
    version = unsaved(draft, made)
    return render(kind=draft.kind, channel=draft.channel, language=draft.language, context=facts, version=version, style=version.style)


def unsaved(draft: Draft, made: Inspection) -> TemplateVersion:
    """A version nobody stores."""
    return TemplateVersion(
        kind=draft.kind, channel=draft.channel, language=draft.language, style=style_of(draft.kind, draft.style), number=0,
        subject=draft.subject, source=made.built.mjml, text_source=made.built.text, compiled=made.compiled,
    )  # fmt: skip


def without_facts(page: str) -> str:
    """The page without the facts for mail programs: a preview frame runs no scripts, not even ours."""
    before, found, after = page.partition(STRUCTURED)
    return before + after.partition("</script>")[2] if found else page


def _sms(rendered: Rendered, order: Order, merchant: Merchant) -> Preview:
    size = sms.segments(rendered.text)
    cost, currency = price_of_text(order, merchant, size.segments)
    return Preview(
        "",
        "",
        rendered.text,
        0,
        size.encoding,
        size.units,
        size.segments,
        cost,
        currency,
        rendered.label,
        order.number,
        rendered.fallback_reason,
    )


def price_of_text(order: Order, merchant: Merchant, segments: int) -> tuple[Decimal | None, str]:
    """By the account in use and the order's country; None when the account's prices do not say."""
    account = ProviderAccount.objects.filter(channel=Channel.SMS, is_active=True).order_by("rank", "pk").first()
    if account is None:
        return None, ""
    country = str((order.shipping_address or {}).get("country") or merchant.country)
    cost = price_of(account.prices, channel=Channel.SMS, country=country, segments=segments)
    return cost, account.currency if cost is not None else ""
