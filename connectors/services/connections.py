"""A merchant's connection to a shop or carrier and the secret its calls are signed with."""

import base64
import re
import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from connectors.models import Connection
from connectors.registry import Connector, connector_named
from connectors.types import Kind
from merchants.audit import record
from merchants.models import seal, unseal
from merchants.types import Deed

# Long enough for a person to paste the new secret into the shop.
ROTATION_WINDOW = timedelta(hours=24)
MIN_SECRET, MAX_SECRET, MAX_ACCOUNT = 6, 500, 200
WOOCOMMERCE_PAIR = re.compile(r"ck_[0-9a-zA-Z]{6,100}:cs_[0-9a-zA-Z]{6,100}")
MAX_WEIGHT = 2_400


class BadConnection(ValueError):
    """The secret or the account is not one a shop or carrier can have."""


def connect(*, connector: str, at: datetime, secret: str = "", account: str = "") -> tuple[Connection, str]:
    """Open a connection of the current merchant; the second value is the secret, shown once.

    Without a secret one is made. Refuses unknown connectors (UnknownConnector), short secrets and odd accounts, and what the
    vendor alone could have made, or does not have (BadConnection).
    """
    known = connector_named(connector)
    secret = checked_secret(secret) if secret else made_secret(known)
    if known.kind == Kind.OWN and not account:
        raise BadConnection("enter the https address your program listens at")
    if account and not known.account_header and known.kind != Kind.OWN:
        raise BadConnection(f"{known.label} names no account in its calls: leave it empty")
    row = Connection(connector=known.name, account=normal_account(account), created_at=at)
    row.slug = _free_slug(connector)
    seal(row, "secret", secret)
    row.save()
    record(Deed.CONNECTION_MADE, row, {"connector": row.connector, "slug": row.slug})
    return row, secret


def keep_key(*, connection: Connection, api_key: str) -> None:
    """The key we call it with. An empty one takes it away. Refuses (BadConnection) one no vendor gives, and half a pair."""
    row: Connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if api_key and row.connector == "woocommerce" and not WOOCOMMERCE_PAIR.fullmatch(api_key):
        raise BadConnection("enter both keys with a colon between them: ck_...:cs_...")
    seal(row, "api_key", checked_secret(api_key) if api_key else "")
    row.trouble, row.trouble_since = "", None
    row.save(update_fields=["api_key", "trouble", "trouble_since"])
    record(Deed.CONNECTION_KEY, row, {"slug": row.slug, "api_key": "written" if api_key else "taken away"})


def keep_options(*, connection: Connection, weight_oz: Decimal | None, service: str) -> None:
    """What labels are made with. Refuses (BadConnection) a weight nobody ships, and a service that is no `Carrier/Service`."""
    if weight_oz is not None and not 0 < weight_oz <= MAX_WEIGHT:
        raise BadConnection("a return weighs between 0 and 2,400 ounces")
    if service and (len(service) > 80 or not service.isprintable() or service.count("/") > 1):
        raise BadConnection("write the carrier, or the carrier and its service, like USPS/GroundAdvantage")
    options = {"weight_oz": str(weight_oz)} if weight_oz is not None else {}
    options |= {"service": service} if service else {}
    Connection.objects.filter(pk=connection.pk).update(options=options)
    record(Deed.CONNECTION_CHANGED, connection, {"slug": connection.slug, "labels": options})


def rotate_secret(*, connection: Connection, at: datetime, secret: str = "") -> str:
    """Give the connection a new secret and return it; the old one is good for a day.

    Refuses short secrets, and none for a vendor that makes its own (BadConnection).
    """
    fresh = checked_secret(secret) if secret else made_secret(connector_named(connection.connector))
    row: Connection = Connection.objects.select_for_update().get(pk=connection.pk)
    seal(row, "previous_secret", unseal(row, "secret"))
    seal(row, "secret", fresh)
    row.previous_secret_until = at + ROTATION_WINDOW
    row.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    record(Deed.CONNECTION_SECRET, row, {"slug": row.slug, "old_until": row.previous_secret_until.isoformat()})
    return fresh


def switch(*, connection: Connection) -> bool:
    """Turn a connection off, or on again; whether it is on now."""
    row: Connection = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    row.is_active = not row.is_active
    row.save(update_fields=["is_active"])
    record(Deed.CONNECTION_CHANGED, row, {"slug": row.slug, "is_active": row.is_active})
    return row.is_active


def made_secret(connector: Connector) -> str:
    if connector.is_secret_theirs:
        raise BadConnection(f"{connector.label} makes the secret itself: enter the one it shows")
    if connector.kind == Kind.OWN:
        return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"  # as Standard Webhooks writes it
    return secrets.token_urlsafe(32)


def checked_secret(secret: str) -> str:
    if not MIN_SECRET <= len(secret) <= MAX_SECRET or not secret.isprintable() or secret != secret.strip():
        raise BadConnection(f"a secret has {MIN_SECRET} to {MAX_SECRET} printable characters")
    return secret


def normal_account(account: str) -> str:
    """`https://Example.com/shop/` -> `example.com/shop`, the form both shops' headers are brought to."""
    text = account.strip().lower()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
    except ValueError:
        raise BadConnection("the account must be the shop's address, like example.myshopify.com") from None
    found = f"{parts.netloc}{parts.path}".rstrip("/")
    if len(found) > MAX_ACCOUNT or not found.isprintable() or " " in found or (text and not found):
        raise BadConnection("the account must be the shop's address, like example.myshopify.com")
    return found


def _free_slug(connector: str) -> str:
    """`shopify`, then `shopify-2`: the source of the orders, so it never changes afterwards."""
    taken = set(Connection.objects.filter(slug__startswith=connector).values_list("slug", flat=True))
    number = 1
    while (slug := connector if number == 1 else f"{connector}-{number}") in taken:
        number += 1
    return slug
