"""Photos of an order, sent in pieces: what is kept, what is refused, and who may."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from core.uploads import FILE_SIZE
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from returns.models import CasePhoto
from returns.services.photos import BYTES_PER_DAY, PER_DAY, PhotoRefused, WrongOffset, add_bytes, begin_photo, finish_photo, sweep_photos
from tests.conftest import NOW
from tests.core.test_pictures import jpeg
from tests.factories import place_order
from tests.portal.conftest import signed_in

PICTURE = jpeg((900, 600))


@pytest.fixture
def order(acme: Merchant) -> Iterator[Order]:
    with merchant_scope(acme.pk):
        yield place_order()


def whole(order: Order, body: bytes = PICTURE) -> CasePhoto:
    row = begin_photo(order=order, size=len(body), at=NOW)
    return finish_photo(photo=add_bytes(photo=row, offset=0, data=body), at=NOW)


def test_pieces_make_a_picture(order: Order) -> None:
    row = begin_photo(order=order, size=len(PICTURE), at=NOW)
    for start in range(0, len(PICTURE), 1000):
        row = add_bytes(photo=row, offset=start, data=PICTURE[start : start + 1000])
    assert row.received == len(PICTURE)
    done = finish_photo(photo=row, at=NOW)
    assert (done.width, done.height, done.ready_at) == (900, 600, NOW)
    kept = CasePhoto.objects.get()
    assert bytes(kept.body)[:2] == b"\xff\xd8" and bytes(kept.body) != PICTURE
    assert finish_photo(photo=kept, at=NOW + timedelta(hours=1)).ready_at == NOW


@pytest.mark.parametrize(("offset", "expected"), [(0, 500), (499, 500), (501, 500), (10_000, 500)])
def test_a_piece_goes_on_where_the_last_one_ended(order: Order, offset: int, expected: int) -> None:
    row = add_bytes(photo=begin_photo(order=order, size=len(PICTURE), at=NOW), offset=0, data=PICTURE[:500])
    with pytest.raises(WrongOffset) as refused:
        add_bytes(photo=row, offset=offset, data=b"xx")
    assert refused.value.expected == expected
    assert (CasePhoto.objects.get().received, len(CasePhoto.objects.get().body)) == (500, 500)


def test_more_than_was_told_is_refused(order: Order) -> None:
    row = begin_photo(order=order, size=3, at=NOW)
    with pytest.raises(PhotoRefused, match="too_long"):
        add_bytes(photo=row, offset=0, data=b"four")
    assert CasePhoto.objects.get().received == 0


@pytest.mark.parametrize(("size", "code"), [(0, "empty"), (-1, "empty"), (FILE_SIZE + 1, "too_large")])
def test_sizes_we_do_not_take(order: Order, size: int, code: str) -> None:
    with pytest.raises(PhotoRefused, match=code):
        begin_photo(order=order, size=size, at=NOW)
    assert not CasePhoto.objects.exists()


def test_the_thirty_first_of_a_day_is_refused(order: Order) -> None:
    CasePhoto.objects.bulk_create(CasePhoto(order=order, size=10, created_at=NOW) for _ in range(PER_DAY))
    with pytest.raises(PhotoRefused, match="too_many"):
        begin_photo(order=order, size=10, at=NOW + timedelta(hours=23))
    assert begin_photo(order=order, size=10, at=NOW + timedelta(hours=24)).pk


def test_fifty_mebibytes_of_a_day_are_enough(order: Order) -> None:
    CasePhoto.objects.create(order=order, size=BYTES_PER_DAY - 10, created_at=NOW)
    with pytest.raises(PhotoRefused, match="too_many"):
        begin_photo(order=order, size=11, at=NOW)
    assert begin_photo(order=order, size=10, at=NOW).pk


def test_half_a_picture_is_not_finished_and_no_picture_is_thrown_away(order: Order) -> None:
    row = add_bytes(photo=begin_photo(order=order, size=9, at=NOW), offset=0, data=b"<svg>")
    with pytest.raises(WrongOffset):
        finish_photo(photo=row, at=NOW)
    row = add_bytes(photo=row, offset=5, data=b"</s>")
    with pytest.raises(PhotoRefused, match="not_a_picture"):
        finish_photo(photo=row, at=NOW)
    assert not CasePhoto.objects.exists()


def test_what_joined_no_case_is_swept_after_a_day(order: Order) -> None:
    whole(order)
    assert sweep_photos(now=NOW + timedelta(hours=24)) == 0
    assert sweep_photos(now=NOW + timedelta(hours=25)) == 1
    assert not CasePhoto.objects.exists()


@pytest.fixture
def shown(acme: Merchant) -> Iterator[tuple[Client, Order]]:
    """Sam's browser and order, outside the scope."""
    with merchant_scope(acme.pk):
        order = place_order(number="2002")
        assert order.customer is not None
        customer = order.customer
    with time_machine.travel(NOW, tick=False):
        yield signed_in(acme, customer), order


def send(client: Client, path: str, data: bytes, offset: int | str = 0) -> Any:
    return client.patch(path, data, content_type="application/offset+octet-stream", headers={"Upload-Offset": str(offset)})


def test_a_broken_upload_goes_on(shown: tuple[Client, Order]) -> None:
    client, order = shown
    made = client.post(f"/orders/{order.public_id}/photos/", {"size": len(PICTURE)})
    assert (made.status_code, made["Upload-Offset"], made["Upload-Length"]) == (201, "0", str(len(PICTURE)))
    path = made["Location"]
    assert send(client, path, PICTURE[:700])["Upload-Offset"] == "700"
    assert client.get(path).status_code == 404  # not whole: nothing to show
    assert client.head(path)["Upload-Offset"] == "700"
    again = send(client, path, PICTURE[:700])
    assert (again.status_code, again["Upload-Offset"]) == (409, "700")
    done = send(client, path, PICTURE[700:], 700)
    assert done.json()["is_ready"] is True
    seen = client.get(path)
    assert (seen["Content-Type"], seen["X-Content-Type-Options"], seen["Cache-Control"]) == ("image/jpeg", "nosniff", "no-store")
    assert seen["Content-Security-Policy"].startswith("default-src 'none'; sandbox") and seen["Content-Disposition"].startswith("inline")
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


BAD = [
    ({"size": ""}, 400),
    ({"size": "many"}, 400),
    ({"size": "-1"}, 400),
    ({"size": "٣"}, 400),
    ({"size": "0"}, 400),
    ({"size": str(FILE_SIZE + 1)}, 413),
    ({"size": "9" * 40}, 400),
    ({}, 400),
]


@pytest.mark.parametrize(("form", "status"), BAD)
def test_room_is_not_made_for_nonsense(shown: tuple[Client, Order], acme: Merchant, form: dict[str, str], status: int) -> None:
    client, order = shown
    assert client.post(f"/orders/{order.public_id}/photos/", form).status_code == status
    with merchant_scope(acme.pk):
        assert not CasePhoto.objects.exists()


@pytest.mark.parametrize(
    ("data", "offset", "status"), [(b"x", "", 400), (b"x", "one", 400), (b"x", "1", 409), (b"x" * (1024 * 1024 + 1), "0", 413)]
)
def test_pieces_we_do_not_take(shown: tuple[Client, Order], data: bytes, offset: str, status: int) -> None:
    client, order = shown
    path = client.post(f"/orders/{order.public_id}/photos/", {"size": FILE_SIZE})["Location"]
    assert send(client, path, data, offset).status_code == status
    assert client.head(path)["Upload-Offset"] == "0"


def test_a_photo_of_another_order_or_merchant_is_not_there(shown: tuple[Client, Order], acme: Merchant, borealis: Merchant) -> None:
    client, order = shown
    with merchant_scope(acme.pk):
        mine = place_order(number="3003", external_id="3003")
        mine_too = whole(mine).public_id
    with merchant_scope(borealis.pk):
        theirs = place_order(number="1")
        not_mine = whole(theirs).public_id
    for photo_id in (mine_too, not_mine):
        for method in (client.get, client.head, client.patch, client.delete):
            assert method(f"/orders/{order.public_id}/photos/{photo_id}/").status_code == 404
    assert client.get(f"/orders/{mine.public_id}/photos/{mine_too}/").status_code == 200
    assert client.get(f"/orders/{theirs.public_id}/photos/{not_mine}/").status_code == 404
    with merchant_scope(acme.pk):
        assert CasePhoto.objects.count() == 1


def test_a_form_with_too_much_in_it_is_refused_before_it_is_read(shown: tuple[Client, Order]) -> None:
    client, order = shown
    path = f"/orders/{order.public_id}/photos/"
    length = 200 * 1024 * 1024
    answer = client.generic("POST", path, b"--x\r\n", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(length))
    assert answer.status_code == 400
