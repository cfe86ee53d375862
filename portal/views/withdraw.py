"""Withdrawing from a contract, as Directive (EU) 2023/2673 asks: say who and what, confirm with one button, and have a receipt at once.

No sign-in and no reason. The answer is the same whether there is such an order or not: a person puts the statement with its order,
and the receipt is the shopper's proof either way. Nothing changes before the second step; what was typed travels signed in the form.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.callers import network_of
from core.limits import PerHour, seconds_to_wait
from orders.models import Order
from orders.selectors import OrderNotFound
from portal.rules.drafts import tidy, too_long
from portal.selectors.returns import order_alone, order_of_statement, same_withdrawal
from portal.views.edge import PortalRequest, client_ip, page, show
from portal.views.return_new import is_email
from returns.models import Withdrawal
from returns.selectors.cases import CaseNotFound, withdrawal_by_public_id
from returns.services import declare_withdrawal

SALT, LIFETIME = "portal.withdrawal", timedelta(days=1)
MOST = {"name": 160, "number": 60, "email": 254, "scope": 1_000}
Typed = dict[str, str]


HOURLY = PerHour(rate=1, burst=10)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: PortalRequest) -> HttpResponse:
    """The first step: who, which order, where the receipt goes, and perhaps which part."""
    if request.method != "POST":
        return show(request, "returns/withdraw.html", {"typed": _known(request)})
    typed = {name: tidy(request.POST.get(name, "")) for name in MOST}
    errors = _errors(typed)
    if errors:
        shown = {name: text[: MOST[name]] for name, text in typed.items()}
        return show(request, "returns/withdraw.html", {"typed": shown, "errors": errors}, status=422)
    state = signing.dumps({**typed, "once": request.now.isoformat()}, salt=SALT, compress=True)
    return show(request, "returns/withdraw_confirm.html", {"typed": typed, "state": state})


def _known(request: PortalRequest) -> Typed:
    """What we know of whoever asks: the order they come from when it is theirs, else the guest's, else themselves."""
    order = _own_order(request)
    if order is not None:
        name = " ".join(part for part in (order.first_name, order.last_name) if part)
        return {"name": name, "number": order.number, "email": order.email}
    person = request.customer
    if person is None:
        return {}
    return {"name": " ".join(part for part in (person.first_name, person.last_name) if part), "email": person.email}


def _own_order(request: PortalRequest) -> Order | None:
    asked = request.GET.get("order", "").replace("\0", "")[:64]
    if request.guest is not None and asked in ("", request.guest.order.public_id):
        return request.guest.order
    if request.customer is None or not asked:
        return None
    try:
        return order_alone(public_id=asked, customer_id=request.customer.pk)
    except OrderNotFound:
        return None


def _errors(typed: Mapping[str, str]) -> dict[str, str]:
    missing = {"name": _("Enter your name."), "number": _("Enter the number of the order.")}
    errors = {name: words for name, words in missing.items() if not typed[name]}
    errors |= {name: words for name, most in MOST.items() if (words := too_long(typed[name], most))}
    if not is_email(typed["email"]):
        errors["email"] = _("Enter the e-mail address the receipt goes to, as in name@example.com.")
    return errors


@page
@require_http_methods(["POST"])
def confirm(request: PortalRequest) -> HttpResponse:
    """The second step: the statement is made. Sent twice, it is one."""
    try:
        typed: Typed = signing.loads(request.POST.get("state", ""), salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        words = _("This page was open for too long, or came from somewhere else. Please fill it in again; nothing was sent.")
        return show(request, "returns/withdraw.html", {"typed": _known(request), "errors": {"": words}, "is_refused": True}, status=422)
    if request.POST.get("go") == "back":
        return show(request, "returns/withdraw.html", {"typed": typed})
    wait = seconds_to_wait(who=f"withdraw:{request.merchant.pk}:{network_of(client_ip(request))}", limit=HOURLY, now=request.now)
    if wait:
        return _too_many(request, wait)
    return HttpResponseRedirect(reverse("withdrawal", args=[_declare(request, typed).public_id]))


def _declare(request: PortalRequest, typed: Typed) -> Withdrawal:
    """With the order it names, when the e-mail address is that order's; else on its own, for a person to put with it.

    A part told in words is on its own too: which articles are meant a person has to read before anything of the order is opened.
    """
    told = {"name": typed["name"], "order_number": typed["number"], "email": typed["email"], "scope": typed["scope"]}
    known = same_withdrawal(since=datetime.fromisoformat(typed["once"]), **told)
    if known is not None:
        return known
    order = None if typed["scope"] else order_of_statement(number=typed["number"], email=typed["email"])
    language = get_language() or "en"
    return declare_withdrawal(order=order, lines={}, language=language, at=request.now, **told)


def _too_many(request: PortalRequest, wait: int) -> HttpResponse:
    response = show(request, "returns/withdraw_later.html", {"minutes": -(-wait // 60)}, status=429)
    response["Retry-After"] = str(wait)
    return response


@page
@require_safe
def receipt(request: PortalRequest, token: str) -> HttpResponse:
    """The receipt, for whoever holds its address: the statement word for word, with its time; as a page or as a file."""
    try:
        row = withdrawal_by_public_id(token)
    except CaseNotFound:
        raise Http404 from None
    if request.GET.get("as") == "text":
        response = HttpResponse(row.receipt, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="withdrawal-{row.declared_at:%Y-%m-%d}.txt"'
        return response
    return show(request, "returns/withdrawal.html", {"row": row})
