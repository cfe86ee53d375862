"""Mails are compressed by lz4 where the server has it: writing them took half of the database's time, with it a quarter."""

from django.db import migrations

COMPRESS = """
    do $$ begin
        alter table notifications_messagecontent alter column html set compression {0}, alter column text set compression {0};
    exception when feature_not_supported then null;
    end $$"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_isolation")]
    operations = [migrations.RunSQL(COMPRESS.format("lz4"), COMPRESS.format("default"))]
