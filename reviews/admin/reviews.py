"""Reviews in the admin: to look up, never to change. Stars show once it is decided whether the text is published."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from merchants.admin import MerchantAdmin, ReadOnlyInline, site, stamp
from merchants.types import Area
from reviews.models import Review, ReviewChange
from reviews.models.ratings import Rating
from reviews.types import ReviewState

SHOWN = (ReviewState.PUBLISHED, ReviewState.REJECTED, ReviewState.WITHDRAWN)


class ReviewChanges(ReadOnlyInline):
    model = ReviewChange
    area = Area.ORDERS
    fields = ["step", "when", "ground", "note", "who"]
    verbose_name_plural = _("story")
    ordering = ["at", "pk"]

    @admin.display(description=_("When"))
    def when(self, row: ReviewChange) -> str:
        return stamp(row.at)

    @admin.display(description=_("By"))
    def who(self, row: ReviewChange) -> str:
        return str(row.user) if row.user else "–"


@admin.register(Review, site=site)
class ReviewAdmin(MerchantAdmin):
    """Stars have no column and no filter: nobody can pick reviews by them."""

    area = Area.ORDERS
    icon, order, menu = "reviews", 55, _("Reviews")
    actions = None
    list_display = ["public_id", "product_title", "author", "state", "ground", "is_verified", "is_incentivised", "written"]
    list_filter = ["state", "ground", "origin", "is_verified", "is_incentivised", "language"]
    search_fields = ["public_id", "product_key", "order__number"]
    search_help_text = _("the whole number of a review, a product or an order")
    ordering = ["-written_at", "-pk"]
    inlines = [ReviewChanges]
    readonly_fields = ["desk", "stars", "written", "decided", "published", "withdrawn"]
    fields = [
        "desk",
        "stars",
        "state",
        "ground",
        "product_title",
        "variant_title",
        "order",
        "author",
        "language",
        "title",
        "text",
        "pros",
        "cons",
        "fit",
        "is_verified",
        "is_incentivised",
        "origin",
        "origin_name",
        "can_share",
        "is_edited",
        "helpful",
        "unhelpful",
        "written",
        "decided",
        "published",
        "withdrawn",
    ]

    @admin.display(description=_("Desk"))
    def desk(self, row: Review) -> str:
        return format_html('<a class="underline" href="{}">{}</a>', reverse("dashboard:review", args=[row.pk]), _("Open it"))

    @admin.display(description=_("Stars"))
    def stars(self, row: Review) -> str:
        if row.state not in SHOWN:
            return str(_("shown once it is decided"))
        rating = Rating.objects.filter(review=row).first()
        return f"{rating.stars} / 5" if rating else "–"

    @admin.display(description=_("Written"), ordering="written_at")
    def written(self, row: Review) -> str:
        return stamp(row.written_at)

    @admin.display(description=_("Decided"))
    def decided(self, row: Review) -> str:
        return stamp(row.decided_at, _("not yet"))

    @admin.display(description=_("Published"))
    def published(self, row: Review) -> str:
        return stamp(row.published_at, _("not yet"))

    @admin.display(description=_("Taken back"))
    def withdrawn(self, row: Review) -> str:
        return stamp(row.withdrawn_at, "–")
