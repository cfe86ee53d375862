from django.db import migrations

from merchants.isolation import isolate, tune_queue


class Migration(migrations.Migration):
    dependencies = [("support", "0001_help")]
    operations = [
        isolate("support_article"),
        isolate("support_articletext", article="support_article"),
        isolate("support_verdict"),
        isolate("support_reading"),
        isolate("support_daycount"),
        isolate("support_searchmiss"),
        # Few rows, each changed by every reading of the day.
        tune_queue("support_daycount"),
    ]
