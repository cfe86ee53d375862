"""Gather what shoppers say under themes: found by words, corrected by hand, and told to those who raised it when something was done."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from catalog.models import Product
from events.services import emit_many
from merchants.types import Language
from orders.models import Order
from reviews.events import THEME_DONE
from reviews.models import Review, Theme, ThemeMark, Voice
from reviews.models.ratings import ParcelRating, SurveyAnswer, SurveyScore
from reviews.rules.shipped_themes import SHIPPED
from reviews.rules.themes import check_words, found
from reviews.selectors.themes import to_tell
from reviews.types import Origin, QuestionKind, ReviewState, Source, ThemeArea, ThemeState

LONGEST = 6_000
LONGEST_NOTE, LONGEST_NAME = 500, 60
BATCH = 2_000
GONE = (ReviewState.WITHDRAWN, ReviewState.ERASED)
Refusals = list[tuple[str, str]]


class ThemeRefused(ValueError):
    """Not possible as asked; holds every reason at once, each with the field it is about."""

    def __init__(self, refusals: Refusals) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in refusals))
        self.refusals = refusals


def hear(  # noqa: PLR0913 - all there is to know about it
    *,
    source: str,
    source_id: str,
    text: str,
    language: str,
    at: datetime,
    product: Product | None = None,
    product_key: str = "",
    order: Order | None = None,
    customer_id: int | None = None,
) -> Voice | None:
    """Keep what a shopper said, and find its themes. Said anew from the same place it replaces the former; no words: it goes."""
    words = _cleaned(text)
    if not words:
        unhear(source=source, source_ids=[source_id])
        return None
    fields = {
        "text": words, "language": language[:10], "said_at": at, "product": product, "order": order, "customer_id": customer_id,
        "product_key": (product_key or (product.external_id if product else ""))[:120],
    }  # fmt: skip
    voice: Voice
    voice, _is_new = Voice.objects.update_or_create(source=source, source_id=source_id, defaults=fields)
    mark_voices([voice], at=at)
    return voice


def unhear(*, source: str, source_ids: Iterable[str]) -> int:
    """Forget words that were taken back."""
    return Voice.objects.filter(source=source, source_id__in=list(source_ids)).delete()[0]


def hear_reviews(*, review_ids: Sequence[int], at: datetime) -> int:
    """Reviews as they read now, with as many statements for a hundred as for one. Taken back, erased, without words: not heard."""
    # Held in the order an erasure holds them: what is erased meanwhile is not heard, what was heard before is erased with the rest.
    rows = Review.objects.select_for_update(of=("self",), no_key=True).select_related("product", "order").filter(pk__in=review_ids)
    rows = rows.exclude(state__in=GONE).order_by("written_at", "pk")
    said = {str(row.pk): voice for row in rows if (voice := _voice_of(row)).text}
    unhear(source=Source.REVIEW, source_ids={str(id) for id in review_ids} - set(said))
    voices = Voice.objects.bulk_create(
        said.values(),
        update_conflicts=True,
        unique_fields=["merchant", "source", "source_id"],
        update_fields=["text", "language", "said_at", "product", "product_key", "order", "customer"],
    )
    mark_voices(voices, at=at)
    return len(voices)


def _voice_of(row: Review) -> Voice:
    words = _cleaned(said_in(row))
    voice = Voice(source=Source.REVIEW, source_id=str(row.pk), text=words, language=row.language, product_key=row.product_key)
    voice.said_at, voice.product, voice.order = row.edited_at or row.written_at, row.product, row.order
    voice.customer_id = row.customer_id if row.origin != Origin.IMPORT else None  # nobody is told about words of years ago
    return voice


def _cleaned(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\0", "")).strip()[:LONGEST]


def said_in(review: Review) -> str:
    """All words of a review."""
    return "\n".join(part for part in (review.title, review.text, review.pros, review.cons) if part)


def hear_answer(*, answer_id: int, at: datetime) -> Voice | None:
    """The open answers of a survey."""
    row: SurveyAnswer | None = SurveyAnswer.objects.select_related("order").filter(pk=answer_id).first()
    if row is None:
        return None
    scores = SurveyScore.objects.select_for_update().filter(answer=row, kind=QuestionKind.OPEN).order_by("pk")
    texts = scores.values_list("text", flat=True)  # held against an erasure, as above
    return hear(
        source=Source.SURVEY, source_id=str(row.pk), text="\n".join(texts), language=row.language, at=row.changed_at or row.at,
        order=row.order, customer_id=row.customer_id,
    )  # fmt: skip


def hear_parcel(*, rating_id: int, at: datetime) -> Voice | None:
    """What was written beside the stars of a parcel."""
    held = ParcelRating.objects.select_for_update(of=("self",), no_key=True)  # against an erasure, as above
    row: ParcelRating | None = held.select_related("order__customer").filter(pk=rating_id).first()
    if row is None:
        return None
    who = row.order.customer
    return hear(
        source=Source.SURVEY, source_id=f"parcel:{row.pk}", text=row.text, language=who.language if who else "", at=row.at,
        order=row.order, customer_id=row.order.customer_id,
    )  # fmt: skip


def mark_voices(voices: Sequence[Voice], *, at: datetime, themes: Sequence[Theme] | None = None) -> int:
    """Find themes in voices, all the merchant has unless some are named. What was marked by hand or taken away stays.

    As many statements for two thousand voices as for one; returns how many marks were made, changed or dropped.
    """
    sought = list(themes if themes is not None else Theme.objects.all()) or begin_themes(at=at)
    known = {(mark.theme_id, mark.voice_id): mark for mark in ThemeMark.objects.filter(theme__in=sought, voice__in=voices)}
    fresh: list[ThemeMark] = []
    changed: list[ThemeMark] = []
    stale: list[int] = []
    for theme, voice, words in _found(sought, voices):
        mark = known.get((theme.pk, voice.pk))
        if mark is None and words:
            fresh.append(_mark(theme, voice, words))
        elif mark is not None and not words and not mark.is_by_hand and not mark.is_off:
            stale.append(mark.pk)
        elif mark is not None and _is_moved(mark, voice, words):
            changed.append(mark)
    ThemeMark.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=BATCH)
    ThemeMark.objects.bulk_update(changed, ["found", "said_at", "product_key"], batch_size=BATCH)
    ThemeMark.objects.filter(pk__in=stale).delete()
    return len(fresh) + len(changed) + len(stale)


def _found(themes: Sequence[Theme], voices: Sequence[Voice]) -> Iterator[tuple[Theme, Voice, list[str]]]:
    for theme in themes:
        for voice in voices:
            yield theme, voice, list(found(voice.text, voice.language, theme.words))


def _mark(theme: Theme, voice: Voice, words: list[str]) -> ThemeMark:
    return ThemeMark(theme=theme, voice=voice, found=words, said_at=voice.said_at, product_key=voice.product_key)


def _is_moved(mark: ThemeMark, voice: Voice, words: list[str]) -> bool:
    """Bring a mark up to what its voice says now; whether that changed anything."""
    before = (mark.found, mark.said_at, mark.product_key)
    mark.found, mark.said_at, mark.product_key = words, voice.said_at, voice.product_key
    return before != (mark.found, mark.said_at, mark.product_key)


def begin_themes(*, at: datetime) -> list[Theme]:
    """The shipped themes for a merchant that has none. Two who begin at once begin the same."""
    rows = [
        Theme(
            key=one.key, area=one.area, names=dict(one.names), words={name: list(some) for name, some in one.words.items()}, created_at=at
        )
        for one in SHIPPED
    ]
    Theme.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Theme.objects.order_by("pk"))


def _lists(words: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {language: list(some) for language, some in words.items()}


def save_theme(
    *, key: str, area: str, names: Mapping[str, str], words: Mapping[str, Sequence[str]], at: datetime, theme: Theme | None = None
) -> Theme:
    """Make or change a theme, and find it in everything that was said before.

    Refuses (ThemeRefused) with every reason: `key` (no slug, or another theme's), `area`, `names` (none, too long, unknown language),
    `words` (none, too short before a star, too long, more than eighty of a language).
    """
    if not Theme.objects.exists():
        begin_themes(at=at)
    kept = {language: [word.strip() for word in some if word.strip()] for language, some in words.items()}
    kept = {language: list(dict.fromkeys(some)) for language, some in kept.items() if some}
    called = {language: name.strip() for language, name in names.items() if name.strip()}
    refusals = [*_wrong_key(key, theme), *_wrong_area(area), *_wrong_names(called), *_wrong_words(kept)]
    if refusals:
        raise ThemeRefused(refusals)
    row = theme or Theme(created_at=at)
    row.key, row.area, row.names, row.words = key, area, called, kept
    row.save()
    mark_all(row, at=at)
    return row


def mark_all(theme: Theme, *, at: datetime) -> int:
    """Look for a theme in all that was said, in batches."""
    rows = Voice.objects.only("pk", "text", "language", "said_at", "product_key").order_by("pk")
    marked, last = 0, 0
    while some := list(rows.filter(pk__gt=last)[:BATCH]):
        marked, last = marked + mark_voices(some, at=at, themes=[theme]), some[-1].pk
    return marked


def _wrong_key(key: str, theme: Theme | None) -> Refusals:
    try:
        validate_slug(key)
    except ValidationError:
        return [("key", _("Letters, digits and dashes only."))]
    if len(key) > 40:
        return [("key", _("No more than 40 characters."))]
    taken = Theme.objects.filter(key=key).exclude(pk=theme.pk if theme else None)
    return [("key", _("Another theme is called so."))] if taken.exists() else []


def _wrong_area(area: str) -> Refusals:
    return [] if area in ThemeArea.values else [("area", _("Choose what it is about."))]


def _wrong_names(names: Mapping[str, str]) -> Refusals:
    if not names:
        return [("names", _("Give it a name."))]
    if any(language not in Language.values or len(name) > LONGEST_NAME for language, name in names.items()):
        return [("names", _("A name has no more than 60 characters, in one of the languages of the shop."))]
    return []


WHY = {
    "too_long": _lazy("“%(word)s” is too long."),
    "empty": _lazy("“%(word)s” holds no word."),
    "too_short": _lazy("“%(word)s”: at least three letters before a star."),
    "too_many": _lazy("No more than eighty words of a language."),
}


def _wrong_words(words: Mapping[str, Sequence[str]]) -> Refusals:
    if not words:
        return [("words", _("Give at least one word it is found by."))]
    if any(language not in Language.values for language in words):
        return [("words", _("Choose a language of the shop."))]
    return [("words", WHY[why] % {"word": word}) for _language, word, why in check_words(words)]


def mark_by_hand(*, theme: Theme, voice: Voice, at: datetime) -> ThemeMark:
    """Put words under a theme that were not found to belong there; no later look takes them away."""
    row: ThemeMark
    fields = {"said_at": voice.said_at, "product_key": voice.product_key}
    row, _is_new = ThemeMark.objects.get_or_create(theme=theme, voice=voice, defaults=fields)
    row.is_by_hand, row.is_off = True, False
    row.save(update_fields=["is_by_hand", "is_off"])
    return row


def take_away(*, theme: Theme, voice: Voice, at: datetime) -> bool:
    """Say that words do not belong under a theme; no later look puts them back. False when they were not there."""
    return ThemeMark.objects.filter(theme=theme, voice=voice).update(is_off=True, is_by_hand=False) > 0


def theme_planned(*, theme: Theme, note: Mapping[str, str], at: datetime) -> Theme:
    """Somebody is working on it. Nobody is told yet. Refuses (ThemeRefused) words too long (`note`)."""
    row = _held(theme)
    row.state, row.note, row.done_at = ThemeState.PLANNED, _checked_note(note), None
    row.save(update_fields=["state", "note", "done_at"])
    return row


def theme_opened(*, theme: Theme, at: datetime) -> Theme:
    """It is raised again, or was not done after all."""
    row = _held(theme)
    row.state, row.done_at = ThemeState.OPEN, None
    row.save(update_fields=["state", "done_at"])
    return row


def theme_done(*, theme: Theme, note: Mapping[str, str], at: datetime, product_key: str = "") -> int:
    """Something was done: tell everybody who raised it, each once, however often they did. Returns how many.

    Told for one product, only those who raised it about that one hear of it. Refuses (ThemeRefused) without words (`note`).
    """
    row = _held(theme)
    words = _checked_note(note)
    if not words:
        raise ThemeRefused([("note", _("Say what was done."))])
    row.state, row.note, row.product_key, row.done_at = ThemeState.DONE, words, product_key, at
    row.save(update_fields=["state", "note", "product_key", "done_at"])
    return _tell(row, product_key, at)


def _tell(theme: Theme, product_key: str, at: datetime) -> int:
    """Of each shopper the newest mark is told about; all of them count as told."""
    marks = to_tell(theme, product_key=product_key).filter(said_at__lte=at).select_for_update(no_key=True, of=("self",))
    rows = list(marks.order_by("said_at", "pk").values_list("pk", "voice__customer_id"))
    newest = {customer_id: pk for pk, customer_id in rows}
    ThemeMark.objects.filter(pk__in=[pk for pk, _customer_id in rows]).update(told_at=at)
    emit_many(facts=[(THEME_DONE, {"theme": theme.pk, "mark": pk}) for pk in sorted(newest.values())], at=at)
    return len(newest)


def _held(theme: Theme) -> Theme:
    row: Theme = Theme.objects.select_for_update(no_key=True).get(pk=theme.pk)
    return row


def _checked_note(note: Mapping[str, str]) -> dict[str, str]:
    words = {language: text.replace("\0", "").strip() for language, text in note.items() if text.strip()}
    if any(language not in Language.values or len(text) > LONGEST_NOTE for language, text in words.items()):
        raise ThemeRefused([("note", _("No more than 500 characters, in one of the languages of the shop."))])
    return words
