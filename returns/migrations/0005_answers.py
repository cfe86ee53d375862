import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import merchants.scope
from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("returns", "0004_isolate_cases"), ("tracking", "0005_direction")]

    operations = [
        migrations.AddField(
            model_name="moneyback",
            name="bonus",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=16),
        ),
        migrations.CreateModel(
            name="ParcelAnswer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("answer", models.CharField(help_text="fine, or a problem", max_length=12)),
                ("at", models.DateTimeField()),
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
            options={"abstract": False, "base_manager_name": "all_merchants"},
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_merchants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddConstraint(
            model_name="parcelanswer",
            constraint=models.UniqueConstraint(fields=("merchant", "shipment"), name="returns_parcelanswer_once"),
        ),
        isolate("returns_parcelanswer", shipment="tracking_shipment"),
    ]
