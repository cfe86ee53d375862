"""The calculator: what the policy says of a typed article or a real order, in force and in the draft, and which rules applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from core.money import format_money
from orders.models import Order
from orders.selectors import AmbiguousNumber, OrderNotFound, order_by_number
from returns.rules.cases import Case, answer_of, parse_cases
from returns.rules.parse import BadPolicy
from returns.rules.policy import WHY, Rules, decide
from returns.selectors.policy import dossier_of
from returns.types import Decision, Offer, Outcome, ReasonKind

ENGLISH = "en"
# A problem's place within a case, and the field it was typed in.
FIELDS = {
    "article.price": "price",
    "article.quantity": "quantity",
    "article.type": "type",
    "article.tags": "tags",
    "article.sku": "sku",
    "situation.country": "country",
    "situation.bought": "bought",
    "situation.delivered": "delivered",
    "situation.today": "today",
    "situation.earlier_returns": "earlier_returns",
    "name": "name",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome as the calculator shows it."""

    label: str
    is_open: bool
    why: str
    until: date | None
    amount: str
    fee: str
    postage_free: bool
    needs: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one version says: under which heading, and of what."""

    heading: str
    decision: Decision
    rows: list[Row]


class WhatIfForm(forms.Form):
    """An article and a situation, as they are typed. Before a purchase the day of delivery is left out."""

    price = forms.CharField(label=_("Price of one piece"), max_length=20, widget=UnfoldAdminTextInputWidget)
    quantity = forms.IntegerField(label=_("Pieces"), initial=1, min_value=1, max_value=1_000, widget=UnfoldAdminIntegerFieldWidget)
    type = forms.CharField(label=_("Type"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget)
    tags = forms.CharField(
        label=_("Marks"),
        max_length=2_000,
        required=False,
        help_text=_("One on each line."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    sku = forms.CharField(label=_("Article number"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget)
    discounted = forms.BooleanField(label=_("Reduced"), required=False)
    digital = forms.BooleanField(label=_("Not sent in a parcel"), required=False)
    country = forms.CharField(label=_("Sent to"), max_length=2, widget=UnfoldAdminTextInputWidget)
    bought = forms.DateField(label=_("Ordered on"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    delivered = forms.DateField(
        label=_("Delivered on"),
        required=False,
        help_text=_("Empty: not known, or not bought yet."),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    today = forms.DateField(label=_("Asked on"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    earlier_returns = forms.IntegerField(
        label=_("Returns of the shopper within a year"), initial=0, min_value=0, max_value=1_000, widget=UnfoldAdminIntegerFieldWidget
    )
    gift = forms.BooleanField(label=_("A gift"), required=False)
    reason = forms.ChoiceField(label=_("Reason"), required=False, widget=UnfoldAdminSelectWidget)
    kind = forms.ChoiceField(label=_("For"), choices=ReasonKind.choices, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, reasons: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [("", _("none named yet")), *reasons]  # type: ignore[attr-defined]

    def case(self, *, currency: str, name: str = "?") -> Case | None:
        """What was typed as a case; None, with the problems at their fields, when it is none."""
        try:
            return parse_cases([self._stored(name)], currency=currency)[0]
        except BadPolicy as bad:
            for path, text in bad.problems:
                field = FIELDS.get(path.removeprefix("cases[0]."))
                self.add_error(field if field in self.fields else None, text if field else f"{path}: {text}")
            return None

    def _stored(self, name: str) -> dict[str, Any]:
        said = self.cleaned_data
        article = {key: said[key] for key in ("type", "sku", "quantity", "discounted", "digital")}
        tags = [line.strip() for line in said["tags"].splitlines() if line.strip()]
        days = {key: said[key].isoformat() if said[key] else "" for key in ("bought", "delivered", "today")}
        return {
            "name": name,
            "article": {**article, "tags": tags, "price": said["price"].strip().replace(",", ".")},
            "situation": {**days, "country": said["country"].upper(), "earlier_returns": said["earlier_returns"], "gift": said["gift"]},
            "reason": said["reason"],
            "kind": said["kind"],
            "expect": {"outcome": "refund", "open": True},
        }


def answers_of(case: Case, versions: Sequence[tuple[str, Rules]]) -> list[Answer]:
    """What each version says of a case."""
    found = [(heading, answer_of(rules=rules, case=case)) for heading, rules in versions]
    return [Answer(heading, decision, rows_of(decision, case.situation.currency)) for heading, decision in found]


def find_order(number: str) -> Order | None:
    """The order a member of staff typed; None where there is not exactly one."""
    try:
        return order_by_number(number=number)
    except (OrderNotFound, AmbiguousNumber):
        return None


def answers_of_order(order: Order, *, today: date, reason: str, kind: ReasonKind, draft: Rules | None) -> list[Answer]:
    """What holds for each line now (of its purchase and today, the better), and what the draft would say."""
    dossier = dossier_of(order=order, today=today)
    titles = {line.pk: line.title for line in order.lines.all()}
    found = []
    for id, decision in dossier.decisions(reason=reason, kind=kind).items():
        found.append(Answer(titles[id], decision, rows_of(decision, order.currency)))
        if draft is not None:
            article, situation = dossier.articles[id], dossier.situation
            would = decide(rules=draft, article=article, situation=situation, reason=reason, kind=kind)
            found.append(Answer(f"{titles[id]}: {_('with the draft')}", would, rows_of(would, order.currency)))
    return found


def rows_of(decision: Decision, currency: str) -> list[Row]:
    return [_row(offer, currency) for offer in decision.offers]


def _row(offer: Offer, currency: str) -> Row:
    needs = [str(word) for is_asked, word in ((offer.needs_photo, _("photo")), (offer.needs_review, _("a look first"))) if is_asked]
    return Row(
        label=str(Outcome(offer.outcome).label),
        is_open=offer.is_open,
        why=str(WHY.get(offer.why, "")),
        until=offer.until,
        amount=format_money(offer.amount, currency, ENGLISH),
        fee=format_money(offer.fee, currency, ENGLISH) if offer.fee else "",
        postage_free=offer.is_postage_free,
        needs=", ".join(needs),
    )
