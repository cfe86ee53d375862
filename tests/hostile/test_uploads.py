"""Every entry of `uploads.yaml` through every way a picture can come in: in one form, or in pieces."""

import gzip
import itertools
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from merchants.scope import merchant_scope
from tests.conftest import NOW
from tests.core.test_pictures import EICAR, NO_PICTURES, jpeg
from tests.hostile.corpus import all_cases, entries
from tests.hostile.rule import Court
from tests.hostile.stage import Street
from tests.portal.addresses import NAMES

Courts = Callable[..., Court]
# A form that is cut off in its middle leaves its temporary file to the collector, which says so.
pytestmark = pytest.mark.filterwarnings("ignore:.*upload.*:pytest.PytestUnraisableExceptionWarning")
COUNTED = frozenset({"customers_shoppersession", "support_reading"})
ROOMS = frozenset({"returns_casephoto", "reviews_reviewphoto"})  # room was made before the last piece was refused; it is forgotten in a day
MAKE: dict[str, Callable[[], bytes]] = {
    **NO_PICTURES,
    "gzip of nothing": lambda: gzip.compress(b"\0" * 5_000_000),
    "jar behind a jpeg": lambda: jpeg() + b"PK\x03\x04 <script>alert(1)</script>",
    "script in a comment": lambda: jpeg(comment=b"<script>alert(1)</script>"),
    "the test virus in a comment": lambda: jpeg(comment=EICAR),
    "ten megabytes and one byte": lambda: b"\xff\xd8\xff" + b"x" * (10 * 1024 * 1024 - 2),
}
LEFT = (b"<script", b"<?php", EICAR, b"PK\x03\x04", b"%!PS", b"%PDF", b"<svg")
WHOLE = [name for name in ("order-claim-new", "order-return-new", "review-form", "order-reviews") if name in NAMES]
PIECES = sorted(name for name in NAMES if name.endswith("photos"))


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def file(value: str) -> Any:
    """What a form would send for a picture of this name."""
    if value == "eleven":
        return [SimpleUploadedFile(f"{n}.jpg", jpeg(), content_type="image/jpeg") for n in range(11)]
    return SimpleUploadedFile("photo.jpg", MAKE[value](), content_type="image/jpeg")


def pictures_kept(street: Street) -> list[bytes]:
    """Every picture the house holds."""
    found: list[bytes] = []
    with merchant_scope(street.here.merchant.pk), connection.cursor() as cursor:
        cursor.execute(
            "select table_name, column_name from information_schema.columns where data_type = 'bytea' and table_name like '%%photo%%'"
        )
        for name, column in cursor.fetchall():
            cursor.execute(f'select "{column}" from "{name}" where "{column}" is not null')
            found += [bytes(value) for (value,) in cursor.fetchall()]
    return found


def names_of_lines(client: Client, path: str) -> list[str]:
    """The file fields a form offers, or those it would offer a step later."""
    text = client.get(path).content.decode()
    lines = re.findall(r'name="(?:quantity|line|lines)[-_.]?([\w-]{1,40})"', text)
    return re.findall(r'<input[^>]*type="file"[^>]*name="([^"]+)"', text) + [f"photos_{line}" for line in lines] or ["photos_1", "photos"]


def test_pictures_that_are_none_through_every_form(street: Street, court: Courts) -> None:
    judge, client = court("uploads: forms", counted=COUNTED), street.here.shopper()
    with judge.sitting():
        for name, entry in itertools.product(WHOLE, entries("uploads")):
            path = street.here.own.path(name)
            for case, value in entry.cases() if entry.at in ("picture", "form") else ():
                cache.clear()
                if entry.at == "form":
                    judge.play(name, case, partial(client.generic, "POST", path, value[1].encode(), value[0]))
                    continue
                fields = {field: file(value) for field in names_of_lines(client, path)[:2]}

                def call(path: str = path, fields: dict[str, Any] = fields, case: str = case) -> Any:
                    answer = client.post(path, {"step": "why", "reason": "damaged", **fields})
                    if spoilt := [left for left in LEFT for kept in pictures_kept(street) if left in kept]:
                        judge.blame(case, f"was kept with {spoilt} in it")
                    return answer

                judge.play(name, case, call)
    judge.verdict()


def test_pictures_that_are_none_in_pieces(street: Street, court: Courts) -> None:
    judge, client = court("uploads: pieces", counted=COUNTED | ROOMS), street.here.shopper()
    paths = {name: street.here.own.path(name) for name in PIECES}
    with judge.sitting():
        opened = {name: path for name, path in paths.items() if client.post(path, {"size": "1000"}).status_code == 201}
        assert len(opened) >= 2  # the link's own line is another one than the order's first
        for name, path in opened.items():
            for entry, case, value in all_cases("uploads"):
                cache.clear()
                if entry.at == "size":
                    answer = judge.play(name, case, partial(client.post, path, {"size": value}))
                    if answer is not None and answer.status_code not in (400, 413, 415):
                        judge.blame(f"{case} at {name}", f"{answer.status_code}")
                elif entry.at == "piece":
                    judge.play(name, case, partial(piecewise, client, path, 10, [value]))
                elif entry.at == "picture" and value not in ("eleven", "ten megabytes and one byte", "nothing"):
                    raw = MAKE[value]()
                    answer = judge.play(name, case, partial(whole, client, path, raw, street, judge, case))
                    if answer is not None and answer.status_code == 200 and value in NO_PICTURES:
                        judge.blame(f"{case} at {name}", "was taken")
    judge.verdict()


def piecewise(client: Client, path: str, size: int, pieces: list[Any]) -> Any:
    begun = client.post(path, {"size": size})
    assert begun.status_code == 201
    for offset, data in pieces:
        answer = client.generic("PATCH", begun["Location"], data.encode(), "application/octet-stream", headers={"Upload-Offset": offset})
    return answer


def whole(client: Client, path: str, raw: bytes, street: Street, judge: Court, case: str) -> Any:
    """One picture in pieces of a mebibyte. Refused at its end, or kept as a JPEG of ours with nothing of its own left in it."""
    begun = client.post(path, {"size": len(raw)})
    if begun.status_code != 201:
        return begun
    for offset in range(0, len(raw), 1024 * 1024):
        piece, headers = raw[offset : offset + 1024 * 1024], {"Upload-Offset": str(offset)}
        answer = client.generic("PATCH", begun["Location"], piece, "application/octet-stream", headers=headers)
    if answer.status_code != 200:
        return answer
    shown = client.get(begun["Location"])
    if (shown["Content-Type"], shown["X-Content-Type-Options"]) != ("image/jpeg", "nosniff") or any(left in shown.content for left in LEFT):
        judge.blame(case, "is served as it came")
    return shown
