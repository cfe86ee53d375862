from django.db import migrations

from merchants.isolation import grant_to_relay


class Migration(migrations.Migration):
    """How many calls were refused and how many connections are in trouble is counted over all merchants."""

    dependencies = [("connectors", "0008_restock")]
    operations = [grant_to_relay("connectors_connection", "select", "connector, refused_count, trouble_since, polls")]
