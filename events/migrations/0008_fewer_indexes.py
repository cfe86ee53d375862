import django.db.models.deletion
from django.db import migrations, models

import merchants.scope


class Migration(migrations.Migration):
    """No index on a column alone that leads another index: each change of a row writes into all of them."""

    dependencies = [
        ("events", "0007_recorded_by_time"),
        ("merchants", "0006_audit_is_kept"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="event",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="events.event",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="merchant",
            field=models.ForeignKey(
                db_index=False,
                default=merchants.scope.current_merchant_id,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="merchants.merchant",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="merchant",
            field=models.ForeignKey(
                db_index=False,
                default=merchants.scope.current_merchant_id,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="merchants.merchant",
            ),
        ),
    ]
