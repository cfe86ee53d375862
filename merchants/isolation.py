"""SQL of the walls, used by migrations: row-level security and composite foreign keys."""

from django.db.migrations.operations import RunSQL

MINE = "merchant_id = nullif(current_setting('app.merchant_id', true), '')::bigint"


def isolate(table: str, **references: str) -> RunSQL:
    """Close one merchant-owned table: policy, forced, and `(merchant_id, x_id)` keys for each `x="target_table"`.

    Plain foreign keys ignore row-level security and would accept another merchant's row. The policy holds no OR and no
    sub-select: either turns index scans into sequential ones.
    """
    forward = [
        f'alter table "{table}" add constraint "{table}_merchant_key" unique (merchant_id, id)',
        f'alter table "{table}" enable row level security',
        f'alter table "{table}" force row level security',
        f'create policy merchant_isolation on "{table}" using ({MINE}) with check ({MINE})',
    ]
    backward = [
        f'drop policy merchant_isolation on "{table}"',
        f'alter table "{table}" no force row level security',
        f'alter table "{table}" disable row level security',
        f'alter table "{table}" drop constraint "{table}_merchant_key" cascade',
    ]
    for column, target in references.items():
        name = f"{table}_{column}_same_merchant"
        forward.append(
            f'alter table "{table}" add constraint "{name}" foreign key (merchant_id, {column}_id)'
            f' references "{target}" (merchant_id, id) deferrable initially deferred'
        )
        backward.insert(0, f'alter table "{table}" drop constraint if exists "{name}"')
    return RunSQL([(sql, None) for sql in forward], [(sql, None) for sql in backward])


def grant_to_relay(table: str, privileges: str, columns: str = "") -> RunSQL:
    """Let the `relay` role use one queue or directory table; `columns` limits it to those that hold no personal data."""
    what = f"{privileges} ({columns})" if columns else privileges
    return RunSQL(f'grant {what} on "{table}" to relay', f'revoke {what} on "{table}" from relay')


def tune_queue(table: str) -> RunSQL:
    """A queue's rows change often and stay few: leave room to change them in place, and clear the dead ones early."""
    return RunSQL(
        f'alter table "{table}" set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500)',
        f'alter table "{table}" reset (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)',
    )
