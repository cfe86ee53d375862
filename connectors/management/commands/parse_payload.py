import json
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors.fields import unusable_text
from connectors.models import InboxItem
from connectors.registry import CONNECTORS, Connector, UnknownConnector, connector_named
from connectors.types import Kind, Parsed, TrackingSeen
from core.api import load_json
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tracking.types import IncomingScan, IncomingTracking, ShipmentStatus

MAX_FILE = 20 * 1024 * 1024
# REST answers wrap what a webhook sends bare.
SINGLE = ("order", "fulfillment", "fulfillment_event", "refund", "product")
WRAPPERS = (*SINGLE, *(f"{name}s" for name in SINGLE))
BATCH = {"create", "update", "delete"}


class Command(BaseCommand):
    help = "Print what we make of a shop's or carrier's payload, as JSON. Stores nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("connector", help=", ".join(CONNECTORS))
        parser.add_argument("file", nargs="?", default="", help="a payload; or name a stored one by --item")
        parser.add_argument("--item", type=int, help="a webhook received: its id, with --merchant")
        parser.add_argument("--merchant", default="", help="whose webhook it is")
        parser.add_argument("--topic", default="", help="told from the content when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            connector = connector_named(options["connector"])
            topic, whole = payload(connector, options)
            found = [told for body in whole for told in outcome(connector, body, topic)]
        except (UnknownConnector, ValueError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"cannot read {options['file']}: {error.strerror}") from None
        shown: Any = found[0] if len(found) == 1 and len(whole) == 1 else found
        self.stdout.write(json.dumps(shown, indent=2, ensure_ascii=False, default=as_text))


def payload(connector: Connector, options: dict[str, Any]) -> tuple[str, list[Any]]:
    """The topic, if it is known, and the bodies: of the file or of the stored webhook."""
    if (options["item"] is None) == (not options["file"]):
        raise ValueError("name either a file or a stored webhook, by --item and --merchant")
    if options["item"] is None:
        whole = read(Path(options["file"]))
        found = unwrap(whole) if connector.kind == Kind.SHOP else whole
        return options["topic"], found if isinstance(found, list) else [found]
    topic, body = stored(connector, options["item"], options["merchant"])
    return options["topic"] or topic, [body]


def stored(connector: Connector, id: int, slug: str) -> tuple[str, Any]:
    """Topic and content of a webhook received. Refuses (ValueError) what is not here, or no longer."""
    merchant = Merchant.objects.filter(slug=slug).first()
    if merchant is None:
        raise ValueError(f"there is no merchant {slug!r}")
    with merchant_scope(merchant.pk):
        item = InboxItem.objects.select_related("connection").filter(pk=id, connection__connector=connector.name).first()
    if item is None:
        raise ValueError(f"{slug} received no webhook {id} from {connector.label}")
    if not item.body:
        raise ValueError(f"the body of webhook {id} is no longer kept; what became of it: {item.outcome or item.last_error}")
    return item.topic, load_json(bytes(item.body))


def read(file: Path) -> Any:
    """Raises ValueError for what no webhook could bring in, OSError for what cannot be opened."""
    if file.stat().st_size > MAX_FILE:
        raise ValueError(f"{file} is larger than 20 MB")
    try:
        body = load_json(file.read_bytes())
    except ValueError as error:
        raise ValueError(f"{file} is not valid JSON: {error}") from None
    if path := unusable_text(body):
        raise ValueError(f"{file}: {path} holds NUL or broken Unicode")
    return body


def unwrap(body: Any) -> Any:
    """The object a shop's webhook would send, or a list of them."""
    if isinstance(body, dict) and len(body) == 1 and next(iter(body)) in WRAPPERS:
        return next(iter(body.values()))
    if isinstance(body, dict) and body and set(body) <= BATCH and all(isinstance(entries, list) for entries in body.values()):
        return [entry for entries in body.values() for entry in entries]
    return body


def outcome(connector: Connector, body: Any, topic: str) -> list[dict[str, Any]]:
    """One entry, or one for each parcel the payload tells of."""
    if not isinstance(body, dict):
        raise ValueError("the payload must be a JSON object")
    topic = topic or connector.guess(body)
    parsed: Parsed = connector.parse(topic, body, connector.name)
    head = {"connector": connector.name, "topic": topic, "kind": type(parsed).__name__}
    if isinstance(parsed, TrackingSeen):
        return [head | parcel(news, parsed.warnings) for news in parsed.news]
    return [head | asdict(parsed)]


def parcel(news: IncomingTracking, warnings: tuple[str, ...]) -> dict[str, Any]:
    """One parcel's news as a person reads it."""
    shipment = {
        "number": news.tracking_number,
        "status": max(news.scans, key=lambda entry: entry.at).status if news.scans else ShipmentStatus.UNKNOWN,
        "carrier": news.carrier,
        "service": news.service,
        "eta": news.eta_by,
        "eta_from": news.eta_from,
        "eta_by": news.eta_by,
        "order_external_id": news.order_external_id,
        "external_id": news.shipment_external_id,
        "told_at": news.told_at,
        "is_unknown_to_carrier": news.is_unknown_to_carrier,
    }
    told = dict.fromkeys((*warnings, *news.warnings))
    return {"shipment": shipment, "scans": [scan(entry) for entry in news.scans], "warnings": list(told)}


def scan(entry: IncomingScan) -> dict[str, Any]:
    fields = asdict(entry)
    return {"status": fields.pop("status"), "time": fields.pop("at"), **fields}


def as_text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written")
