"""17TRACK asked: forty numbers a call, three calls a second."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from connectors.carriers.asking import NOT_HEARD_OF, matched, news_in, number_key, object_of, refused
from connectors.carriers.seventeentrack.parse import guess, parse
from connectors.types import KeyRefused, Said, Watched
from core.http import Request, Response, Transient, json_request

PER_REGISTER = PER_CALL = 40
GAP = 0.34  # seconds between two calls

# Of a whole call: address not allowed, key not valid, account off, not authorised, no numbers left.
ACCOUNT = frozenset({-18010001, -18010002, -18010004, -18010005, -18019908})
DAY_USED_UP, INTERNAL, TOO_OFTEN = -18019907, -18010003, -18010014
# Of one number.
EXISTS, NOT_REGISTERED, NOTHING_YET = -18019901, -18019902, -18019909
NOT_TAKEN: dict[object, str] = {
    -18019903: "no carrier fits the number",
    -18019910: "the carrier is not known",
    -18010012: "the number is not valid",
}
HOUR = 3600


def _call(path: str, key: str, parcels: Sequence[Watched]) -> Request:
    return json_request(
        "POST", f"{settings.SEVENTEENTRACK_API_URL}/track/v2.2/{path}", {"17token": key}, [{"number": parcel.number} for parcel in parcels]
    )


def register(key: str, parcels: Sequence[Watched]) -> Request:
    """Have 17TRACK follow the numbers; it finds the carriers by itself."""
    return _call("register", key, parcels)


def registered(answer: Response, parcels: Sequence[Watched], source: str) -> dict[int, Said]:
    data = _data(answer)
    return _by_poll(data, parcels, accepted=Said())


def ask(key: str, parcels: Sequence[Watched]) -> Request:
    return _call("gettrackinfo", key, parcels)


def read(answer: Response, parcels: Sequence[Watched], source: str) -> dict[int, Said]:
    body = object_of(answer)
    data = _data(answer)
    said = _by_poll(data, parcels, accepted=Said())
    return said | (matched(news_in(parse, guess(body), body, source), parcels) if data.get("accepted") else {})


def _data(answer: Response) -> dict[str, Any]:
    """What the call brought. Raises KeyRefused, Transient or Misunderstood by the code of the whole."""
    body = object_of(answer)
    code, data = body.get("code"), body.get("data")
    if code in ACCOUNT:
        raise KeyRefused(f"17TRACK {code}")
    if code in (DAY_USED_UP, TOO_OFTEN, INTERNAL):
        raise Transient(f"17TRACK {code}", retry_after=HOUR if code == DAY_USED_UP else None)
    if code != 0 or not isinstance(data, dict):
        raise refused(answer, code)
    return data


def _by_poll(data: dict[str, Any], parcels: Sequence[Watched], *, accepted: Said) -> dict[int, Said]:
    taken = {number_key(item["number"]) for item in _items(data, "accepted")}
    told = {number_key(item["number"]): _rejection(item) for item in _items(data, "rejected")}
    keys = {parcel.poll: number_key(parcel.number) for parcel in parcels}
    return {poll: accepted if key in taken else told.get(key, NOT_HEARD_OF) for poll, key in keys.items()}


def _items(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    rows = data.get(key)
    found = rows if isinstance(rows, list) else []
    return [row for row in found if isinstance(row, dict) and isinstance(row.get("number"), str)]


def _rejection(item: dict[str, Any]) -> Said:
    error = item.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if code in ACCOUNT:
        raise KeyRefused(f"17TRACK {code}")
    if code in (EXISTS, NOTHING_YET):
        return Said()
    if code == NOT_REGISTERED:
        return NOT_HEARD_OF
    return Said(is_registered=False, refusal=f"17TRACK: {NOT_TAKEN.get(code, f'refused ({code})')}"[:200])
