"""`manage.py anchor_audit`: keep where every audit log ends today, and print it for another system to keep as well."""

from typing import Any

from django.core.management.base import BaseCommand

from core.clock import now
from merchants.tasks import anchor_all


class Command(BaseCommand):
    help = "Anchor every audit log now, as happens daily by itself, and print the new anchors: name, position, hash."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in anchor_all(now()):
            self.stdout.write(line)
