"""What shoppers agreed to and chose to get, and which addresses get nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.encryption import fingerprint
from customers.models import Consent, ContactRule, Customer, Suppression
from customers.rules import is_unsaid, is_wanted, preferences_in, replaces
from customers.selectors import customers_by_phone, recipient_key, standings_of
from customers.tokens import preference_token as token_of_preferences
from customers.tokens import unsubscribe_token as token_of_stop
from customers.types import CHOOSABLE, Channel, Preferences, SuppressionReason, Topic
from merchants.audit import record
from merchants.models import User
from merchants.scope import required_merchant_id
from merchants.types import Deed

BEFORE = " before; "  # in the detail of a suppression, behind the reason whose place it took
# What a shopper or a telephone company said can only be taken back by them.
LIFTABLE = (SuppressionReason.MANUAL, SuppressionReason.BOUNCE)


@dataclass(frozen=True, slots=True)
class Said:
    """Where something was said, and by whom when it was not the shopper."""

    source: str
    actor: str = ""


def record_consent(
    *,
    customer: Customer,
    channel: str,
    is_granted: bool,
    source: str,
    wording: str = "",
    topic: str = Topic.OFFERS,
    actor: str = "",
    at: datetime,
) -> Consent:
    """Keep what the customer said about a topic on a channel. Saying the same again, in the same words, adds nothing.

    What was said as of `at` counts, so that old news told late do not take back what the customer said since.
    Refuses (ValueError) unknown channels and topics.
    """
    earlier = Consent.objects.filter(customer=customer, topic=Topic(topic), channel=Channel(channel), at__lte=at)
    newest: Consent | None = earlier.order_by("-at", "-id").first()
    if newest is not None and (newest.is_granted, newest.wording) == (is_granted, _text(wording, 300)):
        return newest
    row: Consent = Consent.objects.create(
        customer=customer,
        topic=topic,
        channel=channel,
        is_granted=is_granted,
        source=_text(source, 80),
        actor=_text(actor, 254),
        wording=_text(wording, 300),
        at=at,
    )
    return row


def _text(value: str, limit: int) -> str:
    return value.replace("\0", "")[:limit]


def set_contact_rule(*, customer: Customer, is_important_only: bool, paused_until: datetime | None, language: str, at: datetime) -> None:
    """How much the customer wants to hear over all topics, and in which language."""
    row = ContactRule(
        customer=customer,
        merchant_id=required_merchant_id(),
        is_important_only=is_important_only,
        paused_until=paused_until,
        language=language,
        updated_at=at,
    )
    fields = ["is_important_only", "paused_until", "language", "updated_at"]
    ContactRule.objects.bulk_create([row], update_conflicts=True, unique_fields=["merchant", "customer"], update_fields=fields)


def save_preferences(
    *, customer: Customer, preferences: Preferences, said: Said, wordings: Mapping[tuple[str, str], str], at: datetime
) -> Preferences:
    """Make the customer's choices these, with one statement for each that changed; returns what they were before.

    `wordings` holds the sentence that stood beside each switch. Saving the same again adds nothing. Questions left off are refused from
    then on: where the law lets a shop ask its buyers until they say no, this is their no.
    """
    _hold(customer)
    standing = standings_of([customer.pk])[customer.pk]
    before = preferences_in(standing, language=customer.language, now=at)
    known = dict(standing.said)
    for topic in CHOOSABLE:  # offers before what follows them: turning them on must not turn on the others unseen
        for channel in Channel:
            wants = (topic.value, channel.value) in preferences.wanted
            if wants != is_wanted(known, topic=topic, channel=channel) or (not wants and is_unsaid(known, topic=topic, channel=channel)):
                _say(customer, topic, channel, wants, said, wordings.get((topic, channel), ""), at)
                known[topic.value, channel.value] = wants
    if replace(preferences, wanted=before.wanted) != before:
        has_chosen = bool(standing.language) or preferences.language != before.language
        set_contact_rule(
            customer=customer,
            is_important_only=preferences.is_important_only,
            paused_until=preferences.paused_until,
            language=preferences.language if has_chosen else "",
            at=at,
        )
    return before


def _hold(customer: Customer) -> None:
    """Two savings at once are taken one after the other."""
    list(Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk).values_list("pk"))


def _say(customer: Customer, topic: str, channel: str, is_granted: bool, said: Said, wording: str, at: datetime) -> None:
    record_consent(
        customer=customer,
        topic=topic,
        channel=channel,
        is_granted=is_granted,
        source=said.source,
        actor=said.actor,
        wording=wording,
        at=at,
    )


def withdraw_everything(*, customer: Customer, channel: str, source: str, wording: str, at: datetime) -> None:
    """Note for every topic that the customer wants nothing more on a channel."""
    _hold(customer)
    for topic in Topic:
        record_consent(customer=customer, topic=topic, channel=channel, is_granted=False, source=source, wording=wording, at=at)


def stop_texts(*, number: str, wording: str = "", detail: str = "", at: datetime) -> bool:
    """Nothing more by SMS to a number whose owner said STOP, to us or to the telephone company: a block, and a withdrawal of every
    topic for everybody who has the number, so that lifting the block brings no consent back. True when it was not blocked before."""
    for customer in sorted(customers_by_phone(phone=number), key=lambda row: row.pk):  # in the order in which everybody locks them
        withdraw_everything(customer=customer, channel=Channel.SMS, source="sms STOP", wording=wording, at=at)
    return suppress(channel=Channel.SMS, recipient=number, reason=SuppressionReason.STOP, detail=detail, at=at)


def suppress(*, channel: str, recipient: str, reason: str, detail: str = "", at: datetime) -> bool:
    """Send nothing more to an address. True when it was not suppressed before.

    The first reason stays, but for what the person asked for: that cannot be lifted by staff. Refuses (ValueError) unknown
    channels and reasons. Only the fingerprint of the address is stored.
    """
    row = {"channel": Channel(channel), "recipient_hash": fingerprint(recipient_key(channel, recipient))}
    held: Suppression | None = Suppression.objects.select_for_update().filter(**row).first()
    if held is None:
        fresh = Suppression(**row, reason=SuppressionReason(reason), detail=detail[:200], created_at=at)
        Suppression.objects.bulk_create([fresh], ignore_conflicts=True)
        return True
    if replaces(reason, old=held.reason):
        held.reason, held.detail = reason, f"{held.reason}{BEFORE}{detail}"[:200]
        held.save(update_fields=["reason", "detail"])
    return False


def lift_suppression(*, channel: str, recipient: str, reason: str = SuppressionReason.STOP) -> bool:
    """Send to an address again that was suppressed for this one reason. False when it was not; other reasons stay, and a block by
    staff whose place it had taken comes back."""
    row = {"channel": Channel(channel), "recipient_hash": fingerprint(recipient_key(channel, recipient))}
    held: Suppression | None = Suppression.objects.select_for_update().filter(**row, reason=SuppressionReason(reason)).first()
    if held is None:
        return False
    if held.detail.partition(BEFORE)[0] == SuppressionReason.MANUAL:
        held.reason = SuppressionReason.MANUAL
        held.save(update_fields=["reason"])
        return False
    held.delete()
    record(Deed.SUPPRESSION_LIFTED, held, {"channel": channel, "reason": reason})
    return True


def block_by_hand(*, customer: Customer, by: User | None, at: datetime) -> int:
    """Staff say that nothing more is sent to a person. Returns how many addresses were free before."""
    addresses = [(channel, value) for channel, value in ((Channel.EMAIL, customer.email), (Channel.SMS, customer.phone)) if value]
    detail = f"user {by.pk}" if by else ""
    done = [
        channel
        for channel, value in addresses
        if suppress(channel=channel, recipient=value, reason=SuppressionReason.MANUAL, detail=detail, at=at)
    ]
    record(Deed.SUPPRESSED, customer, {"channels": [channel.value for channel in done]})
    return len(done)


def unblock_by_hand(*, customer: Customer) -> int:
    """Lift what staff blocked and what bounced. What the person asked for, or reported as spam, stays. Returns how many were lifted."""
    addresses = ((Channel.EMAIL, customer.email), (Channel.SMS, customer.phone))
    hashes = [fingerprint(recipient_key(channel, value)) for channel, value in addresses if value]
    rows = Suppression.objects.select_for_update().filter(recipient_hash__in=hashes, reason__in=LIFTABLE).order_by("pk")
    lifted = [(row.pk, row.channel, row.reason) for row in rows]
    Suppression.objects.filter(pk__in=[pk for pk, _channel, _reason in lifted]).delete()
    if lifted:
        record(Deed.SUPPRESSION_LIFTED, customer, {"lifted": [f"{channel} {reason}" for _pk, channel, reason in lifted]})
    return len(lifted)


def preference_token(*, customer: Customer) -> str:
    """The token of the customer's preference page, which needs no sign-in."""
    return token_of_preferences(customer.public_id)


def unsubscribe_token(*, customer: Customer, topic: str, channel: str) -> str:
    """The token that stops one topic on one channel. Refuses (ValueError) what cannot be turned off."""
    return token_of_stop(customer.public_id, topic=topic, channel=channel)
