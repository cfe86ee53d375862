"""What others may ask about a connection."""

from urllib.parse import quote

from connectors.models import Connection
from connectors.registry import CONNECTORS
from merchants.selectors import platform_url


def hook_address(*, connection: Connection, secret: str = "") -> str:
    """Where its vendor calls. With the secret, whole: some vendors know no other place for it than the address."""
    address = f"{platform_url()}/hooks/{connection.public_id}/"
    connector = CONNECTORS.get(connection.connector)
    if connector is None or not connector.secret_parameter:
        return address
    return f"{address}?{connector.secret_parameter}={quote(secret, safe='') or '…'}"
