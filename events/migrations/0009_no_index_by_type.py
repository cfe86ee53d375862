from django.db import migrations


class Migration(migrations.Migration):
    """Nobody asks for events by their type. And the check of a delivery's key, planned while the table was empty, read this index.

    It begins with the merchant, so each check read all the merchant's events: for 50,000 deliveries more than a thousand million.
    """

    dependencies = [("events", "0008_fewer_indexes")]
    operations = [migrations.RemoveIndex(model_name="event", name="events_event_by_type")]
