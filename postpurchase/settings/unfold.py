"""The admin's dress: neutrals warm like the product's, one dark accent, the sidebar made from the actor's role."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static

# The look's neutrals (hue 75) and its default brand colour, by lightness.
_NEUTRAL = {
    "50": "oklch(98.5% .004 75)",
    "100": "oklch(96.2% .006 75)",
    "200": "oklch(90% .009 75)",
    "300": "oklch(83% .012 75)",
    "400": "oklch(69% .013 75)",
    "500": "oklch(52% .014 75)",
    "600": "oklch(43% .014 75)",
    "700": "oklch(35% .013 75)",
    "800": "oklch(28% .011 75)",
    "900": "oklch(21% .009 75)",
    "950": "oklch(15% .007 75)",
}
_ACCENT = {
    "50": "oklch(97% .012 248)",
    "100": "oklch(94% .025 248)",
    "200": "oklch(89% .045 248)",
    "300": "oklch(82% .07 248)",
    "400": "oklch(75% .09 248)",
    "500": "oklch(68% .11 248)",
    "600": "oklch(45% .12 250)",
    "700": "oklch(40% .11 250)",
    "800": "oklch(34% .09 250)",
    "900": "oklch(29% .07 250)",
    "950": "oklch(22% .05 250)",
}


def _stylesheet(request: HttpRequest) -> str:
    return static("dashboard/admin.css")


UNFOLD: dict[str, Any] = {
    "STYLES": [_stylesheet],
    "SITE_TITLE": "Postpurchase",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "5px",
    "COLORS": {"base": _NEUTRAL, "primary": _ACCENT},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "merchants.admin.site.navigation"},
}
