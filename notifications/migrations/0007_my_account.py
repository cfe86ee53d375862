"""Messages about accounts, requests and codes."""

from django.db import migrations, models

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
    ("additions", "Items for the same parcel"),
    ("order_code", "Code that opens an order"),
    ("email_code", "Code for a new e-mail address"),
    ("account_notice", "Something changed in the account"),
    ("request_received", "Request received"),
    ("request_decided", "Request answered"),
    ("privacy", "Copy or erasure of personal data"),
]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_isolate_message_studio")]
    operations = [
        migrations.AlterField(model_name=name, name="kind", field=models.CharField(choices=KINDS, max_length=30))
        for name in ("automationversion", "dayfigure", "message", "templateversion")
    ]
