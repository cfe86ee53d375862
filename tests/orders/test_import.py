"""History from a file: complete, quiet, again without harm, and every bad row named."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.importing import BadFile, Entry, read_csv
from orders.management.commands import import_orders
from orders.models import Order, OrderChange, OrderLine, Payment, Promise
from orders.types import Fulfilment
from tests import factories as make
from tests.conftest import NOW

HEAD = "number,placed_at,email,title,quantity,unit_price"
Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(acme: Merchant, tmp_path: Path) -> Run:
    """Write a file, import it, return what was printed and the errors file."""

    def go(text: str | bytes, *flags: str, name: str = "orders.csv") -> tuple[str, str]:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = io.StringIO()
        try:
            call_command("import_orders", str(path), "--merchant", "acme", *flags, stdout=out, stderr=io.StringIO())
        except CommandError as error:
            out.write(f"error: {error}")
        errors = path.with_name(f"{name}.errors.jsonl")
        return out.getvalue().strip(), errors.read_text() if errors.exists() else ""

    return go


def refused(errors: str) -> list[tuple[int, str, str]]:
    return [(row["row"], row["order"], row["field"]) for row in map(json.loads, errors.splitlines())]


def test_rows_of_one_number_are_one_order_and_nobody_is_told(run: Run, acme: Merchant) -> None:
    rows = ["1,2025-03-01,sam@example.com,Shirt,2,49.00", "1,,,Belt,1,29.90", "2,2025-03-02T10:00:00Z,robin@example.com,Socks,1,5"]
    assert run("\n".join([HEAD, *rows])) == ("2 new, 0 changed, 0 same, 0 older, 0 refused", "")
    with merchant_scope(acme.pk):
        first, second = Order.objects.order_by("number")
        assert (first.total, first.is_imported, first.state, first.payment_state) == (Decimal("127.90"), True, "confirmed", "paid")
        assert list(first.lines.order_by("position").values_list("title", "quantity")) == [("Shirt", 2), ("Belt", 1)]
        assert (first.placed_at, second.placed_at) == (datetime(2025, 2, 28, 23, tzinfo=UTC), datetime(2025, 3, 2, 10, tzinfo=UTC))
        assert set(Event.objects.values_list("type", flat=True)) == {"orders.order.imported"}
        assert Promise.objects.count() == 0


def test_running_it_again_changes_nothing(run: Run, acme: Merchant) -> None:
    text = f"{HEAD}\n1,2025-03-01,sam@example.com,Shirt,2,49.00\n"
    run(text)
    assert run(text)[0] == "0 new, 0 changed, 1 same, 0 older, 0 refused"
    with merchant_scope(acme.pk):
        assert (Order.objects.count(), OrderLine.objects.count(), Event.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffOrder Number;Placed At;E-Mail;TITLE;Qty;Unit-Price\n1;2025-03-01;x;Shirt;1;5",
        "number\tplaced_at\ttitle\tquantity\tunit_price\n1\t2025-03-01\tShirt\t1\t5",
        'number,placed_at,title,quantity,unit_price\r\n1,2025-03-01,"Shirt, ""linen""\nlong",1,5\r\n\r\n',
    ],
)
def test_headers_and_separators_are_read_as_people_write_them(run: Run, acme: Merchant, text: str) -> None:
    assert run(text)[0].startswith("1 new")
    with merchant_scope(acme.pk):
        assert Order.objects.get().total == 5


BAD = [
    ("2,01.03.2025,a@b.example,Shirt,1,5", "placed_at"),
    ("2,2025-13-01,a@b.example,Shirt,1,5", "placed_at"),
    ("2,,a@b.example,Shirt,1,5", "placed_at"),
    ("2,2025-03-01,a@b.example,Shirt,1,\u0665", "lines[0].unit_price"),
    ("2,2025-03-01,a@b.example,Shirt,1,5.001", "lines[0].unit_price"),
    ("2,2025-03-01,a@b.example,Shirt,1,1e5", "lines[0].unit_price"),
    ("2,2025-03-01,a@b.example,Shirt,-1,5", "lines[0].quantity"),
    ("2,2025-03-01,a@b.example,Shirt,0,5", "lines[0].quantity"),
    ("2,2025-03-01,a@b.example,,1,5", "lines[0].title"),
    ("2,2099-03-01,a@b.example,Shirt,1,5", "placed_at"),
    (",2025-03-01,a@b.example,Shirt,1,5", "external_id"),
    ("2,2025-03-01,a@b.example,Shirt,1", ""),
]


@pytest.mark.parametrize(("row", "field"), BAD)
def test_a_bad_row_is_named_and_disturbs_no_other(run: Run, acme: Merchant, row: str, field: str) -> None:
    good = "{},2025-03-01,sam@example.com,Shirt,1,5"
    printed, errors = run("\n".join([HEAD, good.format(1), row, good.format(3)]))
    assert printed.startswith("2 new, 0 changed, 0 same, 0 older, 1 refused")
    assert [(number, name) for number, _, name in refused(errors)] == [(3, field)]
    with merchant_scope(acme.pk):
        assert list(Order.objects.order_by("number").values_list("number", flat=True)) == ["1", "3"]


def test_a_bad_later_line_is_named_by_its_own_row(run: Run) -> None:
    errors = run(f"{HEAD}\n1,2025-03-01,a@b.example,Shirt,1,5\n1,,,Belt,x,5\n")[1]
    assert refused(errors) == [(3, "1", "lines[1].quantity")]


def test_scattered_rows_are_refused_and_the_order_stays_whole(run: Run, acme: Merchant) -> None:
    row = "{},2025-03-01,sam@example.com,{},1,5"
    text = "\n".join([HEAD, row.format(1, "Shirt"), row.format(2, "Belt"), row.format(1, "Socks")])
    for _ in range(2):
        assert refused(run(text)[1]) == [(4, "1", "")]
    with merchant_scope(acme.pk):
        assert list(Order.objects.get(number="1").lines.values_list("title", "quantity_removed")) == [("Shirt", 0)]


def test_bytes_that_are_no_utf8_cost_only_their_row(run: Run) -> None:
    text = f"{HEAD}\n1,2025-03-01,a@b.example,Shirt,1,5\n".encode() + b"2,2025-03-01,a@b.example,Gr\xfc\xdf,1,5\n"
    printed, errors = run(text)
    assert (printed[:5], refused(errors)) == ("1 new", [(3, "2", "lines[0].title")])


@pytest.mark.parametrize("text", ["", "number,title\n1,Shirt", f"{HEAD},title\n"])
def test_a_file_without_its_columns_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(BadFile):
        list(read_csv(iter(text.splitlines(keepends=True))))


def test_a_dry_run_reports_and_keeps_nothing(run: Run, acme: Merchant) -> None:
    printed, errors = run(f"{HEAD}\n1,2025-03-01,a@b.example,Shirt,1,5\n2,x,,Belt,1,5\n", "--dry-run")
    assert (printed.split(", error")[0][:41], refused(errors)) == ("1 new, 0 changed, 0 same, 0 older, 1 refu", [(3, "2", "placed_at")])
    with merchant_scope(acme.pk):
        assert (Order.objects.count(), Event.objects.count()) == (0, 0)


def test_with_notify_the_orders_are_news(run: Run, acme: Merchant) -> None:
    run(f"{HEAD}\n1,2025-03-01,a@b.example,Shirt,1,5\n", "--notify")
    with merchant_scope(acme.pk):
        assert list(Event.objects.order_by("id").values_list("type", flat=True)) == [
            "orders.order.placed",
            "orders.order.confirmed",
            "orders.order.paid",
        ]


FULL: dict[str, Any] = {
    "number": 7,
    "placed_at": "2025-03-01T10:00:00+01:00",
    "fulfilled_at": "2025-03-03",
    "currency": "USD",
    "email": "sam@example.com",
    "payment_method": "Visa",
    "payment_last4": "4242",
    "refunded_total": "5.00",
    "shipping_total": 4.90,
    "shipping_city": "Berlin",
    "shipping_country": "de",
    "lines": [{"title": "Shirt", "quantity": 2, "unit_price": 49, "line_discount": "8.00", "sku": "S"}],
}


def test_json_lines_carry_whole_orders(run: Run, acme: Merchant) -> None:
    assert run(json.dumps(FULL), name="orders.jsonl")[0].startswith("1 new")
    with merchant_scope(acme.pk):
        order = Order.objects.get()
        assert (order.number, order.currency, order.total, order.fulfilment) == ("7", "USD", Decimal("94.90"), Fulfilment.FULFILLED)
        assert (order.refunded_total, order.payment_state, order.shipping_address["country"]) == (Decimal("5"), "partially_refunded", "DE")
        assert list(Payment.objects.values_list("method", "last4", "amount")) == [("Visa", "4242", Decimal("94.90"))]
        assert set(OrderChange.objects.values_list("kind", flat=True)) == {"placed", "confirmed", "paid", "refunded", "shipped"}
    assert run(json.dumps(FULL), name="orders.jsonl")[0] == "0 new, 0 changed, 1 same, 0 older, 0 refused"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", ""),
        ("[]", ""),
        ('{"number": "1", "number": "2"}', ""),
        ('{"number": "1", "placed_at": "2025-03-01", "lines": "x"}', "lines"),
        ('{"number": "1", "placed_at": "2025-03-01", "lines": []}', "lines"),
        ('{"number": true, "placed_at": "2025-03-01", "lines": []}', "number"),
        ('{"number": "1", "placed_at": "2025-03-01", "lines": [{"title": {"a": 1}, "quantity": 1, "unit_price": 1}]}', "lines[0].title"),
        ('{"number": "1", "placed_at": "2025-03-01", "lines": [{"title": "a\\u0000b", "quantity": 1, "unit_price": 1}]}', "lines[0].title"),
        ('{"number": "1", "x": "' + "x" * 1_100_000 + '"}', ""),
    ],
)
def test_a_bad_json_line_is_named_by_its_number(run: Run, acme: Merchant, line: str, field: str) -> None:
    printed, errors = run(f"{line}\n\n{json.dumps(FULL)}\n", name="orders.jsonl")
    assert (printed[:5], [(row, name) for row, _, name in refused(errors)]) == ("1 new", [(1, field)])
    with merchant_scope(acme.pk):
        assert list(Order.objects.values_list("number", flat=True)) == ["7"]


def test_errors_of_an_earlier_run_are_gone_when_all_is_well(run: Run) -> None:
    assert run(f"{HEAD}\n1,x,,Shirt,1,5\n")[1] != ""
    assert run(f"{HEAD}\n1,2025-03-01,,Shirt,1,5\n")[1] == ""


def test_an_unknown_merchant_or_ending_is_refused(run: Run, acme: Merchant, tmp_path: Path) -> None:
    assert run("x", name="orders.xlsx")[0] == "error: the file must end in .csv or .jsonl"
    with pytest.raises(CommandError, match="no merchant"):
        call_command("import_orders", str(tmp_path / "orders.xlsx"), "--merchant", "nobody")


def test_the_import_goes_to_its_merchant_only(run: Run, acme: Merchant, borealis: Merchant) -> None:
    run(f"{HEAD}\n1,2025-03-01,a@b.example,Shirt,1,5\n")
    with merchant_scope(borealis.pk):
        assert Order.objects.count() == 0


def test_a_stopped_import_goes_on_where_it_was(run: Run, acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join([HEAD, *(f"{i},2025-03-01,sam@example.com,Shirt,1,5" for i in range(4))])
    whole = import_orders.run_chunk

    def stopped(chunk: list[Entry], *rest: Any) -> list[Any]:
        if chunk[0].number == "2":
            raise KeyboardInterrupt
        return whole(chunk, *rest)

    monkeypatch.setattr(import_orders, "CHUNK", 2)
    with monkeypatch.context() as power, pytest.raises(KeyboardInterrupt):
        power.setattr(import_orders, "run_chunk", stopped)
        run(text)
    with merchant_scope(acme.pk):
        assert Order.objects.count() == 2
    assert run(text)[0] == "2 new, 0 changed, 2 same, 0 older, 0 refused"


def test_history_gets_no_promise_that_had_gone_by_before_we_knew_it(in_acme: Merchant) -> None:
    old = make.place_order(number="1", placed_at=NOW - timedelta(days=200), quiet=True)
    fresh = make.place_order(number="2", placed_at=NOW - timedelta(hours=1), quiet=True)
    assert (old.ship_by, old.arrive_by) == (None, None)
    assert fresh.ship_by is not None
    assert Promise.objects.count() == 0
