"""`/hooks/<public_id>/`: what is let in, what is turned away, and that turning away changes nothing."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client
from kombu.exceptions import OperationalError as BrokerAway

from connectors.models import Connection, InboxItem
from connectors.services import receive, rotate_secret
from connectors.services.receive import Verdict
from core.signing import hmac_base64
from events import doorbell
from merchants.models import Merchant
from merchants.scope import merchant_scope, one_statement
from merchants.services import create_merchant
from tests.connectors.conftest import HOST, SECRET, STRANGERS_SECRET, Post, headers_of, open_connection, payload, scope_of

ORDER = payload("shopify/orders_create")
receiving = sys.modules[receive.__module__]  # the package gives the function by the module's name


def stored(row: Connection) -> list[InboxItem]:
    with scope_of(row):
        return list(InboxItem.objects.order_by("id"))


def fresh(row: Connection) -> Connection:
    with scope_of(row):
        found: Connection = Connection.objects.get(pk=row.pk)
    return found


def test_a_signed_call_is_stored_as_it_came(shopify: Connection, post: Post) -> None:
    answer = post(shopify, "orders/create", ORDER, event_id="e-1")
    assert (answer.status_code, answer.content) == (200, b"stored\n")
    (item,) = stored(shopify)
    assert (item.topic, item.event_id, item.state, bytes(item.body)) == ("orders/create", "e-1", "ready", json.dumps(ORDER).encode())
    assert fresh(shopify).refused_count == 0


@pytest.mark.parametrize("connector", ["shopify", "woocommerce"])
@pytest.mark.parametrize("signature", [None, "", "x", "not base64!", "YWJj", "ünï", hmac_base64("other", b"{}")])
def test_a_missing_or_wrong_signature_is_refused_and_only_counted(
    acme: Merchant, now: datetime, client: Client, connector: str, signature: str | None
) -> None:
    row = open_connection(acme, connector, now)
    headers = headers_of(row, "orders/create", b"{}", secret=SECRET, event_id="e", shop="")
    name = next(name for name in headers if "Hmac" in name or "Signature" in name)
    headers.pop(name)
    if signature is not None:
        headers[name] = signature
    answer = client.post(f"/hooks/{row.public_id}/", b"{}", content_type="application/json", headers=HOST | headers)
    assert answer.status_code == 401
    assert (stored(row), fresh(row).refused_count, fresh(row).last_received_at) == ([], 1, None)


def test_a_signature_over_other_bytes_is_refused(shopify: Connection, client: Client) -> None:
    headers = headers_of(shopify, "orders/create", b'{"id":1}', secret=SECRET, event_id="e", shop="")
    answer = client.post(f"/hooks/{shopify.public_id}/", b'{"id": 1}', content_type="application/json", headers=HOST | headers)
    assert (answer.status_code, stored(shopify)) == (401, [])


def test_another_merchants_secret_opens_nothing(shopify: Connection, borealis: Merchant, now: datetime, post: Post) -> None:
    theirs = open_connection(borealis, "shopify", now, secret=STRANGERS_SECRET)
    assert post(shopify, "orders/create", ORDER, secret=STRANGERS_SECRET).status_code == 401
    assert post(theirs, "orders/create", ORDER, secret=SECRET).status_code == 401
    assert (stored(shopify), stored(theirs)) == ([], [])
    assert post(theirs, "orders/create", ORDER, secret=STRANGERS_SECRET).status_code == 200
    assert (len(stored(shopify)), len(stored(theirs))) == (0, 1)


def test_the_old_secret_is_good_for_a_day_after_rotation(shopify: Connection, now: datetime) -> None:
    with scope_of(shopify):
        new = rotate_secret(connection=shopify, at=now)
    body, days = json.dumps(ORDER).encode(), timedelta(days=1)

    def call(secret: str, at: datetime) -> Verdict:
        headers = {"X-Shopify-Hmac-SHA256": hmac_base64(secret, body), "X-Shopify-Topic": "orders/create"}
        return receive(public_id=shopify.public_id, body=body, headers=headers, at=at).verdict

    assert new != SECRET
    assert call(SECRET, now + days - timedelta(seconds=1)) == Verdict.STORED
    assert call(SECRET, now + days) == Verdict.REFUSED
    assert call(new, now + days) == Verdict.STORED
    assert fresh(shopify).refused_count == 1


def test_a_connection_without_a_secret_takes_nothing(shopify: Connection, post: Post) -> None:
    with scope_of(shopify):
        Connection.objects.update(secret="")
    assert post(shopify, "orders/create", ORDER, secret="").status_code == 401


@pytest.mark.parametrize(
    ("connector", "account", "told", "status"),
    [
        ("shopify", "aurora.myshopify.com", "aurora.myshopify.com", 200),
        ("shopify", "https://Aurora.myshopify.com/", "AURORA.myshopify.com", 200),
        ("shopify", "aurora.myshopify.com", "other.myshopify.com", 401),
        ("shopify", "aurora.myshopify.com", "", 401),
        ("shopify", "", "other.myshopify.com", 200),
        ("woocommerce", "shop.example/de", "http://shop.example/de/", 200),
        ("woocommerce", "shop.example/de", "http://[broken", 401),
    ],
)
def test_a_call_that_names_another_shop_is_refused(
    acme: Merchant, now: datetime, post: Post, connector: str, account: str, told: str, status: int
) -> None:
    row = open_connection(acme, connector, now, account=account)
    assert post(row, "orders/create", ORDER, shop=told).status_code == status
    assert len(stored(row)) == (1 if status == 200 else 0)
    assert fresh(row).refused_count == (0 if status == 200 else 1)


def test_an_unknown_inactive_or_closed_address_is_not_found(shopify: Connection, acme: Merchant, post: Post, client: Client) -> None:
    for path in ("/hooks/AAAAAAAAAAAAAAAAAAAAAA/", "/hooks/x/", "/hooks/A%00AAAAAAAAAAAAAAAAAAAA/"):
        assert client.post(path, b"{}", content_type="application/json", headers=HOST).status_code == 404
    with merchant_scope(acme.pk):
        Connection.objects.update(is_active=False)
    assert post(shopify, "orders/create", ORDER).status_code == 404
    with merchant_scope(acme.pk):
        Connection.objects.update(is_active=True)
    Merchant.objects.filter(pk=acme.pk).update(is_active=False)
    assert post(shopify, "orders/create", ORDER).status_code == 404
    assert stored(shopify) == []


def test_only_post_is_taken(shopify: Connection, client: Client) -> None:
    for method in ("get", "put", "delete", "patch"):
        answer = getattr(client, method)(f"/hooks/{shopify.public_id}/", headers=HOST)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_body_over_two_megabytes_is_too_large(shopify: Connection, post: Post) -> None:
    exact = b'{"a":"' + b"x" * (2 * 1024 * 1024 - 8) + b'"}'
    assert post(shopify, "orders/create", exact).status_code == 200
    assert post(shopify, "orders/create", exact + b" ").status_code == 413
    assert len(stored(shopify)) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"id": NaN}', "NaN is not a JSON number"),
        (b'{"id": 1, "id": 2}', "a key appears twice"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[1]", "must be a JSON object"),
        (b'"order"', "must be a JSON object"),
        (b'{"line_items": [{"title": "a\\u0000b"}]}', "line_items[0].title"),
        (b'{"note": "\\ud800"}', "note"),
        (b'{"a\\u0000": 1}', "(a key)"),
        (b'{"id": ' + b"9" * 5000 + b"}", "not valid JSON"),
    ],
)
def test_signed_nonsense_is_named_and_not_stored(shopify: Connection, post: Post, body: bytes, told: str) -> None:
    answer = post(shopify, "orders/create", body)
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert stored(shopify) == []


@pytest.mark.parametrize("topic", ["", "x" * 81, "orders/ümlaut"])
def test_a_call_without_a_topic_is_named(shopify: Connection, post: Post, topic: str) -> None:
    answer = post(shopify, topic, ORDER)
    assert (answer.status_code, answer.content) == (400, b"X-Shopify-Topic is missing or no topic\n")
    assert stored(shopify) == []


def test_the_same_call_five_times_is_one_item(shopify: Connection, post: Post) -> None:
    assert [post(shopify, "orders/create", ORDER, event_id="same").status_code for _ in range(5)] == [200] * 5
    assert len(stored(shopify)) == 1


def test_a_call_without_an_id_is_known_by_its_body(shopify: Connection, post: Post) -> None:
    for _ in range(2):
        assert post(shopify, "orders/create", ORDER, without="Webhook-Id").status_code == 200
    assert post(shopify, "orders/create", ORDER | {"id": 1}, without="Webhook-Id").status_code == 200
    assert len(stored(shopify)) == 2


def test_an_over_long_id_is_replaced_by_the_bodys(shopify: Connection, post: Post) -> None:
    for _ in range(2):
        post(shopify, "orders/create", ORDER, event_id="e" * 300)
    (item,) = stored(shopify)
    assert len(item.event_id) == 64


def test_two_woocommerce_deliveries_of_one_second_share_an_id_and_are_both_kept(woocommerce: Connection, post: Post) -> None:
    for total in ("1.00", "2.00", "2.00"):
        post(woocommerce, "order.updated", payload("woocommerce/order_created") | {"total": total}, event_id="one-second")
    assert len(stored(woocommerce)) == 2


def test_the_ping_of_woocommerce_is_answered_and_not_stored(woocommerce: Connection, shopify: Connection, client: Client) -> None:
    for body in (b"webhook_id=17", b"webhook_id=17&x=1", b"webhook_id="):
        answer = client.post(f"/hooks/{woocommerce.public_id}/", body, content_type="application/x-www-form-urlencoded", headers=HOST)
        assert answer.status_code == (200 if body == b"webhook_id=17" else 401)
    ping = client.post(f"/hooks/{shopify.public_id}/", b"webhook_id=17", content_type="application/x-www-form-urlencoded", headers=HOST)
    assert (ping.status_code, stored(woocommerce)) == (401, [])


def test_a_call_costs_one_statement(shopify: Connection, post: Post, django_assert_num_queries: Any) -> None:
    post(shopify, "orders/create", ORDER)  # the connection is read, and the time of the last call noted, once a minute
    with django_assert_num_queries(2) as seen:  # inside the test's transaction the scope is put back after it
        assert post(shopify, "orders/create", {**ORDER, "id": 2}).status_code == 200
    texts = [query["sql"].strip().lower() for query in seen.captured_queries]
    assert ["insert into connectors_inboxitem" in text for text in texts] == [True, False]
    assert len(stored(shopify)) == 2


@pytest.mark.parametrize("field", ["secret", "previous_secret", "account", "is_active"])
def test_nothing_is_stored_by_what_a_connection_was(shopify: Connection, acme: Merchant, post: Post, field: str) -> None:
    """The row a process has in mind may be an hour old: what has changed since counts at once."""
    assert post(shopify, "orders/create", ORDER).status_code == 200
    changed = {"secret": "", "previous_secret": "x", "account": "other.myshopify.com", "is_active": False}
    with scope_of(shopify):
        Connection.objects.update(**{field: changed[field]})
    expected = {"secret": 401, "previous_secret": 200, "account": 401, "is_active": 404}[field]
    assert post(shopify, "orders/create", {**ORDER, "id": 2}).status_code == expected
    assert len(stored(shopify)) == (2 if expected == 200 else 1)
    with scope_of(shopify):
        assert Connection.objects.get().refused_count == (expected == 401)


def test_a_connection_that_changes_under_a_call_asks_it_to_come_again(
    shopify: Connection, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_and_ask(merchant_id: int, statement: str, values: Any) -> Any:
        if statement == receiving.STORE:
            with scope_of(shopify):
                Connection.objects.update(previous_secret=str(time.monotonic()))
        return one_statement(merchant_id, statement, values)

    monkeypatch.setattr(receiving, "one_statement", change_and_ask)
    answer = post(shopify, "orders/create", ORDER)
    assert (answer.status_code, answer["Retry-After"], stored(shopify)) == (503, "1", [])


def test_the_connections_kept_in_mind_are_bounded(shopify: Connection, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "ADDRESSES_KEPT", 1)
    monkeypatch.setattr(receiving, "_known", {"another": shopify})
    assert post(shopify, "orders/create", ORDER).status_code == 200
    assert list(receiving._known) == [shopify.public_id]


def test_an_address_that_is_known_is_still_asked_whether_it_is_open(shopify: Connection, acme: Merchant, post: Post) -> None:
    """The way from address to row is kept in the process; nothing that can change is."""
    assert post(shopify, "orders/create", ORDER).status_code == 200
    with scope_of(shopify):
        Connection.objects.update(secret="")
    assert post(shopify, "orders/create", ORDER).status_code == 401
    with scope_of(shopify):
        Connection.objects.all().delete()
    assert post(shopify, "orders/create", ORDER).status_code == 404


def test_an_address_opened_after_it_was_asked_for_is_found(acme: Merchant, now: datetime, post: Post, client: Client) -> None:
    row = open_connection(acme, "shopify", now)
    public_id = row.public_id
    with scope_of(row):
        Connection.objects.update(public_id="B" * 22)
    assert client.post(f"/hooks/{public_id}/", b"{}", content_type="application/json", headers=HOST).status_code == 404
    with scope_of(row):
        Connection.objects.update(public_id=public_id)
    assert post(row, "orders/create", ORDER).status_code == 200


def test_the_time_of_the_last_call_is_noted(shopify: Connection, post: Post) -> None:
    post(shopify, "orders/create", ORDER)
    first = fresh(shopify).last_received_at
    post(shopify, "orders/create", ORDER)
    assert first is not None
    assert fresh(shopify).last_received_at == first


@contextmanager
def database_away() -> Iterator[None]:
    def refuse(*args: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        yield


def test_without_the_database_the_shop_is_asked_to_call_again(shopify: Connection, post: Post) -> None:
    with database_away():
        answer = post(shopify, "orders/create", ORDER)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert stored(shopify) == []


def test_a_dead_broker_does_not_matter(
    shopify: Connection, post: Post, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise BrokerAway("no route to host")

    monkeypatch.setattr("celery.current_app.send_task", away)
    monkeypatch.setattr(doorbell, "_silent_until", {})
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        assert post(shopify, "orders/create", ORDER).status_code == 200
    assert (len(callbacks), len(stored(shopify))) == (1, 1)


def test_the_same_call_at_once_on_eight_connections_is_one_item(real_commits: None, now: datetime) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=now)
    row = open_connection(merchant, "shopify", now)
    body = json.dumps(ORDER).encode()
    headers = headers_of(row, "orders/create", body, secret=SECRET, event_id="same", shop="")
    gate, statuses = threading.Barrier(8), []

    def call() -> None:
        try:
            gate.wait()
            answer = Client().post(f"/hooks/{row.public_id}/", body, content_type="application/json", headers=HOST | headers)
            statuses.append(answer.status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert len(stored(row)) == 1
