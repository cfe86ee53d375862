from django.db import migrations, models
from django.db.migrations.operations import RunSQL

from merchants.isolation import grant_to_relay

# Another server, another history of this one, or another database: a copy. Where a server tells none of that, the mark is empty.
MARK = """
create function events_mark() returns text language plpgsql as $$
begin
    return (select system_identifier from pg_control_system()) || '.' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
        || '.' || (select oid from pg_database where datname = current_database());
exception when others then
    return '';
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0005_thread")]
    operations = [
        migrations.CreateModel(
            name="Station",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("mark", models.CharField(blank=True, max_length=80)),
                ("beat_at", models.DateTimeField(null=True)),
                ("held_at", models.DateTimeField(null=True)),
                ("held_why", models.CharField(blank=True, max_length=20)),
                ("since", models.DateTimeField(null=True, help_text="what may have been sent since then is not known here")),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="events_station_one")]},
        ),
        RunSQL(MARK, "drop function events_mark()"),
        RunSQL("insert into events_station (id, mark, held_why) values (1, events_mark(), '')", RunSQL.noop),
        grant_to_relay("events_station", "select"),
    ]
