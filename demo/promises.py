"""What the demo's merchants promise about sending things back: two versions of a policy each, two places, tried by cases of their own."""

from datetime import datetime
from typing import Any

from demo.world import Shop
from returns.models import ReturnPlace
from returns.services.policy import Definition, publish, save_draft

PLACES: dict[str, tuple[dict[str, Any], ...]] = {
    "aurora": (
        {
            "key": "lager",
            "name": "Lager Berlin",
            "address": {"company": "Aurora Mode GmbH", "street": "Lindenstraße 9", "postcode": "10969", "city": "Berlin", "country": "DE"},
            "ways": {"code": "0", "label": "0", "own": "0", "store": "0", "pickup": "6.90"},
            "instructions": {
                "de": "Legen Sie alles in einen Karton, gern in unseren. Den Code zeigen Sie in einer DHL-Filiale,"
                " das Etikett liegt im Paket. Die Nummer R-... gehört gut sichtbar nach außen.",
                "en": "Put everything into a box, ours will do. Show the code at a DHL counter, or use the label from the parcel."
                " The number R-... belongs on the outside.",
            },
            "is_default": True,
        },
        {
            "key": "ausland",
            "name": "Rücksendezentrum Kehl",
            "address": {"company": "Aurora Retouren", "street": "Rheinstraße 30", "postcode": "77694", "city": "Kehl", "country": "DE"},
            "countries": ["FR", "LU", "CH"],
            "ways": {"label": "9.90", "own": "0"},
            "provider": "easypost",
            "instructions": {
                "de": "Bitte das Etikett ausdrucken und auf den Karton kleben. Aus der Schweiz gehört die Rechnung mit hinein.",
                "en": "Please print the label and stick it on the box. From Switzerland, put the invoice in as well.",
            },
        },
    ),
    "voltline": (
        {
            "key": "warehouse",
            "name": "Kansas City warehouse",
            "address": {
                "company": "Voltline Inc.", "street": "400 Grand Blvd", "postcode": "64106", "city": "Kansas City",
                "region": "MO", "country": "US",
            },
            "ways": {"code": "0", "label": "0", "own": "0", "pickup": "12.00"},
            "instructions": {
                "en": "Any box will do. Show the code at a UPS drop-off, or print the free label."
                " Keep the receipt until your money is back.",
                "de": "Jeder Karton ist recht. Den Code an einer UPS-Annahme zeigen oder das freie Etikett drucken."
                " Den Beleg bitte aufheben, bis das Geld da ist.",
            },
            "is_default": True,
        },
        {
            "key": "lab",
            "name": "Repair lab",
            "address": {
                "company": "Voltline Lab", "street": "18 Cherry St", "postcode": "64106", "city": "Kansas City",
                "region": "MO", "country": "US",
            },
            "countries": [],
            "ways": {"label": "0", "own": "0"},
            "provider": "easypost",
            "instructions": {
                "en": "Send the headphones with their cable and without the case. Switch them off first.",
                "de": "Bitte die Kopfhörer mit Kabel und ohne Etui schicken, und vorher ausschalten.",
            },
        },
    ),
}  # fmt: skip
FIRST: dict[str, Definition] = {
    "aurora": Definition(
        window_days=30,
        is_free=True,
        refund_days=7,
        how="Kostenlos über jeden DHL-Paketshop, Etikett im Paket.",
        outcomes={"refund": {}, "exchange": {}},
        note="Zum Start",
    ),
    "voltline": Definition(
        window_days=60,
        is_free=True,
        refund_days=5,
        how="Print the free label or show its code at any UPS drop-off.",
        outcomes={"refund": {}, "exchange": {}},
        note="What we opened with",
    ),
}


def set_up_returns(shop: Shop, at: datetime) -> None:
    """Places, and the policy the shop opened with. In the scope of the shop's merchant."""
    for row in PLACES[shop.slug]:
        ReturnPlace.objects.create(**row)
    _publish(FIRST[shop.slug], at)


def renew_policy(shop: Shop, at: datetime) -> None:
    """The version in force since: more to choose from, and the rules a shop learns to need."""
    _publish({"aurora": _aurora, "voltline": _voltline}[shop.slug](at.year), at)


def _publish(definition: Definition, at: datetime) -> None:
    publish(policy=save_draft(definition=definition, seen=None, by=None, at=at), by=None, at=at)


def _rule(id: str, name: str, when: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "name": name, "when": when, "then": then}


def _holidays(name: str, year: int) -> dict[str, Any]:
    days = {"bought_from": f"{year}-11-01", "bought_until": f"{year}-12-24"}
    return _rule("holidays", name, days, {"until": f"{year + 1}-01-31"})


def _aurora(year: int) -> Definition:
    return Definition(
        window_days=30,
        is_free=True,
        refund_days=7,
        how=FIRST["aurora"].how,
        outcomes={
            "refund": {}, "credit": {"bonus_percent": 10}, "exchange": {}, "replacement": {}, "repair": {},
            "keep": {"share_percent": 20, "for": "fault"},
        },
        rules=[
            _rule("shoes", "Schuhe in Ruhe einlaufen", {"types": ["Schuhe"]}, {"window_days": 45}),
            _rule("hygiene", "Socken sind vom Umtausch ausgenommen", {"tags": ["hygiene"]}, {"final_sale": True}),
            _holidays("Geschenke haben bis Ende Januar Zeit", year),
            _rule("abroad", "Aus dem Ausland", {"not_countries": ["DE"]}, {"postage_free": False}),
            _rule("dear", "Ab 200 Euro sehen wir hin", {"min_price": "200.00"}, {"review": True}),
            _rule("damage", "Schäden mit Foto", {"reasons": ["damaged"]}, {"photo": True}),
        ],
        cases=[
            _case("Stiefeletten nach 40 Tagen", "Schuhe", [], "159.00", is_open=True),
            _case("Socken aus Neigung", "Accessoires", ["hygiene"], "18.00", is_open=False),
        ],
        note="Länger für Schuhe, Gutschein mit zehn Prozent dazu, Reparatur",
    )  # fmt: skip


def _voltline(year: int) -> Definition:
    return Definition(
        window_days=60,
        is_free=True,
        refund_days=5,
        how=FIRST["voltline"].how,
        outcomes={
            "refund": {}, "credit": {"bonus": "10.00"}, "exchange": {}, "replacement": {}, "repair": {},
            "keep": {"share_percent": 15, "for": "fault"},
        },
        rules=[
            _rule("audio", "Ninety days to listen", {"types": ["Audio"]}, {"window_days": 90}),
            _rule("clearance", "Clearance is final", {"tags": ["clearance"]}, {"final_sale": True}),
            _holidays("Gifts can wait until the end of January", year),
            _rule("dear", "From 200 dollars we have a look", {"min_price": "200.00"}, {"review": True}),
            _rule("tried", "Headphones that were worn", {"types": ["Audio"], "reasons": ["changed_mind"]}, {"fee": "15.00"}),
            _rule("damage", "Damage with a photo", {"reasons": ["damaged"]}, {"photo": True}),
            _rule("lab", "Faults of headphones go to the lab", {"types": ["Audio"], "kinds": ["fault"]}, {"address": "lab"}),
        ],
        cases=[
            _case("Headphones after 40 days", "Audio", [], "249.00", is_open=True),
            _case("Clearance, changed mind", "Power", ["clearance"], "15.00", is_open=False),
        ],
        note="Ninety days for headphones, store credit with ten dollars more, repairs",
    )  # fmt: skip


def _case(name: str, type: str, tags: list[str], price: str, *, is_open: bool) -> dict[str, Any]:
    """Bought in spring and asked forty days after it came: no holidays in it."""
    return {
        "name": name,
        "article": {"type": type, "tags": tags, "sku": "", "price": price, "quantity": 1, "discounted": False, "digital": False},
        "situation": {
            "country": "DE", "bought": "2026-03-02", "delivered": "2026-03-05", "today": "2026-04-14", "earlier_returns": 0, "gift": False,
        },
        "reason": "too_small",
        "kind": "wish",
        "expect": {"outcome": "refund", "open": is_open},
    }  # fmt: skip
