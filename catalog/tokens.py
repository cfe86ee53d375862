"""Links at which staff look at a product's page before a shopper does: good for a day, made by nobody else."""

from datetime import UTC, datetime, timedelta

from core.signing import derive_token, is_derived
from merchants.scope import required_merchant_id

PURPOSE = "product-preview"
ID, TIME, DIGEST = 22, 8, 22  # characters
GOOD_FOR = timedelta(days=1)


def preview_token(public_id: str, *, at: datetime) -> str:
    """The token of a product's preview: its id, until when it is good, and a digest over both."""
    body = f"{public_id}{int((at + GOOD_FOR).timestamp()):08x}"
    return body + _digest(body)


def read_preview_token(token: str, *, at: datetime) -> str | None:
    """Whose preview it opens at the current merchant; None when we did not make it, or it has ended."""
    body, digest = token[: ID + TIME], token[ID + TIME :]
    if len(body) != ID + TIME or not is_derived(digest, PURPOSE, f"{required_merchant_id()}|{body}", length=DIGEST):
        return None
    return body[:ID] if at < datetime.fromtimestamp(int(body[ID:], 16), tz=UTC) else None


def _digest(body: str) -> str:
    return derive_token(PURPOSE, f"{required_merchant_id()}|{body}")[:DIGEST]
