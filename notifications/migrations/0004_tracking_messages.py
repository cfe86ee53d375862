"""Messages about parcels, and the staff's own words."""

import django.db.models.deletion
from django.db import migrations, models

import merchants.scope
from merchants.isolation import isolate

KINDS = [
    ("order_confirmation", "Order confirmation"),
    ("thanks", "Thanks, with the dispatch date"),
    ("dispatch", "Parcel sent"),
    ("cancellation", "Order cancelled"),
    ("refund", "Refund sent"),
    ("sign_in", "Sign-in code"),
    ("arrived_in_city", "Parcel in the shopper's city"),
    ("out_for_delivery", "Out for delivery"),
    ("attempt_failed", "Delivery failed, what to do"),
    ("ready_for_pickup", "Ready to collect"),
    ("pickup_expiring", "Collect it before it goes back"),
    ("delayed", "Parcel late"),
    ("dispatch_delayed", "Not sent in time, with a choice"),
    ("lost_suspected", "Parcel probably lost"),
    ("delivered", "Delivered"),
    ("choice_received", "Choice noted"),
    ("receipt_denied", "Delivered, not received: being looked into"),
    ("note", "Words of the staff"),
]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_lz4"), ("tracking", "0004_isolate_scans_lanes_incidents")]
    operations = [
        *(
            migrations.AlterField(model_name=name, name="kind", field=models.CharField(choices=KINDS, max_length=30))
            for name in ("automation", "message", "templateversion")
        ),
        migrations.AlterField(
            model_name="message",
            name="subject_id",
            field=models.BigIntegerField(help_text="row of another kind it is about: refund, incident, scan ...", null=True),
        ),
        migrations.AlterField(model_name="templateversion", name="subject", field=models.CharField(blank=True, max_length=600)),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("actor", models.CharField(blank=True, max_length=254)),
                ("written_at", models.DateTimeField(help_text="when it was last sent out")),
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
                "constraints": [models.UniqueConstraint(fields=("merchant", "digest"), name="notifications_note_once")],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_merchants", django.db.models.manager.Manager()),
            ],
        ),
        isolate("notifications_note"),
    ]
