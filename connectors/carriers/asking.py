"""What the vendors' polls share: an answer read as JSON, and its news laid to the parcels that were asked for."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.types import Misunderstood, Parse, Said, TrackingSeen, Watched
from core.http import Response
from tracking.registry import find_carrier
from tracking.types import IncomingTracking

NOT_HEARD_OF = Said(is_registered=False)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def object_of(answer: Response) -> dict[str, Any]:
    """The JSON object an answer holds. Raises Transient for no JSON, Misunderstood for something else."""
    body = answer.json()
    if not isinstance(body, dict):
        raise Misunderstood(f"{answer.host} answered {answer.status} with no JSON object")
    return body


def refused(answer: Response, code: object = "") -> Misunderstood:
    """What to raise for a refusal of the whole call."""
    return Misunderstood(f"{answer.host} answered {answer.status}{f' ({code})' if code else ''}"[:200])


def news_in(parse: Parse, topic: str, body: dict[str, Any], source: str) -> tuple[IncomingTracking, ...]:
    """The vendor's own reading of a body. Raises BadPayload."""
    parsed = parse(topic, body, source)
    return parsed.news if isinstance(parsed, TrackingSeen) else ()


def number_key(number: str) -> str:
    """Numbers compare without spaces and hyphens, in capitals: vendors write them as they like."""
    return re.sub(r"[\W_]+", "", number).upper()


def matched(news: Iterable[IncomingTracking], parcels: Sequence[Watched]) -> dict[int, Said]:
    """The news of each parcel by its poll. Of two with one number the parcel's own carrier counts, then the newest."""
    by_number: dict[str, list[IncomingTracking]] = {}
    for one in news:
        by_number.setdefault(number_key(one.tracking_number), []).append(one)
    found = {parcel.poll: by_number.get(number_key(parcel.number), []) for parcel in parcels}
    carriers = {parcel.poll: parcel.carrier_code for parcel in parcels}
    return {poll: Said(max(heard, key=lambda one: _fit(one, carriers[poll]))) for poll, heard in found.items() if heard}


def _fit(news: IncomingTracking, carrier_code: str) -> tuple[bool, datetime]:
    carrier = find_carrier(news.carrier)
    return carrier is not None and carrier.code == carrier_code, news.told_at or LONG_AGO
