# What is asked for, and how our calls to a connection do.

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import merchants.models
import merchants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0003_isolation"),
        ("merchants", "0001_initial"),
        ("tracking", "0002_isolation"),
    ]

    operations = [
        migrations.AlterField(
            "connection",
            "connector",
            models.CharField(help_text="shopify, woocommerce, easypost, aftership, shippo, 17track", max_length=30),
        ),
        migrations.AddField(
            "connection", "polls", models.BooleanField(default=False, help_text="we ask it for news, besides what it tells by itself")
        ),
        migrations.AddField("connection", "api_key", merchants.models.SecretField(blank=True, default=""), preserve_default=False),
        migrations.AddField(
            "connection",
            "trouble",
            models.CharField(blank=True, default="", help_text="why our calls to it fail", max_length=300),
            preserve_default=False,
        ),
        migrations.AddField("connection", "trouble_since", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("connection", "paused_until", models.DateTimeField(blank=True, help_text="it is not called before", null=True)),
        migrations.CreateModel(
            name="Poll",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
                ("fence", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("crashes", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("number", models.CharField(max_length=100)),
                ("carrier_code", models.CharField(blank=True, max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[("ready", "Ready"), ("running", "Running"), ("waiting", "Waiting"), ("done", "Done"), ("dead", "Dead")],
                        default="ready",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField(help_text="silence counts from here, or from the newest news")),
                ("registered_at", models.DateTimeField(blank=True, help_text="since when the vendor follows the number for us", null=True)),
                ("polled_at", models.DateTimeField(blank=True, help_text="last answer", null=True)),
                (
                    "ended_reason",
                    models.CharField(blank=True, help_text="silent, or the state that leaves nothing to ask for", max_length=20),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watched",
                        to="connectors.connection",
                    ),
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
                (
                    "shipment",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tracking.shipment"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "all_merchants",
                "constraints": [models.UniqueConstraint(fields=("merchant", "shipment"), name="connectors_poll_once")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["ready", "running"])), fields=["due_at", "id"], name="connectors_poll_due"
                    ),
                    models.Index(condition=models.Q(("state", "dead")), fields=["merchant", "-due_at"], name="connectors_poll_dead"),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_merchants", django.db.models.manager.Manager()),
            ],
        ),
    ]
