"""The event road's two tables, and the columns every queue table shares."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from merchants.models import BusyModel, MerchantModel


class Work(models.TextChoices):
    """States of a piece of queued work."""

    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class QueueRow(BusyModel):
    """A row that is its own queue entry. While running, `due_at` is the end of the lease."""

    due_at = models.DateTimeField()
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta(MerchantModel.Meta):
        abstract = True


class Station(models.Model):
    """The installation's one row: which database this is, when its relay was last awake, and whether sending is held.

    A restored copy carries the row of the database it was taken from. Its mark then is not the one of the database it lies in.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mark = models.CharField(max_length=80, blank=True)
    beat_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)
    held_why = models.CharField(max_length=20, blank=True)
    since = models.DateTimeField(null=True, help_text="what may have been sent since then is not known here")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="events_station_one")]

    def __str__(self) -> str:
        return self.held_why or "sending"


class Event(BusyModel):
    """Something that happened, written in the transaction that made it happen."""

    type = models.CharField(max_length=80)
    payload = models.JSONField(help_text="ids and facts that may change later; no personal data")
    thread = models.BigIntegerField(null=True, help_text="the payload's order: what belongs to one story, readable by an index")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(MerchantModel.Meta):
        indexes = [
            BrinIndex(fields=["recorded_at"], name="events_event_hours", pages_per_range=32),
            models.Index(fields=["merchant", "thread", "id"], name="events_event_in_thread", condition=models.Q(thread__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class Delivery(QueueRow):
    """One event to be handled by one handler."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False)
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
