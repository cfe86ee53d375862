"""In which order reviews are shown: by time, or by what other shoppers found helpful. There is no third."""

SORTS: dict[str, tuple[str, ...]] = {
    "newest": ("-published_at", "-id"),
    "helpful": ("-helpful", "-published_at", "-id"),
}
DEFAULT = "newest"


def order_by(sort: str) -> tuple[str, ...]:
    """The columns; an unknown name is the default."""
    return SORTS.get(sort, SORTS[DEFAULT])
