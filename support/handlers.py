"""What follows here from returns and claims: their words are heard, and who has been through one is asked how it went."""

from events.registry import subscribe
from events.types import Occurrence
from returns.selectors.cases import claim_by_id, return_by_id
from reviews.services.invites import plan_case_invite
from support import listening


@subscribe("returns.return.requested")
def hear_return(event: Occurrence) -> None:
    listening.hear_return(return_id=event.payload["return"], at=event.at)


@subscribe("returns.claim.opened", "returns.claim.answered")
def hear_claim(event: Occurrence) -> None:
    listening.hear_claim(claim_id=event.payload["claim"], at=event.at)


@subscribe("returns.return.resolved")
def ask_after_return(event: Occurrence) -> None:
    case = return_by_id(event.payload["return"])
    if not case.is_gift:
        plan_case_invite(order=case.order, case_number=case.rma, at=event.at)


@subscribe("returns.claim.resolved", "returns.claim.declined")
def ask_after_claim(event: Occurrence) -> None:
    claim = claim_by_id(event.payload["claim"])
    plan_case_invite(order=claim.order, case_number=claim.number, at=event.at)
