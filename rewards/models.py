"""Coupons that open once, and codes by which one shopper brings another."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from merchants.models import MerchantModel
from orders.models import Order
from rewards.types import Worth


class CouponRule(MerchantModel):
    """What the merchant gives with an enticing confirmation. No row, or one that is off: no coupon, so the plain confirmation."""

    is_on = models.BooleanField(default=True)
    worth = models.CharField(max_length=10, choices=Worth.choices, default=Worth.PERCENT)
    value = models.DecimalField(max_digits=12, decimal_places=4)
    currency = models.CharField(max_length=3, blank=True, help_text=_("of the amount and of the minimum; empty: percent without a minimum"))
    minimum = models.DecimalField(max_digits=14, decimal_places=4, default=0, help_text=_("least value of the order it is used for"))
    valid_days = models.PositiveSmallIntegerField(
        default=30, help_text=_("until the end of which day after it is given, in the shop's time zone")
    )
    referral_value = models.DecimalField(
        max_digits=12, decimal_places=4, default=0, help_text=_("percent for the friend who comes by a referral code; 0: none")
    )

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant"], name="rewards_couponrule_one"),
            models.CheckConstraint(condition=models.Q(value__gt=0), name="rewards_couponrule_value"),
            models.CheckConstraint(condition=~models.Q(worth="percent") | models.Q(value__lte=100), name="rewards_couponrule_percent"),
            models.CheckConstraint(
                condition=~models.Q(currency="") | models.Q(worth="percent", minimum=0), name="rewards_couponrule_currency"
            ),
            models.CheckConstraint(
                condition=models.Q(minimum__gte=0, valid_days__gt=0, referral_value__gte=0, referral_value__lte=100),
                name="rewards_couponrule_ranges",
            ),
        ]
        verbose_name_plural = _("coupon rule")

    def __str__(self) -> str:
        return f"{self.value.normalize():f} {self.currency if self.worth == Worth.AMOUNT else '%'}"


class ThanksRule(MerchantModel):
    """What the merchant gives for a review, whatever it says. No row, or one that is off: nothing, and nothing is promised."""

    is_on = models.BooleanField(default=True)
    worth = models.CharField(max_length=10, choices=Worth.choices, default=Worth.PERCENT)
    value = models.DecimalField(max_digits=12, decimal_places=4)
    currency = models.CharField(max_length=3, blank=True, help_text=_("of the amount and of the minimum; empty: percent without a minimum"))
    minimum = models.DecimalField(max_digits=14, decimal_places=4, default=0, help_text=_("least value of the order it is used for"))
    valid_days = models.PositiveSmallIntegerField(default=60)
    per_month = models.PositiveIntegerField(default=100, help_text=_("coupons given in a month at most, in the shop's time zone"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant"], name="rewards_thanksrule_one"),
            models.CheckConstraint(condition=models.Q(value__gt=0), name="rewards_thanksrule_value"),
            models.CheckConstraint(condition=~models.Q(worth="percent") | models.Q(value__lte=100), name="rewards_thanksrule_percent"),
            models.CheckConstraint(
                condition=~models.Q(currency="") | models.Q(worth="percent", minimum=0), name="rewards_thanksrule_currency"
            ),
            models.CheckConstraint(condition=models.Q(minimum__gte=0, valid_days__gt=0), name="rewards_thanksrule_ranges"),
        ]
        verbose_name_plural = _("thank-you rule")

    def __str__(self) -> str:
        return f"{self.value.normalize():f} {self.currency if self.worth == Worth.AMOUNT else '%'}"


class Coupon(MerchantModel):
    """One code for one shopper, to be used once. What it is worth is fixed when it is given."""

    code = models.CharField(max_length=20)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="coupons", db_constraint=False)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False, help_text=_("given for"))
    thanks_for = models.CharField(
        max_length=40, blank=True, help_text=_("public id of the review it thanks for; empty: given with an order")
    )
    worth = models.CharField(max_length=10, choices=Worth.choices)
    value = models.DecimalField(max_digits=12, decimal_places=4)
    currency = models.CharField(max_length=3, blank=True)
    minimum = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True, blank=True)
    redeemed_for = models.CharField(max_length=60, blank=True, help_text=_("number of the order it was used for"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "code"], name="rewards_coupon_code"),
            models.UniqueConstraint(
                fields=["merchant", "order"], name="rewards_coupon_of_order", condition=models.Q(order__isnull=False, thanks_for="")
            ),
            models.UniqueConstraint(fields=["merchant", "thanks_for"], name="rewards_coupon_of_thanks", condition=~models.Q(thanks_for="")),
        ]
        indexes = [
            models.Index(fields=["merchant", "customer", "-issued_at"], name="rewards_coupon_of_customer"),
            models.Index(fields=["merchant", "issued_at"], name="rewards_coupon_thanks", condition=~models.Q(thanks_for="")),
        ]

    def __str__(self) -> str:
        return self.code


class ReferralCode(MerchantModel):
    """A shopper's own code: whoever comes by it is the shopper's friend."""

    code = models.CharField(max_length=20)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    created_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "code"], name="rewards_referral_code"),
            models.UniqueConstraint(fields=["merchant", "customer"], name="rewards_referral_one"),
        ]

    def __str__(self) -> str:
        return self.code


class Referral(MerchantModel):
    """An order made by a referral code; one order counts once, and nobody refers themselves."""

    referral_code = models.ForeignKey(ReferralCode, on_delete=models.CASCADE, related_name="uses", db_constraint=False)
    order_number = models.CharField(max_length=60)
    redeemed_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "order_number"], name="rewards_referral_order")]

    def __str__(self) -> str:
        return self.order_number
