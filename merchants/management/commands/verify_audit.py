"""`manage.py verify_audit [--merchant SLUG] [--anchors FILE]`: whether the audit logs are whole; names the first broken line."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from merchants.models import Merchant
from merchants.trail import BadAnchors, read_anchors, verify_all


class Command(BaseCommand):
    help = "Read the audit logs' chains from end to end. Ends with 1 when a line is missing, out of place or changed, and names it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--merchant", default="", help="slug; without it, every merchant's log and the installation's own")
        parser.add_argument("--anchors", type=Path, help="a file of anchors kept elsewhere: our log lines, or what anchor_audit printed")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["merchant"]
        if slug and not Merchant.objects.filter(slug=slug).exists():
            raise CommandError(f"there is no merchant {slug!r}")
        try:
            outside = read_anchors(options["anchors"].read_text().splitlines()) if options["anchors"] else {}
        except (BadAnchors, OSError, UnicodeDecodeError) as error:
            raise CommandError(f"--anchors: {error}") from None
        broken = 0
        for name, verdict in verify_all(now=now(), slug=slug, outside=outside):
            self.stdout.write(f"{name}: {f'{verdict.lines} lines, whole' if verdict.is_whole else f'BROKEN, {verdict.reason}'}")
            broken += not verdict.is_whole
        if broken:
            raise CommandError(f"{broken} broken")
