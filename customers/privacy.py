"""What this room holds about a shopper, how it is handed out, and how it is removed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from core.encryption import fingerprint
from customers.models import (
    AccountChange,
    Consent,
    ContactRule,
    Customer,
    EmailChange,
    Passkey,
    PrivacyRequest,
    SavedAddress,
    ShopperSession,
    SignInRequest,
    Suppression,
)
from customers.registry import Holding, Record, records, register
from customers.services.consent import BEFORE
from customers.types import Subject
from merchants.models import IdempotencyKey

CONTRACT = _("Needed for what you bought, and for your account")
INTEREST = _("Our interest in keeping accounts and shop safe")
ACCOUNT_TEXTS = ("email", "phone", "first_name", "last_name", "language", "timezone", "external_id", "password")
ERASED_ANSWER = {"erased": True}


def _account(subject: Subject) -> QuerySet[Customer]:
    return Customer.objects.filter(pk=subject.customer_id)


def _collect_account(subject: Subject) -> Sequence[Record]:
    told = ("email", "phone", "first_name", "last_name", "language", "timezone", "birthday", "external_id", "created_at", "password_at")
    return records(_account(subject), *told)


def _erase_account(subject: Subject, at: datetime) -> int:
    """The row stays, nameless, so that books and consents still hang together. What staff did to it is kept without the name."""
    kind = ContentType.objects.get_for_model(Customer)
    log = LogEntry.objects.filter(content_type=kind, object_id=str(subject.customer_id))
    row = _account(subject).get()
    log.exclude(object_repr=row.public_id).update(object_repr=row.public_id)
    changed = bool(row.email or row.phone or row.first_name or row.last_name or row.erased_at is None)
    blank = dict.fromkeys(ACCOUNT_TEXTS, "")
    _account(subject).update(**blank, email_normalised=None, birthday=None, password_at=None, erased_at=row.erased_at or at)
    return int(changed)


register(
    Holding(
        key="account",
        title=_("Your account"),
        purpose=_("To know you again, to reach you and to speak your language."),
        basis=CONTRACT,
        kept=_("Until you ask us to erase it."),
        personal={"customers.Customer": (*ACCOUNT_TEXTS, "email_normalised", "birthday"), "admin.LogEntry": ("object_repr",)},
        rows=_account,
        collect=_collect_account,
        erase=_erase_account,
    )
)


def _addresses(subject: Subject) -> QuerySet[SavedAddress]:
    return SavedAddress.objects.filter(customer=subject.customer_id).order_by("pk")


ADDRESS = ("name", "company", "street", "street2", "postcode", "city", "region", "country", "phone")

register(
    Holding(
        key="addresses",
        title=_("Your address book"),
        purpose=_("So that you need not type an address twice."),
        basis=CONTRACT,
        kept=_("Until you remove them."),
        personal={"customers.SavedAddress": ADDRESS},
        rows=_addresses,
        collect=lambda subject: records(_addresses(subject), *ADDRESS, "is_default", "created_at", "updated_at"),
        erase=lambda subject, at: _addresses(subject).delete()[0],
    )
)


def _consents(subject: Subject) -> QuerySet[Consent]:
    return Consent.objects.filter(customer=subject.customer_id).order_by("at", "pk")


def _collect_consents(subject: Subject) -> Sequence[Record]:
    rules = ContactRule.objects.filter(customer=subject.customer_id)
    said = records(_consents(subject), "topic", "channel", "is_granted", "source", "wording", "at")
    return [*said, *records(rules, "is_important_only", "paused_until", "language", "updated_at")]


register(
    Holding(
        key="consents",
        title=_("What you agreed to"),
        purpose=_("To send you what you want, and to be able to show that you wanted it."),
        basis=_("Your consent, and the law that asks us to prove it"),
        kept=_("As long as the account; after an erasure without your name, as proof."),
        personal={"customers.ContactRule": ("language",)},
        rows=_consents,
        collect=_collect_consents,
        erase=lambda subject, at: ContactRule.objects.filter(customer=subject.customer_id).delete()[0],
    )
)


def _ways_in(subject: Subject) -> list[QuerySet[Any]]:
    of = Q(customer=subject.customer_id)
    return [
        ShopperSession.objects.filter(of),
        Passkey.objects.filter(of),
        EmailChange.objects.filter(of),
        AccountChange.objects.filter(of),
        SignInRequest.objects.filter(email_normalised__in=subject.emails),
    ]


def _collect_ways_in(subject: Subject) -> Sequence[Record]:
    sessions, passkeys, emails, changes, asked = _ways_in(subject)
    return [
        *records(sessions.order_by("pk"), "user_agent", "method", "created_at", "expires_at", "ended_at"),
        *records(passkeys.order_by("pk"), "name", "created_at", "used_at"),
        *records(emails.order_by("pk"), "email", "created_at", "used_at"),
        *records(changes.order_by("pk"), "what", "device", "told_to", "at"),
        *records(asked.order_by("pk"), "email_normalised", "ip", "created_at", "used_at"),
    ]


register(
    Holding(
        key="sign_in",
        title=_("How you sign in"),
        purpose=_("To let you in, and nobody else: browsers, passkeys and what happened to the account."),
        basis=INTEREST,
        kept=_("Codes 30 days; browsers 30 days after you sign out; what happened to the account two years."),
        personal={
            "customers.ShopperSession": ("user_agent",),
            "customers.Passkey": ("name", "credential", "credential_fingerprint", "public_key", "transports"),
            "customers.EmailChange": ("email", "email_normalised"),
            "customers.AccountChange": ("told_to", "device"),
            "customers.SignInRequest": ("email_normalised", "ip", "next_path"),
        },
        rows=lambda subject: ShopperSession.objects.filter(customer=subject.customer_id),
        collect=_collect_ways_in,
        erase=lambda subject, at: sum(rows.delete()[0] for rows in _ways_in(subject)),
    )
)


def _requests(subject: Subject) -> QuerySet[PrivacyRequest]:
    return PrivacyRequest.objects.filter(customer=subject.customer_id).order_by("pk")


register(
    Holding(
        key="requests",
        title=_("Your requests about your data"),
        purpose=_("To answer them in time, and to show that we did."),
        basis=_("Required by law"),
        kept=_("A copy of your data seven days; that it was asked for and answered, three years."),
        personal={"customers.PrivacyRequest": ("file",)},
        rows=_requests,
        collect=lambda subject: records(_requests(subject), "kind", "state", "reason", "requested_at", "due_by", "decided_at"),
        erase=lambda subject, at: _requests(subject).exclude(file=None).update(file=None, expires_at=at),
    )
)


def _answers(subject: Subject) -> QuerySet[Any]:
    """Answers to the shop's own calls in which one of the addresses stands."""
    told = Q()
    for value in subject.traces:
        told |= Q(text__contains=value)
    rows: QuerySet[Any] = IdempotencyKey.objects.annotate(text=Cast("body", TextField()))
    return rows.filter(told) if told else rows.none()


def _blocked(subject: Subject) -> QuerySet[Suppression]:
    return Suppression.objects.filter(recipient_hash__in=[fingerprint(value) for value in (*subject.emails, *subject.phones)])


def _erase_blocked(subject: Subject, at: datetime) -> int:
    """A mail server's words may name the address; which block came before this one has to stay known."""
    done = 0
    for row in _blocked(subject).exclude(detail=""):
        before, mark, _words = row.detail.partition(BEFORE)
        kept = f"{before}{mark}" if mark else ""
        done += Suppression.objects.filter(pk=row.pk).exclude(detail=kept).update(detail=kept)
    return done


register(
    Holding(
        key="blocked",
        title=_("Addresses nothing is sent to"),
        purpose=_("So that we never again write to an address whose owner does not want it."),
        basis=_("Required by law"),
        kept=_("For good, as a fingerprint that cannot be read back."),
        personal={"customers.Suppression": ("detail",)},
        rows=_blocked,
        erase=_erase_blocked,
    )
)
register(
    Holding(
        key="calls",
        title=_("What the shop's systems told us"),
        purpose=_("So that nothing the shop tells us twice happens twice."),
        basis=INTEREST,
        kept=_("Seven days."),
        personal={"merchants.IdempotencyKey": ("body",)},
        erase=lambda subject, at: _answers(subject).update(body=ERASED_ANSWER),
    )
)
