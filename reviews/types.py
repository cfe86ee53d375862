"""Words of this room.

A shopper is asked per parcel (`Request`), writes one **Review** per bought line, and may answer a **Survey**. Stars lie apart from all
else (`models.ratings`): what asks, publishes, orders or rewards never reads them (`tests/architecture/test_blind.py`).
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Match(TextChoices):
    """What a rule about asking looks at."""

    TAG = "tag", _("Tag of the product")
    CATEGORY = "category", _("Type of the product")
    SKU = "sku", _("SKU")


class Moderation(TextChoices):
    """Which reviews wait for staff. Neither way looks at stars."""

    FLAGGED = "flagged", _("Only those a check found something in, and pictures")
    ALL = "all", _("All of them")


class RequestState(TextChoices):
    """Life of the question about one parcel."""

    WAITING = "waiting", _("Waits for its day")
    ASKED = "asked", _("Asked")
    DEFERRED = "deferred", _("Not received yet, asked again later")
    DONE = "done", _("Answered")
    ENDED = "ended", _("Over")


class Origin(TextChoices):
    """Where a review came from."""

    PORTAL = "portal", _("Written here")
    SHOP = "shop", _("Told by the shop")
    IMPORT = "import", _("Brought along from another system")


class ReviewState(TextChoices):
    """Life of a review."""

    PENDING = "pending", _("Waits for a look")
    PUBLISHED = "published", _("Published")
    REJECTED = "rejected", _("Not published")
    WITHDRAWN = "withdrawn", _("Taken back by its author")
    ERASED = "erased", _("Erased")


class Ground(TextChoices):
    """The published reasons for not publishing a text or a picture; there are no others (16 CFR 465.7, directive 2019/2161)."""

    PERSONAL_DATA = "personal_data", _("Names somebody or tells how to reach them")
    ABUSE = "abuse", _("Insults, threatens or is obscene")
    OFF_TOPIC = "off_topic", _("Is about something else")
    OTHER_PRODUCT = "other_product", _("Is about another product")
    UNLAWFUL = "unlawful", _("Breaks the law, advertises, or was not written by a buyer")


class Fit(TextChoices):
    """How it fits."""

    SMALL = "small", _("Runs small")
    TRUE = "true", _("True to size")
    LARGE = "large", _("Runs large")


class Step(TextChoices):
    """One line of a review's history."""

    WRITTEN = "written", _("Written")
    EDITED = "edited", _("Edited by its author")
    PUBLISHED = "published", _("Published")
    REJECTED = "rejected", _("Not published")
    RESTORED = "restored", _("Decision taken back")
    PHOTO_PUBLISHED = "photo_published", _("Picture published")
    PHOTO_REJECTED = "photo_rejected", _("Picture not published")
    WITHDRAWN = "withdrawn", _("Taken back")
    ERASED = "erased", _("Erased")
    REPLIED = "replied", _("Answered in public")
    REPLY_REMOVED = "reply_removed", _("Public answer removed")
    WROTE = "wrote", _("Written to the author")
    AUTHOR_WROTE = "author_wrote", _("The author wrote")
    THANKED = "thanked", _("Thanked with a coupon")


class PhotoState(TextChoices):
    """A picture is shown once somebody has looked at it."""

    PENDING = "pending", _("Waits for a look")
    PUBLISHED = "published", _("Published")
    REJECTED = "rejected", _("Not published")


class TaskState(TextChoices):
    """Life of a task that unhappy words gave rise to."""

    OPEN = "open", _("Open")
    SOLVED = "solved", _("Solved")
    DISMISSED = "dismissed", _("Nothing to do")


class Trigger(TextChoices):
    """What a survey follows."""

    NONE = "none", _("Nothing: by its link, or as a part of a message")
    DELIVERED = "delivered", _("A delivered parcel")
    CASE = "case", _("A return or claim that has ended")


class QuestionKind(TextChoices):
    """What is asked, and on which scale."""

    CSAT = "csat", _("How satisfied, 1 to 5")
    NPS = "nps", _("Would recommend, 0 to 10")
    CES = "ces", _("How easy it was, 1 to 7")
    CHOICE = "choice", _("One of several")
    OPEN = "open", _("In own words")


class Source(TextChoices):
    """Where words of a shopper come from."""

    REVIEW = "review", _("Review")
    SURVEY = "survey", _("Survey")
    RETURN = "return", _("Return")
    CLAIM = "claim", _("Claim")


class ThemeArea(TextChoices):
    """What a theme is about."""

    PRODUCT = "product", _("Product")
    DELIVERY = "delivery", _("Delivery")
    SERVICE = "service", _("Service")


class ThemeState(TextChoices):
    """What comes of a theme."""

    OPEN = "open", _("Being heard")
    PLANNED = "planned", _("Being worked on")
    DONE = "done", _("Done")


class WhyNot(TextChoices):
    """Why nothing can be written about a bought line."""

    WRITTEN = "written", _("You have reviewed it already.")
    NOT_DELIVERED = "not_delivered", _("It has not been delivered yet.")
    REMOVED = "removed", _("It was taken off the order before it was sent.")
    CANCELLED = "cancelled", _("The order was cancelled.")
    ERASED = "erased", _("The data of this order was erased.")


@dataclass(frozen=True, slots=True)
class Words:
    """What an author says about a product, without the stars. `author` is the name shown; empty: none."""

    text: str = ""
    title: str = ""
    pros: str = ""
    cons: str = ""
    fit: str = ""
    language: str = ""
    author: str = ""
    can_share: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a check found in the words: for which ground a person should look, in which field, and the very words."""

    ground: str
    check: str
    field: str
    found: str
