from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_my_account")]
    operations = [
        isolate("orders_orderrequest", order="orders_order"),
        isolate("orders_lookup", order="orders_order"),
        isolate("orders_guestaccess", order="orders_order"),
    ]
