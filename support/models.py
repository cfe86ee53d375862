"""Help articles in the merchant's words, what readers said of them, and what was counted. None of it holds a person."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantModel, User
from merchants.types import Language
from support.types import Stage, TextState

SLUG = RegexValidator(r"\A[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?\Z", _("small letters, digits and hyphens"))


class Article(MerchantModel):
    """One article: when it is shown and where it stands. A shipped one without a row is shown as it was shipped."""

    slug = models.CharField(max_length=60, validators=[SLUG])
    stages = ArrayField(models.CharField(max_length=20, choices=Stage.choices), help_text=_("the states of an order it is shown at"))
    position = models.PositiveSmallIntegerField(default=500, help_text=_("lower numbers come first; the shipped ones are 10, 20 ..."))
    is_hidden = models.BooleanField(default=False, help_text=_("not listed, not found, not opened by anybody"))
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "slug"], name="support_article_slug")]
        verbose_name = _("help article")
        verbose_name_plural = _("help articles")

    def __str__(self) -> str:
        return self.slug


class ArticleText(MerchantModel):
    """One version of an article in one language. What was published is never changed; the newest published one is shown."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="texts", db_constraint=False)
    language = models.CharField(max_length=10, choices=Language.choices)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=TextState.choices, default=TextState.DRAFT)
    title = models.CharField(max_length=120)
    lead = models.CharField(max_length=400, help_text=_("the answer in one or two sentences"))
    body = models.TextField(blank=True)
    folded_title = models.TextField(editable=False, help_text=_("what the search compares: lower case, no accents"))
    folded_text = models.TextField(editable=False)
    note = models.CharField(max_length=200, blank=True, help_text=_("what changed, in a few words"))
    revision = models.PositiveIntegerField(default=1, help_text=_("counts the saves of a draft, so that two editors notice each other"))
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "article", "language", "number"], name="support_text_number"),
            models.UniqueConstraint(
                fields=["merchant", "article", "language"], condition=models.Q(state="published"), name="support_text_published"
            ),
            models.UniqueConstraint(
                fields=["merchant", "article", "language"], condition=models.Q(state="draft"), name="support_text_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} {self.language} v{self.number}"


class Verdict(MerchantModel):
    """Whether an article helped: one per browser and article, the newest counts. `missing` is cut, without addresses and numbers."""

    slug = models.CharField(max_length=60)
    visit = models.CharField(max_length=64, help_text=_("fingerprint of the browser's random number"))
    stage = models.CharField(max_length=20, choices=Stage.choices)
    language = models.CharField(max_length=10)
    is_helpful = models.BooleanField()
    missing = models.CharField(max_length=300, blank=True, help_text=_("what the reader did not find"))
    at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "slug", "visit"], name="support_verdict_once")]
        indexes = [
            models.Index(fields=["merchant", "-at", "-id"], name="support_verdict_missing", condition=~models.Q(missing="")),
            models.Index(fields=["merchant", "at"], name="support_verdict_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.is_helpful}"


class Reading(MerchantModel):
    """An article one browser opened, kept until a day has passed without another. An empty slug: it opened the contact page."""

    visit = models.CharField(max_length=64, help_text=_("fingerprint of the browser's random number"))
    slug = models.CharField(max_length=60, blank=True)
    stage = models.CharField(max_length=20, choices=Stage.choices)
    at = models.DateTimeField()
    contacted_at = models.DateTimeField(null=True, help_text=_("when the reader opened the contact page, at most a day later"))

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "visit", "slug"], name="support_reading_once")]

    def __str__(self) -> str:
        return f"{self.slug or 'contact'} {self.stage}"


class DayCount(MerchantModel):
    """What a day came to, by article and state. An empty slug: contact pages opened (`reads`), visits that needed none (`avoided`)."""

    day = models.DateField(help_text=_("the merchant's local day of the reading"))
    slug = models.CharField(max_length=60, blank=True)
    stage = models.CharField(max_length=20, choices=Stage.choices)
    reads = models.IntegerField(default=0)
    helpful = models.IntegerField(default=0)
    unhelpful = models.IntegerField(default=0)
    contacts = models.IntegerField(default=0, help_text=_("readings followed by the contact page within a day"))
    avoided = models.IntegerField(default=0, help_text=_("readings about an order that were not"))

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "day", "slug", "stage"], name="support_daycount_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.slug} {self.stage}"


class SearchMiss(MerchantModel):
    """Words somebody looked for and found nothing: what the next article should be about."""

    language = models.CharField(max_length=10)
    text = models.CharField(max_length=80)
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "language", "text"], name="support_searchmiss_once")]
        indexes = [models.Index(fields=["merchant", "-last_at", "-id"], name="support_searchmiss_newest")]

    def __str__(self) -> str:
        return self.text
