from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """Rows of these tables lie in the order of their time, so that an index of a few kilobytes finds an hour among millions."""

    atomic = False
    dependencies = [("notifications", "0010_stock_taking")]
    operations = [
        AddIndexConcurrently("message", BrinIndex(fields=["decided_at"], name="notifications_message_hours", pages_per_range=32)),
        AddIndexConcurrently("attempt", BrinIndex(fields=["started_at"], name="notifications_attempt_hours", pages_per_range=32)),
    ]
