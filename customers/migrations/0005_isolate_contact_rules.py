from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_message_studio")]
    operations = [isolate("customers_contactrule", customer="customers_customer")]
