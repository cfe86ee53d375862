"""What shoppers say about products, delivery and service, gathered under themes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from customers.models import Customer
from merchants.models import MerchantModel
from orders.models import Order
from reviews.types import Source, ThemeArea, ThemeState


class Theme(MerchantModel):
    """Something several shoppers raise. A voice belongs to it when it holds one of its words in its language, or by hand."""

    key = models.SlugField(max_length=40)
    area = models.CharField(max_length=8, choices=ThemeArea.choices, default=ThemeArea.PRODUCT)
    names = models.JSONField(default=dict, help_text=_("language -> name"))
    words = models.JSONField(default=dict, help_text=_("language -> words and phrases; a star at the end stands for any ending"))
    state = models.CharField(max_length=7, choices=ThemeState.choices, default=ThemeState.OPEN)
    note = models.JSONField(default=dict, help_text=_("language -> what was done, told to those who raised it"))
    product_key = models.CharField(max_length=120, blank=True, help_text=_("what was done, was done about this product; empty: about all"))
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "key"], name="reviews_theme_key")]

    def __str__(self) -> str:
        return self.key


class Voice(MerchantModel):
    """Words a shopper wrote somewhere, as themes are found in them."""

    source = models.CharField(max_length=6, choices=Source.choices)
    source_id = models.CharField(max_length=60)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    product_key = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10, blank=True)
    text = models.TextField(max_length=6_000)
    said_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "source", "source_id"], name="reviews_voice_once")]
        indexes = [
            models.Index(fields=["merchant", "-said_at", "-id"], name="reviews_voice_newest"),
            models.Index(fields=["merchant", "product_key", "-said_at"], name="reviews_voice_of_product"),
            models.Index(fields=["merchant", "customer"], name="reviews_voice_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.source_id}"


class ThemeMark(MerchantModel):
    """A voice under a theme: by which of its words, or by hand. What staff took away stays away."""

    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="marks", db_constraint=False)
    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="marks", db_constraint=False)
    found = models.JSONField(default=list, help_text=_("the words it was found by"))
    is_by_hand = models.BooleanField(default=False)
    is_off = models.BooleanField(default=False)
    said_at = models.DateTimeField()
    product_key = models.CharField(max_length=120, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text=_("when its author was told that something was done"))

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "theme", "voice"], name="reviews_thememark_once")]
        indexes = [
            models.Index(fields=["merchant", "theme", "-said_at"], name="reviews_mark_of_theme"),
            models.Index(fields=["merchant", "product_key", "said_at"], name="reviews_mark_of_product"),
        ]

    def __str__(self) -> str:
        return f"{self.theme_id} {self.voice_id}"
