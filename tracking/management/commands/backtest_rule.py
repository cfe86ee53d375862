"""`manage.py backtest_rule MERCHANT TYPE`: what a rule would have raised lately, before it is switched on."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tracking.rules.incidents import BadThreshold
from tracking.services import BackTest, NotTestable, back_test


class Command(BaseCommand):
    help = "Replay stored scans and promises under one incident rule: per day, precision, lead time, messages. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("merchant", help="slug")
        parser.add_argument("type", help="e.g. stalled; docs/incidents.md has them all")
        parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a threshold other than the default")
        parser.add_argument("--days", type=int, default=90)
        parser.add_argument("--json", type=Path, help="write the result there too")

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise CommandError(f"there is no merchant {options['merchant']!r}")
        try:
            with merchant_scope(merchant.pk):
                found = back_test(type=options["type"], thresholds=thresholds(options["set"]), now=now(), days=options["days"])
        except (NotTestable, BadThreshold, ValueError) as error:
            raise CommandError(str(error)) from None
        self._print(found)
        if options["json"]:
            options["json"].write_text(json.dumps(found.as_json(), indent=2) + "\n")

    def _print(self, found: BackTest) -> None:
        for row in found.as_json()["days"]:
            self.stdout.write(f"{row['day']}  raised {row['raised']:>5}  right {row['right']:>5}  messages {row['messages']:>5}")
        self.stdout.write(
            f"{found.type}: {found.raised} raised of {found.parcels} looked at, precision {_share(found.precision)}, recall "
            f"{_share(found.recall)}, lead {'-' if found.lead is None else found.lead} days, {found.messages} messages"
        )


def thresholds(pairs: list[str]) -> dict[str, object]:
    """`name=value` pairs as numbers. Refuses (BadThreshold, naming it) what is none."""
    given: dict[str, object] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            given[name] = float(value)
        except ValueError:
            raise BadThreshold(name[:40] or "--set", "must be name=number") from None
    return given


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
