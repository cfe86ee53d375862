"""Everything a batch of one merchant's messages needs, read in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.functions import Now

from core.encryption import fingerprint
from customers.models import Suppression
from merchants.selectors import platform_hostname
from notifications import rules
from notifications.accounts import open_account
from notifications.automations import InForce, plans_in_force
from notifications.background import Background, load_background
from notifications.house import House, load
from notifications.models import Message, MessageContent, ProviderAccount, TemplateVersion
from notifications.registry import Adapter, adapter_of, entry_of
from notifications.rules import Facts, Way
from notifications.services.hold import stale_among
from notifications.types import Account, Outgoing
from orders.types import OrderState
from tracking.types import IncidentState, IncidentType, ShipmentStatus

Content = tuple[str, str, str]  # subject, text, html


@dataclass(frozen=True, slots=True)
class Desk:
    """The merchant's accounts, switches and wording, and what stands against the recipients, as of this transaction."""

    accounts: dict[str, tuple[Account, Adapter]]
    pauses: dict[str, float]  # channel -> seconds its provider is not to be called
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
        )

    def _day(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self.house.merchant.timezone)).date().isoformat()

    def way(self, message: Message) -> Way:
        """Whether the message's channel is open."""
        if message.channel not in self.accounts:
            return Way(has_account=False)
        return Way(has_sender=bool(self.sender(message)), pause=self.pauses[message.channel])

    def sender(self, message: Message) -> str:
        """The address or number a message comes from; empty when the merchant has set none."""
        account = self.accounts[message.channel][0]
        if message.channel == "email":
            address = account.settings.get("from_email") or self.house.branding.email_from
            return address or (f"no-reply@{platform_hostname()}" if account.provider == "sandbox" else "")
        keys = ("messaging_service_sid", "from_number", "sender_id")
        chosen = next((account.settings[key] for key in keys if account.settings.get(key)), "")
        return (
            chosen
            or self.house.branding.sms_sender
            or (self.house.branding.email_from_name[:11] or "Sandbox" if account.provider == "sandbox" else "")
        )

    def outgoing(self, message: Message, content: Content) -> Outgoing:
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
            sender=self.sender(message),
            sender_name=rules.display_name(self.house.branding.email_from_name) if is_email else "",
            reply_to=self.house.branding.reply_to if is_email else "",
            subject=subject,
            text=text,
            html=html,
            headers={"Auto-Submitted": "auto-generated"} if is_email else {},
        )


def lay_out(messages: Sequence[Message]) -> Desk:
    """Read the desk for these messages, in their merchant's scope."""
    rows = list(ProviderAccount.objects.filter(is_active=True).annotate(pause=F("paused_until") - Now()))
    accounts = [open_account(row) for row in rows]
    return Desk(
        accounts={account.channel: (account, adapter_of(account.provider)) for account in accounts},
        pauses={row.channel: row.pause.total_seconds() if row.pause else 0.0 for row in rows},
        house=load(),
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
