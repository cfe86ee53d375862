from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracking", "0004_isolate_scans_lanes_incidents")]
    operations = [
        # With a default of the database's own: a process of the version before goes on writing parcels.
        migrations.AddField(
            "shipment",
            "direction",
            models.CharField(
                choices=[("out", "To the shopper"), ("back", "On its way back")], db_default="out", default="out", max_length=4
            ),
        ),
    ]
