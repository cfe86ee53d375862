from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0003_isolation")]
    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["ready", "running"])), fields=["merchant", "due_at", "id"], name="events_delivery_turn"
            ),
        ),
    ]
