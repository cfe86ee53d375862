"""EasyPost asked: a tracker is made per number, and many are read at once."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from connectors.carriers.asking import NOT_HEARD_OF, matched, news_in, object_of, refused
from connectors.carriers.easypost.parse import parse
from connectors.types import Said, Watched
from core.http import Request, Response, json_request

PER_REGISTER, PER_CALL = 1, 25


def api() -> str:
    return f"{settings.EASYPOST_API_URL}/v2"


def basic(key: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}


def register(key: str, parcels: Sequence[Watched]) -> Request:
    """Make a tracker; EasyPost finds the carrier by itself. For a number it knows it answers with the tracker it has."""
    return json_request("POST", f"{api()}/trackers", basic(key), {"tracker": {"tracking_code": parcels[0].number}})


def registered(answer: Response, parcels: Sequence[Watched], source: str) -> dict[int, Said]:
    body = object_of(answer)
    if answer.status in (400, 422):  # the number, not the account: EasyPost checks how it is built
        return {parcels[0].poll: Said(is_registered=False, refusal=_reason(body))}
    if answer.status not in (200, 201):
        raise refused(answer, _code(body))
    return matched(news_in(parse, "tracker", body, source), parcels)


def ask(key: str, parcels: Sequence[Watched]) -> Request:
    """Read the trackers of several numbers."""
    return json_request("POST", f"{api()}/trackers/batch", basic(key), {"tracking_codes": [parcel.number for parcel in parcels]})


def read(answer: Response, parcels: Sequence[Watched], source: str) -> dict[int, Said]:
    """A number without a tracker has to be registered (again)."""
    body = object_of(answer)
    if answer.status not in (200, 201):
        raise refused(answer, _code(body))
    missing = dict.fromkeys((parcel.poll for parcel in parcels), NOT_HEARD_OF)
    return missing | matched(news_in(parse, "trackers", body, source), parcels)


def _code(body: Mapping[str, Any]) -> object:
    error = body.get("error")
    return error.get("code") if isinstance(error, dict) else ""


def _reason(body: Mapping[str, Any]) -> str:
    return f"EasyPost does not take the number ({_code(body) or 'no reason given'})"[:200]
