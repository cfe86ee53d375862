from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_returns")]
    operations = [isolate("catalog_variant", product="catalog_product")]
