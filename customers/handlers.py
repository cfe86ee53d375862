"""Privacy requests are carried out by the road: at once where nothing has to be waited for."""

from customers.services import carry_out
from customers.types import PrivacyState
from events.registry import subscribe
from events.types import Occurrence


@subscribe("customers.privacy_request.changed")
def answer(event: Occurrence) -> None:
    """A request that was just made: a copy is built now, an erasure begins when its time has come."""
    if event.payload["state"] == PrivacyState.REQUESTED:
        carry_out(request_id=event.payload["privacy_request"], at=event.now)
