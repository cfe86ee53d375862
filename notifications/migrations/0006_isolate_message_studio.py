from django.db import migrations
from django.db.migrations.operations import RunSQL

from merchants.isolation import grant_to_relay, isolate, tune_queue


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_message_studio")]
    operations = [
        # Confirmations written before there were styles are plain ones. The owner of a table, too, is behind its forced policy.
        RunSQL(
            [
                "alter table notifications_templateversion no force row level security",
                "update notifications_templateversion set style = 'plain' where kind = 'order_confirmation' and style = ''",
                "alter table notifications_templateversion force row level security",
            ],
            RunSQL.noop,
        ),
        isolate("notifications_automationversion"),
        isolate("notifications_dayfigure"),
        isolate("notifications_inboundtext", account="notifications_provideraccount"),
        isolate("notifications_testaddress"),
        RunSQL(
            "alter table notifications_message add constraint notifications_message_automation_same_merchant foreign key"
            " (merchant_id, automation_id) references notifications_automationversion (merchant_id, id) deferrable initially deferred",
            "alter table notifications_message drop constraint if exists notifications_message_automation_same_merchant",
        ),
        RunSQL(
            "alter table notifications_attempt add constraint notifications_attempt_account_same_merchant foreign key"
            " (merchant_id, account_id) references notifications_provideraccount (merchant_id, id) deferrable initially deferred",
            "alter table notifications_attempt drop constraint if exists notifications_attempt_account_same_merchant",
        ),
        grant_to_relay("notifications_provideraccount", "select", "check_due_at"),
        grant_to_relay("notifications_provideraccount", "update", "check_due_at"),
        # Few rows, each changed by every batch of the day.
        tune_queue("notifications_dayfigure"),
    ]
