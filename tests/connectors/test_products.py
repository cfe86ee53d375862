"""Products as the shops' webhooks tell them: read, kept in any order, taken off sale."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Product
from catalog.selectors import pictures_of, product_with_parts, products, relatives, specs_of
from catalog.services import delete_product, upsert_product, write_product
from catalog.types import Choice, Picture, Relation
from connectors.models import Connection, InboxItem
from connectors.shops.shopify.parse import guess as shopify_guess
from connectors.shops.shopify.parse import parse as shopify_parse
from connectors.shops.texts import prose
from connectors.shops.woocommerce.parse import guess as woocommerce_guess
from connectors.shops.woocommerce.parse import parse as woocommerce_parse
from connectors.types import BadPayload, Ignored, ProductSeen
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import branding
from tests.connectors.conftest import Post, payload, scope_of

MUG, STOOL = "9007199254740993", "93"


def shopify_product(**changes: Any) -> ProductSeen:
    found = shopify_parse("products/update", payload("shopify/products_update") | changes, "shopify")
    assert isinstance(found, ProductSeen)
    return found


def woocommerce_product(**changes: Any) -> ProductSeen:
    found = woocommerce_parse("product.updated", payload("woocommerce/product_updated") | changes, "woocommerce")
    assert isinstance(found, ProductSeen)
    return found


def test_shopifys_product_is_read_whole() -> None:
    assert shopify_product() == ProductSeen(
        external_id=MUG,
        title="Enamel mug",
        updated_at=datetime(2026, 11, 19, 11, 0, tzinfo=UTC),
        told={
            "image_url": "https://cdn.shop.example/mug-red.jpg",
            "price": Decimal("15.00"),
            "description": "Holds 300 ml.\n\n• Dishwasher safe\n• Not for the microwave",
            "category": "Kitchen",
            "tags": ["mug", "enamel"],
            "variants": [
                Choice("101", "Red / 300 ml", {"Colour": "Red", "Size": "300 ml"}, "MUG-R-300", Decimal("15.00"), 8),
                Choice("102", "Red / 500 ml", {"Colour": "Red", "Size": "500 ml"}, "MUG-R-500", Decimal("15.00"), 2),
                Choice("103", "Blue / 300 ml", {"Colour": "Blue", "Size": "300 ml"}, "MUG-B-300", Decimal("15.00"), 0),
            ],
            "pictures": [
                Picture("https://cdn.shop.example/mug-red.jpg", "The red mug", "Red"),
                Picture("https://cdn.shop.example/mug-blue.jpg", "", "Blue / 300 ml"),
                Picture("https://cdn.shop.example/mug-box.jpg", "The box"),
            ],
        },
        page_path="/products/enamel-mug",
    )


def test_shopifys_only_variant_is_the_product() -> None:
    mug = payload("shopify/products_update")["variants"][0]
    told = shopify_product(variants=[mug]).told
    assert (told["sku"], told["variant_title"], told["price"], told["stock"]) == ("MUG-R-300", "Red / 300 ml", Decimal("15.00"), 8)
    plain = shopify_product(variants=[mug | {"title": "Default Title", "inventory_management": None}]).told
    assert (plain["variant_title"], plain["stock"]) == ("", None)
    assert shopify_product(variants=[mug | {"inventory_quantity": -3}]).told["stock"] == 0


def test_variants_of_different_prices_tell_no_price_and_never_a_stock() -> None:
    first, second, _third = payload("shopify/products_update")["variants"]
    told = shopify_product(variants=[first, second | {"price": "19.00"}]).told
    assert (told["price"], "stock" in told, "sku" in told) == (None, False, False)


@pytest.mark.parametrize(("status", "is_on_sale"), [("active", True), (None, True), ("draft", False), ("archived", False)])
def test_what_shopify_does_not_sell_is_not_on_sale(status: str | None, is_on_sale: bool) -> None:
    assert shopify_product(status=status).is_on_sale is is_on_sale


def test_what_shopify_is_silent_about_is_not_told() -> None:
    bare = {"id": 5, "title": "Mug", "updated_at": "2026-11-19T12:00:00Z"}
    found = shopify_parse("products/create", bare, "shopify")
    assert isinstance(found, ProductSeen)
    assert found.told == {"image_url": "", "price": None}
    assert found.page_path == ""


def test_woocommerces_product_is_read_whole() -> None:
    seen = woocommerce_product()
    assert (seen.external_id, seen.title, seen.updated_at) == (STOOL, "Oak stool – low", datetime(2026, 11, 19, 11, 0, tzinfo=UTC))
    assert seen.told == {
        "sku": "STOOL-45",
        "image_url": "https://holz.example/wp-content/uploads/stool.jpg",
        "page_url": "https://holz.example/product/oak-stool/",
        "price": Decimal("89.5"),
        "stock": 4,
        "description": "Solid oak, oiled.\n\nMade in Lippe.",
        "category": "Stools & benches",
        "specs": {"Wood": "Oak, Beech"},
        "pictures": [Picture("https://holz.example/wp-content/uploads/stool.jpg", "The stool")],
    }
    assert (seen.goes_with, seen.is_on_sale, seen.warnings) == (("94", "95"), True, ("images[1].src: is no web address, left out",))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"type": "variable"}, {}),
        ({"manage_stock": False}, {"price": Decimal("89.5"), "stock": None}),
        ({"manage_stock": False, "stock_status": "outofstock"}, {"price": Decimal("89.5"), "stock": 0}),
        ({"manage_stock": "parent", "stock_quantity": None, "price": ""}, {"price": None, "stock": None}),
        ({"stock_quantity": -1}, {"price": Decimal("89.5"), "stock": 0}),
    ],
)
def test_woocommerces_price_and_stock_are_told_only_where_they_are_of_one_thing(changes: dict[str, Any], told: dict[str, Any]) -> None:
    found = woocommerce_product(**changes).told
    assert {name: found[name] for name in ("price", "stock") if name in found} == told  # type: ignore[literal-required]


def test_a_variation_of_its_own_is_left_to_its_product() -> None:
    body = payload("woocommerce/product_updated") | {"type": "variation", "parent_id": 93}
    assert woocommerce_parse("product.updated", body, "woocommerce") == Ignored("a variation of product 93, which tells what we show")


def test_the_topic_of_a_product_is_told_from_its_content() -> None:
    assert shopify_guess(payload("shopify/products_update")) == "products/update"
    assert woocommerce_guess(payload("woocommerce/product_updated")) == "product.updated"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "x"}, "id"),
        ({"updated_at": "now", "created_at": None}, "updated_at"),
        ({"variants": {"a": 1}}, "variants"),
        ({"images": "x"}, "images"),
        ({"body_html": 5}, "body_html"),
        ({"title": ["x"]}, "title"),
    ],
)
def test_a_product_that_is_none_is_refused_by_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadPayload) as refusal:
        shopify_product(**changes)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Plain, 5 > 3\nlines stay", "Plain, 5 > 3\nlines stay"),
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<ul><li> a </li><li>b</li><li></li></ul>", "• a\n• b"),
        ("<style>p{}</style><b>Bold</b> &amp; calm<iframe>x</iframe>", "Bold & calm"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("a <!-- <p>b</p> --> c", "a c"),
        ("3 < 4 &lt;b&gt; <b title='x'>bold</b>", "3 < 4 <b> bold"),
        ("<script>" * 5_000, ""),
        ("<!--" * 5_000, ""),
    ],
    ids=lambda value: value[:12],
)
def test_descriptions_become_plain_text(html: str, text: str) -> None:
    assert prose(html) == text


@pytest.fixture
def tell(post: Post, now: datetime) -> Callable[..., str]:
    """Send a call and say what came of it."""

    def send(connection: Connection, topic: str, body: dict[str, Any]) -> str:
        assert post(connection, topic, body).status_code == 200
        run_until_quiet(lambda: now)
        with scope_of(connection):
            row = InboxItem.objects.order_by("-pk")[0]
        return row.outcome or row.last_error

    return send


def test_shopifys_product_is_kept_with_the_shops_own_page(shopify: Connection, tell: Callable[..., str]) -> None:
    with scope_of(shopify):
        type(branding()).objects.update(shop_url="https://acme.example/shop")
    assert tell(shopify, "products/create", payload("shopify/products_update")) == f"product {MUG} recorded"
    assert tell(shopify, "products/update", payload("shopify/products_update")) == f"product {MUG} updated"
    with scope_of(shopify):
        row = product_with_parts(id=Product.objects.get().pk)
        assert row is not None
        assert (row.title, row.page_url, row.price, row.currency, row.stock) == (
            *("Enamel mug", "https://acme.example/products/enamel-mug"),
            *(Decimal("15.0000"), "EUR", None),
        )
        assert [picture.variant for picture in pictures_of(row)] == ["Red", "Blue / 300 ml", ""]


def test_news_in_the_wrong_order_brings_nothing_back(shopify: Connection, tell: Callable[..., str]) -> None:
    body = payload("shopify/products_update")
    tell(shopify, "products/update", body)
    assert tell(shopify, "products/update", body | {"title": "Old", "updated_at": "2026-11-01T12:00:00Z"}).endswith("left as it is")
    assert tell(shopify, "products/delete", {"id": int(MUG)}) == f"product {MUG} taken off sale; its guide stays"
    assert tell(shopify, "products/delete", {"id": int(MUG)}) == f"product {MUG} is not on sale here"
    assert tell(shopify, "products/update", body | {"updated_at": "2026-11-19T11:30:00Z"}).endswith("left as it is")
    with scope_of(shopify):
        assert (products().count(), Product.objects.get().title) == (0, "Enamel mug")


def test_a_draft_is_hidden_and_comes_back(shopify: Connection, tell: Callable[..., str]) -> None:
    body = payload("shopify/products_update")
    assert tell(shopify, "products/create", body | {"status": "draft"}) == f"product {MUG} is not on sale, not recorded"
    tell(shopify, "products/update", body)
    assert tell(shopify, "products/update", body | {"status": "draft", "updated_at": "2026-11-19T11:30:00Z"}).endswith("its guide stays")
    with scope_of(shopify):
        assert products().count() == 0
    assert tell(shopify, "products/update", body | {"updated_at": "2026-11-19T11:31:00Z"}) == f"product {MUG} updated"
    with scope_of(shopify):
        assert products().count() == 1


def test_the_merchants_own_words_outlive_the_shops(shopify: Connection, tell: Callable[..., str], now: datetime) -> None:
    tell(shopify, "products/update", payload("shopify/products_update"))
    with scope_of(shopify):
        write_product(product=Product.objects.get(), at=now, description="Ours.", warranty_months=24)
    tell(shopify, "products/update", payload("shopify/products_update") | {"updated_at": "2026-11-19T11:30:00Z", "body_html": "<p>New</p>"})
    with scope_of(shopify):
        row = Product.objects.get()
        assert (row.description, row.warranty_months, row.category) == ("Ours.", 24, "Kitchen")


def test_woocommerces_cross_sells_are_related_as_far_as_we_hold_them(
    woocommerce: Connection, tell: Callable[..., str], now: datetime
) -> None:
    with scope_of(woocommerce):
        upsert_product(external_id="95", title="Wax", at=now)
    outcome = tell(woocommerce, "product.created", payload("woocommerce/product_updated"))
    assert outcome == "product 93 recorded; 1 warnings: images[1].src: is no web address, left out"
    with scope_of(woocommerce):
        row = Product.objects.get(external_id=STOOL)
        assert (row.price, row.currency, specs_of(row)) == (Decimal("89.5000"), "EUR", [("Wood", "Oak, Beech")])
        assert [other.external_id for other in relatives(product_id=row.pk, kind=Relation.GOES_WITH)] == ["95"]
    assert tell(woocommerce, "product.deleted", {"id": 93}) == "product 93 taken off sale; its guide stays"


def test_one_merchants_call_never_touches_anothers_product(
    shopify: Connection, borealis: Merchant, tell: Callable[..., str], now: datetime
) -> None:
    with merchant_scope(borealis.pk):
        upsert_product(external_id=MUG, title="Theirs", at=now)
    tell(shopify, "products/update", payload("shopify/products_update"))
    tell(shopify, "products/delete", {"id": int(MUG)})
    with merchant_scope(borealis.pk):
        row = Product.objects.get()
        assert (row.title, row.deleted_at, delete_product(external_id=MUG, at=now)) == ("Theirs", None, True)
