"""Pure decisions of this room: who may do what, and the hex colours a mail client understands."""

import math

from merchants.types import Area, Role

VIEW, CHANGE = "view", "change"

# Everybody on the staff may look at orders and messages; the rest is granted by role.
GRANTS: dict[Role, dict[Area, frozenset[str]]] = {
    Role.OWNER: {area: frozenset({VIEW, CHANGE}) for area in Area},
    Role.EDITOR: {
        Area.ORDERS: frozenset({VIEW, CHANGE}),
        Area.MESSAGES: frozenset({VIEW, CHANGE}),
        Area.BRANDING: frozenset({VIEW, CHANGE}),
    },
    Role.SUPPORT: {Area.ORDERS: frozenset({VIEW, CHANGE}), Area.MESSAGES: frozenset({VIEW})},
    Role.VIEWER: {Area.ORDERS: frozenset({VIEW}), Area.MESSAGES: frozenset({VIEW})},
}


def may(role: Role | str, area: Area, action: str) -> bool:
    """Whether a role may `view` or `change` an area. Unknown roles may nothing."""
    if role not in Role.values:
        return False
    return action in GRANTS[Role(role)].get(area, frozenset())


Oklch = tuple[float, float, float]


def hex_to_oklch(value: str) -> Oklch:
    """Lightness 0-1, chroma, hue in degrees of `#rrggbb` (Ottosson's Oklab). Refuses (ValueError) other forms."""
    text = value.strip().lstrip("#")
    if len(text) != 6:
        raise ValueError("colour must be #rrggbb")
    r, g, b = (_linear(int(text[i : i + 2], 16) / 255) for i in (0, 2, 4))
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b_axis = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b_axis), math.degrees(math.atan2(b_axis, a)) % 360


def oklch_to_hex(lightness: float, chroma: float, hue: float) -> str:
    """`#rrggbb`; chroma is lowered until the colour exists on a screen."""
    while True:
        rgb = _to_linear_rgb(lightness, chroma, hue)
        if chroma <= 0 or all(-1e-4 <= c <= 1 + 1e-4 for c in rgb):
            return "#" + "".join(f"{round(_encoded(min(max(c, 0.0), 1.0)) * 255):02x}" for c in rgb)
        chroma = max(0.0, chroma - 0.004)


def _to_linear_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _linear(c: float) -> float:
    return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4


def _encoded(c: float) -> float:
    return float(12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two `#rrggbb` colours, 1 to 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(value: str) -> float:
    r, g, b = (_linear(int(value[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def email_colors(color: str, neutral_hue: int) -> dict[str, str]:
    """The look's derived colours as hex, light and dark, after the formulas of tokens.css."""
    lightness, chroma, hue = hex_to_oklch(color)
    is_light = lightness > 0.585
    n = float(neutral_hue)
    return {
        "accent": oklch_to_hex(max(lightness, 0.67) if is_light else min(lightness, 0.53), chroma, hue),
        "on_accent": oklch_to_hex(0.16, 0.01, n) if is_light else "#ffffff",
        "canvas": oklch_to_hex(0.95, 0.006, n),
        "sheet": "#ffffff",
        "ink": oklch_to_hex(0.215, 0.012, n),
        "soft": oklch_to_hex(0.42, 0.014, n),
        "line": oklch_to_hex(0.885, 0.009, n),
        "plate": oklch_to_hex(0.94, 0.009, n),
        "dark_canvas": oklch_to_hex(0.175, 0.007, n),
        "dark_sheet": oklch_to_hex(0.212, 0.008, n),
        "dark_ink": oklch_to_hex(0.945, 0.006, n),
        "dark_soft": oklch_to_hex(0.79, 0.01, n),
        "dark_line": oklch_to_hex(0.31, 0.01, n),
        "dark_plate": oklch_to_hex(0.8, 0.012, n),
    }
