"""Links that open a review form or a survey without a sign-in.

A token is one or two public ids and a digest of them that only this installation can make, bound to the merchant and to what the link
is for. Nothing is stored: whether a link still works, the row it names says. What was forged names no row.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.signing import derive_token, is_derived
from merchants.scope import required_merchant_id
from orders.models import Order
from reviews.models import ReviewRequest, Survey, SurveyInvite

ID, DIGEST = 22, 32  # characters; 192 bits of the digest
REQUEST = "review-request"


class SurveyWay(StrEnum):
    """How a shopper came to a survey; the letter its tokens begin with."""

    INVITE = "i"  # asked about one parcel or case
    ORDER = "o"  # a block in a message about an order
    OPEN = "l"  # a link anybody may follow
    ANSWER = "a"  # back to what was answered


@dataclass(frozen=True, slots=True)
class SurveyKey:
    """What a survey's token says. `ref` is the public id of the invitation, order or answer; empty for an open link."""

    kind: SurveyWay
    survey_public_id: str
    ref: str


def request_token(request: ReviewRequest) -> str:
    """The token of the form for one parcel. The same as long as the question lives."""
    return request.public_id + _digest(REQUEST, request.public_id)


def read_request_token(token: str) -> str | None:
    """The public id of the question; None when we did not make the token for the current merchant."""
    body, digest = token[:-DIGEST], token[-DIGEST:]
    is_ours = len(token) == ID + DIGEST and _is_mine(digest, REQUEST, body)
    return body if is_ours else None


def invite_token(invite: SurveyInvite) -> str:
    """The token of a survey put to one shopper. Needs the invitation's `survey`."""
    return _survey_token(SurveyWay.INVITE, invite.survey.public_id, invite.public_id)


def survey_token(survey: Survey, order: Order | None = None) -> str:
    """The token of a survey in a message about an order; without an order, of a link for anybody."""
    way = SurveyWay.OPEN if order is None else SurveyWay.ORDER
    return _survey_token(way, survey.public_id, order.public_id if order is not None else "")


def answer_token(survey: Survey, answer_public_id: str) -> str:
    """The token that leads back to what was answered."""
    return _survey_token(SurveyWay.ANSWER, survey.public_id, answer_public_id)


def read_survey_token(token: str) -> SurveyKey | None:
    """What a survey's token says; None when we did not make it for the current merchant."""
    way, body, digest = token[:1], token[1:-DIGEST], token[-DIGEST:]
    if way not in set(SurveyWay) or len(body) != (ID if way == SurveyWay.OPEN else 2 * ID):
        return None
    if not _is_mine(digest, f"survey-{way}", body):
        return None
    return SurveyKey(SurveyWay(way), body[:ID], body[ID:])


def _survey_token(way: SurveyWay, survey: str, ref: str) -> str:
    return way + survey + ref + _digest(f"survey-{way}", survey + ref)


def _digest(purpose: str, body: str) -> str:
    return derive_token(purpose, f"{required_merchant_id()}|{body}")[:DIGEST]


def _is_mine(given: str, purpose: str, body: str) -> bool:
    return is_derived(given, purpose, f"{required_merchant_id()}|{body}", length=DIGEST)
