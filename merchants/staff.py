"""Who works at a merchant: what a staff request carries, and the services that give, change and end a role."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest

from merchants.audit import about, record
from merchants.models import Membership, Merchant, User
from merchants.rules import may
from merchants.services import add_staff
from merchants.types import Area, Deed, Role


class LastOwner(ValueError):
    """The merchant would be left without an owner."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The member of staff behind a request. Without a merchant there is no role and nothing is allowed."""

    user: User | None
    merchant: Merchant | None
    role: str
    merchant_ids: tuple[int, ...]

    @property
    def is_platform(self) -> bool:
        return self.user is not None and self.user.is_active and self.user.is_superuser

    def may(self, area: Area, action: str) -> bool:
        return self.merchant is not None and may(self.role, area, action)


def actor_of(request: HttpRequest) -> Actor:
    """Read what the middleware decided; never anything the client sent."""
    user = request.user if isinstance(request.user, User) else None
    merchant = getattr(request, "merchant", None)
    return Actor(user, merchant, getattr(request, "role", None) or "", tuple(getattr(request, "merchant_ids", ())))


def merchants_of(actor: Actor) -> list[Merchant]:
    """The merchants the actor can switch to, by name."""
    return list(Merchant.objects.filter(pk__in=actor.merchant_ids).order_by("name"))


def is_last_owner(membership: Membership) -> bool:
    """Whether nobody else owns the current merchant."""
    return membership.role == Role.OWNER and not Membership.objects.filter(role=Role.OWNER).exclude(pk=membership.pk).exists()


@transaction.atomic
def invite(*, email: str, name: str, role: Role, at: datetime) -> Membership:
    """Give a person a role here; an unknown e-mail becomes a user without a usable password.

    Refuses (ValidationError) what is no e-mail address and people who work here already.
    """
    email = email.strip().lower()
    validate_email(email)
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
    if Membership.objects.filter(user=user).exists():
        raise ValidationError({"email": "This person works here already."})
    return add_staff(user=user, role=role, at=at)


@transaction.atomic
def set_role(*, membership_id: int, role: Role) -> Membership:
    """Change a role. Refuses (LastOwner) to take it from the last owner."""
    membership = _locked(membership_id)
    if role != Role.OWNER and is_last_owner(membership):
        raise LastOwner("The last owner cannot become anything else. Make somebody else an owner first.")
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    record(Deed.ROLE_CHANGED, about(membership.user), {"role": [before, role.value]})
    return membership


@transaction.atomic
def remove_staff(*, membership_id: int) -> None:
    """End somebody's work here. Refuses (LastOwner) the last owner."""
    membership = _locked(membership_id)
    if is_last_owner(membership):
        raise LastOwner("The last owner cannot be removed. Make somebody else an owner first.")
    user, role = membership.user, membership.role
    membership.delete()
    record(Deed.MEMBER_REMOVED, about(user), {"role": [role, ""]})


def _locked(membership_id: int) -> Membership:
    # All owners are locked, in one order: two owners removing each other must not both succeed.
    list(Membership.objects.select_for_update().filter(role=Role.OWNER).order_by("pk"))
    row: Membership = Membership.objects.select_for_update().get(pk=membership_id)
    return row
