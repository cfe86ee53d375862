from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """Events lie in the order they were recorded in, so that an index of a few kilobytes finds an hour among millions."""

    atomic = False
    dependencies = [("events", "0006_station")]
    operations = [AddIndexConcurrently("event", BrinIndex(fields=["recorded_at"], name="events_event_hours", pages_per_range=32))]
