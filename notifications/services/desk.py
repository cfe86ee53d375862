"""Everything a batch of one merchant's messages needs, read in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from customers.types import Topic
from merchants.selectors import platform_hostname
from notifications import rules
from notifications.automations import InForce, plans_in_force
from notifications.background import Background, load_background
from notifications.cases import case_of, name_of
from notifications.doubles import About, Doubles, load_doubles
from notifications.feedback import feedback_of
from notifications.house import House, load
from notifications.models import Message, MessageContent, TemplateVersion
from notifications.registry import entry_of
from notifications.rules import Facts, Home, Place, Way
from notifications.scales import live_surveys
from notifications.services.hold import stale_among
from notifications.services.known import countries_of
from notifications.services.recipients import Recipients, recipients_of
from notifications.services.routes import Route, Routes, open_routes
from notifications.services.subjects import ask_of
from notifications.shipped import style_of
from notifications.types import Account, Outgoing
from notifications.unsubscribe import list_headers
from orders.types import OrderState
from reviews.models import Survey
from tracking.types import IncidentState, IncidentType, ShipmentStatus

ASKED = frozenset({"request", "privacy_request"})
SURVEYS = "in surveys"
Content = tuple[str, str, str]  # subject, text, html


@dataclass(frozen=True, slots=True)
class Desk:
    """The merchant's accounts, switches and wording, and what stands against the recipients, as of this transaction."""

    routes: Routes
    house: House
    plans: dict[str, InForce]
    recipients: Recipients
    versions: dict[tuple[str, str, str, str], TemplateVersion]
    contents: dict[int, MessageContent]
    background: Background
    doubles: Doubles
    stale: set[int]  # messages overtaken by newer ones about their parcel
    surveys: Sequence[Survey] = ()  # read when a wording carries one

    def facts(self, message: Message, now: datetime) -> Facts:
        """What is known now about a message that was decided before."""
        order, shipment, entry, plan = message.order, message.shipment, entry_of(message.kind), self.plans[message.kind].plan
        row, told = self.background.row(message), rules.part_of(message.dedupe_key)
        incident, recipients, place = self.background.incident(message), self.recipients, self.recipients.place(message)
        return Facts(
            entry=entry,
            channel=message.channel,
            recipient=message.recipient,
            suppressed=recipients.suppression(message),
            is_on=message.channel in plan.channels,
            is_order_cancelled=order is not None and order.state == OrderState.CANCELLED,
            is_shipment_delivered=shipment is not None and shipment.status == ShipmentStatus.DELIVERED,
            status=shipment.status if shipment is not None else "",
            is_incident_over=incident is not None and incident.state == IncidentState.RESOLVED,
            is_silent=incident is not None and incident.type == IncidentType.STALLED,
            is_overtaken=message.pk in self.stale,
            ask=ask_of(row, told=told) if entry.subject in ASKED else None,
            case=case_of(row, message.kind, told=told) if entry.is_about_case and row is not None else None,
            feedback=feedback_of(row, message.kind, told=told) if entry.is_about_feedback and row is not None else None,
            countries=countries_of(order),
            elsewhere=self.doubles.elsewhere(message.kind, message.subject_id or message.shipment_id, message.channel),
            offer=self._offer(message, now),
            is_day_over=entry.is_for_today and _day(message.decided_at, place) != _day(now, place),
            standing=recipients.standing(message),
            recent=recipients.recent(message, now),
            trouble=recipients.trouble(message, entry.topic),
            now=now,
            not_after=message.not_after,
            place=place,
            window=plan.window,
        )

    def _offer(self, message: Message, now: datetime) -> str:
        stand = self.background.additions.get(message.order_id or 0)
        return stand.obstacle(message.order, now=now) if stand is not None and message.order is not None else ""

    def version(self, message: Message, style: str) -> TemplateVersion | None:
        """The merchant's own wording of the message, in the style it is composed in."""
        return self.versions.get((message.kind, message.channel, message.language, style_of(message.kind, style)))

    def surveys_for(self, message: Message, now: datetime) -> Sequence[Survey]:
        """What the message may carry beside its news: to ask is to advertise, so nothing to who may not be asked, or has trouble."""
        if not self.surveys or message.order is None or self.recipients.trouble(message, Topic.REVIEWS):
            return ()
        standing = self.recipients.standing(message)
        return self.surveys if rules.may_ask(standing, countries=countries_of(message.order), now=now) else ()

    def may_advertise(self, message: Message, now: datetime) -> bool:
        """Whether what was composed before in the message's style may still be said."""
        return not rules.lacking(message.style, self.recipients.standing(message), now=now)

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

    def _name(self, message: Message) -> str:
        """Whom it is addressed to; a gift's news and a withdrawal's receipt name whom they are for."""
        if entry_of(message.kind).is_about_case:
            row = self.background.row(message)
            return name_of(row) if row is not None else ""
        return f"{message.order.first_name} {message.order.last_name}" if message.order is not None else ""

    def outgoing(self, message: Message, account: Account, content: Content) -> Outgoing:
        """The message as the adapter gets it."""
        subject, text, html = content
        is_email = message.channel == "email"
        return Outgoing(
            message_id=message.pk,
            token=message.token,
            channel=message.channel,
            recipient=message.recipient,
            recipient_name=rules.display_name(self._name(message)) if is_email else "",
            sender=self.sender(message.channel, account),
            sender_name=rules.display_name(self.house.branding.email_from_name) if is_email else "",
            reply_to=self.house.branding.reply_to if is_email else "",
            subject=subject,
            text=text,
            html=html,
            headers={"Auto-Submitted": "auto-generated", **list_headers(message, self.house.base_url)} if is_email else {},
        )


def lay_out(messages: Sequence[Message], now: datetime, *, drafts: bool = False) -> Desk:
    """Read the desk for these messages, in their merchant's scope. With `drafts` they follow the newest drafts."""
    house = load()
    merchant = house.merchant
    plans, background = plans_in_force(drafts=drafts), load_background(messages)
    versions = _versions(messages, drafts=drafts)
    carrying = {key for key, version in versions.items() if carries_survey(version)}
    asking = {row.customer_id for row in messages if row.customer_id is not None and _place(row) in carrying}
    return Desk(
        routes=open_routes(messages, zone=merchant.timezone, now=now),
        house=house,
        plans=plans,
        recipients=recipients_of(messages, Home(merchant.country, merchant.timezone), now, asking=asking),
        versions=versions,
        contents={row.message_id: row for row in MessageContent.objects.filter(message__in=messages)},
        background=background,
        doubles=load_doubles([_about(row, background) for row in messages], plans, now),
        stale=stale_among(messages),
        surveys=live_surveys() if carrying else (),
    )


def carries_survey(version: TemplateVersion) -> bool:
    """Whether a wording has a survey beside its news."""
    return SURVEYS in version.compiled or SURVEYS in version.text_source


def _place(message: Message) -> tuple[str, str, str, str]:
    """Where the message's own wording would be."""
    return message.kind, message.channel, message.language, style_of(message.kind, message.style)


def _about(message: Message, background: Background) -> About:
    return About(message.kind, message.subject_id, message.order_id, message.shipment, background.row(message))


def _versions(messages: Sequence[Message], *, drafts: bool) -> dict[tuple[str, str, str, str], TemplateVersion]:
    states = [TemplateVersion.State.PUBLISHED, TemplateVersion.State.DRAFT] if drafts else [TemplateVersion.State.PUBLISHED]
    # Published first, then drafts by number: the last one counts.
    rows = TemplateVersion.objects.filter(state__in=states, kind__in={message.kind for message in messages}).order_by("-state", "number")
    return {(row.kind, row.channel, row.language, style_of(row.kind, row.style)): row for row in rows}


def _day(at: datetime, place: Place) -> date:
    return at.astimezone(ZoneInfo(place.zone)).date()
