"""Which pictures of a product a shopper sees, and in which order."""

import re
from collections.abc import Iterable, Sequence

from catalog.types import Picture

PARTS = re.compile(r"\s*[/,|]\s*")


def _parts(variant: str) -> set[str]:
    return {part.casefold() for part in PARTS.split(variant.strip()) if part}


def shows(picture: Picture, variant: str) -> bool:
    """Whether a picture is of this variant: one of `Pink` shows `Pink / M`."""
    return _parts(picture.variant) <= _parts(variant)


def gallery(pictures: Iterable[Picture], *, variant: str, first: Sequence[str] = ()) -> list[Picture]:
    """The variant's own pictures, then those of all, each address once. `first` are addresses to begin with when there are no pictures."""
    known = list(pictures)
    mine = [picture for picture in known if picture.variant and shows(picture, variant)]
    shared = [picture for picture in known if not picture.variant]
    found: dict[str, Picture] = {}
    for picture in (mine + shared) or known:
        found.setdefault(picture.url, picture)
    return list(found.values()) or [Picture(url) for url in dict.fromkeys(first) if url]
