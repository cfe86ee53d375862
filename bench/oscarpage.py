"""The peer of `bench.reads`: django-oscar's own order page. Run by the Python of an environment of its own (`bench.oscar` makes it).

    oscarpage.py DATABASE-URL

Makes its tables in that empty database, one shopper and one order of 1, 5 and 20 lines. Then reads lines `<lines> <times>` from its input
and answers each with a JSON list of milliseconds. Knows nothing of this project.
"""

# mypy: ignore-errors
# ruff: noqa: PLC0415
# Its packages are those of the other environment, and nothing of Django's is read before the settings stand.

import json
import os
import sys
import time
from decimal import Decimal
from urllib.parse import urlsplit

LINES = (1, 5, 20)
APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "oscar.config.Shop",
    "oscar.apps.analytics.apps.AnalyticsConfig",
    "oscar.apps.checkout.apps.CheckoutConfig",
    "oscar.apps.address.apps.AddressConfig",
    "oscar.apps.shipping.apps.ShippingConfig",
    "oscar.apps.catalogue.apps.CatalogueConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "oscar.apps.communication.apps.CommunicationConfig",
    "oscar.apps.partner.apps.PartnerConfig",
    "oscar.apps.basket.apps.BasketConfig",
    "oscar.apps.payment.apps.PaymentConfig",
    "oscar.apps.offer.apps.OfferConfig",
    "oscar.apps.order.apps.OrderConfig",
    "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.search.apps.SearchConfig",
    "oscar.apps.voucher.apps.VoucherConfig",
    "oscar.apps.wishlists.apps.WishlistsConfig",
    "oscar.apps.dashboard.apps.DashboardConfig",
    "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
    "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
    "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
    "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
    "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
    "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
    "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
    "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
    "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
    "widget_tweaks",
    "haystack",
    "treebeard",
    "django_tables2",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]
PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "oscar.apps.search.context_processors.search_form",
    "oscar.apps.checkout.context_processors.checkout",
    "oscar.apps.communication.notifications.context_processors.notifications",
    "oscar.core.context_processors.metadata",
]
urlpatterns: list = []


def set_up(url: str) -> None:
    """Oscar's settings as its documentation gives them."""
    import oscar.defaults
    from django.conf import settings

    parts = urlsplit(url)
    database = {"NAME": parts.path[1:], "USER": parts.username or "", "HOST": parts.hostname or "", "PORT": str(parts.port or "")}
    if parts.query.startswith("host="):
        database["HOST"] = parts.query[5:].replace("%2F", "/")
    settings.configure(
        **{name: getattr(oscar.defaults, name) for name in dir(oscar.defaults) if name.startswith("OSCAR_")},
        DEBUG=False,
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["*"],
        SITE_ID=1,
        ROOT_URLCONF="oscarpage",
        INSTALLED_APPS=APPS,
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": PROCESSORS}}
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None, **database}},
        AUTHENTICATION_BACKENDS=["oscar.apps.customer.auth_backends.EmailBackend", "django.contrib.auth.backends.ModelBackend"],
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        STATIC_URL="/static/",
        MEDIA_URL="/media/",
        MEDIA_ROOT="/nowhere",
        USE_TZ=True,
        LOGGING_CONFIG=None,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    import django

    django.setup()
    from django.apps import apps
    from django.urls import include, path

    sys.modules["oscarpage"] = sys.modules["__main__"]
    urlpatterns.append(path("", include(apps.get_app_config("oscar").urls[0])))


def fill() -> "tuple[object, dict[int, str]]":
    """A shopper with three orders; returns both."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone
    from oscar.core.loading import get_model

    user = get_user_model().objects.create_user("sam", "sam@customers.example", "a long enough password")
    partner = get_model("partner", "Partner").objects.create(name="Bench")
    kind = get_model("catalogue", "ProductClass").objects.create(name="Shirts", requires_shipping=True, track_stock=True)
    country = get_model("address", "Country").objects.create(iso_3166_1_a2="DE", printable_name="Germany", is_shipping_country=True)
    numbers = {}
    for count in LINES:
        where = {
            "first_name": "Sam",
            "last_name": "Berg",
            "line1": "Torstraße 1",
            "line4": "Berlin",
            "postcode": "10119",
            "country": country,
        }
        total = Decimal(98) * count
        order = get_model("order", "Order").objects.create(
            number=str(1000 + count), user=user, currency="EUR", total_incl_tax=total, total_excl_tax=total, status="Paid",
            date_placed=timezone.now(), shipping_address=get_model("order", "ShippingAddress").objects.create(**where),
            billing_address=get_model("order", "BillingAddress").objects.create(**where), shipping_method="DHL",
        )  # fmt: skip
        for place in range(count):
            add_line(order, partner, kind, place)
        numbers[count] = order.number
    return user, numbers


def add_line(order: object, partner: object, kind: object, place: int) -> None:
    from oscar.core.loading import get_model

    name = f"{order.number}-{place}"
    product = get_model("catalogue", "Product").objects.create(
        title=f"Linen shirt {name}", upc=name, product_class=kind, slug=f"shirt-{name}"
    )
    stock = get_model("partner", "StockRecord").objects.create(
        product=product, partner=partner, partner_sku=name, price=Decimal(49), price_currency="EUR", num_in_stock=100
    )
    prices = {
        f"line_price_{part}": Decimal(98) for part in ("incl_tax", "excl_tax", "before_discounts_incl_tax", "before_discounts_excl_tax")
    }
    get_model("order", "Line").objects.create(
        order=order, partner=partner, partner_name="Bench", partner_sku=name, stockrecord=stock, product=product, title=product.title,
        upc=name, quantity=2, num_allocated=0, unit_price_incl_tax=Decimal(49), unit_price_excl_tax=Decimal(49), status="Paid", **prices,
    )  # fmt: skip


def main() -> None:
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    set_up(sys.argv[1])
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    call_command("migrate", verbosity=0, interactive=False)
    user, numbers = fill()
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    client = Client()
    client.force_login(user, backend="oscar.apps.customer.auth_backends.EmailBackend")
    print("ready", flush=True)
    for line in sys.stdin:
        lines, times = map(int, line.split())
        print(json.dumps([ask(client, f"/accounts/orders/{numbers[lines]}/", lines) for _ in range(times)]), flush=True)


def ask(client: object, path: str, lines: int) -> float:
    """Milliseconds; raises RuntimeError unless the page shows every line."""
    began = time.perf_counter()
    answer = client.get(path)
    spent = (time.perf_counter() - began) * 1000
    shown = answer.content.decode().count("line_form_") if answer.status_code == 200 else 0
    if shown != lines:
        raise RuntimeError(f"{path} answered {answer.status_code} with {shown} of {lines} lines")
    return round(spent, 3)


if __name__ == "__main__":
    main()
