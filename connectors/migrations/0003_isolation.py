from django.db import migrations

from merchants.isolation import grant_to_relay, isolate, tune_queue


class Migration(migrations.Migration):
    dependencies = [("connectors", "0002_initial")]
    operations = [
        tune_queue("connectors_inboxitem"),
        isolate("connectors_connection"),
        isolate("connectors_inboxitem", connection="connectors_connection"),
        grant_to_relay("connectors_connection", "select", "id, merchant_id, public_id, is_active"),
        grant_to_relay("connectors_inboxitem", "select", "id, merchant_id, state, due_at, fence, attempts, crashes, received_at"),
        grant_to_relay("connectors_inboxitem", "update", "state, due_at, fence, attempts, crashes"),
    ]
