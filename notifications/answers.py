"""What we answer to STOP, START and HELP, in the language of the shopper."""

import tomllib
from functools import cache
from pathlib import Path

from django.conf import settings

from notifications.sms import normalise


@cache
def _texts(language: str) -> dict[str, str]:
    path = Path(settings.MESSAGE_TEMPLATES) / "answers" / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def answer(keyword: str, language: str, **facts: str) -> str:
    """The text for one of our languages, with brand, contact and link filled in."""
    return normalise(_texts(language)[keyword].format(**facts))
