"""What staff do with incidents, one or many: POST only, by support and up; every act says what it did and what it left."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core.clock import now
from dashboard.selectors import staff
from dashboard.views.base import staff_page
from dashboard.views.worklist import chosen_of, kept, posted_ids
from merchants.audit import About, record
from merchants.models import User
from merchants.staff import Actor
from merchants.types import Deed
from tracking.rules.desk import DeskRefused
from tracking.services import desk

P = ParamSpec("P")
Act = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]
LEFT: dict[str, Callable[[int], str]] = {
    "resolved already": lambda n: ngettext("%(n)s was resolved already", "%(n)s were resolved already", n),
    "theirs already": lambda n: ngettext("%(n)s was theirs already", "%(n)s were theirs already", n),
    "nobody's already": lambda n: ngettext("%(n)s had no owner", "%(n)s had no owner", n),
    "not snoozed": lambda n: ngettext("%(n)s was not put away", "%(n)s were not put away", n),
    "not resolved": lambda n: ngettext("%(n)s is open", "%(n)s are open", n),
    "opened anew meanwhile": lambda n: ngettext("%(n)s was opened anew meanwhile", "%(n)s were opened anew meanwhile", n),
    "no parcel to ask about": lambda n: ngettext("%(n)s has no parcel", "%(n)s have no parcel", n),
}
SNOOZES = {"tomorrow": 1, "3days": 3, "week": 7}
MORNING = time(9)
UNDO = timedelta(minutes=15)  # how long the way back is offered


def back(request: HttpRequest) -> HttpResponse:
    """To the page the act was made on, when it is one of ours."""
    to = request.POST.get("back", "")
    if to.startswith(reverse("dashboard:incidents")) and url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure()):
        return redirect(to)
    return redirect("dashboard:incidents")


def actor_name(actor: Actor) -> str:
    return actor.user.email if actor.user else ""


def guarded(view: Act[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A refusal by name becomes a sentence on the page it came from."""

    def acted(request: HttpRequest, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, actor, *args, **kwargs)
        except DeskRefused as refusal:
            messages.error(request, str(refusal))
            return back(request)

    return require_POST(staff_page(acts=True)(acted))


def tell(request: HttpRequest, done: desk.Done, said: str) -> None:
    """What was done, and what was left as it was and why."""
    parts = [said % {"n": len(done.ids)}] if done.ids else [_("Nothing was changed")]
    parts += [LEFT[reason](count) % {"n": count} for reason, count in done.left.items()]
    if len(done.ids) > 1:
        match = request.resolver_match
        record(Deed.BULK, About(match.view_name if match else ""), {"rows": len(done.ids), "left": sum(done.left.values())})
    text = "; ".join(parts) + "."
    (messages.success if done.ids else messages.warning)(request, text)


def _remember(request: HttpRequest, act: str, done: desk.Done) -> None:
    """What the next press of Undo takes back."""
    if done.ids:
        until = int((now() + UNDO).timestamp())
        request.session["undo"] = {"act": act, "ids": list(done.ids), "n": len(done.ids), "until": until}


@guarded
def assign(request: HttpRequest, actor: Actor) -> HttpResponse:
    owner = _owner(request.POST.get("owner", ""), actor)
    done = desk.assign(incident_ids=posted_ids(request), owner=owner, actor=actor_name(actor), at=now())
    said = _("%%(n)s given to %(who)s") % {"who": owner.name or owner.email} if owner else _("%(n)s have no owner now")
    tell(request, done, said)
    return back(request)


def _owner(text: str, actor: Actor) -> User | None:
    if text == "none":
        return None
    if text == "me":
        return actor.user
    owner = next((person for person in staff() if str(person.pk) == text), None)
    if owner is None:
        raise DeskRefused("not_staff", desk.NOT_STAFF)
    return owner


@guarded
def snooze(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    done = desk.snooze(incident_ids=posted_ids(request), until=_until(request.POST.get("until", ""), at), actor=actor_name(actor), at=at)
    is_away = request.POST.get("until") != "now"
    if is_away:
        _remember(request, "snooze", done)
    tell(request, done, _("%(n)s put away") if is_away else _("%(n)s taken back"))
    return back(request)


def _until(word: str, at: datetime) -> datetime | None:
    """Nine in the morning some days from now, in the shop's zone."""
    if word == "now":
        return None
    if word not in SNOOZES:
        raise DeskRefused("unknown_until", "Choose until when.")
    day = timezone.localdate(at) + timedelta(days=SNOOZES[word])
    return timezone.make_aware(datetime.combine(day, MORNING))


@guarded
def note(request: HttpRequest, actor: Actor) -> HttpResponse:
    done = desk.note(incident_ids=posted_ids(request), text=request.POST.get("text", ""), actor=actor_name(actor), at=now())
    tell(request, done, ngettext("Note kept", "Note kept for %(n)s incidents", len(done.ids)))
    return back(request)


@guarded
def resolve(request: HttpRequest, actor: Actor) -> HttpResponse:
    word, text = request.POST.get("resolution", ""), request.POST.get("text", "")
    done = desk.resolve(incident_ids=posted_ids(request), resolution=word, text=text, actor=actor_name(actor), at=now())
    _remember(request, "resolve", done)
    tell(request, done, _("%(n)s resolved") if word != "reshipped" else _("%(n)s marked as sent again"))
    return back(request)


@guarded
def reopen(request: HttpRequest, actor: Actor) -> HttpResponse:
    done = desk.reopen(incident_ids=posted_ids(request), actor=actor_name(actor), at=now())
    tell(request, done, _("%(n)s opened again"))
    return back(request)


@guarded
def undo(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take the last resolving or putting away back. Messages that left cannot be."""
    last = request.session.pop("undo", None) or {}
    ids, who = list(last.get("ids", [])), actor_name(actor)
    if last.get("act") == "resolve":
        tell(request, desk.reopen(incident_ids=ids, actor=who, at=now()), _("%(n)s opened again"))
    elif last.get("act") == "snooze":
        tell(request, desk.snooze(incident_ids=ids, until=None, actor=who, at=now()), _("%(n)s taken back"))
    else:
        messages.warning(request, _("There is nothing to undo."))
    return back(request)


def _user(actor: Actor) -> User:
    if actor.user is None:
        raise Http404
    return actor.user


@require_POST
@staff_page()
def save_view(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everybody keeps their own views, viewers too."""
    chosen = chosen_of(request.POST)
    try:
        view = desk.save_view(user=_user(actor), name=request.POST.get("name", ""), query=kept(chosen), at=now())
    except DeskRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Kept as “%(name)s”.") % {"name": view.name})
    return redirect(f"{reverse('dashboard:incidents')}?{kept(chosen)}")


@require_POST
@staff_page()
def delete_view(request: HttpRequest, actor: Actor, view_id: int) -> HttpResponse:
    if not desk.delete_view(user=_user(actor), view_id=view_id):
        raise Http404
    messages.success(request, _("View deleted."))
    return redirect("dashboard:incidents")
