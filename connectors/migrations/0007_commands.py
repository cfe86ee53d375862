# What shops and label makers are asked to do for returns.

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import merchants.scope
from merchants.isolation import grant_to_relay, isolate, tune_queue

OPEN = models.Q(("state__in", ["ready", "running"]))
STATES = [("ready", "Ready"), ("running", "Running"), ("waiting", "Waiting"), ("done", "Done"), ("dead", "Dead")]
KINDS = [
    ("refund", "Send money back"),
    ("credit", "Give store credit"),
    ("exchange", "Order a replacement"),
    ("label", "Make a return label"),
]


def mine(to: str, name: str) -> models.ForeignKey:
    return models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name=name, to=to)


class Migration(migrations.Migration):
    dependencies = [("connectors", "0006_turns"), ("orders", "0010_returns"), ("merchants", "0001_initial")]
    operations = [
        migrations.AlterField(
            "connection",
            "connector",
            models.CharField(help_text="shopify, woocommerce, easypost, aftership, shippo, 17track, webhook", max_length=30),
        ),
        migrations.AddField(
            "connection",
            "options",
            models.JSONField(blank=True, db_default={}, default=dict, help_text="what labels are made with: weight_oz, service"),
        ),
        migrations.CreateModel(
            name="Command",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
                ("fence", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("crashes", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("kind", models.CharField(choices=KINDS, max_length=10)),
                ("subject", models.BigIntegerField(help_text="id of the money, the exchange or the return")),
                ("key", models.CharField(max_length=22)),
                ("round", models.PositiveSmallIntegerField(default=1, help_text="asked anew after it was refused")),
                ("state", models.CharField(choices=STATES, default="ready", max_length=10)),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("external_id", models.CharField(blank=True, help_text="what the other side calls it", max_length=100)),
                ("outcome", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("connection", mine("connectors.connection", "commands")),
                ("order", mine("orders.order", "+")),
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
            options={
                "abstract": False,
                "base_manager_name": "all_merchants",
                "constraints": [models.UniqueConstraint(fields=("merchant", "kind", "key"), name="connectors_command_once")],
                "indexes": [
                    models.Index(condition=OPEN, fields=["due_at", "id"], name="connectors_command_due"),
                    models.Index(condition=OPEN, fields=["merchant", "due_at", "id"], name="connectors_command_turn"),
                    models.Index(condition=models.Q(("state", "dead")), fields=["merchant", "-due_at"], name="connectors_command_dead"),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_merchants", django.db.models.manager.Manager()),
            ],
        ),
        tune_queue("connectors_command"),
        isolate("connectors_command", connection="connectors_connection", order="orders_order"),
        grant_to_relay("connectors_command", "select", "id, merchant_id, state, due_at, fence, attempts, crashes"),
        grant_to_relay("connectors_command", "update", "state, due_at, fence, attempts, crashes"),
    ]
