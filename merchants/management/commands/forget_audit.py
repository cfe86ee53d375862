"""`manage.py forget_audit --yes`: delete audit lines older than two years, up to an anchor. Runs as the database's owner."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections, transaction

from core.clock import now
from merchants.chain import RETENTION
from merchants.models import Merchant

OWNER = "owner"
# The newest anchor that is old enough, and every line up to it.
LINES = """
    delete from merchants_auditentry where merchant_id = %(merchant)s and position <= (
        select max(position) from merchants_auditanchor where merchant_id = %(merchant)s and at < %(before)s) and at < %(before)s"""
PLATFORM_LINES = """
    delete from merchants_platformentry where position <= (select max(position) from merchants_platformanchor where at < %(before)s)
    and at < %(before)s"""


class Command(BaseCommand):
    help = "Delete audit lines older than two years. Role app has no right to: set DATABASE_OWNER_URL, as for migrations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do it; without it nothing is deleted")

    def handle(self, *args: Any, **options: Any) -> None:
        if OWNER not in connections:
            raise CommandError("set DATABASE_OWNER_URL: only the owner may delete audit lines")
        if not options["yes"]:
            raise CommandError("audit lines older than two years would be deleted; add --yes to do it")
        before = now() - RETENTION
        total = sum(forget(merchant_id, before) for merchant_id in [*Merchant.objects.order_by("pk").values_list("pk", flat=True), None])
        self.stdout.write(f"{total} lines deleted")


def forget(merchant_id: int | None, before: datetime) -> int:
    """One merchant's old lines, or (None) the installation's. Row-level security binds the owner as well."""
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("select set_config('app.merchant_id', %s, true)", [str(merchant_id or "")])
        cursor.execute(LINES if merchant_id else PLATFORM_LINES, {"merchant": merchant_id, "before": before})
        return int(cursor.rowcount)
