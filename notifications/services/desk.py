"""Everything a batch of one merchant's messages needs, read in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from core.encryption import fingerprint
from customers.models import Suppression
from merchants.selectors import platform_hostname
from notifications import rules
from notifications.automations import InForce, plans_in_force
from notifications.background import Background, load_background
from notifications.house import House, load
from notifications.models import Message, MessageContent, TemplateVersion
from notifications.registry import entry_of
from notifications.rules import Facts, Way
from notifications.services.hold import stale_among
from notifications.services.routes import Route, Routes, open_routes
from notifications.types import Account, Outgoing
from notifications.unsubscribe import list_headers
from orders.types import OrderState
from tracking.types import IncidentState, IncidentType, ShipmentStatus

Content = tuple[str, str, str]  # subject, text, html


@dataclass(frozen=True, slots=True)
class Desk:
    """The merchant's accounts, switches and wording, and what stands against the recipients, as of this transaction."""

    routes: Routes
    house: House
    plans: dict[str, InForce]
    suppressed: dict[tuple[str, str], str]
    versions: dict[tuple[str, str, str], TemplateVersion]
    contents: dict[int, MessageContent]
    background: Background
    stale: set[int]  # messages overtaken by newer ones about their parcel

    def facts(self, message: Message, now: datetime) -> Facts:
        """What is known now about a message that was decided before."""
        order, shipment, entry = message.order, message.shipment, entry_of(message.kind)
        incident = self.background.incident(message)
        return Facts(
            entry=entry,
            channel=message.channel,
            recipient=message.recipient,
            suppressed=self.suppressed.get((message.channel, fingerprint(message.recipient)), ""),
            is_on=message.channel in self.plans[message.kind].plan.channels,
            is_order_cancelled=order is not None and order.state == OrderState.CANCELLED,
            is_shipment_delivered=shipment is not None and shipment.status == ShipmentStatus.DELIVERED,
            status=shipment.status if shipment is not None else "",
            is_incident_over=incident is not None and incident.state == IncidentState.RESOLVED,
            is_silent=incident is not None and incident.type == IncidentType.STALLED,
            is_overtaken=message.pk in self.stale,
            is_day_over=entry.is_for_today and self._day(message.decided_at) != self._day(now),
            now=now,
            not_after=message.not_after,
        )

    def _day(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self.house.merchant.timezone)).date().isoformat()

    def way(self, message: Message, route: Route | None, now: datetime) -> Way:
        """Whether the message's channel is open."""
        if route is None:
            return Way(has_account=False)
        return self.routes.way(message, route, has_sender=bool(self.sender(message.channel, route.account)), now=now)

    def sender(self, channel: str, account: Account) -> str:
        """The address or number a message comes from; empty when the merchant has set none."""
        if channel == "email":
            address = account.settings.get("from_email") or self.house.branding.email_from
            return address or (f"no-reply@{platform_hostname()}" if account.provider == "sandbox" else "")
        keys = ("messaging_service_sid", "from_number", "sender_id")
        chosen = next((account.settings[key] for key in keys if account.settings.get(key)), "")
        return (
            chosen
            or self.house.branding.sms_sender
            or (self.house.branding.email_from_name[:11] or "Sandbox" if account.provider == "sandbox" else "")
        )

    def outgoing(self, message: Message, account: Account, content: Content) -> Outgoing:
        """The message as the adapter gets it."""
        order = message.order
        subject, text, html = content
        is_email = message.channel == "email"
        return Outgoing(
            message_id=message.pk,
            token=message.token,
            channel=message.channel,
            recipient=message.recipient,
            recipient_name=rules.display_name(f"{order.first_name} {order.last_name}") if order is not None and is_email else "",
            sender=self.sender(message.channel, account),
            sender_name=rules.display_name(self.house.branding.email_from_name) if is_email else "",
            reply_to=self.house.branding.reply_to if is_email else "",
            subject=subject,
            text=text,
            html=html,
            headers={"Auto-Submitted": "auto-generated", **list_headers(message, self.house.base_url)} if is_email else {},
        )


def lay_out(messages: Sequence[Message], now: datetime) -> Desk:
    """Read the desk for these messages, in their merchant's scope."""
    house = load()
    return Desk(
        routes=open_routes(messages, zone=house.merchant.timezone, now=now),
        house=house,
        plans=plans_in_force(),
        suppressed=_suppressed(messages),
        versions=_versions(messages),
        contents={row.message_id: row for row in MessageContent.objects.filter(message__in=messages)},
        background=load_background(messages),
        stale=stale_among(messages),
    )


def _suppressed(messages: Sequence[Message]) -> dict[tuple[str, str], str]:
    hashes = {fingerprint(message.recipient) for message in messages}
    rows = Suppression.objects.filter(recipient_hash__in=hashes).values_list("channel", "recipient_hash", "reason")
    return {(channel, digest): reason for channel, digest, reason in rows}


def _versions(messages: Sequence[Message]) -> dict[tuple[str, str, str], TemplateVersion]:
    rows = TemplateVersion.objects.filter(state=TemplateVersion.State.PUBLISHED, kind__in={message.kind for message in messages})
    return {(row.kind, row.channel, row.language): row for row in rows}
