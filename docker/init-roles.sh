#!/bin/sh
# Runs once on an empty database: the three roles of docs/architecture.md.
set -eu
psql -v ON_ERROR_STOP=1 -v owner="$OWNER_PASSWORD" -v app="$APP_PASSWORD" --username postgres --dbname postpurchase <<'SQL'
create role owner login noinherit password :'owner';
create role app login noinherit password :'app';
create role relay nologin bypassrls;
grant relay to app;
grant pg_read_all_stats to relay;
alter database postpurchase owner to owner;
grant all on schema public to owner;
grant usage on schema public to app, relay;
alter default privileges for role owner in schema public grant select, insert, update, delete on tables to app;
alter default privileges for role owner in schema public grant usage, select on sequences to app;
SQL
