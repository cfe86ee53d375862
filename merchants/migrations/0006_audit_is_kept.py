from django.db import migrations

from merchants.isolation import isolate

# A line can go when it is two years old, and only by who owns the table: `app` has no right to delete at all. An anchor never goes.
KEPT = """
create function merchants_audit_is_kept() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    if tg_op = 'DELETE' and tg_argv[0] = 'two years' then
        if old.at < now() - interval '730 days' then
            return old;
        end if;
    end if;
    raise exception 'the audit log is written to and never changed' using errcode = 'insufficient_privilege';
end $$
"""
LINES, ANCHORS = ("merchants_auditentry", "merchants_platformentry"), ("merchants_auditanchor", "merchants_platformanchor")
HEADS = ("merchants_audithead", "merchants_platformhead")


def keep(table: str, until: str) -> list[str]:
    """No update, no delete before its time and no truncate, whoever asks; `app` may read and add."""
    return [
        f"create trigger kept before update or delete on {table} for each row execute function merchants_audit_is_kept('{until}')",
        f"create trigger kept_whole before truncate on {table} for each statement execute function merchants_audit_is_kept('ever')",
        f"revoke update, delete on {table} from app",
    ]


def free(table: str) -> list[str]:
    return [f"drop trigger kept_whole on {table}", f"drop trigger kept on {table}", f"grant update, delete on {table} to app"]


class Migration(migrations.Migration):
    dependencies = [("merchants", "0005_audit")]
    operations = [
        isolate("merchants_auditentry"),
        isolate("merchants_audithead"),
        isolate("merchants_auditanchor"),
        migrations.RunSQL([(KEPT, None)], "drop function merchants_audit_is_kept()"),
        *(migrations.RunSQL(keep(table, "two years"), free(table)) for table in LINES),
        *(migrations.RunSQL(keep(table, "ever"), free(table)) for table in ANCHORS),
        *(migrations.RunSQL(f"revoke delete on {table} from app", f"grant delete on {table} to app") for table in HEADS),
    ]
