from django.db import migrations, models

OPEN = models.Q(("state__in", ["ready", "running"]))


class Migration(migrations.Migration):
    dependencies = [("connectors", "0005_isolate_polls")]
    operations = [
        migrations.AddIndex(
            model_name="inboxitem",
            index=models.Index(condition=OPEN, fields=["merchant", "due_at", "id"], name="connectors_inbox_turn"),
        ),
        migrations.AddIndex(
            model_name="poll",
            index=models.Index(condition=OPEN, fields=["merchant", "due_at", "id"], name="connectors_poll_turn"),
        ),
    ]
