"""What a page shows of a person to whoever holds a link: enough to recognise, not enough to find or to write to."""

from collections.abc import Mapping

HIDDEN = "•••"


def masked_place(address: Mapping[str, object]) -> str:
    """`12••• Berlin`: the start of the postcode and the city; without street and name. "" for an address that has neither."""
    postcode, city = (str(address.get(name) or "").strip() for name in ("postcode", "city"))
    shown = postcode[: min(2, len(postcode) // 2)] + HIDDEN if postcode else ""
    return " ".join(part for part in (shown, city) if part)
