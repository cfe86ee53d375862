"""The merchant's five properties as a style sheet. Only checked values reach it, whatever the row holds."""

import re

from core.encryption import fingerprint
from merchants.models import Branding

STACKS = {
    "sans": "var(--font-sans)",
    "serif": (
        '"Iowan Old Style", Charter, "Palatino Linotype", "Source Serif 4", "Noto Serif", "Liberation Serif", Georgia, '
        '"Songti SC", SimSun, serif'
    ),
    "grotesque": (
        '"Helvetica Neue", "Segoe UI Variable Display", "Segoe UI", Roboto, "Liberation Sans", Arial, '
        '"PingFang SC", "Microsoft YaHei", sans-serif'
    ),
}
PLAIN_COLOR = "#2f2a26"


def brand_css(branding: Branding) -> str:
    """The style sheet of one merchant; a value out of its range becomes the nearest, a bad colour the plain one."""
    color = branding.color if re.fullmatch(r"#[0-9a-fA-F]{6}", branding.color) else PLAIN_COLOR
    return (
        "@layer brand {\n  :root {\n"
        f"    --brand-color: {color.lower()};\n"
        f"    --brand-neutral-hue: {_between(branding.neutral_hue, 0, 360)};\n"
        f"    --brand-font-display: {STACKS.get(branding.font, STACKS['sans'])};\n"
        f"    --brand-display-weight: {_between(branding.display_weight, 400, 800)};\n"
        f"    --brand-radius: {_between(branding.radius, 0, 14)}px;\n"
        "  }\n}\n"
    )


def _between(value: int, low: int, high: int) -> int:
    return max(low, min(high, int(value)))


def brand_version(branding: Branding) -> str:
    """Changes with the style sheet, so that it can be kept by browsers and still change at once."""
    return fingerprint(brand_css(branding))[:16]
