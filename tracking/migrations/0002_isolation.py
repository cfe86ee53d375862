from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_isolation"), ("tracking", "0001_initial")]
    operations = [
        isolate("tracking_shipment", order="orders_order"),
        isolate("tracking_shipmentline", shipment="tracking_shipment", order_line="orders_orderline"),
    ]
