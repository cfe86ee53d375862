import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.operations import RunSQL

import merchants.scope
from merchants.isolation import grant_to_relay, isolate


def number():
    return models.PositiveIntegerField(default=0)


class Migration(migrations.Migration):
    dependencies = [("events", "0006_station"), ("merchants", "0004_my_account"), ("notifications", "0009_reviews")]
    operations = [
        migrations.CreateModel(
            name="StockTaking",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField(help_text="when it began, by the database's clock")),
                ("taken_at", models.DateTimeField()),
                ("events", models.PositiveIntegerField(default=0, help_text="that shoppers may be told about")),
                ("deliveries", models.PositiveIntegerField(default=0, help_text="of these events to the room of messages")),
                ("messages", models.PositiveIntegerField(default=0, help_text="decided, sent and withheld")),
                ("tries", number()),
                ("accepted", models.PositiveIntegerField(default=0, help_text="tries a provider accepted")),
                ("undelivered", models.PositiveIntegerField(default=0, help_text="events without their delivery")),
                ("undone", models.PositiveIntegerField(default=0, help_text="deliveries of the hour nobody has handled yet")),
                ("unproven", models.PositiveIntegerField(default=0, help_text="messages called sent that no provider accepted")),
                ("unrecorded", models.PositiveIntegerField(default=0, help_text="accepted tries whose message is not called sent")),
                ("doubled", models.PositiveIntegerField(default=0, help_text="messages accepted twice that are not flagged")),
                (
                    "stuck",
                    models.PositiveIntegerField(default=0, help_text="messages in a worker's hands for longer than any worker holds them"),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        default=merchants.scope.current_merchant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
            ],
            managers=[("objects", models.Manager()), ("all_merchants", models.Manager())],
            options={
                "abstract": False,
                "base_manager_name": "all_merchants",
                "indexes": [models.Index(fields=["hour"], name="notifications_stock_hour")],
                "constraints": [models.UniqueConstraint(fields=["merchant", "hour"], name="notifications_stock_once")],
            },
        ),
        isolate("notifications_stocktaking"),
        # To count, and nothing more: ids, states, times and names of outcomes.
        grant_to_relay("notifications_stocktaking", "select, insert, update"),
        RunSQL(
            "grant usage on sequence notifications_stocktaking_id_seq to relay",
            "revoke usage on sequence notifications_stocktaking_id_seq from relay",
        ),
        grant_to_relay("events_event", "select", "id, merchant_id, type, recorded_at"),
        grant_to_relay("events_delivery", "select", "event_id"),
        grant_to_relay("notifications_message", "select", "lookups, is_possible_duplicate"),
        grant_to_relay("notifications_attempt", "select", "id, merchant_id, message_id, fence, account_id, started_at, outcome"),
        grant_to_relay("notifications_callback", "select", "merchant_id, message_id, state"),
    ]
