"""AfterShip asked: a tracking is made per number, and fifty are read at once."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from connectors.carriers.aftership.parse import guess, parse
from connectors.carriers.asking import NOT_HEARD_OF, matched, news_in, object_of, refused
from connectors.types import Said, Watched
from core.http import Request, Response, json_request

PER_REGISTER, PER_CALL = 1, 50
PAGE = 200  # two trackings of one number, at two carriers, are two rows

EXISTS = 4003
# No carrier found for the number, or the number cannot be one.
NOT_TAKEN = {4005: "the number is not valid", 4012: "no carrier fits the number", 4010: "the carrier is not known"}


def _trackings() -> str:
    return f"{settings.AFTERSHIP_API_URL}/tracking/2024-07/trackings"


def _key(key: str) -> dict[str, str]:
    return {"as-api-key": key}


def register(key: str, parcels: Sequence[Watched]) -> Request:
    """Make a tracking; AfterShip finds the carrier by itself."""
    return json_request("POST", _trackings(), _key(key), {"tracking_number": parcels[0].number})


def registered(answer: Response, parcels: Sequence[Watched], source: str) -> dict[int, Said]:
    """Whether it follows the number now. The tracking it just made holds no news yet."""
    code = _code(object_of(answer))
    if code in NOT_TAKEN:
        return {parcels[0].poll: Said(is_registered=False, refusal=f"AfterShip: {NOT_TAKEN[code]}")}
    if answer.status not in (200, 201) and code != EXISTS:
        raise refused(answer, code)
    return {parcels[0].poll: Said()}


def ask(key: str, parcels: Sequence[Watched]) -> Request:
    """Read the trackings of several numbers."""
    query = urlencode({"tracking_numbers": ",".join(parcel.number for parcel in parcels), "limit": PAGE})
    return json_request("GET", f"{_trackings()}?{query}", _key(key))


def read(answer: Response, parcels: Sequence[Watched], source: str) -> dict[int, Said]:
    """A number without a tracking has to be registered (again)."""
    body = object_of(answer)
    if answer.status != 200:
        raise refused(answer, _code(body))
    missing = dict.fromkeys((parcel.poll for parcel in parcels), NOT_HEARD_OF)
    return missing | matched(news_in(parse, guess(body), body, source), parcels)


def _code(body: dict[str, Any]) -> Any:
    meta = body.get("meta")
    code = meta.get("code") if isinstance(meta, dict) else None
    return int(code) if isinstance(code, int) else ""
