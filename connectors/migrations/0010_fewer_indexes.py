import django.db.models.deletion
from django.db import migrations, models

import merchants.scope


class Migration(migrations.Migration):
    """No index on a column alone that leads another index: each change of a row writes into all of them."""

    dependencies = [
        ("connectors", "0009_counted"),
        ("merchants", "0006_audit_is_kept"),
    ]

    operations = [
        migrations.AlterField(
            model_name="command",
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
            model_name="inboxitem",
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
            model_name="poll",
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
