"""What shoppers send back, get instead, and complain about."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, Variant
from merchants.models import MerchantModel, User, public_id_field
from orders.models import Order, OrderLine, PictureUpload, Refund, money_field
from returns.models.policy import ReturnPolicy
from returns.types import (
    ClaimKind,
    ClaimState,
    Condition,
    ExchangeState,
    MoneyState,
    MoneyWay,
    Origin,
    Outcome,
    Problem,
    ReasonKind,
    ReturnState,
    Step,
    Way,
    WithdrawalState,
)
from tracking.models import Shipment

GONE = [ReturnState.DECLINED, ReturnState.CANCELLED, ReturnState.EXPIRED]


class Return(MerchantModel):
    """Goods on their way back to the merchant, under one RMA number."""

    public_id = public_id_field()
    rma = models.CharField(max_length=20, help_text=_("what stands on the parcel"))
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns", db_constraint=False)
    policy = models.ForeignKey(ReturnPolicy, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    state = models.CharField(max_length=12, choices=ReturnState.choices, default=ReturnState.REQUESTED)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    is_gift = models.BooleanField(default=False, help_text=_("the giver is not told"))
    is_withdrawal = models.BooleanField(default=False)
    recipient = models.JSONField(default=dict, blank=True, help_text=_("of a gift: who gets news and money; name, email, language"))
    language = models.CharField(max_length=10, blank=True)
    currency = models.CharField(max_length=3)

    way = models.CharField(max_length=8, choices=Way.choices, default=Way.OWN)
    way_fee = money_field()
    place = models.JSONField(default=dict, help_text=_("key, name and address it goes to, as of that day"))
    instructions = models.TextField(blank=True, max_length=2_000)
    label_state = models.CharField(max_length=10, blank=True, help_text=_("empty: none needed; asked, ready, failed"))
    label_url = models.URLField(max_length=1000, blank=True)
    label_code = models.CharField(max_length=200, blank=True, help_text=_("what the code to show at the counter says"))
    label_error = models.CharField(max_length=300, blank=True)
    label_provider = models.CharField(max_length=20, blank=True)
    label_provider_id = models.CharField(max_length=100, blank=True)
    label_cost = money_field()
    carrier = models.CharField(max_length=80, blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    shipment = models.ForeignKey(Shipment, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)

    requested_at = models.DateTimeField()
    answer_by = models.DateField(null=True, blank=True, help_text=_("the day we told the shopper to have decided by"))
    hand_over_by = models.DateField(null=True, blank=True)
    arrive_by = models.DateField(null=True, blank=True)
    inspect_by = models.DateField(null=True, blank=True)
    refund_by = models.DateField(null=True, blank=True)
    bank_by = models.DateField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text=_("why it is not possible, in words for the shopper"))
    next_best = models.CharField(max_length=20, blank=True, help_text=_("warranty, sell_on, donate or ask"))
    question = models.CharField(max_length=500, blank=True)
    answer = models.CharField(max_length=1_000, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    inspected_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("closed, called off, declined or expired"))
    reminded_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True, help_text=_("when staff were told that a promised day has passed"))
    check_at = models.DateTimeField(null=True, blank=True, help_text=_("when the sweep looks again; empty: nothing left to happen by time"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_return_public"),
            models.UniqueConstraint(fields=["merchant", "rma"], name="returns_return_rma"),
        ]
        indexes = [
            models.Index(fields=["merchant", "order", "-requested_at", "-id"], name="returns_return_of_order"),
            models.Index(fields=["merchant", "state", "requested_at", "id"], name="returns_return_queue"),
            models.Index(fields=["merchant", "-requested_at", "-id"], name="returns_return_newest"),
            models.Index(fields=["merchant", "shipment"], name="returns_return_shipment", condition=models.Q(shipment__isnull=False)),
            models.Index(fields=["merchant", "check_at"], name="returns_return_check", condition=models.Q(check_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.rma


class ReturnLine(MerchantModel):
    """Some units of one order line that go back, why, and what was agreed for them. `amount` is what was promised."""

    case = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines", db_constraint=False)
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="return_lines", db_constraint=False)
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=30)
    reason_kind = models.CharField(max_length=5, choices=ReasonKind.choices)
    note = models.CharField(max_length=500, blank=True, help_text=_("the shopper's own words"))
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    amount = money_field()
    fee = money_field()
    bonus = money_field()
    deduction = money_field()
    decided = models.JSONField(default=dict, help_text=_("what the policy said that day: until, rules, version"))
    quantity_received = models.PositiveIntegerField(default=0)
    quantity_accepted = models.PositiveIntegerField(default=0)
    condition = models.CharField(max_length=8, choices=Condition.choices, blank=True)
    is_resellable = models.BooleanField(null=True)
    restocked_at = models.DateTimeField(null=True, blank=True)
    found = models.CharField(max_length=500, blank=True, help_text=_("the warehouse's words"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, quantity_accepted__lte=models.F("quantity_received")), name="returns_returnline_quantity"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gte=0, fee__gte=0, bonus__gte=0, deduction__gte=0), name="returns_returnline_amounts"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "order_line"], name="returns_line_of_orderline")]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_line_id}"


class Claim(MerchantModel):
    """A fault of ours: something came damaged, wrong, not at all, or does not work any more."""

    public_id = public_id_field()
    number = models.CharField(max_length=20)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="claims", db_constraint=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    case = models.ForeignKey(
        Return, on_delete=models.SET_NULL, null=True, related_name="claims", db_constraint=False, help_text=_("the goods on their way back")
    )
    kind = models.CharField(max_length=8, choices=ClaimKind.choices, default=ClaimKind.DELIVERY)
    problem = models.CharField(max_length=12, choices=Problem.choices)
    state = models.CharField(max_length=12, choices=ClaimState.choices, default=ClaimState.OPEN)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    wanted = models.CharField(max_length=12, choices=Outcome.choices, blank=True, help_text=_("what the shopper would like"))
    resolution = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    note = models.CharField(max_length=1_000, blank=True, help_text=_("the shopper's own words"))
    question = models.CharField(max_length=500, blank=True)
    answer = models.CharField(max_length=1_000, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text=_("why it is not possible, in words for the shopper"))
    next_best = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3)
    amount = money_field()
    opened_at = models.DateTimeField()
    answer_by = models.DateField()
    settle_by = models.DateField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_claim_public"),
            models.UniqueConstraint(fields=["merchant", "number"], name="returns_claim_number"),
        ]
        indexes = [
            models.Index(fields=["merchant", "order", "-opened_at", "-id"], name="returns_claim_of_order"),
            models.Index(fields=["merchant", "state", "answer_by", "id"], name="returns_claim_queue"),
        ]

    def __str__(self) -> str:
        return self.number


class ClaimLine(MerchantModel):
    """How many units of an order line a claim is about."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="lines", db_constraint=False)
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="claim_lines", db_constraint=False)
    quantity = models.PositiveIntegerField()

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "claim", "order_line"], name="returns_claimline_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="returns_claimline_quantity"),
        ]
        indexes = [models.Index(fields=["merchant", "order_line"], name="returns_claim_of_orderline")]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_line_id}"


class Exchange(MerchantModel):
    """What goes out instead: for a line that comes back, or to make up for a claim. Held until it is ordered or released."""

    public_id = public_id_field()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="exchanges", db_constraint=False)
    line = models.ForeignKey(ReturnLine, on_delete=models.CASCADE, null=True, related_name="exchanges", db_constraint=False)
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, null=True, related_name="exchanges", db_constraint=False)
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    variant = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    title = models.CharField(max_length=300)
    variant_title = models.CharField(max_length=200, blank=True)
    sku = models.CharField(max_length=100, blank=True)
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=ExchangeState.choices, default=ExchangeState.RESERVED)
    currency = models.CharField(max_length=3)
    difference = models.DecimalField(
        max_digits=16, decimal_places=4, default=0, help_text=_("above zero: the shopper pays; below: gets back")
    )
    reserved_until = models.DateTimeField(null=True, blank=True)
    ship_by = models.DateField(null=True, blank=True)
    arrive_by = models.DateField(null=True, blank=True)
    external_id = models.CharField(max_length=100, blank=True, help_text=_("the new order, as the shop knows it"))
    new_order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    ordered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_exchange_public"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="returns_exchange_quantity"),
            models.CheckConstraint(
                condition=models.Q(line__isnull=True) ^ models.Q(claim__isnull=True), name="returns_exchange_for_one_of_both"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "product"], name="returns_exchange_held", condition=models.Q(state__in=["reserved", "asked"])),
            models.Index(fields=["merchant", "new_order"], name="returns_exchange_new", condition=models.Q(new_order__isnull=False)),
            models.Index(fields=["merchant", "order", "id"], name="returns_exchange_of_order"),
            models.Index(
                fields=["merchant", "arrive_by"],
                name="returns_exchange_late",
                condition=models.Q(state__in=["asked", "ordered", "shipped"]),
            ),
            models.Index(fields=["merchant", "reserved_until"], name="returns_exchange_ends", condition=models.Q(state="reserved")),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"


class Withdrawal(MerchantModel):
    """A shopper's statement that they withdraw from a contract: who, which order, which part, and when. Kept as it was made."""

    public_id = public_id_field()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="withdrawals", db_constraint=False)
    case = models.ForeignKey(Return, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    name = models.CharField(max_length=160)
    order_number = models.CharField(max_length=60, help_text=_("as it was typed"))
    email = models.CharField(max_length=254)
    scope = models.CharField(max_length=1_000, blank=True, help_text=_("which part, in the shopper's words; empty: the whole contract"))
    lines = models.JSONField(default=dict, blank=True, help_text=_("order line's public id -> quantity; empty: all"))
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=WithdrawalState.choices, default=WithdrawalState.DECLARED)
    declared_at = models.DateTimeField()
    until = models.DateField(null=True, blank=True, help_text=_("last day it was possible; empty: nobody knows yet"))
    counted_from = models.DateField(null=True, blank=True, help_text=_("the day the last parcel came; empty: not known"))
    receipt = models.TextField(help_text=_("the acknowledgement, word for word"))
    refund_by = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text=_("why it has no effect, in words for the shopper"))
    settled_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_withdrawal_public")]
        indexes = [
            models.Index(fields=["merchant", "-declared_at", "-id"], name="returns_withdrawal_newest"),
            models.Index(fields=["merchant", "order"], name="returns_withdrawal_of_order"),
        ]

    def __str__(self) -> str:
        return self.order_number


class MoneyBack(MerchantModel):
    """One step of money on its way back, asked of the shop under this row's id: asked twice, it is still one refund."""

    public_id = public_id_field()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="moneys_back", db_constraint=False)
    case = models.ForeignKey(Return, on_delete=models.CASCADE, null=True, related_name="moneys", db_constraint=False)
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, null=True, related_name="moneys", db_constraint=False)
    way = models.CharField(max_length=8, choices=MoneyWay.choices)
    stage = models.PositiveSmallIntegerField(default=1)
    amount = money_field()
    bonus = money_field()
    currency = models.CharField(max_length=3)
    lines = models.JSONField(default=dict, help_text=_("order line's id -> units it pays for"))
    restock = models.JSONField(default=dict, blank=True, help_text=_("order line's id -> units to put back on the shelf"))
    state = models.CharField(max_length=10, choices=MoneyState.choices, default=MoneyState.DUE)
    due_by = models.DateField()
    bank_by = models.DateField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    external_id = models.CharField(max_length=100, blank=True)
    refund = models.ForeignKey(Refund, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    credit_code = models.CharField(max_length=100, blank=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_moneyback_public"),
            models.UniqueConstraint(fields=["merchant", "case", "way", "stage"], name="returns_moneyback_stage_of_case"),
            models.UniqueConstraint(fields=["merchant", "claim", "way", "stage"], name="returns_moneyback_stage_of_claim"),
            models.UniqueConstraint(fields=["merchant", "refund"], name="returns_moneyback_refund_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="returns_moneyback_amount"),
        ]
        indexes = [
            models.Index(fields=["merchant", "order", "id"], name="returns_moneyback_of_order"),
            models.Index(
                fields=["merchant", "due_by"], name="returns_moneyback_open", condition=models.Q(state__in=["due", "asked", "failed"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.order_id}"


class CasePhoto(PictureUpload):
    """One picture of what came or what went back."""

    line = models.ForeignKey(ReturnLine, on_delete=models.CASCADE, null=True, related_name="photos", db_constraint=False)
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, null=True, related_name="photos", db_constraint=False)
    is_of_staff = models.BooleanField(default=False)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "public_id"], name="returns_photo_public")]
        indexes = [
            models.Index(fields=["merchant", "order", "id"], name="returns_photo_of_order"),
            models.Index(fields=["merchant", "created_at"], name="returns_photo_loose", condition=models.Q(line=None, claim=None)),
        ]


class CaseChange(MerchantModel):
    """One line of a case's history. Never updated."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    case = models.ForeignKey(Return, on_delete=models.CASCADE, null=True, related_name="changes", db_constraint=False)
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, null=True, related_name="changes", db_constraint=False)
    step = models.CharField(max_length=14, choices=Step.choices)
    at = models.DateTimeField()
    origin = models.CharField(max_length=8, choices=Origin.choices, blank=True)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    data = models.JSONField(default=dict, help_text=_("facts of the change, no personal data"))

    class Meta(MerchantModel.Meta):
        indexes = [
            models.Index(fields=["merchant", "case", "at", "id"], name="returns_change_of_case"),
            models.Index(fields=["merchant", "claim", "at", "id"], name="returns_change_of_claim"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.at:%Y-%m-%d}"


class ParcelAnswer(MerchantModel):
    """What the shopper said when a parcel was delivered: all fine, or a problem. The last word counts."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    answer = models.CharField(max_length=12, help_text=_("fine, or a problem"))
    at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "shipment"], name="returns_parcelanswer_once")]

    def __str__(self) -> str:
        return f"{self.answer} of {self.shipment_id}"
