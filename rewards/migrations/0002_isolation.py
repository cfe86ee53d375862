from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("rewards", "0001_initial"), ("customers", "0003_isolation"), ("orders", "0002_isolation")]
    operations = [
        isolate("rewards_couponrule"),
        isolate("rewards_coupon", customer="customers_customer", order="orders_order"),
        isolate("rewards_referralcode", customer="customers_customer"),
        isolate("rewards_referral", referral_code="rewards_referralcode"),
    ]
