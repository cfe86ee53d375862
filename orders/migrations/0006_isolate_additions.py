from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_message_studio"), ("catalog", "0005_isolate_related")]
    operations = [isolate("orders_addition", order="orders_order", product="catalog_product")]
