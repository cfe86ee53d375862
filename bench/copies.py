"""Many orders quickly: one order made by the services, copied by SQL as role `app` inside its merchant's scope."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, connections, models

from customers.models import Customer
from orders.models import Order, OrderChange, OrderLine, Payment, Promise
from orders.services import record_order
from orders.types import Address, IncomingLine, IncomingOrder, IncomingPayment, PaymentState
from tracking.models import Shipment, ShipmentLine
from tracking.services import record_shipment
from tracking.types import IncomingShipment, ShipmentStatus

# Copies get ids of their own range: `n` counts the copies, a hundred places belong to the lines and the parcels of each.
BASE, ORDERS_EACH, SPAN = 10**9, 5, 10**6
CUSTOMER = f"{BASE} + n / {ORDERS_EACH}"
ORDER, PLACE = f"{BASE} + n", f"{BASE} + n * 100"
PARCEL = f"{PLACE} + (select position from parcel where id = %s)"
PARCEL_NAMED = PARCEL % "split_part(old.subject, ':', 2)::bigint"
PARCEL_TOLD = PARCEL % "(old.data ->> 'shipment')::bigint"

# What differs from the copied row, per table; all other columns are copied. An `id` of None is drawn as always.
COPIES: tuple[tuple[type[models.Model], dict[str, str | None]], ...] = (
    (
        Order,
        {
            "id": ORDER,
            "public_id": "left(md5('o' || n), 22)",
            "track_token": "left(md5('t' || n), 22)",
            "external_id": "'copy-' || n",
            "number": "'C' || n",
            "customer_id": CUSTOMER,
            "placed_at": f"old.placed_at - (n % {SPAN}) * interval '7 minutes'",
        },
    ),
    (OrderLine, {"id": f"{PLACE} + old.position", "public_id": "left(md5('l' || n || '-' || old.position), 22)", "order_id": ORDER}),
    (Payment, {"id": None, "order_id": ORDER}),
    (
        OrderChange,
        {
            "id": None,
            "order_id": ORDER,
            "data": f"case when old.data ? 'shipment' then old.data || jsonb_build_object('shipment', {PARCEL_TOLD}) else old.data end",
        },
    ),
    (
        Promise,
        {
            "id": None,
            "order_id": ORDER,
            "subject": f"case when old.subject like 'shipment:%' then 'shipment:' || ({PARCEL_NAMED}) else old.subject end",
        },
    ),
    (
        Shipment,
        {
            "id": f"{PLACE} + old.position",
            "public_id": "left(md5('s' || n || '-' || old.position), 22)",
            "order_id": ORDER,
            "tracking_number": "old.tracking_number || n",
        },
    ),
    (
        ShipmentLine,
        {
            "id": None,
            "shipment_id": PARCEL % "old.shipment_id",
            "order_line_id": f"{PLACE} + (select position from line where id = old.order_line_id)",
        },
    ),
)
PERSON: dict[str, str | None] = {
    "id": f"{BASE} + n",
    "public_id": "left(md5('c' || n), 22)",
    "email": "'copy' || n || '@customers.example'",
    "email_normalised": "'copy' || n || '@customers.example'",
}


def original(at: datetime, lines: int = 3, name: str = "original") -> Order:
    """Some lines, paid, in two parcels: one delivered, with all lines but the last, and one on its way with a piece of that."""
    bought = tuple(
        IncomingLine(external_id=f"L{i}", title=f"Linen shirt {i}", quantity=2, unit_price=Decimal(49), total=Decimal(98))
        for i in range(1, lines + 1)
    )
    total = sum((line.total for line in bought), Decimal(0))
    order = record_order(
        incoming=IncomingOrder(
            source="bench",
            external_id=name,
            number=f"100{lines}",
            currency="EUR",
            placed_at=at - timedelta(days=4),
            updated_at=at - timedelta(days=4),
            lines=bought,
            subtotal=total,
            total=total,
            email=f"{name}@customers.example",
            first_name="Sam",
            last_name="Berg",
            payment_state=PaymentState.PAID,
            payments=(IncomingPayment(external_id="P1", method="Visa", amount=total, paid_at=at),),
            shipping_address=Address(name="Sam Berg", street="Torstraße 1", postcode="10119", city="Berlin", country="DE"),
        ),
        at=at,
    ).order
    first = {line.external_id: 2 for line in bought[:-1]} or {"L1": 1}
    _ship(name, "A", first, ShipmentStatus.DELIVERED, at - timedelta(days=1))
    _ship(name, "B", {bought[-1].external_id: 1}, ShipmentStatus.IN_TRANSIT, at - timedelta(hours=5))
    return order


def _ship(order: str, external_id: str, lines: dict[str, int], status: ShipmentStatus, at: datetime) -> None:
    parcel = IncomingShipment(
        source="bench",
        external_id=external_id,
        order_external_id=order,
        updated_at=at,
        status=status,
        carrier="DHL",
        tracking_number=f"0034{external_id}{order[-2:]}",
        lines=lines,
    )
    record_shipment(incoming=parcel, at=at)


def multiply(order: Order, first: int, last: int) -> None:
    """Copies number `first` to `last`; five orders to a customer."""
    _copy(Customer, PERSON, f"old.id = {order.customer_id}", -(-first // ORDERS_EACH), last // ORDERS_EACH, order.pk)
    for model, over in COPIES:
        if model is Order:
            which = f"old.id = {order.pk}"
        elif model is ShipmentLine:
            which = f"old.shipment_id in (select id from tracking_shipment where order_id = {order.pk})"
        else:
            which = f"old.order_id = {order.pk}"
        _copy(model, over, which, first, last, order.pk)


def _copy(model: type[models.Model], over: dict[str, str | None], which: str, first: int, last: int, order_id: int) -> None:
    every = [str(field.column) for field in model._meta.local_concrete_fields]
    columns = [column for column in every if over.get(column, "") is not None]
    chosen = ", ".join(over.get(column) or f'old."{column}"' for column in columns)
    names, table = ", ".join(f'"{column}"' for column in columns), model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        # The few old rows are read once; else they would be looked for in the growing tables again for each copy.
        places = (("parcel", "tracking_shipment"), ("line", "orders_orderline"))
        known = ", ".join(f"{name} as materialized (select id, position from {of} where order_id = {order_id})" for name, of in places)
        once = f'with old as materialized (select * from "{table}" as old where {which}), {known}'
        cursor.execute(
            f'{once} insert into "{table}" ({names}) select {chosen} from old, generate_series({first}::bigint, {last}::bigint) as n'
        )


def settle() -> None:
    """Statistics and visibility as a running installation has them; only the tables' owner may."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
        for table in (Customer._meta.db_table, *(model._meta.db_table for model, _ in COPIES)):
            cursor.execute(f'vacuum analyze "{table}"')
