"""Every address of the staff pages, read from the resolver, so that a new one cannot be forgotten."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.admin.world import World


def patterns(prefix: str) -> Iterator[tuple[str, URLPattern]]:
    """(name with namespace, pattern) of everything under a namespace of the platform's host."""
    resolver = next(p for p in get_resolver("postpurchase.urls").url_patterns if getattr(p, "namespace", None) == prefix)
    assert isinstance(resolver, URLResolver)
    yield from _walk(resolver, prefix)


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, prefix)
        elif pattern.name:
            yield f"{prefix}:{pattern.name}", pattern


def row_addresses(world: World) -> dict[str, str]:
    """Addresses in /admin/ that name a row, filled with the world's own row of that table."""
    found = {}
    labels = {label.replace(".", "_"): pk for label, pk in world.rows.items()}
    for name, pattern in patterns("admin"):
        table = next((t for t in sorted(labels, key=len, reverse=True) if name.startswith(f"admin:{t}_")), None)
        if table and "object_id" in pattern.pattern.converters:
            found[name] = reverse(name, args=[labels[table]])
    return found
