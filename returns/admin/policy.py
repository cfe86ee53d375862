"""The return policy in the admin: its versions, the draft with its rules and test cases, the public text beside it, the calculator."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from core.clock import now
from merchants.admin import Confirm, MerchantAdmin, Text, action, site
from merchants.models import Merchant, User
from merchants.staff import actor_of
from merchants.types import Area, Language
from returns.admin.fields import BaseForm, RuleForm
from returns.admin.whatif import WhatIfForm, answers_of, answers_of_order, find_order
from returns.models import ReturnPolicy
from returns.rules.cases import Case, answer_of, case_as_json, parse_cases, run_cases
from returns.rules.parse import BadPolicy
from returns.rules.policy import Rules
from returns.rules.text import Clause, policy_text
from returns.selectors.policy import draft, places, policy, reasons, rules_of, versions
from returns.services import policy as service
from returns.services.policy import CasesFailed, Definition, StalePolicy
from returns.types import Outcome, PolicyState, ReasonKind

ADDRESS = "admin:returns_returnpolicy"
ENGLISH = "en"
MOVES = ("up", "down", "remove", "remove_case")


@admin.register(ReturnPolicy, site=site)
class ReturnPolicyAdmin(MerchantAdmin):
    area = Area.BRANDING
    icon, order, menu = "assignment_return", 30, _("Return policy")
    actions = None
    actions_detail = ["publish", "throw_away", "restore"]
    fields = ["number", "state"]

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "draft/": ("draft", self.draft_view),
            "draft/rule/": ("add_rule", self.rule_view),
            "draft/rule/<slug:rule>/": ("rule", self.rule_view),
            "what-if/": ("what_if", self.what_if_view),
        }
        made = [path(route, self.admin_site.admin_view(view), name=f"returns_returnpolicy_{name}") for route, (name, view) in pages.items()]
        return [*made, *super().get_urls()]

    # Looking

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Every version, the newest first."""
        self._may_look(request)
        return self._sheet(request, "list.html", title=_("Return policy"), rows=versions())

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """One version, as shoppers read it in each language."""
        self._may_look(request)
        row: ReturnPolicy = self._row(request, object_id)
        return self._sheet(request, "version.html", title=_("Version %(n)s") % {"n": row.number}, version=row, **self._shown(request, row))

    def _shown(self, request: HttpRequest, row: ReturnPolicy) -> dict[str, Any]:
        """The public text of a version in the language that was asked for, and what its test cases say."""
        merchant = merchant_of(request)
        asked = request.GET.get("language", ENGLISH)
        language = asked if asked in Language.values else ENGLISH
        rules = rules_of(row, currency=merchant.currency)
        with translation.override(language):
            clauses = clauses_of(rules)
        cases = cases_of(row, merchant)
        failures = {failure.name: failure for failure in run_cases(rules=rules, cases=cases)}
        shown = [(case.name, failures.get(case.name)) for case in cases]
        return {"clauses": clauses, "language": language, "languages": Language.choices, "cases": shown}

    # Writing

    def draft_view(self, request: HttpRequest) -> HttpResponse:
        """The draft: what holds for everything, and the rules in their order. It begins with the version in force."""
        self._may_write(request)
        row, said, seen = open_draft()
        form = BaseForm(request.POST if request.method == "POST" and request.POST.get("op") == "save" else None)
        form.start(vars_of(said))
        if request.method == "POST":
            done = self._press(request, form, said)
            if done is not None:
                return done
        shown = row or replace_row(said)
        return self._sheet(
            request,
            "draft.html",
            title=_("Draft"),
            version=row,
            form=form,
            seen=stamp_of(seen),
            rules=said.rules,
            **self._shown(request, shown),
        )

    def _press(self, request: HttpRequest, form: BaseForm, said: Definition) -> HttpResponse | None:
        """One button: the base is saved, or a rule or case is moved or taken away. None: shown again with what is wrong."""
        op, _mark, target = request.POST.get("op", "").partition(":")
        if op == "save" and form.is_valid():
            stored = form.stored()
            texts = {name: stored.get(name, "") for name in ("how", "contact_url", "note")}
            numbers = {"window_days": stored.get("window_days"), "refund_days": stored.get("refund_days")}
            base = {**texts, **numbers, "is_free": stored.get("is_free", False), "outcomes": stored.get("outcomes", {})}
            return self._save(request, replace(said, **base), form)
        if op in MOVES:
            return self._save(request, moved(said, op, target), None)
        return None

    def _save(self, request: HttpRequest, said: Definition, form: BaseForm | RuleForm | None, prefix: str = "") -> HttpResponse | None:
        """Store the draft and go to it; what is refused stays on the screen."""
        try:
            row = service.save_draft(definition=said, seen=seen_of(request), by=user_of(request), at=now())
        except BadPolicy as bad:
            problems = bad.problems
        except StalePolicy as stale:
            problems = [("", str(stale))]
        else:
            self.log_change(request, row, "saved")
            messages.success(request, str(_("The draft is saved. Shoppers see it once it is published.")))
            return redirect(f"{ADDRESS}_draft")
        if form is None:
            for place, text in problems:
                messages.error(request, f"{place}: {text}".removeprefix(": "))
            return redirect(f"{ADDRESS}_draft")
        form.refuse(problems, prefix)
        return None

    def rule_view(self, request: HttpRequest, rule: str = "") -> HttpResponse:
        """One rule of the draft, or a new one at its end."""
        self._may_write(request)
        _row, said, seen = open_draft()
        place = next((n for n, one in enumerate(said.rules) if one["id"] == rule), len(said.rules))
        if rule and place == len(said.rules):
            raise Http404
        held = said.rules[place] if rule else {}
        form = rule_form(request, held)
        if request.method == "POST" and form.is_valid():
            stored = form.stored()
            made = {"id": rule or free_id(said.rules), "name": form.cleaned_data["name"]}
            written = {**made, "when": stored.get("when", {}), "then": stored.get("then", {})}
            rules = [*said.rules[:place], written, *said.rules[place + 1 :]]
            done = self._save(request, replace(said, rules=rules), form, prefix=f"rules[{place}]")
            if done is not None:
                return done
        return self._sheet(request, "rule.html", title=held.get("name") or _("New rule"), form=form, seen=stamp_of(seen))

    # The calculator

    def what_if_view(self, request: HttpRequest) -> HttpResponse:
        """What the version in force and the draft say of a typed article or a real order. A POST keeps the question as a test case."""
        self._may_look(request)
        merchant = merchant_of(request)
        today = now().astimezone(ZoneInfo(merchant.timezone)).date()
        open_row = draft()
        proposed = rules_of(open_row, currency=merchant.currency) if open_row else None
        data = request.POST if request.method == "POST" else request.GET if "price" in request.GET else None
        form = what_if_form(data, merchant=merchant, today=today)
        if request.method == "POST":
            self._may_write(request)
            kept = self._keep(request, form, merchant)
            if kept is not None:
                return kept
        number = request.GET.get("order", "").strip()[:60]
        found = find_order(number) if number else None
        context: dict[str, Any] = {"form": form, "number": number, "is_missing": bool(number) and found is None, "answers": []}
        case = form.case(currency=merchant.currency) if form.is_bound and form.is_valid() else None
        if found is not None:
            kind = ReasonKind.FAULT if request.GET.get("kind") == ReasonKind.FAULT else ReasonKind.WISH
            context["answers"] = answers_of_order(found, today=today, reason="", kind=kind, draft=proposed)
        elif case is not None:
            in_force = rules_of(policy(), currency=merchant.currency)
            pairs: list[tuple[str, Rules]] = [(str(_("In force")), in_force), *([(str(_("Draft")), proposed)] if proposed else [])]
            context["answers"] = answers_of(case, pairs)
            context["is_case"] = True
        return self._sheet(
            request,
            "what_if.html",
            title=_("What if"),
            seen=stamp_of(open_row.created_at if open_row else None),
            outcomes=Outcome.choices,
            **context,
        )

    def _keep(self, request: HttpRequest, form: WhatIfForm, merchant: Merchant) -> HttpResponse | None:
        """The question as a test case of the draft: what comes out now is what must come out then."""
        name, outcome = request.POST.get("name", "").strip()[:100], request.POST.get("outcome", "")
        if not form.is_valid() or outcome not in Outcome.values:
            return None
        if not name:
            form.add_error(None, str(_("Give the case a name.")))
            return None
        case = form.case(currency=merchant.currency, name=name)
        if case is None:
            return None
        row, said, _seen = open_draft()
        rules = rules_of(row or policy(), currency=merchant.currency)
        return self._save(request, replace(said, cases=[*said.cases, expecting(case, rules, Outcome(outcome))]), None)

    # Acts

    @action(description=_("Publish"), permissions=["act"], url_path="publish")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("It holds from now on. Orders placed before keep the version of their day where that is better for the shopper.")
        confirm = Confirm(_("Publish this draft"), _("Publish"), text)

        def act(row: ReturnPolicy, data: dict[str, Any]) -> Text:
            try:
                service.publish(policy=row, by=user_of(request), at=now())
            except CasesFailed as failed:
                raise ValidationError([str(one) for one in failed.failures]) from failed
            return _("The draft is in force.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Throw away"), permissions=["act"], url_path="throw-away")
    def throw_away(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Throw this draft away"), _("Throw away"), _("What is in force stays as it is."), is_dangerous=True)
        row: ReturnPolicy = self._row(request, object_id)
        if request.method == "POST" and self.has_act_permission(request):
            try:
                service.throw_away_draft(policy=row)
            except StalePolicy as stale:
                messages.error(request, str(stale))
            else:
                self.log_deletions(request, ReturnPolicy.objects.none())
                messages.success(request, str(_("The draft is thrown away.")))
            return redirect(f"{ADDRESS}_changelist")
        return self._page(request, "admin/ask.html", row, title=confirm.title, confirm=confirm, form=confirm.form())

    @action(description=_("Restore"), permissions=["act"], url_path="restore")
    def restore(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Begin a draft from this version"), _("Restore"), _("It is a draft until you publish it."))

        def act(row: ReturnPolicy, data: dict[str, Any]) -> Text:
            service.restore(policy=row, by=user_of(request), at=now())
            return _("The draft is ready to be published.")

        return self.ask(request, object_id, confirm, act)

    # Frame

    def _sheet(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        rights = {"may_write": self.has_act_permission(request), "draft": draft()}
        status = 422 if request.method == "POST" else 200
        return self._page_with(request, f"admin/returns/{template}", {**rights, **context}, status)

    def _page_with(self, request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
        response = self._page(request, template, None, **context)
        response.status_code = status
        return response

    def _may_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _may_write(self, request: HttpRequest) -> None:
        if not self.has_act_permission(request):
            raise PermissionDenied


# What the pages work with


def merchant_of(request: HttpRequest) -> Merchant:
    merchant = actor_of(request).merchant
    if merchant is None:
        raise PermissionDenied
    return merchant


def user_of(request: HttpRequest) -> User:
    user = actor_of(request).user
    if user is None:
        raise PermissionDenied
    return user


def open_draft() -> tuple[ReturnPolicy | None, Definition, datetime | None]:
    """The draft, or what a new one begins with: the version in force, without its note."""
    row = draft()
    if row is not None:
        return row, service.definition_of(row), row.created_at
    return None, replace(service.definition_of(policy()), note=""), None


def vars_of(said: Definition) -> dict[str, Any]:
    names = ("window_days", "is_free", "refund_days", "how", "contact_url", "outcomes", "note")
    return {name: getattr(said, name) for name in names}


def replace_row(said: Definition) -> ReturnPolicy:
    """An unsaved version, to show what a draft begins with."""
    return ReturnPolicy(**vars_of(said), rules=said.rules, cases=said.cases, state=PolicyState.DRAFT)


def moved(said: Definition, op: str, target: str) -> Definition:
    """The draft after a press on up, down or remove; unchanged for what is not there."""
    if op == "remove_case":
        return replace(said, cases=[one for n, one in enumerate(said.cases) if str(n) != target])
    rules = list(said.rules)
    at = next((n for n, one in enumerate(rules) if one["id"] == target), None)
    if at is None:
        return said
    rule = rules.pop(at)
    if op != "remove":
        rules.insert(max(0, at - 1) if op == "up" else at + 1, rule)
    return replace(said, rules=rules)


def free_id(rules: list[dict[str, Any]]) -> str:
    taken = {one["id"] for one in rules}
    return next(f"r{n}" for n in range(1, len(rules) + 2) if f"r{n}" not in taken)


def rule_form(request: HttpRequest, held: dict[str, Any]) -> RuleForm:
    form = RuleForm(
        request.POST if request.method == "POST" else None,
        initial={"name": held.get("name", "")},
        reasons=[(one.code, one.name) for one in reasons()],
        places=[(one.key, one.name) for one in places()],
    )
    form.start(held)
    return form


def what_if_form(data: Any, *, merchant: Merchant, today: date) -> WhatIfForm:
    initial = {"country": merchant.country, "bought": today, "today": today, "price": "50"}
    return WhatIfForm(data, initial=initial, reasons=[(one.code, one.name) for one in reasons()])


def expecting(case: Case, rules: Rules, outcome: Outcome) -> dict[str, Any]:
    """The case as it is kept, with what the rules say of it now."""
    decision = answer_of(rules=rules, case=case)
    offer = decision.offer(outcome)
    if offer is None:
        return case_as_json(replace(case, outcome=outcome, is_open=False))
    return case_as_json(replace(case, outcome=outcome, is_open=offer.is_open, until=offer.until or "", amount=offer.amount))


def cases_of(row: ReturnPolicy, merchant: Merchant) -> list[Case]:
    """The version's cases; none of a version whose cases can no longer be read, as after a change of currency."""
    try:
        return parse_cases(row.cases, currency=merchant.currency)
    except BadPolicy:
        return []


def clauses_of(rules: Rules) -> tuple[Clause, ...]:
    names = {one.code: one.name for one in reasons()}
    return policy_text(rules=rules, reasons=names, places={one.key: one.name for one in places()})


def stamp_of(seen: datetime | None) -> str:
    return seen.isoformat() if seen else ""


def seen_of(request: HttpRequest) -> datetime | None:
    """When the draft on the screen was saved; None for one that was not there."""
    try:
        return parse_datetime(request.POST.get("seen", ""))
    except ValueError:
        return None
