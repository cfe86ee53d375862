from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from events.station import current_hold
from notifications import services


class Command(BaseCommand):
    help = "How far the look-up is after a restore, and sending again. Without options it only tells."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--list", action="store_true", help="each message that waits to be let go, without address and text")
        parser.add_argument(
            "--release",
            choices=["send", "cancel"],
            help="send again. What a provider does not have goes out. What nobody can ask about: `send` sends it, flagged as a possible"
            " duplicate, `cancel` takes it back",
        )
        parser.add_argument("--unfinished", action="store_true", help="with --release: do not wait until all is looked up")

    def handle(self, *args: Any, **options: Any) -> None:
        self._tell(lists=options["list"])
        if options["release"] is None:
            return
        try:
            done = services.release(sends_unsure=options["release"] == "send", at=now(), waits=not options["unfinished"])
        except services.StillLooking as error:
            raise CommandError(f"{error}; wait, or add --unfinished") from None
        self.stdout.write(
            f"Sending again: {done.sent} go out, {done.flagged} go out flagged as possible duplicates, {done.cancelled} are cancelled."
        )

    def _tell(self, *, lists: bool) -> None:
        held, found = current_hold(), services.standing(lists=lists)
        self.stdout.write(f"Sending is held since {held.held_at:%Y-%m-%d %H:%M:%S %Z} ({held.why})." if held else "Sending is not held.")
        if held:
            self.stdout.write(f"What was sent since {held.since:%Y-%m-%d %H:%M:%S %Z} is not known here.")
        self.stdout.write(f"not looked at yet     {found.due}\nbeing looked up       {found.looking}")
        self.stdout.write(f"not with the provider {found.absent}\nnobody can tell       {found.unsure}")
        for row in found.parked:
            words = (row.merchant, str(row.id), row.kind, row.channel, row.provider, row.reason, f"{row.decided_at:%Y-%m-%dT%H:%M:%SZ}")
            self.stdout.write("\t".join(words))
