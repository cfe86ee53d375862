"""Maya sends her charger and a cable back, and reports a broken headphone: rows as the room `returns` leaves them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.encryption import random_id
from notifications.types import Kind
from orders.models import Order
from returns.models import Claim, ClaimLine, Exchange, MoneyBack, Return, ReturnLine, Withdrawal
from returns.types import (
    ClaimState,
    ExchangeState,
    MoneyState,
    MoneyWay,
    Origin,
    Outcome,
    Problem,
    ReasonKind,
    ReturnState,
    Way,
    WithdrawalState,
)

ASKED_AT = datetime.fromisoformat("2026-11-19T15:12:00+00:00")
PLACE = {
    "key": "main",
    "name": "Voltline returns",
    "address": {
        "company": "Voltline Returns",
        "street": "12 Depot Rd",
        "city": "Kansas City",
        "region": "MO",
        "postcode": "64120",
        "country": "US",
    },
}
DATES = {
    "answer_by": date(2026, 11, 20),
    "hand_over_by": date(2026, 11, 30),
    "arrive_by": date(2026, 12, 4),
    "inspect_by": date(2026, 12, 8),
    "refund_by": date(2026, 12, 10),
    "bank_by": date(2026, 12, 17),
}
STATE_OF: dict[Kind, ReturnState] = {
    Kind.RETURN_RECEIVED: ReturnState.REQUESTED,
    Kind.RETURN_APPROVED: ReturnState.LABELLED,
    Kind.RETURN_QUESTION: ReturnState.INFO_NEEDED,
    Kind.RETURN_DECLINED: ReturnState.DECLINED,
    Kind.RETURN_REMINDER: ReturnState.LABELLED,
    Kind.RETURN_HANDED_OVER: ReturnState.IN_TRANSIT,
    Kind.RETURN_ARRIVED: ReturnState.ARRIVED,
    Kind.RETURN_INSPECTED: ReturnState.INSPECTED,
    Kind.RETURN_REFUNDED: ReturnState.INSPECTED,
    Kind.EXCHANGE_SHIPPED: ReturnState.INSPECTED,
}
RECEIPT = (
    "Voltline has received your statement of withdrawal.\n\nReceived: Thursday, November 19, 2026, 09:12:00, Central Standard Time\n"
    "Name: Maya Chen\nOrder: V-58213\n\nYou withdraw from the contract about:\nThe whole contract."
)


def sent_back(order: Order, state: str = ReturnState.LABELLED, **over: Any) -> Return:
    """Maya's charger and one cable, under R-7K3F-9Q2M."""
    values: dict[str, Any] = {
        "rma": f"R-7K3F-{order.pk:04d}"[:20] if Return.objects.exists() else "R-7K3F-9Q2M",
        "origin": Origin.ACCOUNT,
        "language": order.language,
        "currency": order.currency,
        "way": Way.LABEL,
        "way_fee": Decimal("4.90"),
        "place": PLACE,
        "instructions": "Tape the box well.\nKeep the proof of postage.",
        "label_state": "ready",
        "label_url": "https://labels.example/1.pdf",
        "carrier": "UPS",
        "tracking_number": "1Z999AA10199999999",
        "requested_at": ASKED_AT,
        **DATES,
        **over,
    }
    case: Return = Return.objects.create(order=order, state=state, **values)
    lines = list(order.lines.order_by("position", "pk"))
    agreed = [(lines[-1], Decimal("15.00"))] if len(lines) < 3 else [(lines[1], Decimal("44.10")), (lines[2], Decimal("15.00"))]
    for line, amount in agreed:
        ReturnLine.objects.create(
            case=case,
            order_line=line,
            quantity=1,
            reason="changed_mind",
            reason_kind=ReasonKind.WISH,
            outcome=Outcome.REFUND,
            amount=amount,
            found="The cable is frayed." if line == agreed[-1][0] else "",
        )
    return case


def money(order: Order, case: Return | None = None, **over: Any) -> MoneyBack:
    values: dict[str, Any] = {
        "way": MoneyWay.ORIGINAL,
        "amount": Decimal("59.10"),
        "currency": order.currency,
        "state": MoneyState.SENT,
        "due_by": DATES["refund_by"],
        "bank_by": date(2026, 11, 30),
        "asked_at": ASKED_AT,
        "sent_at": ASKED_AT,
        "external_id": "RF-1",
        "created_at": ASKED_AT,
        **over,
    }
    row: MoneyBack = MoneyBack.objects.create(order=order, case=case, **values)
    return row


def claim(order: Order, **over: Any) -> Claim:
    values: dict[str, Any] = {
        "number": "C-4MPX-2T8W",
        "problem": Problem.DAMAGED,
        "state": ClaimState.OPEN,
        "origin": Origin.ACCOUNT,
        "wanted": Outcome.REPLACEMENT,
        "currency": order.currency,
        "opened_at": ASKED_AT,
        "answer_by": DATES["answer_by"],
        **over,
    }
    row: Claim = Claim.objects.create(order=order, **values)
    ClaimLine.objects.create(claim=row, order_line=order.lines.order_by("position", "pk").first(), quantity=1)
    return row


def exchange(order: Order, case: Return, **over: Any) -> Exchange:
    values: dict[str, Any] = {
        "title": "Spark 65 W charger",
        "variant_title": "Black, 2 ports",
        "quantity": 1,
        "state": ExchangeState.SHIPPED,
        "currency": order.currency,
        "arrive_by": date(2026, 11, 27),
        "created_at": ASKED_AT,
        **over,
    }
    row: Exchange = Exchange.objects.create(order=order, line=case.lines.order_by("pk").first(), **values)
    return row


def withdrawal(order: Order | None, **over: Any) -> Withdrawal:
    values: dict[str, Any] = {
        "name": "Maya Chen",
        "order_number": "V-58213",
        "email": "maya@example.com",
        "language": "en",
        "state": WithdrawalState.DECLARED,
        "declared_at": ASKED_AT,
        "receipt": RECEIPT,
        "refund_by": date(2026, 12, 3),
        **over,
    }
    row: Withdrawal = Withdrawal.objects.create(order=order, **values)
    return row


def about(kind: Kind, order: Order) -> dict[str, Any]:
    """What a message of this kind is about."""
    told: dict[str, Any] = {}
    if kind in (Kind.WITHDRAWAL_RECEIPT, Kind.WITHDRAWAL_UNFOUNDED):
        late = {"state": WithdrawalState.UNFOUNDED, "reason": "The fourteen days ended on November 2."}
        return {"subject_id": withdrawal(order, **(late if kind == Kind.WITHDRAWAL_UNFOUNDED else {})).pk}
    if kind in (Kind.CLAIM_RECEIVED, Kind.CLAIM_QUESTION, Kind.CLAIM_DECIDED):
        more: dict[Kind, dict[str, Any]] = {
            Kind.CLAIM_QUESTION: {"state": ClaimState.INFO_NEEDED, "question": "Which side is cracked?"},
            Kind.CLAIM_DECIDED: {"state": ClaimState.APPROVED, "resolution": Outcome.REPLACEMENT, "settle_by": date(2026, 11, 27)},
        }
        return {"order": order, "subject_id": claim(order, number=f"C-{random_id()[:8]}", **more.get(kind, {})).pk}
    if kind == Kind.RETURN_QUESTION:
        told = {"question": "Is the seal of the box still closed?"}
    elif kind == Kind.RETURN_DECLINED:
        told = {"reason": "The last day to send it back was November 2.", "next_best": "sell_on"}
    case = sent_back(order, STATE_OF[kind], **told)
    if kind == Kind.RETURN_INSPECTED:
        ReturnLine.objects.filter(case=case).update(quantity_received=1, quantity_accepted=1)
        last = max(case.lines.values_list("pk", flat=True))
        ReturnLine.objects.filter(pk=last).update(deduction=Decimal("5.00"))
    if kind == Kind.RETURN_REFUNDED:
        return {"order": order, "subject_id": money(order, case).pk}
    if kind == Kind.EXCHANGE_SHIPPED:
        return {"order": order, "subject_id": exchange(order, case).pk}
    return {"order": order, "subject_id": case.pk}
