from django.db import migrations

from merchants.isolation import grant_to_relay, isolate, tune_queue


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0003_isolation"),
        ("events", "0003_isolation"),
        ("notifications", "0001_initial"),
        ("orders", "0002_isolation"),
        ("tracking", "0002_isolation"),
    ]
    operations = [
        tune_queue("notifications_message"),
        isolate("notifications_provideraccount"),
        isolate("notifications_automation"),
        isolate("notifications_templateversion"),
        isolate(
            "notifications_message",
            event="events_event",
            customer="customers_customer",
            order="orders_order",
            shipment="tracking_shipment",
            template="notifications_templateversion",
            account="notifications_provideraccount",
        ),
        isolate("notifications_messagecontent", message="notifications_message"),
        isolate("notifications_attempt", message="notifications_message"),
        isolate("notifications_callback", account="notifications_provideraccount", message="notifications_message"),
        isolate("notifications_shortlink", message="notifications_message"),
        isolate("notifications_sandboxdelivery", message="notifications_message"),
        grant_to_relay("notifications_provideraccount", "select", "id, merchant_id, public_id, provider, is_active"),
        grant_to_relay(
            "notifications_message", "select", "id, merchant_id, state, due_at, fence, attempts, crashes, is_mandatory, kind, decided_at"
        ),
        grant_to_relay("notifications_message", "update", "state, due_at, fence, attempts, crashes"),
    ]
