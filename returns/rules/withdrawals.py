"""A statement of withdrawal: whether it is in time, and the words that acknowledge it. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_time, get_timezone_name
from django.utils.translation import gettext as _


def is_in_time(*, declared_on: date, until: date | None) -> bool:
    """The time does not run out while nobody knows when the last parcel came."""
    return until is None or declared_on <= until


def receipt_of(  # noqa: PLR0913 - everything that was stated
    *,
    shop: str,
    name: str,
    order_number: str,
    email: str,
    scope: str,
    pieces: Sequence[tuple[int, str]],
    declared_at: datetime,
    zone: ZoneInfo,
    language: str,
    refund_by: date | None,
) -> str:
    """The acknowledgement in the active language, to keep: what was declared, by whom, about what, and when to the second.

    `pieces` are those that were named; none means the whole contract. It says what was received, not what follows from it.
    """
    locale = Locale.parse(language.replace("-", "_"))
    local = declared_at.astimezone(zone)
    when = {
        "date": format_date(local.date(), "full", locale=locale),
        "time": format_time(local, "HH:mm:ss", locale=locale),
        "zone": get_timezone_name(local, locale=locale),
    }
    what = [f"{count} × {title}" for count, title in pieces]
    whole = [] if what or scope else [_("The whole contract.")]
    lines = [
        _("%(shop)s has received your statement of withdrawal.") % {"shop": shop},
        "",
        _("Received: %(date)s, %(time)s, %(zone)s") % when,
        _("Name: %(name)s") % {"name": name},
        _("Order: %(number)s") % {"number": order_number},
        _("E-mail address for this receipt: %(email)s") % {"email": email},
        "",
        _("You withdraw from the contract about:"),
        *what,
        *([scope] if scope else []),
        *whole,
    ]
    if refund_by is not None:
        day = format_date(refund_by, "full", locale=locale)
        wait = _("Your money is on its way back by %(day)s, or once the goods or proof that you sent them have come.")
        lines += ["", wait % {"day": day}]
    return "\n".join(lines)
