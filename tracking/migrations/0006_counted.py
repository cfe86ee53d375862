from django.db import migrations

from merchants.isolation import grant_to_relay


class Migration(migrations.Migration):
    """How many incidents of each type are open is counted over all merchants."""

    dependencies = [("tracking", "0005_direction")]
    operations = [grant_to_relay("tracking_incident", "select", "merchant_id, type, state")]
