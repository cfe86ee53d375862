"""`manage.py simulate --merchant SLUG --order NUMBER [--draft]`: what an order's messages would be; nothing is sent or kept."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.simulator.compare import compare
from notifications.simulator.run import orders_numbered, simulate
from notifications.simulator.tell import as_json, why
from notifications.simulator.types import Difference, NotSimulated, Simulated


class Command(BaseCommand):
    help = "Replay orders through the automations and templates in force, or through the drafts: every message, sent or withheld, and why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--merchant", required=True, help="slug")
        parser.add_argument("--order", required=True, action="append", help="the shop's number; may be said several times")
        parser.add_argument("--draft", action="store_true", help="the newest drafts in place of what is published, and what they change")
        parser.add_argument("--json", type=Path, help="write everything there, texts included")

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise CommandError(f"there is no merchant {options['merchant']!r}")
        try:
            with merchant_scope(merchant.pk):
                ids = orders_numbered(numbers=options["order"])
                live = simulate(order_ids=ids, now=now())
                draft = simulate(order_ids=ids, now=now(), drafts=True) if options["draft"] else []
        except NotSimulated as error:
            raise CommandError(str(error)) from None
        self._tell(draft if options["draft"] else live)
        changes = compare(live=live, draft=draft) if options["draft"] else []
        if options["draft"]:
            self._tell_changes(changes)
        if options["json"]:
            found = {"live": [as_json(one) for one in live], "draft": [as_json(one) for one in draft]}
            options["json"].write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")

    def _tell(self, told: list[Simulated]) -> None:
        number = ""
        for one in told:
            if one.order != number:
                number = one.order
                self.stdout.write(f"\nOrder {number}")
            self.stdout.write(f"  {_when(one)}  {one.channel:<5} {one.kind:<20} {_state(one)}")
            self._tell_letter(one)
        sent = [one for one in told if one.is_sent]
        self.stdout.write(f"\n{len(sent)} sent, {len(told) - len(sent)} withheld{_costs(sent)}. Nothing was sent or kept.")

    def _tell_letter(self, one: Simulated) -> None:
        letter = one.letter
        if letter.trouble:
            self.stdout.write(f"      could not be composed: {letter.trouble}")
        elif one.channel == "sms" and letter.text:
            price = "" if letter.cost is None else f", {letter.cost:f} {letter.currency}"
            self.stdout.write(f"      {letter.text}\n      {letter.segments} segment(s), {letter.encoding}{price}")
        elif letter.subject:
            self.stdout.write(f"      {letter.subject}")

    def _tell_changes(self, changes: list[Difference]) -> None:
        self.stdout.write(f"\nWhat the drafts change: {len(changes) or 'nothing'}")
        for change in changes:
            one = change.draft or change.live
            assert one is not None, "a difference has a side"
            side = "only in the drafts" if change.live is None else "only in what is in force" if change.draft is None else ""
            self.stdout.write(f"  {one.channel:<5} {one.kind:<20} {side or 'other ' + ', '.join(change.fields)}")


def _when(one: Simulated) -> str:
    return f"{(one.send_at or one.decided_at).astimezone(ZoneInfo(one.zone)):%a %Y-%m-%d %H:%M %Z}"


def _state(one: Simulated) -> str:
    style = f" ({one.style})" if one.style else ""
    return f"sent{style}" if one.is_sent else f"{one.state}: {why(one)}"


def _costs(sent: list[Simulated]) -> str:
    sums: dict[str, Decimal] = {}
    for one in sent:
        if one.letter.cost is not None:
            sums[one.letter.currency] = sums.get(one.letter.currency, Decimal(0)) + one.letter.cost
    return "".join(f", {amount:f} {currency}" for currency, amount in sorted(sums.items()))
