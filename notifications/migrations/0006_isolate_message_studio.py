from django.db import migrations
from django.db.migrations.operations import RunSQL

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_message_studio")]
    operations = [
        isolate("notifications_automationversion"),
        isolate("notifications_dayfigure"),
        isolate("notifications_inboundtext", account="notifications_provideraccount"),
        isolate("notifications_testaddress"),
        RunSQL(
            "alter table notifications_message add constraint notifications_message_automation_same_merchant foreign key"
            " (merchant_id, automation_id) references notifications_automationversion (merchant_id, id) deferrable initially deferred",
            "alter table notifications_message drop constraint if exists notifications_message_automation_same_merchant",
        ),
    ]
