"""A few questions by the link of a message: what was tapped there is chosen already, and counts once it is sent.

Reading changes nothing, because scanners follow links. Sent again within two weeks, an answer is changed and never a second one.
"""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.callers import network_of
from core.limits import PerHour, seconds_to_wait
from portal.rules.surveys import merged, shown_after, shown_first, tapped
from portal.views.edge import PortalRequest, client_ip, page, show
from reviews.rules.surveys import AnswerRefused, text_in
from reviews.selectors.surveys import SurveyNotFound, SurveyPage, survey_page
from reviews.services.surveys import SurveyOver, answer_survey
from reviews.tokens import SurveyWay, answer_token, read_survey_token

HOURLY = PerHour(rate=1, burst=60)  # of a link anybody may follow, from one address: each is an answer, and a low one a task


@page
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: PortalRequest, token: str) -> HttpResponse:
    """The first questions, then what follows from them, then thanks. Forged links and those of other merchants are a plain 404."""
    try:
        asked = survey_page(token=token, now=request.now)
    except SurveyNotFound:
        raise Http404 from None
    if not asked.is_live:
        return show(request, "surveys/ended.html", status=409 if request.method == "POST" else 200)
    if request.method == "POST":
        return _answer(request, token, asked)
    chosen = tapped(asked.definition, request.GET.dict())
    if asked.given and not chosen and "change" not in request.GET:
        return _after(request, token, asked, asked.given) if "more" in request.GET else _thanks(request, token, asked)
    return _first(request, token, asked, {**asked.given, **chosen})


def _answer(request: PortalRequest, token: str, asked: SurveyPage) -> HttpResponse:
    is_first = request.POST.get("step") != "more"
    given = merged(asked.definition, asked.given, request.POST.dict())
    way = read_survey_token(token)
    is_open = way is not None and way.kind == SurveyWay.OPEN
    if is_open and (
        wait := seconds_to_wait(who=f"survey:{asked.survey.pk}:{network_of(client_ip(request))}", limit=HOURLY, now=request.now)
    ):
        return _later(_first(request, token, asked, given, errors={"": _("Many answers came from here. Please try again later.")}), wait)
    try:
        answer = answer_survey(page=asked, given=given, language=request.LANGUAGE_CODE, at=request.now)
    except AnswerRefused as refused:
        again = _first if is_first else _after
        return again(request, token, asked, given, errors={refused.field: refused.text})
    except SurveyOver:
        return show(request, "surveys/ended.html", status=409)
    if is_open:  # its answer has an address of its own, or each page would be one more
        token = answer_token(asked.survey, answer.public_id)
    path = reverse("survey", args=[token])
    has_more = is_first and shown_after(asked.definition, given, **_in(request))
    return HttpResponseRedirect(f"{path}?more=1" if has_more else path)


def _later(response: HttpResponse, wait: int) -> HttpResponse:
    response.status_code = 429
    response["Retry-After"] = str(wait)
    return response


def _in(request: PortalRequest) -> dict[str, str]:
    return {"language": request.LANGUAGE_CODE, "default": request.merchant.language}


def _first(
    request: PortalRequest, token: str, asked: SurveyPage, given: Mapping[str, str], *, errors: Mapping[str, str] | None = None
) -> HttpResponse:
    questions = shown_first(asked.definition, given, **_in(request))
    return _page(request, token, asked, {"questions": questions, "is_first": True}, errors)


def _after(
    request: PortalRequest, token: str, asked: SurveyPage, given: Mapping[str, str], *, errors: Mapping[str, str] | None = None
) -> HttpResponse:
    questions = shown_after(asked.definition, given, **_in(request))
    if not questions:
        return _thanks(request, token, asked)
    return _page(request, token, asked, {"questions": questions, "is_first": False}, errors)


def _page(
    request: PortalRequest, token: str, asked: SurveyPage, context: Mapping[str, Any], errors: Mapping[str, str] | None
) -> HttpResponse:
    words = {"intro": text_in(asked.definition.intro, **_in(request)), "path": reverse("survey", args=[token])}
    found = [(one, (errors or {}).get(one.key, "")) for one in context["questions"]]
    general = (errors or {}).get("", "")
    more = {"rows": found, "errors": errors or {}, "error": general, "shipment": asked.shipment}
    return show(request, "surveys/survey.html", {**context, **words, **more}, status=422 if errors else 200)


def _thanks(request: PortalRequest, token: str, asked: SurveyPage) -> HttpResponse:
    words = {"thanks": text_in(asked.definition.thanks, **_in(request)), "path": reverse("survey", args=[token])}
    return show(request, "surveys/thanks.html", words)
