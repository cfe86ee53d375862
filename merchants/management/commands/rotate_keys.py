from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.encryption import sealing_key
from merchants.acting import acting, command
from merchants.keys import Sealed, count_secrets, renew_secrets


class Command(BaseCommand):
    help = "Seal all stored secrets by the first key of ENCRYPTION_KEY. Every key they were sealed by must still stand behind it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only count; fails while an older key is still needed")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(command("rotate_keys")):
            found = count_secrets() if options["check"] else renew_secrets()
        self._tell(found)
        if found.broken:
            raise CommandError(f"{len(found.broken)} secrets open with no key of ENCRYPTION_KEY: put their key back, or enter them anew")
        if not found.is_over:
            raise CommandError("an older key is still needed: run rotate_keys without --check")

    def _tell(self, found: Sealed) -> None:
        self.stdout.write(f"The key that seals is {sealing_key()}. Sealed anew: {found.renewed}.")
        for key, count in sorted(found.by_key.items()):
            self.stdout.write(f"{key or 'without a name':<15}{count:>8}")
        for place in found.broken:
            self.stdout.write(f"does not open: {place}")
