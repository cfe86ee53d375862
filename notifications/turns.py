"""Two editors of the same thing wait for each other, also before there is a first row to wait at."""

from django.db import connection

from merchants.scope import required_merchant_id

LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, %s))"


def take_turn(*what: str) -> None:
    """Wait until no other transaction of the current merchant works on this; let go when ours ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"notifications {' '.join(what)}", required_merchant_id()])
