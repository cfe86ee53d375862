"""Stock-taking: each hour's events, deliveries, messages, tries and acceptances beside each other, as in a shop's books."""

from django.db import models

from merchants.models import MerchantModel

GAPS = ("undelivered", "undone", "unproven", "unrecorded", "doubled", "stuck")


class StockTaking(MerchantModel):
    """One merchant's hour. The second half belongs at 0: each of it is work that was lost, doubled or forgotten."""

    hour = models.DateTimeField(help_text="when it began, by the database's clock")
    taken_at = models.DateTimeField()
    events = models.PositiveIntegerField(default=0, help_text="that shoppers may be told about")
    deliveries = models.PositiveIntegerField(default=0, help_text="of these events to the room of messages")
    messages = models.PositiveIntegerField(default=0, help_text="decided, sent and withheld")
    tries = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0, help_text="tries a provider accepted")
    undelivered = models.PositiveIntegerField(default=0, help_text="events without their delivery")
    undone = models.PositiveIntegerField(default=0, help_text="deliveries of the hour nobody has handled yet")
    unproven = models.PositiveIntegerField(default=0, help_text="messages called sent that no provider accepted")
    unrecorded = models.PositiveIntegerField(default=0, help_text="accepted tries whose message is not called sent")
    doubled = models.PositiveIntegerField(default=0, help_text="messages accepted twice that are not flagged")
    stuck = models.PositiveIntegerField(default=0, help_text="messages in a worker's hands for longer than any worker holds them")

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "hour"], name="notifications_stock_once")]
        indexes = [models.Index(fields=["hour"], name="notifications_stock_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:%M}"

    @property
    def difference(self) -> int:
        """Everything that does not add up."""
        return sum(getattr(self, name) for name in GAPS)
