import django.db.models.deletion
from django.db import migrations, models

import merchants.scope


class Migration(migrations.Migration):
    """No index on a column alone that leads another index: each change of a row writes into all of them."""

    dependencies = [
        ("customers", "0008_code_tries"),
        ("events", "0008_fewer_indexes"),
        ("merchants", "0006_audit_is_kept"),
        ("notifications", "0011_counted_by_time"),
        ("orders", "0010_returns"),
        ("tracking", "0006_counted"),
    ]

    operations = [
        migrations.AlterField(
            model_name="attempt",
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
            model_name="attempt",
            name="message",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tries",
                to="notifications.message",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="notifications.provideraccount",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="automation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="notifications.automationversion",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="customer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="messages",
                to="customers.customer",
            ),
        ),
        migrations.AlterField(
            model_name="message",
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
            model_name="message",
            name="order",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="orders.order",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="shipment",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="messages",
                to="tracking.shipment",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="template",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="notifications.templateversion",
            ),
        ),
        migrations.AlterField(
            model_name="messagecontent",
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
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("shipment__isnull", False)), fields=["merchant", "shipment"], name="notifications_message_parcel"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("automation__isnull", False)), fields=["merchant", "automation"], name="notifications_message_plan"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("template__isnull", False)), fields=["merchant", "template"], name="notifications_message_words"
            ),
        ),
    ]
