from django.db import migrations

from merchants.isolation import grant_to_relay, isolate, tune_queue


class Migration(migrations.Migration):
    dependencies = [("connectors", "0004_polls")]
    operations = [
        tune_queue("connectors_poll"),
        isolate("connectors_poll", connection="connectors_connection", shipment="tracking_shipment"),
        grant_to_relay("connectors_poll", "select", "id, merchant_id, state, due_at, fence, attempts, crashes"),
        grant_to_relay("connectors_poll", "update", "state, due_at, fence, attempts, crashes"),
    ]
