from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_my_account")]
    operations = [
        isolate("customers_savedaddress", customer="customers_customer"),
        isolate("customers_passkey", customer="customers_customer"),
        isolate("customers_emailchange", customer="customers_customer"),
        isolate("customers_attempt"),
        isolate("customers_accountchange", customer="customers_customer"),
        isolate("customers_privacyrequest", customer="customers_customer"),
    ]
