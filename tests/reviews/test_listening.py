"""Themes: found by words anybody can read, put right by hand, told to those who raised them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from customers.models import Customer
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Language
from reviews.models import Review, Theme, ThemeMark, Voice
from reviews.rules.shipped_themes import BY_KEY, SHIPPED
from reviews.rules.themes import area_of, check_words, found, hits, shared_by_area, trend_of
from reviews.selectors.themes import (
    BadPlace,
    ThemeNotFound,
    commonest_words,
    count_to_tell,
    open_areas,
    raised_products,
    silent_voices,
    theme_of_key,
    top_themes,
    voices_of,
)
from reviews.services.listening import (
    ThemeRefused,
    begin_themes,
    hear,
    hear_reviews,
    mark_by_hand,
    save_theme,
    take_away,
    theme_done,
    theme_opened,
    theme_planned,
)
from reviews.types import Source, ThemeState
from tests.factories import customer
from tests.reviews.stage import ASKED, DAY, Unchanged, bought, product, review_row

WEEK = 7 * DAY
NOTE = {"en": "The zipper is a stronger one now."}


def words(**some: str) -> dict[str, list[str]]:
    return {language.replace("_", "-"): listed.split(" | ") for language, listed in some.items()}


@pytest.mark.parametrize(
    ("text", "language", "sought", "hit"),
    [
        ("It runs small.", "en", words(en="runs small"), ("runs small",)),
        ("It runs. Small as well.", "en", words(en="runs small"), ()),
        ("smaller than told", "en", words(en="small"), ()),
        ("smaller than told", "en", words(en="small*"), ("small*",)),
        ("It doesn't fit", "en", words(en="doesn't fit*"), ("doesn't fit*",)),
        ("Die Größe passt", "de", words(de="größe*"), ("größe*",)),
        ("Die Groesse passt", "de", words(de="größe*"), ("größe*",)),
        ("Große Freude", "de", words(de="größe*"), ()),
        ("NÃO CHEGOU ainda", "pt-br", words(pt_br="não chegou"), ("não chegou",)),
        ("nao chegou", "pt", words(pt_br="não chegou"), ("não chegou",)),
        ("尺码偏小，颜色不错", "zh-hans", words(zh_hans="偏小 | 颜色 | 包装"), ("偏小", "颜色")),
        ("尺码偏。小", "zh-hans", words(zh_hans="偏小"), ()),
        ("很好的iPhone手机壳", "zh-hans", words(zh_hans="iphone"), ("iphone",)),
        ("not broken at all", "en", words(en="!broken"), ()),
        ("it is not. Broken!", "en", words(en="!broken"), ("broken",)),
        ("no quality at all", "en", words(en="quality"), ("quality",)),
        ("没有破损", "zh-hans", words(zh_hans="!破损"), ()),
        ("nicht kaputt, aber zerkratzt", "de", words(de="!kaputt* | !zerkratzt*"), ("zerkratzt*",)),
        ("quality and Quality", "en", words(en="quality"), ("quality",)),
        ("die Qualität", "en", words(de="qualität*"), ()),
        ("die Qualität", "", words(en="quality", de="qualität*"), ("qualität*",)),
        ("Kualitasnya bagus", "id", words(id="kualitas*"), ("kualitas*",)),
        ("", "en", words(en="quality"), ()),
        ("quality", "en", {}, ()),
    ],
)
def test_words_are_found_as_people_write_them(text: str, language: str, sought: Mapping[str, list[str]], hit: tuple[str, ...]) -> None:
    assert found(text, language, sought) == hit


def test_what_was_found_is_where_it_says() -> None:
    text = "Größe? 😀 Zu klein, viel zu klein!"
    told = [(hit.word, text[hit.start : hit.end]) for hit in hits(text, "de", words(de="größe* | zu klein"))]
    assert told == [("größe*", "Größe"), ("zu klein", "Zu klein"), ("zu klein", "zu klein")]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (words(en="small | too big*"), []),
        (words(en="a*"), [("en", "a*", "too_short")]),
        (words(zh_hans="小*"), [("zh-hans", "小*", "too_short")]),
        (words(en="..."), [("en", "...", "empty")]),
        (words(en="x" * 61), [("en", "x" * 61, "too_long")]),
        ({"en": [f"word{n}" for n in range(81)]}, [("en", "", "too_many")]),
    ],
)
def test_words_that_find_nothing_or_everything_are_refused(given: Mapping[str, list[str]], wrong: list[Any]) -> None:
    assert check_words(given) == wrong


def test_the_shipped_themes_speak_all_languages_and_their_words_are_good() -> None:
    assert {"size", "quality", "colour", "packaging", "late", "damaged", "missing", "instructions", "service"} <= set(BY_KEY)
    for theme in SHIPPED:
        assert set(theme.names) == set(theme.words) == set(Language.values)
        assert check_words(theme.words) == []
        assert all(len(some) == len(set(some)) >= 3 for some in theme.words.values()), theme.key


@pytest.mark.parametrize(
    ("text", "language", "area"),
    [
        ("Chegou depois do prazo", "pt-br", "delivery"),
        ("Produto com defeito, não funciona", "pt-br", "product"),
        ("Chegou atrasado e com defeito", "pt-br", ""),
        ("Péssimo", "pt-br", ""),
        ("Das Paket kam zu spät und war kaputt", "de", "delivery"),
        ("Die Qualität ist schlecht", "de", "product"),
        ("质量很差", "zh-hans", "product"),
        ("没收到货", "zh-hans", "delivery"),
        ("Barangnya belum sampai", "id", "delivery"),
        ("Bahannya tipis", "id", "product"),
        ("Nobody answered, no reply for weeks", "en", "service"),
    ],
)
def test_delivery_and_product_are_told_apart_and_doubt_says_nothing(text: str, language: str, area: str) -> None:
    shared = shared_by_area((theme.area.value, theme.words) for theme in SHIPPED)
    assert area_of(text, language, shared) == area


@pytest.mark.parametrize(
    ("weeks", "trend"),
    [([0] * 8, ""), ([1, 1, 1, 1, 9, 9, 9, 9], "up"), ([9, 9, 9, 9, 1, 1, 1, 1], "down"), ([3, 4, 3, 4, 4, 4, 4, 5], "")],
)
def test_a_trend_is_more_than_chance(weeks: list[int], trend: str) -> None:
    assert trend_of(weeks) == trend


# Hearing


def said(text: str, number: int = 1, **over: Any) -> Voice:
    values: dict[str, Any] = {"source": Source.REVIEW, "source_id": str(number), "language": "en", "at": ASKED, **over}
    voice = hear(text=text, **values)
    assert voice is not None
    return voice


def keys_of(voice: Voice) -> list[str]:
    return sorted(ThemeMark.objects.filter(voice=voice, is_off=False).values_list("theme__key", flat=True))


def test_the_first_words_bring_the_shipped_themes(in_acme: Merchant) -> None:
    voice = said("The colour is off and it runs small.")
    assert Theme.objects.count() == len(SHIPPED) == len(begin_themes(at=ASKED))
    assert keys_of(voice) == ["colour", "size"]
    assert ThemeMark.objects.get(theme__key="size").found == ["runs small"]


def test_words_said_anew_replace_the_former_and_none_at_all_are_forgotten(in_acme: Merchant) -> None:
    said("The colour is off.")
    voice = said("The stitching is off.", at=ASKED + DAY)
    assert (Voice.objects.count(), keys_of(voice), ThemeMark.objects.get().said_at) == (1, ["quality"], ASKED + DAY)
    assert hear(source=Source.REVIEW, source_id="1", text=" \0", language="en", at=ASKED) is None
    assert (Voice.objects.count(), ThemeMark.objects.count()) == (0, 0)


def test_what_staff_put_right_stays_right(in_acme: Merchant) -> None:
    voice = said("The colour is off.")
    colour, service = theme_of_key("colour"), theme_of_key("service")
    mark_by_hand(theme=service, voice=voice, at=ASKED)
    assert take_away(theme=colour, voice=voice, at=ASKED) is True
    said("The colour is off, and the shade too.", at=ASKED + DAY)
    assert keys_of(voice) == ["service"]
    assert [row.voice.pk for row in voices_of(colour, is_off=True).rows] == [voice.pk]
    mark_by_hand(theme=colour, voice=voice, at=ASKED)
    assert keys_of(voice) == ["colour", "service"]
    assert take_away(theme=theme_of_key("late"), voice=voice, at=ASKED) is False


def test_reviews_are_heard_with_as_many_statements_for_many_as_for_few(in_acme: Merchant, django_assert_max_num_queries: Any) -> None:
    product()
    order = bought()
    rows = [review_row(order, order_line=None, text=f"runs small {n}", cons="The colour") for n in range(20)]
    begin_themes(at=ASKED)
    with django_assert_max_num_queries(12):
        assert hear_reviews(review_ids=[row.pk for row in rows], at=ASKED) == 20
    assert (Voice.objects.count(), ThemeMark.objects.filter(product_key="shirt").count()) == (20, 40)
    Review.objects.filter(pk=rows[0].pk).update(state="withdrawn", withdrawn_at=ASKED)
    Review.objects.filter(pk=rows[1].pk).update(text="late", cons="")
    assert hear_reviews(review_ids=[row.pk for row in rows[:2]], at=ASKED) == 1
    assert sorted(
        ThemeMark.objects.filter(voice__source_id__in=[str(row.pk) for row in rows[:2]]).values_list("theme__key", flat=True)
    ) == ["late"]


# Themes


def test_a_new_theme_is_found_in_all_that_was_said(in_acme: Merchant) -> None:
    voice, other = said("The zipper broke"), said("Lovely", 2)
    assert [one.pk for one in silent_voices()] == [other.pk, voice.pk]
    theme = save_theme(key="zipper", area="product", names={"en": "Zipper"}, words={"en": ["zipper*", " zip "]}, at=ASKED)
    assert (keys_of(voice), keys_of(other), theme.words) == (["zipper"], [], {"en": ["zipper*", "zip"]})
    changed = save_theme(theme=theme, key="zipper", area="product", names={"en": "Zipper"}, words={"en": ["lovely"]}, at=ASKED)
    assert (changed.pk, keys_of(voice), keys_of(other)) == (theme.pk, [], ["zipper"])
    assert open_areas()["product"] == sum(one.area == "product" for one in SHIPPED) + 1


@pytest.mark.parametrize(
    ("over", "fields"),
    [
        ({"key": "no slug!"}, ["key"]),
        ({"key": ""}, ["key"]),
        ({"key": "x" * 41}, ["key"]),
        ({"key": "size"}, ["key"]),
        ({"area": "weather"}, ["area"]),
        ({"names": {"en": " "}}, ["names"]),
        ({"names": {"xx": "Zipper"}}, ["names"]),
        ({"names": {"en": "x" * 61}}, ["names"]),
        ({"words": {}}, ["words"]),
        ({"words": {"en": ["a*", "."]}}, ["words", "words"]),
        ({"words": {"xx": ["zip"]}}, ["words"]),
        ({"key": "", "area": "", "names": {}, "words": {}}, ["key", "area", "names", "words"]),
    ],
)
def test_a_theme_that_makes_no_sense_is_refused_with_every_reason(in_acme: Merchant, over: dict[str, Any], fields: list[str]) -> None:
    begin_themes(at=ASKED)
    values: dict[str, Any] = {"key": "zipper", "area": "product", "names": {"en": "Zipper"}, "words": {"en": ["zip"]}, **over}
    with Unchanged(ThemeRefused) as refused:
        save_theme(at=ASKED, **values)
    assert [field for field, _text in refused.value.refusals] == fields


def test_top_themes_go_by_weight_and_show_their_weeks(in_acme: Merchant) -> None:
    for n in range(9):
        said("The colour", n, at=ASKED - timedelta(hours=n), product_key="shirt")
    said("The colour", 20, at=ASKED - 5 * WEEK - DAY, product_key="belt")
    said("runs small", 21, at=ASKED - 7 * WEEK - DAY, product_key="shirt")
    said("runs small", 22, at=ASKED - 20 * WEEK, product_key="shirt")
    top = top_themes(since=ASKED - 8 * WEEK, now=ASKED)
    assert [(row.theme.key, row.n, row.weeks, row.trend) for row in top] == [
        ("colour", 10, (0, 0, 1, 0, 0, 0, 0, 9), "up"),
        ("size", 1, (1, 0, 0, 0, 0, 0, 0, 0), ""),
    ]
    assert [(row.theme.key, row.n) for row in top_themes(product_key="belt", since=ASKED - 8 * WEEK, now=ASKED)] == [("colour", 1)]
    assert [(row.theme.key, row.n) for row in top_themes(since=ASKED - 30 * WEEK, now=ASKED)] == [("colour", 10), ("size", 2)]
    assert [(row.product_key, row.n) for row in raised_products(since=ASKED - 8 * WEEK, now=ASKED)] == [("shirt", 10), ("belt", 1)]
    assert commonest_words(theme_of_key("colour")) == [("colour*", 10)]


def test_voices_come_page_by_page_with_their_words_marked(in_acme: Merchant) -> None:
    for n in range(5):
        said(f"{n}: the colour", n, at=ASKED + n // 2 * DAY)
    theme = theme_of_key("colour")
    first = voices_of(theme, limit=3)
    second = voices_of(theme, place=first.next, limit=3)
    assert [row.voice.text[0] for row in (*first.rows, *second.rows)] == ["4", "3", "2", "1", "0"]
    assert [(hit.word, row.voice.text[hit.start : hit.end]) for row in second.rows for hit in row.hits] == [("colour*", "colour")] * 2
    for place in ("x", "2026-01-01_1", f"{ASKED.isoformat()}_x"):
        with pytest.raises(BadPlace):
            voices_of(theme, place=place)


def people(count: int) -> list[Customer]:
    return [customer(email=f"sam{n}@example.com", phone="") for n in range(count)]


def test_done_tells_each_who_raised_it_once(in_acme: Merchant) -> None:
    sam, kim = people(2)
    said("The colour", 1, customer_id=sam.pk, product_key="shirt")
    newest = said("The colour again", 2, customer_id=sam.pk, product_key="shirt", at=ASKED + DAY)
    said("The colour", 3, customer_id=kim.pk, product_key="belt")
    said("The colour", 4)
    theme = theme_of_key("colour")
    assert (count_to_tell(theme), count_to_tell(theme, product_key="shirt")) == (2, 1)
    assert theme_done(theme=theme, note=NOTE, product_key="shirt", at=ASKED + 2 * DAY) == 1
    told = Event.objects.get(type="reviews.theme.done")
    assert told.payload == {"theme": theme.pk, "mark": ThemeMark.objects.get(theme=theme, voice=newest).pk}
    theme.refresh_from_db()
    assert (theme.state, theme.note, theme.product_key, theme.done_at) == (ThemeState.DONE, NOTE, "shirt", ASKED + 2 * DAY)
    assert theme_done(theme=theme, note=NOTE, at=ASKED + 3 * DAY) == 1
    assert theme_done(theme=theme, note=NOTE, at=ASKED + 4 * DAY) == 0
    assert Event.objects.filter(type="reviews.theme.done").count() == 2


def test_who_was_taken_away_or_erased_is_not_told(in_acme: Merchant) -> None:
    sam, kim, lee = people(3)
    theme = begin_themes(at=ASKED)[0]
    for number, who in enumerate((sam, kim, lee)):
        mark_by_hand(theme=theme, voice=said("Well", number, customer_id=who.pk), at=ASKED)
    take_away(theme=theme, voice=Voice.objects.get(source_id="0"), at=ASKED)
    kim.erased_at = ASKED
    kim.save()
    assert theme_done(theme=theme, note=NOTE, at=ASKED + DAY) == 1
    mark = ThemeMark.objects.get(told_at__isnull=False)
    assert mark.voice.customer_id == lee.pk


def test_planned_tells_nobody_and_open_again_begins_anew(in_acme: Merchant) -> None:
    (sam,) = people(1)
    said("The colour", 1, customer_id=sam.pk)
    theme = theme_planned(theme=theme_of_key("colour"), note=NOTE, at=ASKED)
    assert (theme.state, theme.note, theme.done_at) == (ThemeState.PLANNED, NOTE, None)
    assert theme_done(theme=theme, note=NOTE, at=ASKED) == 1
    assert theme_opened(theme=theme, at=ASKED + DAY).state == ThemeState.OPEN
    said("The colour, still", 2, customer_id=sam.pk, at=ASKED + 2 * DAY)
    assert theme_done(theme=theme, note=NOTE, at=ASKED + 3 * DAY) == 1


@pytest.mark.parametrize("note", [{}, {"en": "  "}, {"en": "x" * 501}, {"xx": "Done"}])
def test_done_without_words_is_refused(in_acme: Merchant, note: dict[str, str]) -> None:
    said("The colour", customer_id=people(1)[0].pk)
    with Unchanged(ThemeRefused) as refused:
        theme_done(theme=theme_of_key("colour"), note=note, at=ASKED)
    assert [field for field, _text in refused.value.refusals] == ["note"]


def test_another_merchants_voices_are_its_own(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        said("The colour")
    with merchant_scope(borealis.pk):
        with pytest.raises(ThemeNotFound):
            theme_of_key("colour")
        assert (top_themes(since=ASKED - WEEK, now=ASKED + DAY), Voice.objects.count()) == ([], 0)
