from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("returns", "0001_initial")]
    operations = [
        isolate("returns_returnpolicy"),
    ]
