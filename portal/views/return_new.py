"""Sending something back: what, why and what next, hand over, check. Four steps, each a form; nothing is stored before the last one.

What was chosen travels signed in the form, for a day. What cannot be read, or is of another order, begins anew. Sent twice, it is
one return: the order is held, and the same lines asked for since the last page was shown are that return.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.models import Order, OrderLine
from portal.rules.drafts import LONGEST_NOTE, BadDraft, Draft, Going, picked, read, repicked, tidy, too_long, written
from portal.selectors.return_flow import (
    Choice,
    Room,
    WayBack,
    choices_of,
    chosen_of,
    kind_of,
    place_of,
    room_of,
    summary_of,
    ways_back,
)
from portal.selectors.returns import Card, order_alone, same_return
from portal.views.edge import PortalRequest, for_order, show
from portal.views.orders import own
from portal.views.uploads import photos_in
from returns.models import Return
from returns.rules.policy import STAYING
from returns.rules.policy import WHY as WHYS
from returns.rules.reasons import Reason
from returns.services import ReturnRefused, request_return
from returns.services.book import held_order
from returns.types import Actor, Decision, Origin, Outcome, Way, Wish

SALT, LIFETIME = "portal.return", timedelta(days=1)
WHAT, WHY, WAY, CHECK = 1, 2, 3, 4
LONGEST_NAME, LONGEST_EMAIL = 120, 254


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose return it is and where its pages lie."""

    order: Order
    paths: Mapping[str, str]
    actor: Actor
    is_gift: bool = False

    def case_path(self, case: Return) -> str:
        return f"{self.paths['back'] if not self.is_gift else self.paths['new']}{case.public_id}/"


@for_order
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PortalRequest, public_id: str) -> HttpResponse:
    """The return of the one who ordered, signed in or as a guest."""
    order = own(order_alone, request, public_id)
    names = {"new": "order-return-new", "back": "order-returns", "claim": "order-claim-new", "photos": "order-photos"}
    paths = {name: reverse(address, args=[public_id]) for name, address in names.items()}
    origin = Origin.ACCOUNT if request.customer is not None else Origin.GUEST
    return run(request, Desk(order, paths, Actor(origin)))


def run(request: PortalRequest, desk: Desk) -> HttpResponse:
    """Whatever step was sent; a page that is only read begins with what its address names."""
    room = room_of(desk.order, merchant=request.merchant, today=request.today, is_gift=desk.is_gift)
    steps = Steps(request, desk, room)
    if request.method != "POST":
        line = request.GET.get("line", "")
        start = (Going(line, 0),) if line in room.lines else ()
        return steps.what(Draft(desk.order.public_id, start))
    try:
        draft = _read(request.POST.get("state", ""), desk.order)
    except (signing.BadSignature, BadDraft):
        words = _("This page was open for too long, or came from somewhere else. Please begin again; nothing was sent.")
        return steps.what(Draft(desk.order.public_id), errors={"": words})
    return steps.take(draft, request.POST.get("step", ""), is_back=request.POST.get("go") == "back")


def _read(state: str, order: Order) -> Draft:
    return read(signing.loads(state, salt=SALT, max_age=LIFETIME), order=order.public_id)


def sign(draft: Draft) -> str:
    return signing.dumps(written(draft), salt=SALT, compress=True)


@dataclass(frozen=True, slots=True)
class Steps:
    """One request's look at the four steps."""

    request: PortalRequest
    desk: Desk
    room: Room

    @property
    def known(self) -> dict[str, Reason]:
        return self.room.known

    def take(self, draft: Draft, step: str, *, is_back: bool) -> HttpResponse:
        if step == "why":
            return self.what(draft) if is_back else self.take_why(draft)
        if step == "way":
            return self.why(draft) if is_back else self.take_way(draft)
        if step == "check":
            return self.before_check(draft) if is_back else self.send(draft)
        return self.take_what(draft)

    def show(
        self, template: str, step: int, draft: Draft, context: dict[str, Any], errors: Mapping[str, str] | None = None
    ) -> HttpResponse:
        names = [_("What"), _("Why and what next"), _("Hand over"), _("Check")]
        frame = {"step_names": names, "step_number": step, "state": sign(draft), "errors": errors or {}, "order": self.desk.order}
        shown = {**frame, "paths": self.desk.paths, "is_gift": self.desk.is_gift, **context}
        return show(self.request, f"returns/{template}", shown, status=422 if errors else 200)

    # What

    def what(
        self, draft: Draft, *, errors: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None, chosen: Sequence[str] = ()
    ) -> HttpResponse:
        """The lines with what can go of each; `typed` and `chosen` are what was sent and refused."""
        decisions = self.room.dossier.decisions()
        ticked = set(chosen) or {one.line for one in draft.lines}
        counts = {f"quantity_{one.line}": str(one.quantity or "") for one in draft.lines} if typed is None else typed
        cards = [
            _card(line, decisions[line.pk], ticked, counts, errors or {})
            for line in self.room.lines.values()
            if line.quantity > line.quantity_removed
        ]
        return self.show(
            "what.html", WHAT, draft, {"cards": cards, "typed": typed or draft.recipient, "is_refused": "" in (errors or {})}, errors
        )

    def take_what(self, draft: Draft) -> HttpResponse:
        sent = self.request.POST
        decisions = self.room.dossier.decisions()
        left = {id: decisions[line.pk].quantity for id, line in self.room.lines.items() if decisions[line.pk].is_eligible}
        chosen, typed = sent.getlist("line"), sent.dict()
        found = picked(chosen, typed, left)
        errors = dict(found.errors)
        recipient = draft.recipient
        if self.desk.is_gift:
            recipient, wrong = receiver(typed)
            errors |= wrong
        if errors:
            return self.what(draft, errors=errors, typed=typed, chosen=chosen)
        return self.why(replace(repicked(draft, found.quantities), recipient=recipient))

    # Why and what next

    def why(
        self, draft: Draft, *, errors: Mapping[str, str] | None = None, changed: Sequence[str] = (), notes: Mapping[str, str] | None = None
    ) -> HttpResponse:
        if not draft.lines:
            return self.what(draft)
        shown = [
            self._asked(going, errors or {}, going.line in changed, (notes or {}).get(going.line, going.note)) for going in draft.lines
        ]
        is_ready = all(one["offers"] for one in shown)
        offers = [choice.offer for one in shown for choice in one["offers"] or () if choice.is_open]
        ways = ways_back(self.room, place_of(self.room, offers), offers)
        return self.show("why.html", WHY, draft, {"choices": shown, "is_ready": is_ready, "ways": ways}, errors)

    def _asked(self, going: Going, errors: Mapping[str, str], is_changed: bool, note: str) -> dict[str, Any]:
        line, reason = self.room.lines[going.line], self.known.get(going.reason)
        choices = choices_of(self.room, going, kind=reason.kind) if reason else []
        offers = [replace(choice, is_checked=choice.is_open and choice.value == going.outcome) for choice in choices]
        needs = any(choice.offer.needs_photo for choice in choices if choice.is_open)
        decision = self.room.dossier.decision(line.pk, quantity=going.quantity)
        return {
            "id": going.line,
            "line": line,
            "quantity": going.quantity,
            "until": decision.until,
            "paid": "" if self.desk.is_gift else self.room.money(self.room.dossier.articles[line.pk].unit_paid * going.quantity),
            "reason": going.reason,
            "reasons": [{"code": one.code, "words": one.name} for one in self.known.values()],
            "offers": offers,
            "ask": reason.ask if reason else "",
            "note": note,
            "is_changed": is_changed,
            "needs_photos": needs,
            "wants_photos": needs or kind_of(going.reason, self.known) == "fault",
            "photos": [{"id": id, "url": self._photo_path(id)} for id in going.photos],
            **{f"{name}_error": errors.get(f"{field}_{going.line}", "") for name, field in ERRORS.items()},
        }

    def _photo_path(self, id: str) -> str:
        return "" if self.desk.is_gift else reverse("order-photo", args=[self.desk.order.public_id, id])

    def take_why(self, draft: Draft) -> HttpResponse:
        errors: dict[str, str] = {}
        changed: list[str] = []
        notes: dict[str, str] = {}
        lines = tuple(self._answered(going, errors, changed, notes) for going in draft.lines)
        draft = replace(draft, lines=lines)
        if errors or changed or not lines:
            return self.why(draft, errors=errors, changed=[line for line in changed if line], notes=notes)
        return self.way(draft)

    def _answered(self, going: Going, errors: dict[str, str], changed: list[str], notes: dict[str, str]) -> Going:
        """One line as it was answered. A reason given for the first time, or another one, has its outcomes shown before it goes on."""
        sent, line = self.request.POST, going.line
        reason, told, outcome = sent.get(f"reason_{line}", ""), sent.get(f"told_{line}", ""), sent.get(f"outcome_{line}", "")
        notes[line] = note = tidy(sent.get(f"note_{line}", going.note))
        photos, refused = photos_in(self.request, self.desk.order, name=line, kept=going.photos)
        if refused:
            errors[f"photos_{line}"] = refused
        if note_error := too_long(note, LONGEST_NOTE):
            errors[f"note_{line}"] = note_error
        answered = replace(going, reason=reason if reason in self.known else "", note=note[:LONGEST_NOTE], outcome="", photos=photos)
        if not answered.reason:
            errors[f"reason_{line}"] = _("Choose a reason. “I would rather not say” is one.")
            return answered
        if told != reason:
            changed.append(line if told else "")
            return answered
        answered = replace(answered, outcome=outcome[:100])
        choice = chosen_of(self.room, answered, known=self.known)
        if choice is None:
            errors[f"outcome_{line}"] = _("Choose an outcome, so that we know what to prepare.")
            return replace(answered, outcome="")
        if choice.offer.needs_photo and not photos and not refused:
            errors[f"photos_{line}"] = _("Add at least one photo: it lets us decide at once.")
        return answered

    # Hand over

    def _chosen(self, draft: Draft) -> list[Choice] | None:
        """What each line was given; None when anything of it is not on offer any more."""
        found = [chosen_of(self.room, going, known=self.known) for going in draft.lines]
        return None if None in found or not found else [choice for choice in found if choice is not None]

    def way(self, draft: Draft, *, errors: Mapping[str, str] | None = None) -> HttpResponse:
        chosen = self._chosen(draft)
        if chosen is None:
            return self.why(draft)
        offers = [choice.offer for choice in chosen]
        if all(offer.outcome in STAYING for offer in offers):
            return self.check(replace(draft, way=Way.NONE.value))
        place = place_of(self.room, offers)
        context = {"ways": ways_back(self.room, place, offers), "place": place.address, "chosen": draft.way}
        return self.show("way.html", WAY, draft, context, errors)

    def before_check(self, draft: Draft) -> HttpResponse:
        return self.why(draft) if draft.way == Way.NONE else self.way(draft)

    def take_way(self, draft: Draft) -> HttpResponse:
        chosen = self._chosen(draft)
        if chosen is None:
            return self.why(draft)
        draft = replace(draft, way=self.request.POST.get("way", "")[:20])
        if self._way(draft, chosen) is None:
            return self.way(replace(draft, way=""), errors={"way": _("Choose how to hand it over.")})
        return self.check(draft)

    def _way(self, draft: Draft, chosen: Sequence[Choice]) -> WayBack | None:
        offers = [choice.offer for choice in chosen]
        return next((way for way in ways_back(self.room, place_of(self.room, offers), offers) if way.code == draft.way), None)

    # Check

    def check(self, draft: Draft, *, errors: Mapping[str, str] | None = None) -> HttpResponse:
        chosen = self._chosen(draft)
        if chosen is None:
            return self.why(draft, errors=errors)
        way = self._way(draft, chosen)
        draft = replace(draft, shown=draft.shown or self.request.now.isoformat())
        found = summary_of(self.room, draft, chosen, known=self.known, way=way, at=self.request.now)
        told = way or WayBack(Way.NONE.value, _("Nothing to send"), "", "", Decimal(0))
        context = {
            "rows": found.rows,
            "sums": found.sums,
            "hand_over_by": found.hand_over_by,
            "needs_review": found.needs_review,
            "way": told,
            "recipient": draft.recipient,
            "is_refused": bool(errors),
        }
        return self.show("check.html", CHECK, draft, context, errors)

    def send(self, draft: Draft) -> HttpResponse:
        """Send it in. Asked for already since the last page was shown, it is that return."""
        if not (draft.lines and draft.way and draft.shown and all(going.outcome for going in draft.lines)):
            return self.why(draft)
        wishes = [_wish(going) for going in draft.lines]
        since = datetime.fromisoformat(draft.shown)
        held_order(self.desk.order.pk)  # two at once: the second finds what the first asked for
        case = same_return(order=self.desk.order, wishes=wishes, since=since, is_gift=self.desk.is_gift)
        if case is None:
            try:
                case = self._request(draft, wishes)
            except ReturnRefused as refused:
                return self._refused(draft, refused)
        return HttpResponseRedirect(f"{self.desk.case_path(case)}?new=1")

    def _request(self, draft: Draft, wishes: Sequence[Wish]) -> Return:
        recipient = {**draft.recipient, "language": self.request.LANGUAGE_CODE} if self.desk.is_gift else None
        return request_return(
            order=self.desk.order, wishes=wishes, way=Way(draft.way), at=self.request.now, by=self.desk.actor, recipient=recipient
        )

    def _refused(self, draft: Draft, refused: ReturnRefused) -> HttpResponse:
        """What changed since it was chosen, at the line it is about; in words, and nothing was sent."""
        errors: dict[str, str] = {}
        for one in refused.refusals:
            number = one.field.partition("[")[2].partition("]")[0]
            line = draft.lines[int(number)] if number.isdecimal() and int(number) < len(draft.lines) else None
            key = f"row_{line.line}" if line else ""
            errors[key] = f"{self.room.lines[line.line].title}: {one.text}" if line else one.text
        return self.check(replace(draft, shown=""), errors=errors)


ERRORS = {"reason": "reason", "outcome": "outcome", "note": "note", "photo": "photos"}


def _card(line: OrderLine, decision: Decision, ticked: Collection[str], counts: Mapping[str, str], errors: Mapping[str, str]) -> Card:
    field = f"quantity_{line.public_id}"
    why = "" if decision.is_eligible else str(WHYS.get(decision.why, ""))
    is_picked = decision.is_eligible and line.public_id in ticked
    return Card(line, decision, why, is_picked=is_picked, typed=counts.get(field, "")[:9], error=errors.get(field, ""))


def receiver(typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Who got it as a gift, as typed; and what is wrong with it, by field."""
    name, email = tidy(typed.get("name", "")), tidy(typed.get("email", ""))
    errors = {}
    if not name or len(name) > LONGEST_NAME:
        errors["name"] = too_long(name, LONGEST_NAME) or _("Enter your name.")
    if not is_email(email):
        errors["email"] = _("Enter your e-mail address, as in name@example.com.")
    return {"name": name[:LONGEST_NAME], "email": email[:LONGEST_EMAIL]}, errors


def is_email(text: str) -> bool:
    """Whether a message could be sent to it."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_EMAIL


def _wish(going: Going) -> Wish:
    outcome = Outcome(going.kind)
    return Wish(going.line, going.quantity, going.reason, outcome, note=going.note, target=going.target, photos=going.photos)
