"""What this room holds about a shopper: coupons and the code they recommend the shop with."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.registry import Holding, Record, records, register
from customers.types import Subject
from rewards.models import Coupon, ReferralCode


def _coupons(subject: Subject) -> QuerySet[Coupon]:
    rows: QuerySet[Coupon] = Coupon.objects.filter(customer=subject.customer_id).order_by("pk")
    return rows


def _collect(subject: Subject) -> Sequence[Record]:
    told = ("code", "worth", "value", "currency", "issued_at", "expires_at", "redeemed_at", "redeemed_for")
    codes = ReferralCode.objects.filter(customer=subject.customer_id).order_by("pk")
    return [*records(_coupons(subject), *told), *records(codes, "code", "created_at")]


def _erase(subject: Subject, at: datetime) -> int:
    """What was used stays in the books, under nobody's name; what was not used goes."""
    unused = _coupons(subject).filter(redeemed_at=None).delete()[0]
    return unused + ReferralCode.objects.filter(customer=subject.customer_id).delete()[0]


register(
    Holding(
        key="rewards",
        title=_("Your coupons"),
        purpose=_("To take a coupon once, and to know who brought a friend."),
        basis=_("Needed for what you were promised"),
        kept=_("Until you ask us to erase them; those you used stay in the shop's books without your name."),
        personal={"rewards.ReferralCode": ("code",), "rewards.Coupon": ("code",)},
        rows=_coupons,
        collect=_collect,
        erase=_erase,
    )
)
