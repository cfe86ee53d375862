"""Two merchants with one row of everything, alike but for what names them; and a digest of every table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.test import Client

from catalog.services import upsert_product
from connectors.models import Connection
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_api_key
from merchants.types import Role, Scope
from notifications.models import Message, ProviderAccount
from orders.models import Addition, Order, OrderRequest
from returns.models import CasePhoto, Claim, Exchange, MoneyBack, Return, Withdrawal
from reviews.models import Review, ReviewPhoto, Survey, Theme
from reviews.models.ratings import FeedbackTask
from rewards.models import Coupon
from tests.admin import world as staff
from tests.admin.addresses import patterns
from tests.conftest import NOW
from tests.factories import incoming_line, place_order
from tests.isolation.addresses import Address
from tests.portal.addresses import Belongings, belongings
from tests.portal.conftest import signed_in as shopper_in
from tracking.models import Incident, SavedView, Shipment

HOST = "platform.test"


@dataclass
class World:
    """One merchant, its staff, its shopper, and what its addresses are filled with."""

    merchant: Merchant
    staff: staff.World
    own: Belongings
    number: str
    order: Order
    filled: dict[str, dict[str, str]]

    @property
    def marks(self) -> tuple[str, ...]:
        """What stands in the rows of this merchant and in no other's."""
        return (self.mark, self.number, *self.staff.canaries)

    @property
    def mark(self) -> str:
        return f"only-{self.merchant.slug}"

    def value(self, address: Address, argument: str) -> str:
        """What an argument of an address of the platform's host is filled with."""
        prefix = address.route.removeprefix("api/v1/").split("/")[0] if address.section == "api" else address.section
        table = {**self.filled["any"], **self.filled.get(prefix, {}), **self.filled.get(address.name, {})}
        if argument == "object_id":
            return str(self.row_of(address))
        return table[argument]

    def row_of(self, address: Address) -> int:
        """The row of the table an address of the admin is about."""
        label = ".".join(address.route.removeprefix("admin/").split("/")[:2])
        return self.staff.rows["orders.order" if label.startswith("r.") else label]

    def path(self, address: Address) -> str:
        if address.section == "portal":
            return self.own.path(address.name)
        return address.path(self.value)

    def connection(self) -> Connection:
        row: Connection = Connection.objects.get()
        return row

    def key(self, *scopes: str) -> str:
        with merchant_scope(self.merchant.pk):
            return create_api_key(name="program", scopes=list(scopes) or list(Scope.values), at=NOW)[1]

    def role(self, role: Role) -> Client:
        """Somebody of this merchant's staff on the platform's host."""
        return staff.signed_in(staff.person(f"{role}@{self.merchant.slug}.staff", self.merchant, role))

    def shopper(self) -> Client:
        with merchant_scope(self.merchant.pk):
            customer = self.order.customer
        assert customer is not None
        return shopper_in(self.merchant, customer)


def build(merchant: Merchant) -> World:
    """Fill a merchant with one row of everything that has an address."""
    inner = staff.build(merchant)
    mark, number = f"only-{merchant.slug}", f"7{merchant.pk:04}"
    with merchant_scope(merchant.pk):
        line = incoming_line(title=f"Lamp {mark}", external_id="L1")
        second = incoming_line(title=f"Shade {mark}", external_id="L2")
        about: dict[str, Any] = {"email": f"{mark}@example.com", "phone": "", "first_name": mark}
        order = place_order(number=number, lines=(line, second), **about)
        own = belongings(order)
        upsert_product(external_id=mark, title=mark, at=NOW)
        _desk(order, mark)
        filled = _filled(inner, order, mark)
        for model in (Message, Incident, Review):  # shown in the admin by the row this world is about
            inner.rows[model._meta.label_lower] = model.objects.latest("pk").pk
    return World(merchant, inner, own, number, order, filled)


def _desk(order: Order, mark: str) -> None:
    claim = Claim.objects.latest("pk")
    kept: dict[str, Any] = {"order": order, "title": mark, "quantity": 1, "currency": "EUR", "created_at": NOW}
    Exchange.objects.create(claim=claim, **kept)
    FeedbackTask.objects.create(review=Review.objects.get(order=order), order=order, opened_at=NOW, due_at=NOW + timedelta(days=2))
    user = apps.get_model("merchants.User").objects.latest("pk")
    SavedView.objects.create(user=user, name=mark, query="", created_at=NOW)


def _filled(inner: staff.World, order: Order, mark: str) -> dict[str, dict[str, str]]:
    def newest(model: type[models.Model], column: str = "pk") -> str:
        return str(getattr(model._default_manager.latest("pk"), column))

    public = {
        "additions": Addition, "requests": OrderRequest, "returns": Return, "claims": Claim, "withdrawals": Withdrawal,
        "moneys": MoneyBack, "reviews": Review, "shipments": Shipment,
    }  # fmt: skip
    account = ProviderAccount.objects.get(provider="twilio")
    ids = {
        "incident_id": newest(Incident), "view_id": newest(SavedView), "money_id": newest(MoneyBack), "exchange_id": newest(Exchange),
        "claim_id": newest(Claim), "withdrawal_id": newest(Withdrawal), "return_id": newest(Return), "review_id": newest(Review),
        "survey_id": newest(Survey), "theme_id": newest(Theme), "message_id": newest(Message), "name": "approve",
        "number": order.number, "key": Survey.objects.latest("pk").key, "code": Coupon.objects.latest("pk").code, "external_id": mark,
    }  # fmt: skip
    return {
        "any": {
            "uidb64": "MQ", "token": "none", "rule": "none", "kind": "thanks", "slug": "refund", "language": "en", "app_label": "orders",
            "content_type_id": str(ContentType.objects.get_for_model(Order).pk), **ids,
        },
        **{prefix: {"public_id": newest(model, "public_id")} for prefix, model in public.items()},
        "customers": {"public_id": str(order.customer.public_id if order.customer else "")},
        "dashboard:case_photo": {"public_id": newest(CasePhoto, "public_id")},
        "dashboard:review_photo": {"public_id": newest(ReviewPhoto, "public_id")},
        "dashboard:task": {"public_id": newest(FeedbackTask, "public_id")},
        "dashboard:task_act": {"public_id": newest(FeedbackTask, "public_id"), "name": "owner"},
        "hooks": {"public_id": Connection.objects.get().public_id},
        "callbacks": {"account": account.public_id, "token": newest(Message, "token"), "provider": "postmark"},
        **{name: {"key": "dispatch.sms.en"} for name, _ in patterns("admin") if "templateversion" in name},
    }  # fmt: skip


# Whoever asks has a session; and what is refused is itself written down, in the tables of the audit.
NEVER = ("django_session", "merchants_audit", "merchants_platform")


def digest(*merchants: Merchant) -> dict[str, str]:
    """Rows and a digest of every table, as each of the merchants sees it: equal before and after means that nothing was written."""
    found: dict[str, str] = {}
    for merchant in merchants:
        with merchant_scope(merchant.pk), connection.cursor() as cursor:
            cursor.execute(TABLES)
            for table, is_owned in cursor.fetchall():
                if not table.startswith(NEVER) and (is_owned or merchant == merchants[0]):
                    cursor.execute(DIGEST.format(connection.ops.quote_name(table)))
                    found[f"{merchant.slug} {table}"] = cursor.fetchone()[0]
    return found


TABLES = """
    select relname::text, exists (select 1 from pg_attribute where attrelid = pg_class.oid and attname = 'merchant_id')
    from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
    and has_table_privilege(oid, 'select') order by 1"""
DIGEST = "select count(*) || ' ' || md5(coalesce(string_agg(row::text, '|' order by row::text), '')) from {} row"


@contextmanager
def nothing_written(*merchants: Merchant, but: str = "") -> Iterator[None]:
    """Fails, naming the tables, when anything at all was written meanwhile, `but` to one table."""
    before = digest(*merchants)
    yield
    after = digest(*merchants)
    written = [table for table in before if before[table] != after[table] and table.split()[1] != but]
    assert not written, f"written to: {written}"
