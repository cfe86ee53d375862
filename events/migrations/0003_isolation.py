from django.db import migrations

from merchants.isolation import grant_to_relay, isolate, tune_queue


class Migration(migrations.Migration):
    dependencies = [("events", "0002_initial")]
    operations = [
        tune_queue("events_delivery"),
        isolate("events_event"),
        isolate("events_delivery", event="events_event"),
        grant_to_relay("events_delivery", "select", "id, merchant_id, state, due_at, fence, attempts, crashes, handler"),
        grant_to_relay("events_delivery", "update", "state, due_at, fence, attempts, crashes"),
    ]
