from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_isolation"), ("customers", "0003_isolation"), ("orders", "0001_initial")]
    operations = [
        isolate("orders_fulfilmentpolicy"),
        isolate("orders_order", customer="customers_customer"),
        isolate("orders_orderline", order="orders_order", product="catalog_product"),
        isolate("orders_payment", order="orders_order"),
        isolate("orders_refund", order="orders_order"),
        isolate("orders_orderchange", order="orders_order"),
        isolate("orders_promise", order="orders_order"),
    ]
