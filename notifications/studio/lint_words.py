"""Findings about words: variables nobody knows, what needs consent, subjects, the text part, what must never be missing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from django.utils.translation import gettext_lazy as _
from liquid.exceptions import LiquidError

from customers.types import Channel
from notifications.safety import replaced
from notifications.studio.blocks import is_marketing, type_of
from notifications.studio.build import Built
from notifications.studio.check import error, place
from notifications.studio.trial import outputs
from notifications.studio.types import Draft, Finding, Severity
from notifications.types import Kind
from notifications.variables import documented, unknown, variables_of

MOST, LONGEST = 20, 80  # findings of one kind in a field; characters of a name that is looked for
CONSENT_NEEDED = frozenset({"coupon", "referral", "similar"})
WAYS_OUT = frozenset({"links.unsubscribe", "links.preferences"})
STOP_WORD = re.compile(r"\b(STOP|STOPP|BERHENTI|PARE|SAIR)\b|退订|拒收")
FORM = re.compile(r"(_by)?(_short|_weekday|_day|_on|_at|_by)?\Z")
# What a reader of the text part must not miss, without the forms of a day.
FACTS = frozenset(
    {
        "order.number", "order.total", "order.arrive", "order.ship", "shipment.tracking_number", "shipment.eta", "shipment.pickup",
        "refund.amount", "refund.bank", "returns.until", "coupon.code", "coupon.expires", "referral.code", "sign_in.code",
        "look_up.code", "email_change.code", "request.answer", "request.reason", "account.at", "privacy.day", "privacy.reason",
        "links.choice", "links.not_here", "links.returns", "incident.expected", "incident.news", "incident.why", "attempt.todo",
        "similar[].title", "note.paragraphs[]", "cancellation.amount", "links.unsubscribe",
        "case.number", "back.hand_over", "back.code", "back.reason", "back.question", "back.money", "back.refund", "money.amount",
        "money.bank", "exchange.tracking_number", "claim.answer", "claim.reason", "claim.question", "withdrawal.at", "withdrawal.receipt[]",
        "withdrawal.name", "withdrawal.reason", "thanks.code", "decision.ground", "answer.paragraphs[]", "theme.note",
    }
)  # fmt: skip


def about_words(draft: Draft, built: Built) -> list[Finding]:
    """All of them. What does not parse is left out: it has been told."""
    found = [*_variables(draft), *_consent(draft, built)]
    if draft.channel == Channel.EMAIL:
        found += [*_subject(draft), *_text_part(built), *_always_there(draft, built)]
    return found


def _parts(draft: Draft) -> Iterator[tuple[str, str, str]]:
    """(block, field, text) of everything the author wrote."""
    if draft.channel == Channel.EMAIL:
        yield "", "subject", draft.subject
    if draft.blocks is None or draft.channel == Channel.SMS:
        yield "", "source", draft.source
        if draft.channel == Channel.EMAIL:
            yield "", "text_source", draft.text_source
        return
    for block in draft.blocks:
        known = type_of(str(block.get("type")), draft.kind, draft.style)
        names = {field.name for field in known.fields if field.form != "yes"} if known is not None else set()
        for name, value in (block.get("fields") or {}).items():
            if name in names and isinstance(value, str):
                yield str(block.get("id") or ""), name, value


def _variables(draft: Draft) -> Iterator[Finding]:
    known = documented(draft.kind)
    for block, field, text in _parts(draft):
        try:
            uses = unknown(text, draft.kind)
        except LiquidError:
            continue
        for use in uses[:MOST]:
            if use.path.partition(".")[0].removesuffix("[]") in CONSENT_NEEDED and not is_marketing(draft.kind, draft.style):
                continue  # told as what it is
            yield replace(_unknown(field, text, use.path, use.line, known), block=block)


def _unknown(field: str, text: str, path: str, line: int, known: frozenset[str]) -> Finding:
    """With the variable that was probably meant; inside a loop only the last name differs."""
    near = next(iter(get_close_matches(path, known, n=1, cutoff=0.6)), "") if len(path) <= LONGEST else ""
    found, replacement = path, near
    if "[]" in path or "[]" in near:
        found, replacement = path.rpartition(".")[2], near.rpartition(".")[2] if near.rpartition(".")[0] == path.rpartition(".")[0] else ""
    line_text = text.splitlines()[line - 1] if 0 < line <= len(text.splitlines()) else ""
    column = line_text.find(found) + 1
    fix = _("Did you mean %(name)s?") % {"name": near} if near else _("The list of variables shows what this message knows.")
    message = _("unknown variable %(name)s") % {"name": path}
    return Finding(
        Severity.ERROR, field, line, column, "unknown", message, fix, replacement=replacement, found=found if replacement else ""
    )


def _consent(draft: Draft, built: Built) -> Iterator[Finding]:
    """Offers only where everybody who gets the message has agreed to offers; and always a way out of those."""
    needs_consent = is_marketing(draft.kind, draft.style)
    used = {path for source in (built.mjml, built.text) for path in _paths(source)}
    if not needs_consent:
        for block, field, text in _parts(draft):
            for path in _paths(text)[:MOST]:
                if path.partition(".")[0].removesuffix("[]") in CONSENT_NEEDED:
                    message = _("%(name)s is an offer, and this message also goes to people who did not agree to offers") % {"name": path}
                    yield replace(error(field, "consent", message, *place(text, max(0, text.find(path.partition(".")[0])))), block=block)
        return
    if used & WAYS_OUT:
        return
    if draft.channel == Channel.SMS:
        if not STOP_WORD.search(built.mjml):
            yield _missing("source", "unsubscribe", _("An SMS with an offer says how to stop: STOP, or {{ links.unsubscribe }}."))
        return
    yield _missing("source", "unsubscribe", _("A message with an offer needs {{ links.unsubscribe }}."))


def _missing(field: str, code: str, fix: object) -> Finding:
    return Finding(Severity.ERROR, field, 0, 0, code, _("there is no way to unsubscribe"), str(fix))


def _paths(source: str) -> list[str]:
    try:
        return [use.path for use in variables_of(source)]
    except LiquidError:
        return []


def _subject(draft: Draft) -> Iterator[Finding]:
    subject = draft.subject
    if not subject.strip():
        yield error("subject", "empty", _("an e-mail needs a subject"))
        return
    words = replaced(replaced(subject, "{%", "%}", lambda inner: ""), "{{", "}}", lambda inner: "")
    if "{{" not in subject and not any(c.isdigit() for c in words):
        fix = _("Put the order number or a date in: {{ order.number }}.")
        yield Finding(Severity.WARNING, "subject", 0, 0, "no_fact", _("the subject tells no fact"), fix)
    if "{{" not in subject and not any(c.isalnum() for c in words):
        yield error("subject", "no_words", _("a subject needs words, not only signs"))


def _text_part(built: Built) -> Iterator[Finding]:
    if not built.text.strip():
        yield error("text_source", "no_text", _("an e-mail needs a text part"))
        return
    told = {_fact(path) for path in _paths(built.text)}
    try:
        shown = outputs(built.mjml)
    except LiquidError:
        return
    resolved = {_fact(path): path for path in _paths(built.mjml)}
    written = {_fact(use.path) for use in shown}
    for fact in sorted(FACTS & resolved.keys() - told):
        if fact in written or "[]" in fact or fact.startswith("links."):
            message = _("the text part does not say %(name)s") % {"name": resolved[fact]}
            yield Finding(Severity.WARNING, "text_source", 0, 0, "text_lacks", message, _("Some readers see nothing but the text part."))


def _fact(path: str) -> str:
    """A day is one fact in whichever form it is written."""
    head, dot, last = path.rpartition(".")
    return f"{head}{dot}{FORM.sub('', last) or last}"


def _always_there(draft: Draft, built: Built) -> Iterator[Finding]:
    """In a source written by hand nobody puts back what must be there."""
    used = set(_paths(built.mjml))
    if draft.kind == Kind.ORDER_CONFIRMATION and "returns.until" not in used:
        fix = _("Say it with {{ returns.until }}.")
        yield Finding(Severity.WARNING, "source", 0, 0, "no_returns", _("it does not say until when the order may come back"), fix)
    if "merchant.address" not in used:
        fix = _("Put {{ merchant.name }} and {{ merchant.address }} at the end.")
        yield Finding(Severity.WARNING, "source", 0, 0, "no_footer", _("the legal footer with your name and address is missing"), fix)
