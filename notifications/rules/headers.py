"""Names and subjects that cannot become a header of their own."""

import unicodedata

MAX_NAME = 64


def is_clean_header(*values: str) -> bool:
    """False when a value would start a new header or end this one: line breaks, other controls, Unicode separators."""
    return not any(unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for value in values for char in value)


def display_name(name: str) -> str:
    """The name beside an address, without what could be read as another address or header; cut to 64 characters."""
    clean = "".join(" " if char in '@<>"\\' or not is_clean_header(char) else char for char in name)
    return " ".join(clean.replace("=?", "= ?").split())[:MAX_NAME]
