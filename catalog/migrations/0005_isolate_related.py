from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_message_studio")]
    operations = [isolate("catalog_relatedproduct", product="catalog_product", related="catalog_product")]
