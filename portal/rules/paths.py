"""Which addresses may become a link, an image or a way back. Only this host, or https."""

import re
from urllib.parse import unquote

MAX_PATH = 200


def is_https(url: str) -> bool:
    """Whether an address from a shop may become an image or a link: https, a host, nothing unprintable."""
    return len(url) <= 1000 and re.fullmatch(r"https://[^\s/\\@:?#\"'<>]+(:\d+)?([/?#]\S*)?", url) is not None and url.isprintable()


def is_picture(url: str, *, origin: str) -> bool:
    """Whether an address may become an image: https, or from the host of the page itself (the demo has no https)."""
    return is_https(url) or (len(url) <= 1000 and re.fullmatch(re.escape(origin) + r"/[\w./%-]+", url, re.ASCII) is not None)


def own_path(value: str) -> str:
    """The path when it can only lead to this host, else `/`. Percent-encoding is looked through."""
    text = value
    for _round in range(3):
        if not _is_plain_path(text):
            return "/"
        text = unquote(text)
    return value if _is_plain_path(text) else "/"


def _is_plain_path(text: str) -> bool:
    if not (0 < len(text) <= MAX_PATH and text.isprintable() and text.strip() == text):
        return False
    return text.startswith("/") and not text.startswith("//") and "\\" not in text and not text.startswith("/\t")
