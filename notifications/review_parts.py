"""What messages say of questions, reviews, surveys and themes. No queries but for the one thing all of a batch share, no writes.

Nothing here knows how many stars a review has: what its author is told is the same for every one.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from customers.models import Customer
from notifications.background import Background
from notifications.case_parts import Teller
from notifications.facts import SHOWN, image_url, options_text, shorten
from notifications.feedback import answer_of, contact_of_feedback, lines_to_ask, order_of
from notifications.models import Message
from notifications.notes import Notes
from notifications.progress import note_part
from notifications.rules import part_of
from notifications.scales import questions_of, scale_part, star_steps
from notifications.styles import percent
from notifications.types import Kind
from notifications.unsubscribe import preferences_url, unsubscribe_url
from notifications.words import clean, names
from orders.models import Order, OrderLine
from reviews.models import Review, ReviewRequest, SurveyInvite, ThemeMark
from reviews.rules.surveys import text_in
from reviews.tokens import invite_token, request_token
from reviews.types import ReviewState, Step
from rewards.models import Coupon, ThanksRule
from rewards.rules import SAMPLE
from rewards.selectors import thanks_offer
from rewards.types import Worth

STARRED = 10  # products with stars to tap; the form has the others
LONGEST_SAID = 200
NO_REWARD = dict.fromkeys(names("worth minimum days"), "")
NO_THANKS = dict.fromkeys(names("code worth minimum expires_on expires_short"), "")
EXAMPLE_RULE = ThanksRule(worth=Worth.PERCENT, value=Decimal(10), currency="", minimum=Decimal(0), valid_days=60)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to be told, and what it may lean on."""

    message: Message
    told: Teller
    home_language: str  # the merchant's
    background: Background
    notes: Notes

    @property
    def base(self) -> str:
        return self.told.base_url

    @property
    def language(self) -> str:
        return self.told.words.language


def feedback_context(row: Any, letter: Letter) -> dict[str, Any]:
    """Everything but what is the house's and the reader's name."""
    if isinstance(row, ReviewRequest):
        return {"ask": ask_part(row, letter), "reward": reward_part(row, letter), "links": _asking_links(row, letter)}
    if isinstance(row, SurveyInvite):
        return {"survey": survey_part(row, letter), "links": _asking_links(row, letter)}
    if isinstance(row, ThemeMark):
        return {"theme": theme_part(row, letter), "links": _asking_links(row, letter)}
    return {"links": _author_links(row, letter), **_about_review(row, letter)}


def customer_of(row: Any) -> Customer | None:
    """Whose preferences a message about the row follows."""
    order = order_of(row)
    found: Customer | None = order.customer if order is not None else row.voice.customer if isinstance(row, ThemeMark) else None
    return found


def reader_name(row: Any) -> str:
    """The first name of whoever it goes to."""
    contact = contact_of_feedback(row)
    return contact.first_name if contact is not None else ""


def _asking_links(row: Any, letter: Letter) -> dict[str, str]:
    base, customer = letter.base, customer_of(row)
    found = {
        "home": f"{base}/",
        "preferences": preferences_url(customer, base),
        "unsubscribe": unsubscribe_url(letter.message, customer, base),
    }
    if isinstance(row, ReviewRequest):
        form = form_address(row, letter)
        found |= {"review": form, "not_here": f"{form}#not-here", "about": f"{base}/reviews/about/"}
    if isinstance(row, SurveyInvite):
        found["survey"] = survey_address(row, letter)
    return found


def form_address(row: ReviewRequest, letter: Letter) -> str:
    """The form of one parcel, which needs no sign-in; of an example, the first page."""
    return f"{letter.base}/" if letter.notes.is_example else f"{letter.base}/review/{request_token(row)}/"


def survey_address(row: SurveyInvite, letter: Letter) -> str:
    """The page of a survey put to one shopper; of an example, the first page."""
    return f"{letter.base}/" if letter.notes.is_example else f"{letter.base}/survey/{invite_token(row)}/"


def _author_links(row: Review, letter: Letter) -> dict[str, str]:
    mine = f"{letter.base}/" if letter.notes.is_example else f"{letter.base}/reviews/{row.public_id}/"
    return {
        "home": f"{letter.base}/",
        "review": mine,
        "edit": mine if letter.notes.is_example else f"{mine}edit/",
        "shown": product_address(row, letter.base),
        "about": f"{letter.base}/reviews/about/",
    }


def product_address(row: Review, base_url: str) -> str:
    """Where everybody reads the reviews of its product."""
    return f"{base_url}/products/{quote(row.product_key, safe='')}/reviews/"


def ask_part(row: ReviewRequest, letter: Letter) -> dict[str, Any]:
    """What came, and stars to tap for each of it."""
    told, order = letter.told, row.order
    wanted = {int(pk) for pk in row.lines}
    lines = [line for line in order.lines.all() if line.pk in wanted] if letter.notes.is_example else lines_to_ask(row)
    came = told.words.local(row.delivered_at).date()
    until = told.words.local(row.ends_at).date() if row.ends_at is not None else None
    return {
        "order_number": clean(order.number),
        "delivered_on": told.words.day(came, now=told.today),
        "delivered_short": told.words.short(came),
        "until": told.words.day(until, now=told.today) if until is not None else "",
        "has_pictures": any(image_url(line) for line in lines[:STARRED]),
        "items_count": len(lines),
        "more": max(0, len(lines) - STARRED),
        "items": [_starred(line, form_address(row, letter), letter.language) for line in lines[:STARRED]],
    }


def _starred(line: OrderLine, form: str, language: str) -> dict[str, Any]:
    address = f"{form}?line={line.public_id}"
    return {**_item(line), "url": address, "steps": star_steps(language, address)}


def _item(line: OrderLine) -> dict[str, Any]:
    return {"title": shorten(clean(line.title)), "options": options_text(line), "image_url": image_url(line)}


def reward_part(row: ReviewRequest, letter: Letter) -> dict[str, str]:
    """What is given for writing, whatever it says; empty where nothing is, and where the order has had it."""
    rule = EXAMPLE_RULE if letter.notes.is_example else _promised(row, letter)
    return {**worth_of(rule, letter), "days": str(rule.valid_days)} if rule is not None else NO_REWARD


def _promised(row: ReviewRequest, letter: Letter) -> ThanksRule | None:
    if row.order.public_id in letter.background.thanks or row.order.customer_id is None:
        return None
    rule: ThanksRule | None = letter.notes.once(("thanks",), lambda: {"rule": thanks_offer(now=letter.told.now)})["rule"]
    return rule if rule is not None and rule.currency in ("", row.order.currency) else None


def worth_of(given: ThanksRule | Coupon, letter: Letter) -> dict[str, str]:
    """What it takes off, and from which sum on."""
    words = letter.told.words
    worth = words.money(given.value, given.currency) if given.worth == Worth.AMOUNT else percent(given.value, words)
    return {"worth": worth, "minimum": letter.told.money(given.minimum, given.currency)}


def thanks_part(coupon: Coupon | None, letter: Letter) -> dict[str, str]:
    """The code, once it was given."""
    if coupon is None:
        return NO_THANKS
    words = letter.told.words
    return {
        "code": coupon.code if letter.notes.is_kept else SAMPLE,
        **worth_of(coupon, letter),
        "expires_on": letter.told.moment(coupon.expires_at),
        "expires_short": words.short(words.local(coupon.expires_at).date()),
    }


def _about_review(row: Review, letter: Letter) -> dict[str, Any]:
    match letter.message.kind:
        case Kind.REVIEW_PUBLISHED:
            return {"written": written_part(row, letter), "thanks": thanks_part(_with_it(row, letter), letter)}
        case Kind.REVIEW_THANKS:
            return {"written": written_part(row, letter), "thanks": thanks_part(_given(row.order, letter), letter)}
        case Kind.REVIEW_REJECTED:
            return {"written": written_part(row, letter), "decision": decision_part(row, letter)}
        case _:
            told = part_of(letter.message.dedupe_key)
            found = answer_of(row, told)
            words = note_part(found.text) if found is not None else {"paragraphs": []}
            return {"written": written_part(row, letter), "answer": {"is_public": not told.startswith("note"), **words}}


def _given(order: Order | None, letter: Letter) -> Coupon | None:
    return letter.background.thanks.get(order.public_id) if order is not None else None


def _with_it(row: Review, letter: Letter) -> Coupon | None:
    """The coupon, while no message has told it."""
    return None if row.order is None or row.order.public_id in letter.background.thanked else _given(row.order, letter)


def written_part(row: Review, letter: Letter) -> dict[str, Any]:
    """The product it is about; where several of an order were published together, all of them."""
    rows = published_with(row, letter.told.now) if letter.message.kind == Kind.REVIEW_PUBLISHED and not letter.notes.is_example else [row]
    items = [_reviewed(one, letter.base) for one in rows[:SHOWN]]
    return {
        "product": items[0]["title"],
        "title": shorten(clean(row.title)),
        "has_pictures": any(item["image_url"] for item in items),
        "items_count": len(rows),
        "items": items,
    }


def published_with(row: Review, now: datetime) -> list[Review]:
    """The review, and those of its order that were published after it."""
    since = row.decided_at
    if row.order is None or since is None:
        return [row]
    rows = [one for one in row.order.reviews.all() if one.state == ReviewState.PUBLISHED and one.pk != row.pk]
    later = [one for one in rows if one.decided_at is not None and since <= one.decided_at <= now]
    return [row, *sorted(later, key=lambda one: one.pk)]


def _reviewed(row: Review, base_url: str) -> dict[str, Any]:
    return {
        "title": shorten(clean(row.product_title)),
        "options": shorten(clean(row.variant_title)),
        "image_url": image_url(row.order_line) if row.order_line is not None else "",
        "url": product_address(row, base_url),
    }


def decision_part(row: Review, letter: Letter) -> dict[str, Any]:
    """For which published ground it is not shown, what helps, and what the staff wrote to the author."""
    notes = [change.note for change in sorted(row.changes.all(), key=lambda one: (one.at, one.pk)) if change.step == Step.REJECTED]
    return {
        "ground": letter.told.word("ground", row.ground),
        "help": letter.told.word("ground_help", row.ground),
        "note": clean(notes[-1]) if notes else "",
    }


def survey_part(row: SurveyInvite, letter: Letter) -> dict[str, Any]:
    """The questions one answers with a tap; the page has the others."""
    address = survey_address(row, letter)
    scales = [scale_part(one, letter.language, letter.home_language, address) for one in questions_of(row.survey)]
    intro = row.survey.definition.get("intro") if isinstance(row.survey.definition, dict) else None
    return {
        "order_number": clean(row.order.number),
        "intro": clean(text_in(intro or {}, letter.language, letter.home_language)),
        "scales_count": len(scales),
        "scales": scales,
    }


def theme_part(row: ThemeMark, letter: Letter) -> dict[str, Any]:
    """What they raised, and what was done about it."""
    voice, theme = row.voice, row.theme
    said = clean(voice.text)
    return {
        "name": clean(text_in(theme.names, letter.language, letter.home_language)) or clean(theme.key),
        "note": clean(text_in(theme.note, letter.language, letter.home_language)),
        "product": shorten(clean(voice.product.title)) if voice.product is not None else "",
        "said": said if len(said) <= LONGEST_SAID else f"{said[: LONGEST_SAID - 1].rstrip()}…",
        "said_on": letter.told.words.full(letter.told.words.local(voice.said_at).date()),
    }
