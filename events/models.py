"""The event road's two tables, and the columns every queue table shares."""

from django.db import models
from django.db.models.functions import Now

from merchants.models import MerchantModel


class Work(models.TextChoices):
    """States of a piece of queued work."""

    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class QueueRow(MerchantModel):
    """A row that is its own queue entry. While running, `due_at` is the end of the lease."""

    due_at = models.DateTimeField()
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta(MerchantModel.Meta):
        abstract = True


class Event(MerchantModel):
    """Something that happened, written in the transaction that made it happen."""

    type = models.CharField(max_length=80)
    payload = models.JSONField(help_text="ids and facts that may change later; no personal data")
    thread = models.BigIntegerField(null=True, help_text="the payload's order: what belongs to one story, readable by an index")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(MerchantModel.Meta):
        indexes = [
            models.Index(fields=["merchant", "type", "-occurred_at"], name="events_event_by_type"),
            models.Index(fields=["merchant", "thread", "id"], name="events_event_in_thread", condition=models.Q(thread__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class Delivery(QueueRow):
    """One event to be handled by one handler."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False)
    handler = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=Work.choices, default=Work.READY)
    finished_at = models.DateTimeField(null=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "event", "handler"], name="events_delivery_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], name="events_delivery_due", condition=models.Q(state__in=["ready", "running"])),
            # Turn by turn when more is due than one claim takes.
            models.Index(
                fields=["merchant", "due_at", "id"], name="events_delivery_turn", condition=models.Q(state__in=["ready", "running"])
            ),
            models.Index(fields=["merchant", "-due_at"], name="events_delivery_dead", condition=models.Q(state="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.handler} for {self.event_id}"
