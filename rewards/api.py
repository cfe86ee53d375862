"""REST operations on coupons and referral codes, for the shop's checkout."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Conflict, invalid
from core.fields import Amount, CurrencyCode, Email, Identifier, Moment, StrictSerializer, Text
from core.money import round_amount
from merchants.api import MerchantAPIView
from merchants.schema import operation
from merchants.types import Scope
from rewards.models import Coupon
from rewards.rules import state_of
from rewards.selectors import CodeNotFound, coupon_of_code
from rewards.services import AlreadyCounted, BelowMinimum, CouponExpired, CouponUsed, OwnCode, redeem_coupon, redeem_referral
from rewards.types import Basket, CouponState, Worth

TAG = "Rewards"


class CouponRedeemed(Conflict):
    """It was used before."""

    default_code = "coupon_used"


class CouponOver(Conflict):
    default_code = "coupon_expired"


class CodeIsOwn(Conflict):
    default_code = "own_code"


class OrderCounted(Conflict):
    default_code = "already_counted"


class BasketInput(StrictSerializer):
    """The order the coupon is used for, before the coupon is taken off."""

    order_number = Identifier(max_length=60, help_text="What the shopper will call the order.")
    order_total = Amount(help_text="What the order costs without the coupon.")
    currency = CurrencyCode(max_length=3)

    def to_internal_value(self, data: Any) -> Any:
        """The total is read in the order's currency."""
        context: Any = self.context
        context |= {"currency": data.get("currency") if isinstance(data, Mapping) else None}
        return super().to_internal_value(data)


class ReferralInput(StrictSerializer):
    """An order brought by a shopper's code."""

    code = Text(max_length=40, help_text="As the friend typed it; dash, blanks and capitals do not matter.")
    order_number = Identifier(max_length=60)
    customer_email = Email(max_length=254, help_text="Of the friend who orders: nobody can use their own code.")


class CouponShape(serializers.ModelSerializer[Coupon]):
    """A coupon."""

    value = serializers.SerializerMethodField("worth_text", help_text="Percent, or an amount of `currency`.")
    minimum = serializers.SerializerMethodField(help_text="Least total of the order, in `currency`; null when there is none.")
    state = serializers.SerializerMethodField(help_text="Where it stands now.")
    issued_at = Moment()
    expires_at = Moment(help_text="Its last second.")
    redeemed_at = Moment(allow_null=True)

    class Meta:
        model = Coupon
        fields = ["code", "state", "worth", "value", "currency", "minimum", "issued_at", "expires_at", "redeemed_at", "redeemed_for"]

    @extend_schema_field({"type": "string", "examples": ["10"]})
    def worth_text(self, row: Coupon) -> str:
        is_amount = row.worth == Worth.AMOUNT
        return f"{round_amount(row.value, row.currency) if is_amount else row.value.normalize():f}"

    @extend_schema_field({"type": ["string", "null"], "examples": ["50.00"]})
    def get_minimum(self, row: Coupon) -> str | None:
        return f"{round_amount(row.minimum, row.currency):f}" if row.minimum else None

    @extend_schema_field({"type": "string", "enum": list(CouponState.values)})
    def get_state(self, row: Coupon) -> str:
        return str(state_of(redeemed_at=row.redeemed_at, expires_at=row.expires_at, now=self.context["at"]))


class RedeemedShape(serializers.Serializer[Any]):
    """A coupon that was just used."""

    discount = serializers.CharField(help_text="What to take off the order, in the order's currency.")
    coupon = CouponShape()


class ReferralShape(serializers.Serializer[Any]):
    """A referral that was counted."""

    code = serializers.CharField()
    order_number = serializers.CharField()
    redeemed_at = Moment()


COUPON: dict[str, Any] = {
    "code": "7KXCR-4WHPN",
    "state": "open",
    "worth": "percent",
    "value": "10",
    "currency": "EUR",
    "minimum": "50.00",
    "issued_at": "2026-11-20T10:00:00Z",
    "expires_at": "2026-12-20T22:59:59Z",
    "redeemed_at": None,
    "redeemed_for": "",
}
USED: dict[str, Any] = {**COUPON, "state": "used", "redeemed_at": "2026-11-20T10:00:00Z", "redeemed_for": "1002"}
BASKET: dict[str, Any] = {"order_number": "1002", "order_total": "84.00", "currency": "EUR"}
REFERRAL: dict[str, Any] = {"code": "9FMTD-3QXVG", "order_number": "1003", "customer_email": "kim@example.com"}


class CouponView(MerchantAPIView):
    """One coupon."""

    scopes = {"GET": Scope.REWARDS_WRITE}

    @operation(
        id="coupons_get",
        summary="Look up a coupon",
        description="Changes nothing. The code as the shopper typed it: dash, blanks and capitals do not matter.",
        tag=TAG,
        answers={200: CouponShape},
        answer=COUPON,
        errors=(404,),
    )
    def get(self, request: Request, code: str) -> Response:
        try:
            coupon = coupon_of_code(code=code)
        except CodeNotFound:
            raise Http404 from None
        return Response(CouponShape(coupon, context={"at": self.at}).data)


class RedeemView(MerchantAPIView):
    """A coupon used."""

    scopes = {"POST": Scope.REWARDS_WRITE}

    @operation(
        id="coupons_redeem",
        summary="Use a coupon for an order, once",
        description=(
            "409 `coupon_used` or `coupon_expired` when it cannot be used any more; 400 naming `order_total` or `currency` when the order"
            " is too small or in another currency. However many ask at once, one gets it."
        ),
        tag=TAG,
        request=BasketInput,
        answers={200: RedeemedShape},
        examples=(("order", BASKET),),
        answer={"discount": "8.40", "coupon": USED},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = self.parse(BasketInput)
        basket = Basket(data["order_number"], data["order_total"], data["currency"])
        try:
            redeemed = redeem_coupon(code=code, basket=basket, at=self.at)
        except CodeNotFound:
            raise Http404 from None
        except CouponUsed:
            raise CouponRedeemed("This coupon was used before.") from None
        except CouponExpired:
            raise CouponOver("This coupon has expired.") from None
        except BelowMinimum as error:
            raise invalid(error.field, f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        coupon = CouponShape(redeemed.coupon, context={"at": self.at}).data
        return Response({"discount": f"{round_amount(redeemed.discount, basket.currency):f}", "coupon": coupon})


class ReferralsView(MerchantAPIView):
    """Orders brought by shoppers."""

    scopes = {"POST": Scope.REWARDS_WRITE}

    @operation(
        id="referrals_redeem",
        summary="Count an order as brought by a referral code",
        description="409 `own_code` for the shopper's own code, 409 `already_counted` for an order that was counted before.",
        tag=TAG,
        request=ReferralInput,
        answers={201: ReferralShape},
        examples=(("order", REFERRAL),),
        answer={"code": "9FMTD-3QXVG", "order_number": "1003", "redeemed_at": "2026-11-20T10:00:00Z"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(ReferralInput)
        try:
            referral = redeem_referral(**data, at=self.at)
        except CodeNotFound:
            raise Http404 from None
        except OwnCode:
            raise CodeIsOwn("Nobody can use their own referral code.") from None
        except AlreadyCounted:
            raise OrderCounted("This order was counted for a referral before.") from None
        row = {"code": referral.referral_code.code, "order_number": referral.order_number, "redeemed_at": referral.redeemed_at}
        return Response(ReferralShape(row).data, 201)
