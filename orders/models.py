"""Orders as the shop tells them, what changed and when, and the dates we promised."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from customers.models import Customer
from customers.types import Channel
from merchants.models import MerchantModel, public_id_field
from orders.types import AdditionState, Change, Fulfilment, OrderState, PaymentState, PromiseKind, RequestKind, RequestState


def money_field() -> "models.DecimalField[Decimal | int, Decimal]":
    return models.DecimalField(max_digits=16, decimal_places=4, default=0)


class FulfilmentPolicy(MerchantModel):
    """How fast the merchant's warehouse works: what every promise before the first scan is computed from."""

    handling_days = models.PositiveSmallIntegerField(default=1, help_text=_("working days from order to hand-over"))
    rush_days = models.PositiveSmallIntegerField(default=0, help_text=_("working days added in a rush: the longest delay"))
    cutoff_hour = models.PositiveSmallIntegerField(default=14, help_text=_("orders after this local hour count as the next working day"))
    cutoffs = ArrayField(
        models.PositiveSmallIntegerField(),
        size=7,
        default=list,
        blank=True,
        help_text=_("the hours from Monday to Sunday, where they differ: seven numbers; empty: the same each day"),
    )
    additions_hours = models.PositiveSmallIntegerField(
        default=4, help_text=_("how long after the order an item may be added to the same parcel; 0: never")
    )
    refund_days = models.PositiveSmallIntegerField(
        default=5, help_text=_("working days until the money of a cancelled order is sent back: what the shopper is promised")
    )
    works_saturday = models.BooleanField(default=False)
    transit_days_min = models.PositiveSmallIntegerField(default=1)
    transit_days_max = models.PositiveSmallIntegerField(default=3)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant"], name="orders_fulfilmentpolicy_one"),
            models.CheckConstraint(condition=models.Q(cutoffs__len__in=[0, 7]), name="orders_fulfilmentpolicy_week"),
        ]
        verbose_name_plural = _("fulfilment policy")

    def __str__(self) -> str:
        return f"{self.handling_days}+{self.transit_days_max} days"


class Order(MerchantModel):
    """One order of one shop. Amounts are in `currency`; addresses are plain JSON of `types.Address`."""

    public_id = public_id_field()
    track_token = public_id_field()
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=100)
    number = models.CharField(max_length=60)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="orders", db_constraint=False)

    state = models.CharField(max_length=12, choices=OrderState.choices, default=OrderState.PLACED)
    payment_state = models.CharField(max_length=20, choices=PaymentState.choices, default=PaymentState.PENDING)
    fulfilment = models.CharField(max_length=12, choices=Fulfilment.choices, default=Fulfilment.UNFULFILLED)
    is_imported = models.BooleanField(default=False, help_text=_("history: no messages for what happened before the import"))

    currency = models.CharField(max_length=3)
    total = money_field()
    subtotal = money_field()
    discount_total = money_field()
    shipping_total = money_field()
    tax_total = money_field()
    refunded_total = money_field()
    paid_total = money_field()
    taxes_included = models.BooleanField(default=True)

    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=10, blank=True)
    shipping_address = models.JSONField(default=dict)
    billing_address = models.JSONField(default=dict)
    shipping_method = models.CharField(max_length=120, blank=True)

    placed_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True)
    source_updated_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    ship_by = models.DateField(null=True, blank=True, help_text=_("latest dispatch day promised, in the merchant's zone"))
    arrive_from = models.DateField(null=True, blank=True)
    arrive_by = models.DateField(null=True, blank=True)
    packed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when its first parcel was told: nothing is added to it after that")
    )
    additions_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when an item was first asked for or last added through us: older news does not know of it")
    )
    archived_at = models.DateTimeField(null=True, blank=True, help_text=_("put away by the shopper: not in the list unless looked for"))
    link_epoch = models.PositiveSmallIntegerField(default=0, help_text=_("raised to revoke every order link sent so far"))
    gift_epoch = models.PositiveSmallIntegerField(default=0, help_text=_("raised to revoke every gift link made so far"))
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text=_("personal data removed: what the shop tells since brings none back")
    )

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "source", "external_id"], name="orders_order_external"),
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_order_public"),
            models.UniqueConstraint(fields=["merchant", "track_token"], name="orders_order_track"),
            models.CheckConstraint(condition=models.Q(total__gte=0, refunded_total__gte=0), name="orders_order_amounts"),
        ]
        indexes = [
            models.Index(fields=["merchant", "-placed_at", "-id"], name="orders_order_newest"),
            models.Index(fields=["merchant", "number"], name="orders_order_number"),
            models.Index(fields=["merchant", "customer", "-placed_at", "-id"], name="orders_order_of_customer"),
            models.Index(fields=["merchant", "state", "-placed_at", "-id"], name="orders_order_by_state"),
            models.Index(
                fields=["merchant", "ship_by"],
                name="orders_order_unsent",
                condition=models.Q(state="confirmed", ship_by__isnull=False) & ~models.Q(fulfilment="fulfilled"),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(MerchantModel):
    """What was bought, as it was sold that day."""

    public_id = public_id_field()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_constraint=False)
    external_id = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField()
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    title = models.CharField(max_length=300)
    variant_title = models.CharField(max_length=200, blank=True)
    sku = models.CharField(max_length=100, blank=True)
    variant_external_id = models.CharField(max_length=100, blank=True, help_text=_("what the shop's cart calls it, where it has a cart"))
    options = models.JSONField(default=dict)
    image_url = models.URLField(blank=True, max_length=1000)
    requires_shipping = models.BooleanField(default=True)
    quantity = models.PositiveIntegerField()
    quantity_removed = models.PositiveIntegerField(default=0, help_text=_("cancelled or refunded before dispatch"))
    quantity_fulfilled = models.PositiveIntegerField(default=0)
    unit_price = money_field()
    discount = money_field()
    tax = money_field()
    total = money_field()

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "order", "external_id"], name="orders_orderline_external"),
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_orderline_public"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, quantity_removed__lte=models.F("quantity")), name="orders_orderline_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"


class Payment(MerchantModel):
    """What was paid how. The method is masked before it reaches us: brand and last four."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="payments", db_constraint=False)
    external_id = models.CharField(max_length=100)
    method = models.CharField(max_length=60)
    last4 = models.CharField(max_length=4, blank=True)
    amount = money_field()
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "order", "external_id"], name="orders_payment_external")]

    def __str__(self) -> str:
        return f"{self.method} {self.last4}".strip()


class Refund(MerchantModel):
    """Money the shop sent back."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="refunds", db_constraint=False)
    external_id = models.CharField(max_length=100)
    amount = money_field()
    note = models.CharField(max_length=300, blank=True)
    lines = models.JSONField(default=dict, help_text=_("external line id -> quantity"))
    refunded_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "order", "external_id"], name="orders_refund_external")]

    def __str__(self) -> str:
        return f"{self.amount} of {self.order_id}"


class OrderChange(MerchantModel):
    """One line of the history a shopper can read. Never updated."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="changes", db_constraint=False)
    kind = models.CharField(max_length=20, choices=Change.choices)
    at = models.DateTimeField()
    data = models.JSONField(default=dict, help_text=_("facts of the change, no personal data"))

    class Meta(MerchantModel.Meta):
        indexes = [models.Index(fields=["merchant", "order", "at", "id"], name="orders_change_in_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"


class Promise(MerchantModel):
    """A date we told somebody: what, when said, where it came from, and whether it held."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="promises", db_constraint=False)
    subject = models.CharField(max_length=60, help_text=_("'order' or 'shipment:<id>'"))
    kind = models.CharField(max_length=20, choices=PromiseKind.choices)
    date = models.DateField()
    said_at = models.DateTimeField()
    source = models.CharField(max_length=20, help_text=_("merchant, carrier or learned"))
    is_kept = models.BooleanField(null=True)

    class Meta(MerchantModel.Meta):
        indexes = [
            models.Index(fields=["merchant", "order", "kind", "said_at"], name="orders_promise_in_order"),
            models.Index(fields=["merchant", "date"], name="orders_promise_open", condition=models.Q(is_kept__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.date}"


class Addition(MerchantModel):
    """An item the shopper wants in the same parcel, at no extra postage. The shop confirms it, and charges for it, or refuses."""

    public_id = public_id_field()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="additions", db_constraint=False)
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    product_external_id = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    quantity = models.PositiveIntegerField(default=1)
    unit_price = money_field()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=AdditionState.choices, default=AdditionState.REQUESTED)
    reason = models.CharField(max_length=200, blank=True, help_text=_("why it was refused, in words for the shopper"))
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            # One press of the button is one item, however often it is pressed.
            models.UniqueConstraint(fields=["merchant", "order", "product_external_id"], name="orders_addition_once"),
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_addition_public"),
        ]
        indexes = [
            models.Index(fields=["merchant", "requested_at", "id"], name="orders_addition_open", condition=models.Q(state="requested"))
        ]

    def __str__(self) -> str:
        return f"{self.title} for {self.order_id}"


class OrderRequest(MerchantModel):
    """What a shopper asks of an order that is not packed yet: to cancel it, or another address. The shop decides."""

    public_id = public_id_field()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="requests", db_constraint=False)
    kind = models.CharField(max_length=10, choices=RequestKind.choices)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.REQUESTED)
    cause = models.CharField(max_length=20, blank=True, help_text=_("why the shopper wants it, a code"))
    note = models.CharField(max_length=300, blank=True, help_text=_("the shopper's own words"))
    address = models.JSONField(default=dict, help_text=_("the address asked for"))
    reason = models.CharField(max_length=200, blank=True, help_text=_("why it was refused, in words for the shopper"))
    requested_at = models.DateTimeField()
    answer_by = models.DateField(help_text=_("the day we told the shopper to have an answer by"))
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="orders_request_public"),
            models.UniqueConstraint(
                fields=["merchant", "order", "kind"], condition=models.Q(state="requested"), name="orders_request_one_open"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "order", "-requested_at", "-id"], name="orders_request_of_order"),
            models.Index(fields=["merchant", "answer_by", "id"], name="orders_request_open", condition=models.Q(state="requested")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.order_id}"


class LookUp(MerchantModel):
    """Somebody looks for an order by its number and an e-mail address or telephone number. Stored for hits and misses alike."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="look_ups", db_constraint=False)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    nonce = models.CharField(max_length=22, help_text=_("the code derives from it"))
    browser_fingerprint = models.CharField(max_length=64, help_text=_("the code works only in the browser that asked"))
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta(MerchantModel.Meta):
        indexes = [models.Index(fields=["merchant", "browser_fingerprint", "-created_at", "-id"], name="orders_lookup_newest")]

    def __str__(self) -> str:
        return f"look-up {self.pk}"


class GuestAccess(MerchantModel):
    """A browser that proved by a code that it may see one order. The cookie holds a token, the row its fingerprint."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="guests", db_constraint=False)
    channel = models.CharField(max_length=10, choices=Channel.choices, help_text=_("what was proven: the e-mail address or the number"))
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "fingerprint"], name="orders_guestaccess_fingerprint")]
        indexes = [models.Index(fields=["merchant", "order", "id"], name="orders_guestaccess_of")]

    def __str__(self) -> str:
        return f"guest {self.pk}"


class PictureUpload(MerchantModel):
    """A picture about an order, re-encoded by us: no place, no time, no camera in it. Upper rooms say what it belongs to."""

    public_id = public_id_field()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    size = models.PositiveIntegerField(default=0, help_text=_("bytes told before the upload"))
    received = models.PositiveIntegerField(default=0, help_text=_("bytes here so far; an upload broken off goes on from here"))
    body = models.BinaryField(default=bytes, help_text=_("JPEG once it is whole"))
    width = models.PositiveSmallIntegerField(default=0)
    height = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.public_id
