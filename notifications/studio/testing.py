"""Drafts to people of the staff: addresses proved by a link, and test messages to those only.

A test is a message of its own (`Message.is_test`): without customer and order, its words rendered when it is asked for and
stored with it, so that the normal road hands it over by the merchant's own provider, and nothing it does touches an order,
a promise or a short link. It is counted in no figure. Its receipt says who asked for it.
"""

import logging
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from core.encryption import random_id
from core.signing import derive_token, same
from core.text import BadPhone, normalise_phone
from customers.types import Channel, Topic
from events import doorbell
from events.queue import database_now
from merchants.models import User
from merchants.scope import required_merchant_id
from merchants.selectors import current_merchant, platform_url
from notifications.models import Message, MessageContent, ProviderAccount, TestAddress
from notifications.rendering import Rendered, label_of
from notifications.studio.check import check
from notifications.studio.preview import rendered_draft, unsaved
from notifications.studio.samples import order_for
from notifications.studio.types import Draft
from notifications.types import Kind

logger = logging.getLogger(__name__)
PURPOSE, LINK_LABEL = "test-address", "studio link"
LINK_LIFETIME = timedelta(hours=24)
PER_MINUTE, PER_DAY, LINKS_PER_DAY = 20, 200, 5
MOST_ADDRESSES = 10  # of one person
TEST_LIFETIME = timedelta(hours=1)
MAX_SUBJECT = 200


class AddressRefused(ValueError):
    """Not an address, somebody else's, or too many of them."""


class LinkInvalid(ValueError):
    """The link is not this person's, was used, was replaced by a newer one, or is older than a day."""


class NotVerified(LookupError):
    """No address of this person that a link proved: nothing is sent there."""


class NoAccount(ValueError):
    """The merchant has no account to send by on this channel."""


class TooManyTests(ValueError):
    """More than 20 a minute for a person, or 200 a day for a merchant."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(_("Too many tests at once. Try again in a while."))


def addresses_of(user: User) -> list[TestAddress]:
    """The person's addresses at the current merchant; those without `verified_at` wait for their link."""
    return list(TestAddress.objects.filter(user=user).order_by("channel", "address", "pk"))


@transaction.atomic
def add_address(*, user: User, channel: str, address: str, at: datetime) -> TestAddress:
    """Send a link to an address that is to get tests; asking again sends a new one and ends the old.

    Refuses (AddressRefused) what is no address, somebody else's, and too many addresses or links; (NoAccount) without a provider.
    """
    usable = _usable(channel, address)
    _require_account(channel)
    _one_at_a_time(f"address|{channel}|{usable}")
    row: TestAddress | None = TestAddress.objects.filter(channel=channel, address=usable).first()
    if row is not None and (row.user_id != user.pk or row.verified_at is not None):
        raise AddressRefused(_("This address is in use already."))
    if row is None and TestAddress.objects.filter(user=user).count() >= MOST_ADDRESSES:
        raise AddressRefused(_("Remove an address before you add another."))
    if _links_sent(user, at) >= LINKS_PER_DAY:
        raise AddressRefused(_("Too many links today. Try again tomorrow."))
    row = row or TestAddress(user=user, channel=channel, address=usable)
    row.nonce, row.asked_at = random_id(), at
    row.save()
    _send(_link_words(row), row, user, kind=Kind.NOTE, label=LINK_LABEL, at=at)
    return row


def _usable(channel: str, address: str) -> str:
    address = address.strip()
    if channel == Channel.SMS:
        try:
            return normalise_phone(address, current_merchant().country)
        except BadPhone:
            raise AddressRefused(_("Not a telephone number.")) from None
    if channel != Channel.EMAIL:
        raise AddressRefused(_("Not a channel."))
    try:
        validate_email(address)
    except ValidationError:
        raise AddressRefused(_("Not an e-mail address.")) from None
    return address.lower()


def _links_sent(user: User, at: datetime) -> int:
    links = Message.objects.filter(is_test=True, template_label=LINK_LABEL, decided_at__gt=at - timedelta(days=1))
    return sum(_asked_by(reasons) == user.pk for reasons in links.values_list("reasons", flat=True))


def _link_words(row: TestAddress) -> Rendered:
    link = f"{platform_url()}{reverse('admin:notifications_templateversion_address', args=[derive_token(PURPOSE, row.nonce)])}"
    text = _("Open this link within a day to get tests of %(merchant)s's messages here: %(link)s") % {
        "merchant": current_merchant().name,
        "link": link,
    }
    return Rendered(_("Confirm this address for tests"), text, "", 0, LINK_LABEL)


def address_of(*, user: User, token: str, at: datetime) -> TestAddress:
    """The address a link belongs to; changes nothing. Raises LinkInvalid."""
    waiting = TestAddress.objects.filter(user=user, verified_at=None, asked_at__gt=at - LINK_LIFETIME).order_by("pk")
    found: TestAddress | None = next((row for row in waiting if same(token, derive_token(PURPOSE, row.nonce))), None)
    if found is None:
        raise LinkInvalid(_("This link is not valid any more. Ask for a new one."))
    return found


def confirm_address(*, user: User, token: str, at: datetime) -> TestAddress:
    """The address is the person's own. Raises LinkInvalid."""
    row = address_of(user=user, token=token, at=at)
    row.verified_at, row.nonce = at, random_id()
    row.save(update_fields=["verified_at", "nonce"])
    return row


def remove_address(*, user: User, address_id: int) -> bool:
    """Forget one of the person's own addresses. False when there is none."""
    return bool(TestAddress.objects.filter(user=user, pk=address_id).delete()[0])


@transaction.atomic
def send_test(*, draft: Draft, order_id: int | None, address_id: int, user: User, at: datetime) -> Message:
    """Send the draft, as it would be for one order, to an address of one's own.

    Refuses: NotVerified, NoAccount, TooManyTests, and what `preview` refuses. Nothing is stored then.
    """
    address = TestAddress.objects.filter(user=user, pk=address_id, channel=draft.channel).exclude(verified_at=None).first()
    if address is None:
        raise NotVerified(_("Tests go only to an address of your own that you have confirmed."))
    _require_account(draft.channel)
    made = check(draft)
    rendered = rendered_draft(draft, made, order_for(draft.kind, order_id), at)
    _within_limits(user, at)
    return _send(_marked(rendered, draft), address, user, kind=draft.kind, label=label_of(unsaved(draft, made)), at=at)


def _marked(rendered: Rendered, draft: Draft) -> Rendered:
    """A test says that it is one: in its subject, or before its text."""
    mark = _("Test")
    text = f"[{mark}] {rendered.text}" if draft.channel == Channel.SMS else rendered.text
    return Rendered(f"[{mark}] {rendered.subject}"[:MAX_SUBJECT], text, rendered.html, rendered.segments, rendered.label)


def _require_account(channel: str) -> None:
    if not ProviderAccount.objects.filter(channel=channel, is_active=True).exists():
        raise NoAccount(_("There is no provider to send by on this channel."))


def _within_limits(user: User, at: datetime) -> None:
    """Counted in the table of messages, under a lock of the merchant: two at the same moment must not both see the last free place."""
    _one_at_a_time("tests")
    recent = Message.objects.filter(is_test=True, decided_at__gt=at - timedelta(days=1))
    sent = list(recent.order_by("decided_at").values_list("decided_at", "reasons"))
    if len(sent) >= PER_DAY:
        raise TooManyTests(_seconds(sent[-PER_DAY][0] + timedelta(days=1) - at))
    mine = [moment for moment, reasons in sent if moment > at - timedelta(minutes=1) and _asked_by(reasons) == user.pk]
    if len(mine) >= PER_MINUTE:
        raise TooManyTests(_seconds(mine[-PER_MINUTE] + timedelta(minutes=1) - at))


def _seconds(wait: timedelta) -> int:
    return max(1, int(wait.total_seconds()))


def _asked_by(reasons: list[dict[str, object]]) -> object:
    return reasons[0].get("user") if reasons else None


def _one_at_a_time(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"studio|{required_merchant_id()}|{what}"])


def _send(rendered: Rendered, to: TestAddress, user: User, *, kind: str, label: str, at: datetime) -> Message:
    row: Message = Message.objects.create(
        kind=kind, channel=to.channel, language=current_merchant().language, recipient=to.address, is_test=True, is_mandatory=False,
        topic=Topic.ORDERS, dedupe_key=f"test:{random_id()}", decided_at=at, due_at=database_now(), not_after=at + TEST_LIFETIME,
        template_label=label, segments=rendered.segments,
        reasons=[{"condition": "test", "ok": True, "detail": user.email, "user": user.pk}],
    )  # fmt: skip
    MessageContent.objects.create(message=row, subject=rendered.subject, text=rendered.text, html=rendered.html)
    logger.info("test asked for", extra={"message_id": row.pk, "user_id": user.pk, "label": label})
    transaction.on_commit(lambda: doorbell.ring("messages"))
    return row


def outcome(*, message_id: int, user: User) -> Message | None:
    """How a test of this person's fares; None for any other message."""
    row: Message | None = Message.objects.filter(pk=message_id, is_test=True).first()
    return row if row is not None and _asked_by(row.reasons) == user.pk else None
