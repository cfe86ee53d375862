"""Examples of the documentation. Each request is one that works."""

from typing import Any

REPLY: dict[str, Any] = {"text": "Thank you, Sam. We tell it to the people who sew it.", "language": "en"}
NOTE: dict[str, Any] = {"text": "Hello Sam, may we send you the next size?"}
DECISION: dict[str, Any] = {"ground": "personal_data", "note": "Please leave out the telephone number."}
ROW: dict[str, Any] = {
    "product": "SHIRT",
    "stars": 4,
    "text": "Soft and light. The sleeves are a little long.",
    "author": "Ana",
    "written_at": "2026-10-02T18:30:00+02:00",
    "language": "en",
    "id": "88123",
}
IMPORT: dict[str, Any] = {"origin_name": "Old shop", "file_name": "reviews.json", "rows": [ROW]}
IMPORT_FILE: dict[str, Any] = {
    "origin_name": "Old shop",
    "csv": "product,stars,written_at,text,author\nSHIRT,4,2026-10-02,Soft and light.,Ana\n",
}
IMPORTED: dict[str, Any] = {
    "origin_name": "Old shop",
    "file_name": "reviews.json",
    "rows": 1,
    "taken": 1,
    "known": 0,
    "refused": [],
    "at": "2026-12-01T09:00:00Z",
}
SHOWN_NOTE: dict[str, Any] = {"text": NOTE["text"], "is_of_staff": True, "at": "2026-12-02T10:00:00Z"}
SHOWN: dict[str, Any] = {
    "id": "m0bVY8pWc3xk5sTn2LhZ1A",
    "state": "published",
    "ground": "",
    "origin": "portal",
    "origin_name": "",
    "origin_id": "",
    "product": "SHIRT",
    "product_title": "Linen shirt",
    "variant_title": "M",
    "order_number": "1002",
    "line": "1",
    "stars": 4,
    "title": "Soft",
    "text": "Soft and light. The sleeves are a little long.",
    "pros": "Light",
    "cons": "Long sleeves",
    "fit": "large",
    "language": "en",
    "author": "Sam",
    "is_verified": True,
    "is_incentivised": False,
    "is_edited": False,
    "can_share": False,
    "helpful": 3,
    "unhelpful": 0,
    "flags": [],
    "photos": [],
    "reply": {**REPLY, "at": "2026-12-02T10:00:00Z", "edited_at": None},
    "written_at": "2026-12-01T09:00:00Z",
    "edited_at": None,
    "decided_at": "2026-12-01T09:00:00Z",
    "published_at": "2026-12-01T09:00:00Z",
}
REJECTED: dict[str, Any] = {**SHOWN, "state": "rejected", "ground": "personal_data", "reply": None, "published_at": None}
EXPORTED = "id,state,ground,product\r\nm0bVY8pWc3xk5sTn2LhZ1A,published,,SHIRT\r\n"
FIGURE: dict[str, Any] = {"n": 41, "value": 4.3, "low": 4.1, "high": 4.5}
RESULTS: dict[str, Any] = {
    "key": "csat",
    "n": 41,
    "questions": [
        {
            **FIGURE,
            "key": "product",
            "kind": "csat",
            "text": {"en": "How satisfied are you with what you bought?"},
            "counts": {"1": 1, "2": 1, "3": 4, "4": 14, "5": 21},
            "segments": [{**FIGURE, "name": "dhl"}],
        }
    ],
}
