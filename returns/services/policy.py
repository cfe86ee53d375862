"""Versions of the return policy: one draft is written, tried against its cases, and takes the place of the one in force."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from core.money import BadAmount, parse_amount
from merchants.audit import record
from merchants.models import Merchant, User
from merchants.selectors import current_merchant
from merchants.types import Deed
from returns.models import ReturnPlace, ReturnPolicy, ReturnReason
from returns.rules.cases import Case, Failure, parse_cases, run_cases
from returns.rules.parse import BadPolicy, Problem, parse_policy
from returns.rules.policy import Rules
from returns.rules.reasons import SHIPPED
from returns.types import PolicyState

MAX_HOW, MAX_NOTE = 300, 300


class StalePolicy(ValueError):
    """Somebody else saved, published or threw away the draft since it was opened."""


class CasesFailed(ValueError):
    """Cases that do not hold, so the draft is not published."""

    def __init__(self, failures: list[Failure]) -> None:
        self.failures = failures
        super().__init__("; ".join(str(one) for one in failures))


@dataclass(frozen=True, slots=True)
class Definition:
    """All a version says, as JSON holds it."""

    window_days: Any = 30
    is_free: Any = False
    refund_days: Any = 14
    how: str = ""
    contact_url: str = ""
    outcomes: Any = field(default_factory=dict)
    rules: Any = field(default_factory=list)
    cases: Any = field(default_factory=list)
    note: str = ""


def definition_of(row: ReturnPolicy) -> Definition:
    """What a version says."""
    names = ("window_days", "is_free", "refund_days", "how", "contact_url", "outcomes", "rules", "cases", "note")
    return Definition(**{name: getattr(row, name) for name in names})


def check(definition: Definition, *, currency: str) -> tuple[Rules, list[Case]]:
    """The definition read. Refuses (BadPolicy) all that cannot be followed, reasons and places that do not exist among it."""
    problems: list[Problem] = []
    found: tuple[Rules, list[Case]] = (Rules(currency), [])
    try:
        rules = parse_policy(
            window_days=definition.window_days,
            is_free=definition.is_free,
            refund_days=definition.refund_days,
            outcomes=definition.outcomes,
            rules=definition.rules,
            currency=currency,
            reasons=_codes(),
            places=set(ReturnPlace.objects.values_list("key", flat=True)),
        )
        found = (rules, [])
    except BadPolicy as bad:
        problems += bad.problems
    try:
        found = (found[0], parse_cases(definition.cases, currency=currency))
    except BadPolicy as bad:
        problems += bad.problems
    problems += _words(definition)
    if problems:
        raise BadPolicy(problems)
    return found


def _codes() -> Collection[str]:
    return set(ReturnReason.objects.values_list("code", flat=True)) or set(SHIPPED)


def _words(definition: Definition) -> list[Problem]:
    found = []
    for name, most in (("how", MAX_HOW), ("note", MAX_NOTE), ("contact_url", MAX_HOW)):
        if len(getattr(definition, name)) > most or "\0" in getattr(definition, name):
            found.append((name, _("must be a text of at most %(n)s characters") % {"n": most}))
    if definition.contact_url:
        try:
            URLValidator(["https", "http"])(definition.contact_url)
        except ValidationError:
            found.append(("contact_url", _("must be an address like https://shop.example/returns")))
    return found


@transaction.atomic
def save_draft(*, definition: Definition, seen: datetime | None, by: User | None, at: datetime) -> ReturnPolicy:
    """Write the draft; the first time it takes the next number. `seen` is when the draft on the screen was saved, None for a new one.

    Refuses BadPolicy with every problem by its place, and StalePolicy for a draft that changed since `seen`.
    """
    merchant = _locked()
    check(definition, currency=merchant.currency)
    row: ReturnPolicy | None = ReturnPolicy.objects.filter(state=PolicyState.DRAFT).first()
    if (row.created_at if row else None) != seen:
        raise StalePolicy(_("Somebody else saved or published the draft since you opened it."))
    if row is None:
        row = ReturnPolicy(number=_next_number(), state=PolicyState.DRAFT)
    for name in ("window_days", "is_free", "refund_days", "how", "contact_url", "outcomes", "rules", "cases", "note"):
        setattr(row, name, getattr(definition, name))
    row.created_at, row.saved_by = at, by
    row.save()
    return row


@transaction.atomic
def publish(*, policy: ReturnPolicy, by: User | None, at: datetime) -> ReturnPolicy:
    """Put the draft in force; the former version is kept, and orders of its days keep it where it is better for them.

    Refuses StalePolicy for what is no draft any more or was saved since, BadPolicy for a reason or place that went meanwhile, and
    CasesFailed naming every case that does not hold.
    """
    merchant = _locked()
    row: ReturnPolicy | None = ReturnPolicy.objects.filter(pk=policy.pk, state=PolicyState.DRAFT, created_at=policy.created_at).first()
    if row is None:
        raise StalePolicy(_("The draft was changed, published or thrown away meanwhile."))
    rules, cases = check(definition_of(row), currency=merchant.currency)
    failures = run_cases(rules=rules, cases=cases)
    if failures:
        raise CasesFailed(failures)
    ReturnPolicy.objects.filter(state=PolicyState.PUBLISHED).update(state=PolicyState.ARCHIVED, replaced_at=at)
    row.state, row.published_at, row.saved_by = PolicyState.PUBLISHED, at, by
    row.save()
    record(Deed.POLICY_PUBLISHED, row, {"version": row.number})
    return row


@transaction.atomic
def throw_away_draft(*, policy: ReturnPolicy) -> None:
    """Delete the draft. Refuses StalePolicy for what is none any more."""
    _locked()
    deleted, _rows = ReturnPolicy.objects.filter(pk=policy.pk, state=PolicyState.DRAFT).delete()
    if not deleted:
        raise StalePolicy(_("There is no such draft any more."))


@transaction.atomic
def restore(*, policy: ReturnPolicy, by: User | None, at: datetime) -> ReturnPolicy:
    """An old version as the new draft. Refuses StalePolicy while another draft is open: it is not written over unseen."""
    _locked()
    if ReturnPolicy.objects.filter(state=PolicyState.DRAFT).exists():
        raise StalePolicy(_("A draft is open. Publish it or throw it away first."))
    note = _("From version %(number)s") % {"number": policy.number}
    values: dict[str, Any] = {
        name: getattr(policy, name)
        for name in ("window_days", "is_free", "refund_days", "how", "contact_url", "outcomes", "rules", "cases")
    }
    row: ReturnPolicy = ReturnPolicy.objects.create(
        **values, note=note, number=_next_number(), state=PolicyState.DRAFT, created_at=at, saved_by=by
    )
    return row


def _next_number() -> int:
    last: int | None = ReturnPolicy.objects.order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def _locked() -> Merchant:
    """The merchant, its versions held until the transaction ends: two who press at once come one after the other."""
    merchant = current_merchant()
    list(ReturnPolicy.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    return merchant


# Reasons and places


def check_ways(ways: Mapping[str, Any], *, currency: str) -> dict[str, str]:
    """Fees by way as they are stored. Refuses (ValidationError) an amount that is none."""
    found = {}
    for way, fee in ways.items():
        try:
            found[way] = str(parse_amount(fee or "0", currency))
        except BadAmount as bad:
            raise ValidationError(f"{way}: {bad}") from bad
    return found
