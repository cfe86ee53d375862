"""A shopper's answer by SMS: kept once, obeyed at once, answered at most once."""

from datetime import datetime

from core.transactions import require_transaction
from customers.models import Customer
from customers.selectors import contacts_of, customers_by_phone, usable_phone
from customers.services import lift_suppression, preference_token, stop_texts
from customers.types import Channel, Contact, SuppressionReason
from merchants.selectors import base_url, branding, current_merchant
from notifications.answers import answer
from notifications.keywords import HELP, START, STOP, IncomingText
from notifications.models import InboundText, ShortLink
from notifications.shipped import language_for
from notifications.words import clean


def take_text(*, account_id: int, text: IncomingText, at: datetime) -> str:
    """Keep an inbound text of the current merchant and do what it says; returns what to answer, mostly nothing.

    STOP blocks the number and notes the withdrawal of everybody who has it, topic by topic. START lifts that block and grants
    nothing: what needs consent needs it anew. The same text told again changes nothing and is not answered again.
    """
    require_transaction("take_text")
    _, is_new = InboundText.objects.get_or_create(
        account_id=account_id,
        provider_id=text.provider_id,
        defaults={"sender": text.sender, "text": text.text, "keyword": text.meaning.keyword, "received_at": at},
    )
    number = usable_phone(text.sender)
    if not is_new or not number or not text.meaning.keyword:
        return ""
    people = customers_by_phone(phone=number)
    has_effect = _obey(number, text, at)
    return _answer(text, people) if has_effect and not text.is_answered else ""


def _obey(number: str, text: IncomingText, at: datetime) -> bool:
    """False when it changed nothing: told before, or nothing was stopped."""
    if text.meaning.keyword == STOP:
        return stop_texts(number=number, wording=text.text, detail=f"wrote {text.text}"[:200], at=at)
    if text.meaning.keyword == START:
        return lift_suppression(channel=Channel.SMS, recipient=number, reason=SuppressionReason.STOP)
    return True


def _answer(text: IncomingText, people: list[Customer]) -> str:
    merchant, keyword = current_merchant(), text.meaning.keyword
    brand = clean(branding().email_from_name or merchant.name)[:40]
    language = language_for(_language(people) or text.meaning.language, merchant.language)
    return answer(
        keyword,
        language,
        brand=brand,
        contact=_contact() if keyword == HELP else "",
        preferences=_preferences(people) if keyword == START else "",
    )


def _language(people: list[Customer]) -> str:
    """What the newest customer with this number chose or speaks."""
    return contacts_of([Contact(people[0].pk, "", "", "", "", {})])[0].language if people else ""


def _contact() -> str:
    look = branding()
    known = [clean(value) for value in (look.support_email or look.reply_to, look.support_phone) if value]
    return ", ".join(known) or base_url()


def _preferences(people: list[Customer]) -> str:
    if not people:
        return f"{base_url()}/preferences/"
    link: ShortLink = ShortLink.objects.create(path=f"/preferences/{preference_token(customer=people[0])}/")
    return f"{base_url()}/l/{link.code}"
