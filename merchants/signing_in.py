"""What the audit logs tell of staff signing in: always the installation's own, and that of every merchant they work for."""

from django.http import HttpRequest

from core.text import BadEmail, normalise_email
from merchants.acting import Who, is_staff, who
from merchants.audit import About, Line, about, write, write_platform
from merchants.middleware import note_leaving
from merchants.models import User
from merchants.scope import current_merchant_id, merchant_scope
from merchants.selectors import memberships_of
from merchants.types import Deed, Result

NOBODY = About("merchants.user")  # what was typed may be somebody's password: it is not kept


def note_signed_in(request: HttpRequest) -> None:
    """Somebody proved who they are."""
    if isinstance(request.user, User):
        is_staff(request.user)
        _tell(Line(Deed.SIGNED_IN, about(request.user)), request.user)


def note_sign_in_failed(request: HttpRequest, typed: str) -> None:
    """Somebody did not. Known people are named by their number, whether or not they may sign in."""
    user = _known(typed)
    locked = bool(getattr(request, "axes_locked_out", False))
    line = Line(Deed.SIGN_IN_FAILED, about(user) if user else NOBODY, {"locked": locked}, Result.REFUSED)
    _tell(line, user)


def note_signed_out(request: HttpRequest) -> None:
    """Somebody leaves; platform staff leave the merchant they were in as well."""
    if isinstance(request.user, User):
        note_leaving(request)
        _tell(Line(Deed.SIGNED_OUT, about(request.user)), request.user)


def note_password_set(user: User) -> None:
    """A password was chosen anew, by its owner or over a link."""
    _tell(Line(Deed.PASSWORD_SET, about(user)), user)


def _known(typed: str) -> User | None:
    try:
        return User.objects.filter(email=normalise_email(typed)).first()
    except BadEmail:
        return None


def _tell(line: Line, user: User | None) -> None:
    by = who()
    write_platform(line, by=by)
    if user is not None and not user.is_superuser:
        for merchant_id in _where(user):
            _write_at(merchant_id, line, by)


def _where(user: User) -> list[int]:
    """Everywhere they work; inside a merchant's scope only there, because a scope is never left for another."""
    here = current_merchant_id()
    return [here] if here is not None else list(memberships_of(user))


def _write_at(merchant_id: int, line: Line, by: Who) -> None:
    with merchant_scope(merchant_id):
        write(line, by=by)
