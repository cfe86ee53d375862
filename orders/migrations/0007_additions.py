from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_isolate_additions")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="packed_at",
            field=models.DateTimeField(
                blank=True, help_text="when its first parcel was told: nothing is added to it after that", null=True
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="additions_at",
            field=models.DateTimeField(
                blank=True,
                help_text="when an item was first asked for or last added through us: older news does not know of it",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="orderchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("placed", "Order received"),
                    ("confirmed", "Order confirmed"),
                    ("paid", "Payment received"),
                    ("lines_changed", "Products changed"),
                    ("addition_requested", "Item asked for"),
                    ("addition_refused", "Item not possible"),
                    ("address_changed", "Address changed"),
                    ("contact_changed", "Contact changed"),
                    ("amounts_changed", "Amounts changed"),
                    ("details_changed", "Order details changed"),
                    ("payment_changed", "Payment changed"),
                    ("shipped", "Parcel sent"),
                    ("delivered", "Parcel delivered"),
                    ("refunded", "Refund sent"),
                    ("cancelled", "Order cancelled"),
                ],
                max_length=20,
            ),
        ),
    ]
