from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_initial")]
    operations = [
        isolate("customers_customer"),
        isolate("customers_consent", customer="customers_customer"),
        isolate("customers_suppression"),
        isolate("customers_signinrequest"),
        isolate("customers_shoppersession", customer="customers_customer"),
    ]
