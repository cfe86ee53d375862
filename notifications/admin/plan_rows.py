"""Where an automation has its pages, and the list of all of them: what is followed now, since when, and what is being written."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from notifications.admin.plan_words import sentence, why_always
from notifications.admin.slots import WHEN
from notifications.automations import InForce, plans_in_force
from notifications.models import AutomationVersion
from notifications.registry import CATALOGUE, Entry, entry_of
from notifications.types import Kind

ADDRESS = "admin:notifications_automationversion"
State = AutomationVersion.State


@dataclass(frozen=True, slots=True)
class Place:
    """One message's automation, by its address and its name."""

    entry: Entry

    @property
    def kind(self) -> str:
        return self.entry.kind.value

    @property
    def title(self) -> str:
        return str(self.entry.kind.label)

    @property
    def about(self) -> str:
        return _("automation")

    def url(self, page: str = "plan") -> str:
        return reverse(f"{ADDRESS}_{page}", args=[self.kind])


def place_of(kind: str) -> Place:
    """The place an address names. No such message: 404."""
    if kind not in Kind.values:
        raise Http404
    return Place(entry_of(kind))


@dataclass(frozen=True, slots=True)
class Switch:
    """One channel of a message, and whether it goes out there."""

    channel: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One message in the list."""

    place: Place
    sentence: str
    why_always: str  # why it cannot be turned off
    switches: list[Switch]
    published: AutomationVersion | None = None
    draft: AutomationVersion | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Messages a shopper gets at the same moment."""

    label: str | Promise
    rows: list[Row]


def rows_by_kind() -> dict[str, Row]:
    """Every message of the catalogue; two queries."""
    plans = plans_in_force()
    published: dict[str, AutomationVersion] = {}
    drafts: dict[str, AutomationVersion] = {}
    versions = AutomationVersion.objects.filter(state__in=[State.PUBLISHED, State.DRAFT]).select_related("created_by").order_by("number")
    for version in versions:
        (drafts if version.state == State.DRAFT else published)[version.kind] = version
    return {entry.kind.value: _row(entry, plans[entry.kind], published.get(entry.kind), drafts.get(entry.kind)) for entry in CATALOGUE}


def _row(entry: Entry, in_force: InForce, published: AutomationVersion | None, draft: AutomationVersion | None) -> Row:
    plan = in_force.plan
    switches = [
        Switch(channel.value, str(channel.label), not entry.is_switchable or channel.value in plan.channels) for channel in entry.channels
    ]
    return Row(Place(entry), sentence(entry, plan), why_always(entry), switches, published, draft)


def groups_of(rows: dict[str, Row]) -> list[Group]:
    """By when they are sent."""
    return [Group(label, [rows[kind.value] for kind in kinds]) for label, kinds in WHEN]


def said_of(rows: Iterable[Row]) -> str:
    """How the automations stand, in a sentence."""
    found = list(rows)
    own, drafts = sum(row.published is not None for row in found), sum(row.draft is not None for row in found)
    first = _("%(n)s of %(all)s follow your own plan") % {"n": own, "all": len(found)} if own else _("All follow our plan")
    second = _("drafts open: %(n)s") % {"n": drafts} if drafts else ""
    return ", ".join(part for part in (first, second) if part) + "."
