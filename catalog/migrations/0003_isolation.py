from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_initial")]
    operations = [
        isolate("catalog_product"),
    ]
