"""What follows here from parcels that came, and from what shoppers write."""

from collections.abc import Sequence

from events.registry import subscribe, subscribe_many
from events.types import Occurrence
from reviews import events
from reviews.services import alarms, asking, invites, listening, thanking
from reviews.services.tallies import count_reviews

# Whatever changes what a review counts for; what is written of it in one go is counted in one go.
COUNTED = (
    events.REVIEW_WRITTEN,
    events.REVIEW_EDITED,
    events.REVIEW_PUBLISHED,
    events.REVIEW_REJECTED,
    events.REVIEW_RESTORED,
    events.REVIEW_WITHDRAWN,
    events.PHOTO_DECIDED,
)


@subscribe_many("tracking.shipment.delivered")
def plan_questions(occurrences: Sequence[Occurrence]) -> None:
    ids, heard = sorted({event.payload["shipment"] for event in occurrences}), max(event.at for event in occurrences)
    asking.plan_requests(shipments=ids, at=heard)
    invites.plan_parcel_invites(shipments=ids, at=heard)


@subscribe_many(*COUNTED)
def count(occurrences: Sequence[Occurrence]) -> None:
    ids = {event.payload["review"] for event in occurrences}
    count_reviews(review_ids=sorted(ids), at=max(event.at for event in occurrences))


@subscribe_many(events.REVIEW_WRITTEN, events.REVIEW_IMPORTED, events.REVIEW_EDITED, events.REVIEW_WITHDRAWN)
def hear(occurrences: Sequence[Occurrence]) -> None:
    ids = {event.payload["review"] for event in occurrences}
    listening.hear_reviews(review_ids=sorted(ids), at=max(event.at for event in occurrences))


@subscribe(events.REVIEW_WRITTEN, events.REVIEW_EDITED, events.REVIEW_PUBLISHED, events.REVIEW_REJECTED)
def look_at_review(event: Occurrence) -> None:
    alarms.look_at_review(review_id=event.payload["review"], at=event.at)


@subscribe(events.REVIEW_WRITTEN)
def thank(event: Occurrence) -> None:
    thanking.thank_for(review_id=event.payload["review"], at=event.at)


@subscribe(events.NOTE_RECEIVED)
def look_at_note(event: Occurrence) -> None:
    alarms.look_at_note(note_id=event.payload["note"], at=event.at)


@subscribe(events.PARCEL_RATED)
def look_at_parcel(event: Occurrence) -> None:
    alarms.look_at_parcel(rating_id=event.payload["rating"], at=event.at)
    listening.hear_parcel(rating_id=event.payload["rating"], at=event.at)


@subscribe(events.SURVEY_ANSWERED)
def look_at_answer(event: Occurrence) -> None:
    alarms.look_at_answer(answer_id=event.payload["answer"], at=event.at)
    listening.hear_answer(answer_id=event.payload["answer"], at=event.at)
