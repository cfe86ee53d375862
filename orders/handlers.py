"""What follows in this room from what it published itself."""

from events.registry import subscribe
from events.types import Occurrence
from orders.services.look_up import announce_hit


@subscribe("orders.look_up.made")
def tell_of_hit(event: Occurrence) -> None:
    """Found out after the answer has gone, so that its time tells nobody whether there is such an order."""
    announce_hit(look_up_id=event.payload["look_up"], at=event.at)
