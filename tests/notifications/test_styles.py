"""The five confirmations: what each says, when it may, and what it leaves behind."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from catalog.services import relate_products, upsert_product
from customers.models import ContactRule
from customers.selectors import stop_of_token
from customers.services import record_consent
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import context, house, rendering, shipped
from notifications.background import load_background
from notifications.models import Message
from notifications.notes import Notes, open_notes
from notifications.rendering import Rendered
from notifications.studio.build import starting_blocks
from notifications.studio.check import check
from notifications.studio.types import Draft
from notifications.styles import Offers, load_offers
from notifications.types import Kind, Style
from orders.models import Order, OrderLine
from rewards.models import Coupon, CouponRule, ReferralCode
from rewards.rules import SAMPLE, read
from tests.factories import incoming_line
from tests.notifications import stories
from tests.notifications.stories import LANGUAGES, PLACED
from tests.notifications.test_render_kinds import DAY, PLACED_ON, TOTAL, Page, buttons

ALL = [(style, language) for style in Style.values for language in LANGUAGES]
SHOP = "https://voltline.example"
PACKS = {"en": "hand it to the carrier", "de": "packen sie", "zh-hans": "我们打包", "id": "Kami kemas", "pt-br": "Embalamos"}
ECHO = {
    "en": "Halo headphones, Spark 65 W charger, and Braided USB-C cable",
    "de": "Halo headphones, Spark 65 W charger und Braided USB-C cable",
    "zh-hans": "Halo headphones、Spark 65 W charger和Braided USB-C cable",
    "id": "Halo headphones, Spark 65 W charger, dan Braided USB-C cable",
    "pt-br": "Halo headphones, Spark 65 W charger e Braided USB-C cable",
}
STAGES = {
    "en": ("Ordered", "Packed", "On its way", "Delivered"),
    "de": ("Bestellt", "Gepackt", "Unterwegs", "Zugestellt"),
    "zh-hans": ("已下单", "已打包", "运输中", "已送达"),
    "id": ("Dipesan", "Dikemas", "Di jalan", "Diterima"),
    "pt-br": ("Pedido", "Embalado", "A caminho", "Entregue"),
}
PERCENT = {"en": "12.5%", "de": "12,5\xa0%", "zh-hans": "12.5%", "id": "12,5%", "pt-br": "12,5%"}
UNTIL = {
    "en": "Saturday, December 19, 11:59 PM CST",
    "de": "Samstag, 19. Dezember, 23:59 Nordamerikanische Zentralzeit",
    "zh-hans": "12月19日星期六 23:59 北美中部时间",
    "id": "Sabtu, 19 Desember, 23.59 CST",
    "pt-br": "sábado, 19 de dezembro, 23:59 (horário Central)",
}


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress(shop_url=f"{SHOP}/")
        yield borealis


def rule(**over: Any) -> CouponRule:
    values = {"value": Decimal("12.5"), "currency": "USD", "minimum": 50, "referral_value": 15, **over}
    row: CouponRule = CouponRule.objects.create(**values)
    return row


def shelf(*ids: str, **over: Any) -> None:
    """Things that go with the headphones."""
    for id in ("P1", *ids):
        values: dict[str, Any] = {
            "title": "Halo headphones" if id == "P1" else f"Thing {id}",
            "category": "Audio",
            "stock": 3,
            "at": PLACED,
        }
        values |= {"price": Decimal("19.90"), "currency": "USD", "page_url": f"{SHOP}/{id}", "image_url": f"{SHOP}/{id}.png", **over}
        upsert_product(external_id=id, **values)


def placed(*, agrees: bool = True, **over: Any) -> Order:
    """Maya's order, the headphones known to the catalogue."""
    row = stories.order(**over)
    OrderLine.objects.filter(order=row, external_id="L1").update(product=Product.objects.filter(external_id="P1").first())
    if agrees and row.customer is not None:
        record_consent(customer=row.customer, topic="offers", channel="email", is_granted=True, source="checkout", at=PLACED)
    return row


def written(style: str, order: Order, language: str = "en", **over: Any) -> Message:
    return stories.message(Kind.ORDER_CONFIRMATION, "email", language, order=order, style=style, **over)


def composed(style: str, order: Order, language: str = "en", notes: Notes | None = None) -> tuple[dict[str, Any], Rendered]:
    facts = context.build(message=written(style, order, language), now=PLACED, notes=notes)
    used = facts["facts"]["style"]
    rendered = rendering.render(kind=Kind.ORDER_CONFIRMATION, channel="email", language=language, context=facts, style=used)
    stories.keep(f"{style}-{language}", rendered)
    return facts, rendered


def used(facts: dict[str, Any]) -> tuple[str, str]:
    return facts["facts"]["style"], facts["facts"]["style_reason"]


def ready(style: str) -> Order:
    """An order that has all the style needs."""
    if style == Style.ENTICING:
        rule()
    shelf(*(("P2", "P3") if style == Style.SIMILAR else ()))
    return placed()


@pytest.mark.parametrize(("style", "language"), ALL)
def test_every_style_tells_all_six_facts_and_the_return_line(voltline: Merchant, style: str, language: str) -> None:
    facts, mail = composed(style, ready(style), language)
    page = Page(mail)
    assert used(facts) == (style, "")
    assert mail.label.startswith(f"shipped order_confirmation/email/{language}{'' if style == 'plain' else f'/{style}'}@")
    assert "V-58213" in mail.subject
    assert DAY[language]["arrive"] in mail.subject
    for part in (page.words, mail.text):
        for fact in ("Halo headphones", TOTAL[language], PLACED_ON[language], "1208 E 6th St", "Austin, TX 78702"):
            assert fact in part, fact
        assert DAY[language]["ship"] in part  # when the tracking number comes
        assert DAY[language]["return"] in part
        assert "+1 816 555 0100" in part
    assert DAY[language]["arrive"] in mail.text
    assert facts["links"]["returns"] in page.links
    assert facts["links"]["returns"] in mail.text


@pytest.mark.parametrize(("style", "language"), ALL)
def test_every_style_has_one_button_dark_mode_alt_texts_and_stays_small(voltline: Merchant, style: str, language: str) -> None:
    _, mail = composed(style, ready(style), language)
    page = Page(mail)
    assert buttons(mail) == 1
    assert page.tags.count("h1") == 1
    assert all(picture["alt"] is not None and picture["width"] for picture in page.pictures)
    assert "prefers-color-scheme: dark" in mail.html
    assert len(mail.html.encode()) < 60_000
    assert "{{" not in mail.html + mail.text + mail.subject
    assert "{%" not in mail.html + mail.text + mail.subject
    assert "[[" not in mail.html + mail.text
    assert page.lang == language


@pytest.mark.parametrize(("style", "language"), ALL)
def test_a_merchant_can_start_from_every_style(style: str, language: str) -> None:
    made = shipped.source(Kind.ORDER_CONFIRMATION, "email", language, style)
    key = (Kind.ORDER_CONFIRMATION, "email", language, style)
    check(Draft(*key, subject=made.subject, source=made.mjml, text_source=made.text))
    check(Draft(*key, subject=made.subject, blocks=starting_blocks(Kind.ORDER_CONFIRMATION, language, style)))
    assert len(made.label) <= 80


@pytest.mark.parametrize("style", Style.values)
def test_every_language_has_the_strings_of_the_style(style: str) -> None:
    english = shipped.strings(Kind.ORDER_CONFIRMATION, "en", style)
    for language in LANGUAGES:
        mine = shipped.strings(Kind.ORDER_CONFIRMATION, language, style)
        # An override in one language alone is a matter of its words; a string that is missing would be an error.
        assert set(mine) >= set(english) - {"by_short_ship", "by_short_arrive"}
        assert set(mine) <= set(shipped.strings(Kind.ORDER_CONFIRMATION, language)) | set(english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_warm_one_welcomes_echoes_what_was_bought_and_says_what_happens_next(voltline: Merchant, language: str) -> None:
    facts, mail = composed(Style.WARM, placed(), language)
    page = Page(mail)
    assert facts["welcome"] == {"is_first": True, "echo": ECHO[language], "more": 0}
    for part in (page.words, mail.text):
        assert ECHO[language] in part
        assert PACKS[language] in part
        assert "Dana, Luis or Priya" in part
        assert "12.5" not in part
    assert "unsubscribe" not in mail.html


@pytest.mark.parametrize(
    ("titles", "echo", "more"),
    [
        (("Shirt",), "Shirt", 0),
        (("Shirt", "Belt"), "Shirt and Belt", 0),
        (("Shirt", "Shirt", "Belt"), "Shirt and Belt", 0),
        (("A", "B", "C", "D"), "A, B, C, and D", 0),
        (("A", "B", "C", "D", "E"), "A, B, C", 2),
    ],
)
def test_many_products_are_echoed_as_the_first_three(voltline: Merchant, titles: tuple[str, ...], echo: str, more: int) -> None:
    lines = tuple(incoming_line(external_id=f"L{n}", title=title) for n, title in enumerate(titles))
    facts, mail = composed(Style.WARM, placed(lines=lines, total=Decimal(49) * len(lines), tax_total=Decimal(0)))
    assert (facts["welcome"]["echo"], facts["welcome"]["more"]) == (echo, more)
    assert (f"You chose {echo} and 2 more." if more else f"You chose {echo}.") in mail.text


def test_a_second_order_is_never_welcomed_as_the_first(voltline: Merchant) -> None:
    placed()
    facts, mail = composed(Style.WARM, placed(number="V-2", placed_at=PLACED + timedelta(minutes=1)))
    assert used(facts) == (Style.PLAIN, "warm -> plain: not the first paid order")
    assert "first order" not in mail.text + mail.subject
    assert facts["welcome"] == {"is_first": False, "echo": "", "more": 0}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reassuring_one_shows_stages_the_track_link_the_promise_and_who_answers(voltline: Merchant, language: str) -> None:
    facts, mail = composed(Style.REASSURING, placed(), language)
    page = Page(mail)
    for part in (page.words, mail.text):
        assert [stage for stage in STAGES[language] if stage not in part] == []
        assert "8 AM to 9 PM Central" in part
    assert page.links[0] == facts["links"]["track"]
    assert facts["links"]["track"] in mail.text
    assert facts["links"]["order"] in page.links
    assert mail.html.count('class="on"') == 1
    assert mail.html.count('class="off"') == 3


def test_stages_follow_the_parcels(voltline: Merchant) -> None:
    order = placed()
    assert composed(Style.REASSURING, order)[0]["order"]["stage"] == 1
    stories.sent(order)
    facts, mail = composed(Style.REASSURING, Order.objects.get(pk=order.pk))
    assert facts["order"]["stage"] == 3
    assert "Step 3 of 4: on its way" in mail.text
    assert mail.html.count('class="on"') == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_enticing_one_gives_a_code_with_its_terms_and_one_for_a_friend(voltline: Merchant, language: str) -> None:
    order = ready(Style.ENTICING)
    facts, mail = composed(Style.ENTICING, order, language)
    coupon, friend = Coupon.objects.get(), ReferralCode.objects.get()
    page = Page(mail)
    assert facts["coupon"]["worth"] == PERCENT[language]
    assert facts["coupon"]["expires_on"] == UNTIL[language]
    assert (coupon.order, coupon.customer, coupon.redeemed_at) == (order, order.customer, None)
    for part in (page.words, mail.text):
        for fact in (coupon.code, facts["coupon"]["worth"], facts["coupon"]["minimum"], UNTIL[language], friend.code):
            assert fact in part, fact
        assert f"{SHOP}/?ref={friend.code}" in part
    assert f"{SHOP}/?ref={friend.code}" in page.links
    assert read(coupon.code) == coupon.code


def test_composing_again_gives_the_same_codes(voltline: Merchant) -> None:
    order = ready(Style.ENTICING)
    first, second = composed(Style.ENTICING, order)[0], composed(Style.ENTICING, order)[0]
    assert first["coupon"] == second["coupon"]
    assert first["referral"] == second["referral"]
    assert (Coupon.objects.count(), ReferralCode.objects.count()) == (1, 1)


def test_two_orders_of_one_shopper_in_a_batch_have_two_coupons_and_one_referral_code(voltline: Merchant) -> None:
    first = ready(Style.ENTICING)
    rows = [written(Style.ENTICING, order) for order in (first, placed(number="V-2"))]
    notes, background = open_notes(rows), load_background(rows)
    made = [context.build(message=row, now=PLACED, notes=notes, background=background) for row in rows]
    assert (Coupon.objects.count(), ReferralCode.objects.count()) == (0, 0)
    notes.store()
    assert sorted(facts["coupon"]["code"] for facts in made) == sorted(Coupon.objects.values_list("code", flat=True))
    assert {facts["referral"]["code"] for facts in made} == {ReferralCode.objects.get().code}
    assert Coupon.objects.count() == 2


def test_the_link_in_an_offer_stops_offers_and_not_confirmations(voltline: Merchant) -> None:
    order = ready(Style.ENTICING)
    facts, mail = composed(Style.ENTICING, order)
    token = facts["links"]["unsubscribe"].rstrip("/").rpartition("/")[2]
    found = stop_of_token(token=token)
    assert found is not None
    assert (found[0], found[1].topic, found[1].channel) == (order.customer, "offers", "email")
    assert facts["links"]["unsubscribe"] in Page(mail).links
    assert facts["links"]["unsubscribe"] in mail.text


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({}, "no coupons are given"),
        ({"is_on": False}, "no coupons are given"),
        ({"currency": "EUR"}, "coupons are in EUR"),
    ],
)
def test_without_a_rule_that_fits_the_plain_one_goes_out(voltline: Merchant, over: dict[str, Any], reason: str) -> None:
    if over:
        rule(**over)
    facts, mail = composed(Style.ENTICING, placed())
    assert used(facts) == (Style.PLAIN, f"enticing -> plain: {reason}")
    assert mail.text == composed(Style.PLAIN, Order.objects.get())[1].text
    assert (Coupon.objects.count(), ReferralCode.objects.count()) == (0, 0)


@pytest.mark.parametrize("style", [Style.ENTICING, Style.SIMILAR])
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "no consent to offers by email"),
        ({"is_granted": False}, "no consent to offers by email"),
        ({"is_important_only": True}, "wants only the important"),
        ({"paused_until": PLACED + timedelta(hours=1)}, "paused"),
    ],
)
def test_no_offer_reaches_who_did_not_agree_or_wants_none_now(
    voltline: Merchant, style: Style, said: dict[str, Any] | None, reason: str
) -> None:
    rule()
    shelf("P2")
    order = placed(agrees=said is not None)
    assert order.customer is not None
    if said and "is_granted" in said:
        record_consent(customer=order.customer, topic="offers", channel="email", source="x", at=PLACED + timedelta(seconds=1), **said)
    elif said:
        ContactRule.objects.create(customer=order.customer, updated_at=PLACED, **said)
    facts, mail = composed(style, order)
    assert used(facts) == (Style.PLAIN, f"{style} -> plain: {reason}")
    assert (facts["coupon"]["code"], facts["referral"]["code"], facts["similar"]) == ("", "", [])
    assert "Thing P2" not in mail.html
    assert Coupon.objects.count() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_similar_one_shows_up_to_four_things_with_price_picture_and_link(voltline: Merchant, language: str) -> None:
    shelf("P2", "P3", "P4", "P5", "P6")
    relate_products(external_id="P1", related=["P3"])
    facts, mail = composed(Style.SIMILAR, placed(), language)
    page = Page(mail)
    assert [item["url"] for item in facts["similar"]] == [f"{SHOP}/{id}" for id in ("P3", "P6", "P5", "P4")]
    pictures = {picture["src"]: picture["alt"] for picture in page.pictures}
    for item in facts["similar"]:
        assert item["url"] in page.links
        assert pictures[item["image_url"]] == item["title"]
        for part in (page.words, mail.text):
            assert item["title"] in part
            assert item["price"] in part


@pytest.mark.parametrize(
    ("over", "ids"),
    [({}, ()), ({"stock": 0}, ("P2",)), ({"page_url": ""}, ("P2",)), ({"page_url": "ftp://x"}, ()), ({"currency": "EUR"}, ("P2",))],
)
def test_without_anything_that_goes_with_it_the_plain_one_goes_out(voltline: Merchant, over: dict[str, Any], ids: tuple[str, ...]) -> None:
    shelf()
    if ids:
        shelf(*ids, **over)
    facts, mail = composed(Style.SIMILAR, placed())
    assert used(facts) == (Style.PLAIN, "similar -> plain: nothing in stock goes with it")
    assert mail.label.startswith("shipped order_confirmation/email/en@")


def test_what_the_shopper_has_or_had_is_not_shown(voltline: Merchant) -> None:
    shelf("P2", "P3")
    earlier = placed(number="V-1", lines=(incoming_line(external_id="L9", title="Thing P2", unit_price=Decimal(20)),), total=Decimal(20))
    assert earlier.customer is not None
    facts, _ = composed(Style.SIMILAR, placed(placed_at=PLACED + timedelta(hours=1)))
    assert [item["title"] for item in facts["similar"]] == ["Thing P3"]


@pytest.mark.parametrize("style", Style.values)
def test_a_preview_leaves_nothing_behind_and_shows_no_real_code(voltline: Merchant, style: str) -> None:
    facts, mail = composed(style, ready(style), notes=Notes())
    assert used(facts) == (style, "")
    assert facts["coupon"]["code"] == (SAMPLE if style == Style.ENTICING else "")
    assert facts["referral"]["code"] == (SAMPLE if style == Style.ENTICING else "")
    assert (SAMPLE in mail.html) == (style == Style.ENTICING)
    assert (Coupon.objects.count(), ReferralCode.objects.count()) == (0, 0)


@pytest.mark.parametrize("style", Style.values)
def test_an_example_lacks_nothing_whatever_the_order(voltline: Merchant, style: str) -> None:
    stories.order(number="V-1")
    facts, mail = composed(style, stories.order(), notes=Notes(is_example=True))
    assert used(facts) == (style, "")
    assert facts["welcome"]["is_first"] == (style == Style.WARM)
    assert facts["coupon"]["code"] == (SAMPLE if style == Style.ENTICING else "")
    assert len(facts["similar"]) == (3 if style == Style.SIMILAR else 0)
    assert Coupon.objects.count() == 0
    assert "{{" not in mail.html + mail.text


def test_a_hostile_title_and_address_stay_words(voltline: Merchant) -> None:
    shelf()
    shelf("P2", title='"><script>alert(1)</script>{{ order.number }}', image_url=f"{SHOP}/x.png")
    Product.objects.filter(external_id="P1").update(title="Halo headphones")
    Product.objects.filter(external_id="P2").update(page_url=f"{SHOP}/?a=1&b=%22")
    facts, mail = composed(Style.SIMILAR, placed())
    assert len(facts["similar"]) == 1
    assert "<script>alert" not in mail.html
    assert "{{ order.number }}" in Page(mail).words
    Product.objects.filter(external_id="P2").update(page_url="javascript:alert(1)")
    assert used(composed(Style.SIMILAR, Order.objects.get())[0])[0] == Style.PLAIN


def test_offers_cost_the_same_for_three_and_for_many_messages(voltline: Merchant) -> None:
    rule()
    shelf("P2", "P3")
    rows = [
        written(style, placed(number=f"V-{style}-{n}", email=f"s{n}{style}@example.com"))
        for n in range(8)
        for style in (Style.WARM, Style.ENTICING, Style.SIMILAR)
    ]
    counts = []
    for some in (rows[:3], rows):
        messages = list(Message.objects.filter(pk__in=[row.pk for row in some]).prefetch_related(*context.RELATED).order_by("pk"))
        with CaptureQueriesContext(connection) as queries:
            offers = load_offers(messages)
        counts.append(len(queries))
        assert len(offers.firsts) == len(offers.similar) == len(some) // 3
        assert len(offers.fresh) == 2 * len(some) // 3
    assert counts == [11, 11]
    calm = written(Style.REASSURING, Order.objects.order_by("pk")[0])
    with CaptureQueriesContext(connection) as queries:
        assert load_offers([calm]) == Offers()
    assert len(queries) == 0


def test_composing_a_style_asks_nothing_beside_its_background(voltline: Merchant) -> None:
    rule()
    shelf("P2", "P3")
    rows = [written(style, placed(number=f"V-{style}", email=f"{style}@example.com")) for style in Style.values]
    messages = list(Message.objects.filter(pk__in=[row.pk for row in rows]).prefetch_related(*context.RELATED).order_by("pk"))
    notes, background, mine = open_notes(messages), load_background(messages), house.load()
    with CaptureQueriesContext(connection) as queries:
        for message in messages:
            facts = context.build(message=message, now=PLACED, house=mine, notes=notes, background=background)
            assert used(facts) == (message.style, "")
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        notes.store()
    assert Coupon.objects.count() == 1
    assert len(queries) <= 4


def test_another_merchants_rule_and_products_are_not_used(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        rule()
        shelf("P2")
    with merchant_scope(borealis.pk):
        stories.dress()
        order = placed()
        for style in (Style.ENTICING, Style.SIMILAR):
            assert used(composed(style, order)[0])[0] == Style.PLAIN
