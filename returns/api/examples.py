"""Examples of the documentation. Each request is one that works; tests send them."""

from typing import Any

RETURN: dict[str, Any] = {
    "order_number": "1002",
    "lines": [{"line": "1", "quantity": 1, "reason": "too_small", "outcome": "refund", "note": "Tight at the shoulders"}],
    "way": "own",
    "currency": "EUR",
}
DECLINE: dict[str, Any] = {"reason": "It was worn outdoors", "next_best": "sell_on"}
RECEIVE: dict[str, Any] = {"lines": [{"line": "1", "quantity": 1, "condition": "opened", "note": "Box is missing"}]}
INSPECT: dict[str, Any] = {
    "lines": [{"line": "1", "accepted": 1, "is_resellable": True, "deduction": "5.00", "note": "The box is missing"}],
    "currency": "EUR",
}
PARCEL: dict[str, Any] = {"carrier": "DHL", "tracking_number": "00340434161094042564"}
LABEL: dict[str, Any] = {
    "way": "label",
    "carrier": "DHL",
    "tracking_number": "00340434161094042564",
    "file_url": "https://labels.example/R-1.pdf",
    "cost": "3.79",
}
CLAIM: dict[str, Any] = {
    "order_number": "1002",
    "lines": [{"line": "1", "quantity": 1}],
    "problem": "damaged",
    "wanted": "replacement",
    "note": "The sleeve is torn",
}
APPROVE_CLAIM: dict[str, Any] = {"resolution": "keep", "amount": "15.00", "currency": "EUR"}
WITHDRAWAL: dict[str, Any] = {"name": "Lena Vogt", "order_number": "1002", "email": "lena.vogt@posteo.example", "language": "de"}
SENT: dict[str, Any] = {"external_id": "refund-77", "amount": "44.00", "currency": "EUR"}

SHOWN_LINE: dict[str, Any] = {
    "line": "m0bVY8pWc3xk5sTn2LhZ1A",
    "external_id": "1",
    "title": "Linen shirt",
    "variant_title": "M",
    "sku": "SHIRT-M",
    "quantity": 1,
    "reason": "too_small",
    "reason_kind": "wish",
    "note": "Tight at the shoulders",
    "outcome": "refund",
    "amount": "49.00",
    "fee": "0.00",
    "bonus": "0.00",
    "deduction": "0.00",
    "quantity_received": 0,
    "quantity_accepted": 0,
    "condition": "",
    "is_resellable": None,
    "found": "",
}
SHOWN_RETURN: dict[str, Any] = {
    "id": "Yr3vQm5TzYb0xWn7LpEgc8",
    "rma": "R-7KXC4W",
    "state": "approved",
    "order_number": "1002",
    "order_source": "api",
    "order_external_id": "1002",
    "origin": "api",
    "is_gift": False,
    "is_withdrawal": False,
    "currency": "EUR",
    "way": "own",
    "way_fee": "0.00",
    "place": {"key": "main", "name": "Warehouse", "address": {}},
    "instructions": "Put it into its box and write the number on it.",
    "label_state": "",
    "label_url": "",
    "label_code": "",
    "label_error": "",
    "label_cost": "0.00",
    "carrier": "",
    "tracking_number": "",
    "requested_at": "2026-11-27T09:00:00Z",
    "answer_by": "2026-11-30",
    "hand_over_by": "2026-12-24",
    "arrive_by": None,
    "inspect_by": None,
    "refund_by": None,
    "bank_by": None,
    "decided_at": "2026-11-27T09:00:00Z",
    "handed_over_at": None,
    "arrived_at": None,
    "received_at": None,
    "inspected_at": None,
    "resolved_at": None,
    "ended_at": None,
    "reason": "",
    "next_best": "",
    "question": "",
    "answer": "",
    "lines": [SHOWN_LINE],
    "moneys": [],
    "exchanges": [],
}
SHOWN_MONEY: dict[str, Any] = {
    "id": "Mv5TzYb0xWn7LpEgc8Yr3Q",
    "return_id": "Yr3vQm5TzYb0xWn7LpEgc8",
    "claim_id": None,
    "order_number": "1002",
    "order_source": "api",
    "order_external_id": "1002",
    "way": "original",
    "stage": 1,
    "amount": "44.00",
    "currency": "EUR",
    "lines": [{"external_id": "1", "quantity": 1}],
    "restock": [{"external_id": "1", "quantity": 1}],
    "state": "due",
    "due_by": "2026-12-08",
    "bank_by": "2026-12-11",
    "asked_at": None,
    "sent_at": None,
    "external_id": "",
    "credit_code": "",
    "error": "",
}
SHOWN_CLAIM: dict[str, Any] = {
    "id": "Cv5TzYb0xWn7LpEgc8Yr3Q",
    "number": "C-4WHPN2",
    "kind": "delivery",
    "problem": "damaged",
    "state": "open",
    "order_number": "1002",
    "order_source": "api",
    "order_external_id": "1002",
    "shipment_id": None,
    "return_id": None,
    "origin": "api",
    "wanted": "replacement",
    "resolution": "",
    "note": "The sleeve is torn",
    "question": "",
    "answer": "",
    "reason": "",
    "next_best": "",
    "currency": "EUR",
    "amount": "0.00",
    "opened_at": "2026-11-27T09:00:00Z",
    "answer_by": "2026-11-30",
    "settle_by": None,
    "decided_at": None,
    "resolved_at": None,
    "lines": [{"line": "m0bVY8pWc3xk5sTn2LhZ1A", "external_id": "1", "title": "Linen shirt", "quantity": 1}],
    "moneys": [],
    "exchanges": [],
}
SHOWN_WITHDRAWAL: dict[str, Any] = {
    "id": "Wv5TzYb0xWn7LpEgc8Yr3Q",
    "state": "matched",
    "order_number": "1002",
    "order_id": "8Qm2vJYF0nq5l1xj3kN0Zg",
    "return_id": None,
    "name": "Lena Vogt",
    "email": "lena.vogt@posteo.example",
    "scope": "",
    "lines": {},
    "language": "de",
    "declared_at": "2026-11-27T09:00:00Z",
    "until": "2026-12-08",
    "counted_from": "2026-11-24",
    "refund_by": "2026-12-11",
    "reason": "",
    "settled_at": None,
    "receipt": "We received your statement on 27 November 2026 at 10:00.",
}
OFFER: dict[str, Any] = {
    "outcome": "refund",
    "is_open": True,
    "why": "",
    "until": "2026-12-24",
    "amount": "98.00",
    "fee": "0.00",
    "bonus": "0.00",
    "is_postage_free": False,
    "needs_photo": False,
    "needs_review": False,
}
RETURNABLE: dict[str, Any] = {
    "results": [
        {
            "line": "m0bVY8pWc3xk5sTn2LhZ1A",
            "external_id": "1",
            "title": "Linen shirt",
            "quantity": 2,
            "is_eligible": True,
            "why": "",
            "until": "2026-12-24",
            "currency": "EUR",
            "offers": [OFFER],
            "next_best": [],
        }
    ]
}
REASONS: dict[str, Any] = {
    "results": [
        {"code": "too_small", "kind": "wish", "name": "Too small"},
        {"code": "damaged", "kind": "fault", "name": "It came damaged"},
    ]
}
POLICY: dict[str, Any] = {
    "number": 3,
    "published_at": "2026-11-01T08:00:00Z",
    "currency": "EUR",
    "window_days": 30,
    "refund_days": 14,
    "is_free": False,
    "clauses": [
        {
            "id": "base",
            "kind": "base",
            "title": "For everything",
            "text": "You have 30 days to send it back.",
            "when": [],
            "then": ["You have 30 days to send it back."],
            "data": {"window_days": 30},
        }
    ],
}
