"""WooCommerce's `meta_data`: the drawer every plugin puts things into, and texts that are HTML."""

import html
import re

from connectors.fields import Node
from connectors.shops.woocommerce import codes

TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
MAX_META, MAX_OPTIONS = 200, 30


def plain(text: str) -> str:
    """`Shirt &ndash; <b>blue</b>` -> `Shirt – blue`."""
    return html.unescape(TAG.sub("", text))


def meta_text(node: Node, key: str) -> str:
    """The value under a key when it is a plain text or number."""
    for entry in node.nodes("meta_data")[:MAX_META]:
        value = entry.data.get("value")
        if entry.data.get("key") == key and isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)[:500]
    return ""


def options(line: Node) -> dict[str, str]:
    """What the shopper chose. Keys with a leading underscore are a plugin's own notes, and so is anything that is no text."""
    found: dict[str, str] = {}
    for entry in line.nodes("meta_data")[:MAX_META]:
        key = entry.data.get("key")
        if not isinstance(key, str) or not key or key.startswith("_") or not isinstance(entry.data.get("value"), str | int):
            continue
        name = entry.text("display_key", 60, plain) or plain(key.removeprefix(codes.ATTRIBUTE))[:60]
        shown = "display_value" if isinstance(entry.data.get("display_value"), str) else "value"
        if value := entry.text(shown, 200, plain):
            found[name] = value
        if len(found) == MAX_OPTIONS:
            break
    return found
