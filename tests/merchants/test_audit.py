"""The audit log in the database: written once, chained, and read by its own merchant alone."""

import json
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import RequestFactory

from core import clock
from core.callers import neighbourhood
from merchants.acting import SYSTEM, acting, command, is_now, who
from merchants.audit import About, Line, anchor, masked, plain, record, write, write_platform
from merchants.models import AuditAnchor, AuditEntry, AuditHead, Merchant, PlatformAnchor, PlatformEntry, PlatformHead
from merchants.scope import NoMerchant, merchant_scope
from merchants.services import create_api_key, create_merchant
from merchants.tasks import anchor_audit
from merchants.trail import BadAnchors, read_anchors, verify, verify_platform
from merchants.types import ActorKind, Deed, Result, Scope
from tests.conftest import NOW, _owner_dsn

KEY = About("merchants.apikey", "1")
MODELS = (AuditEntry, AuditAnchor, PlatformEntry, PlatformAnchor)


def told() -> list[tuple[int, str]]:
    return list(AuditEntry.objects.order_by("position").values_list("position", "deed"))


def test_a_line_says_who_what_and_from_where_and_follows_the_one_before(in_acme: Merchant) -> None:
    before = AuditEntry.objects.latest("position")
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.77", headers={"User-Agent": "Firefox"})
    request.request_id = "r-1"  # type: ignore[attr-defined]
    started = clock.now()
    with acting(request):
        is_now(ActorKind.USER, 5)
        row = record(Deed.KEY_REVOKED, KEY, {"scopes": ["orders:read"]}, on_behalf_of="c1")
    row.refresh_from_db()
    assert (row.actor_kind, row.actor_id, row.on_behalf_of) == ("user", "5", "c1")
    assert (row.deed, row.object_kind, row.object_id, row.result) == ("key.revoked", "merchants.apikey", "1", "done")
    assert (row.network, len(row.agent), row.request_id) == ("192.0.2.0/24", 32, "r-1")
    assert row.changes == {"scopes": ["orders:read"]}
    assert (row.position, row.previous) == (before.position + 1, before.hash)
    assert abs((row.at - started).total_seconds()) < 3600  # the database's clock, not the caller's
    assert verify(now=NOW).is_whole


def test_whoever_acts_is_forgotten_when_the_request_is_over() -> None:
    with acting(RequestFactory().get("/")):
        assert who().kind == ActorKind.VISITOR
        is_now(ActorKind.SHOPPER, "abc")
        assert (who().kind, who().id) == (ActorKind.SHOPPER, "abc")
    assert who() == SYSTEM
    is_now(ActorKind.SHOPPER, "abc")
    assert who() == SYSTEM
    with acting(command("erase_shoppers")):
        assert (who().kind, who().id) == (ActorKind.COMMAND, "erase_shoppers")


NETWORKS = [
    ("203.0.113.77", "203.0.113.0/24"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("::ffff:203.0.113.77", "203.0.113.0/24"),
    ("", ""),
    ("unknown", ""),
    ("203.0.113.77/8", ""),
]


@pytest.mark.parametrize(("address", "network"), NETWORKS)
def test_an_address_is_kept_as_its_network_only(address: str, network: str) -> None:
    assert neighbourhood(address) == network


def test_a_line_is_undone_with_what_it_tells(in_acme: Merchant) -> None:
    before = told()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        create_api_key(name="till", scopes=[Scope.ORDERS_READ], at=NOW)
        raise ZeroDivisionError
    assert told() == before
    record(Deed.EXPORTED)
    assert verify(now=NOW).is_whole


def test_without_a_scope_nothing_is_written(acme: Merchant) -> None:
    with pytest.raises(NoMerchant):
        record(Deed.EXPORTED)
    with merchant_scope(acme.pk):
        assert told() == [(1, "merchant.opened"), (2, "domain.added")]


ODD: list[tuple[Any, Any]] = [
    ("a\0b", "ab"),
    ("\ud800", "?"),
    (1.5, "1.5"),
    (NOW, str(NOW)),
    ({"b": {"x", "a"}, 1: (None, True)}, {"b": ["a", "x"], "1": [None, True]}),
    ("Zoë", "Zoë"),
]


@pytest.mark.parametrize(("given", "kept"), ODD)
def test_what_json_would_give_back_otherwise_is_made_plain_first(in_acme: Merchant, given: Any, kept: Any) -> None:
    assert plain(given) == kept
    record(Deed.BULK, changes={"value": given})
    assert AuditEntry.objects.latest("position").changes == {"value": kept}
    assert verify(now=NOW).is_whole


def test_a_fingerprint_tells_texts_apart_and_shows_none() -> None:
    assert masked("Dear Sam") == masked("Dear Sam") != masked("Dear Kim")
    assert "Sam" not in masked("Dear Sam")


# Written once


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("sql", ["update {} set position = position", "delete from {}", "truncate {}"])
def test_role_app_has_no_right_to_change_or_remove_lines(in_acme: Merchant, model: Any, sql: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(model._meta.db_table))


@pytest.mark.parametrize("model", [AuditHead, PlatformHead])
def test_role_app_cannot_remove_a_head(in_acme: Merchant, model: Any) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        model.objects.all()._raw_delete(using="default")


def as_owner(merchant_id: int, *statements: str) -> None:
    """What whoever owns the tables can do, triggers and all."""
    owner = psycopg2.connect(_owner_dsn())
    try:
        with owner, owner.cursor() as cursor:
            cursor.execute("select set_config('app.merchant_id', %s, true)", [str(merchant_id)])
            for sql in statements:
                cursor.execute(sql)
    finally:
        owner.close()


@pytest.fixture
def written(real_commits: None) -> Merchant:
    """A merchant with six lines that are really there."""
    merchant = create_merchant(slug="acme", name="Acme", at=NOW)
    with merchant_scope(merchant.pk):
        for _ in range(4):
            record(Deed.EXPORTED, About("reviews.review"), {"rows": 2})
    write_platform(Line(Deed.PASSWORD_LINK, About("merchants.user", "1")))
    return merchant


CHANGES = [
    "update merchants_auditentry set actor_id = 'x'",
    "delete from merchants_auditentry",
    "truncate merchants_auditentry",
    "update merchants_platformentry set actor_id = 'x'",
    "delete from merchants_platformentry",
]


@pytest.mark.parametrize("sql", CHANGES)
def test_not_even_the_owner_changes_a_line(written: Merchant, sql: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="the audit log is written to and never changed"):
        as_owner(written.pk, sql)
    assert check_command() == ("acme: 6 lines, whole\n*platform: 1 lines, whole\n", None)


def check_command(*args: str) -> tuple[str, str | None]:
    out = StringIO()
    try:
        call_command("verify_audit", *args, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), None


OFF = "alter table merchants_auditentry disable trigger kept"
ON = "set constraints all immediate; alter table merchants_auditentry enable trigger kept"
DAMAGE = [
    ("update merchants_auditentry set changes = '{\"rows\": 3}' where position = 4", "line 4 is not what was written"),
    ("update merchants_auditentry set hash = translate(hash, 'abcdef0', 'bcdefa1') where position = 3", "line 3 is not what was written"),
    ("delete from merchants_auditentry where position = 5", "line 5 is missing: 6 comes next"),
    ("delete from merchants_auditentry where position > 4", "lines 5 to 6 are missing: the end was cut off"),
    (
        "update merchants_auditentry set position = case position when 3 then 13 else 14 end where position in (3, 4);"
        "update merchants_auditentry set position = case position when 13 then 4 else 3 end where position in (13, 14)",
        "line 3 is not what was written",
    ),
]


@pytest.mark.parametrize(("sql", "reason"), DAMAGE)
def test_what_was_done_with_the_triggers_off_is_named(written: Merchant, sql: str, reason: str) -> None:
    as_owner(written.pk, OFF, *sql.split(";"), ON)
    assert check_command() == (f"acme: BROKEN, {reason}\n*platform: 1 lines, whole\n", "1 broken")
    assert check_command("--merchant", "acme") == (f"acme: BROKEN, {reason}\n", "1 broken")


def test_who_takes_the_head_along_is_betrayed_by_the_anchor_and_by_the_copy_of_it_elsewhere(written: Merchant, tmp_path: Path) -> None:
    out = StringIO()
    call_command("anchor_audit", stdout=out)
    lines = out.getvalue().splitlines()
    assert [line.rpartition(" ")[0] for line in lines] == ["acme 6", "*platform 1"]
    again = StringIO()
    call_command("anchor_audit", stdout=again)
    assert again.getvalue() == ""  # nothing was written since
    cut = [
        "delete from merchants_auditentry where position > 4",
        "update merchants_audithead set position = 4, hash = (select hash from merchants_auditentry where position = 4)",
    ]
    as_owner(written.pk, OFF, *cut, ON)
    reason = "lines 5 to 6 are missing: the end was cut off"
    assert check_command("--merchant", "acme") == (f"acme: BROKEN, {reason}\n", "1 broken")
    gone = ["alter table merchants_auditanchor disable trigger kept", "delete from merchants_auditanchor"]
    as_owner(written.pk, *gone, "alter table merchants_auditanchor enable trigger kept")
    assert check_command("--merchant", "acme") == ("acme: 4 lines, whole\n", None)  # all that this database knows is gone
    kept = tmp_path / "anchors"
    kept.write_text("\n".join(f'{{"level": "info", "event": "audit anchor {line}", "logger": "merchants.tasks"}}' for line in lines))
    assert check_command("--merchant", "acme", "--anchors", str(kept)) == (f"acme: BROKEN, {reason}\n", "1 broken")


def test_a_file_without_anchors_and_an_unknown_merchant_are_refused(written: Merchant, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("no anchors here\n")
    assert check_command("--anchors", str(tmp_path / "empty")) == ("", "--anchors: there is no anchor in it")
    assert check_command("--merchant", "nobody") == ("", "there is no merchant 'nobody'")
    with pytest.raises(BadAnchors):
        read_anchors(["acme 6 nothex"])


def test_the_daily_round_anchors_every_chain_and_says_aloud_which_is_broken(written: Merchant, caplog: pytest.LogCaptureFixture) -> None:
    as_owner(written.pk, OFF, "delete from merchants_auditentry where position = 2", ON)
    assert anchor_audit() == 2
    assert [row.getMessage() for row in caplog.records if row.levelname == "ERROR"] == [
        "the audit log of acme is broken: line 2 is missing: 3 comes next"
    ]


def test_lines_of_two_years_go_up_to_an_anchor_and_the_rest_stays_whole(written: Merchant) -> None:
    anchor_audit()
    with merchant_scope(written.pk):
        record(Deed.EXPORTED)
    call_command("forget_audit", "--yes", stdout=StringIO())
    assert check_command("--merchant", "acme")[0] == "acme: 7 lines, whole\n"  # none is old
    age(written.pk, 6)
    out = StringIO()
    call_command("forget_audit", "--yes", stdout=out)
    assert out.getvalue() == "6 lines deleted\n"
    assert check_command("--merchant", "acme")[0] == "acme: 1 lines, whole\n"
    with pytest.raises(CommandError, match="add --yes"):
        call_command("forget_audit")


def age(merchant_id: int, until: int) -> None:
    """As if the first lines had been written, chained and anchored three years ago."""
    as_owner(merchant_id, OFF, "alter table merchants_auditanchor disable trigger kept")
    as_owner(merchant_id, "update merchants_auditentry set at = at - interval '3 years' where position <= 6")
    as_owner(merchant_id, "update merchants_auditanchor set at = at - interval '3 years'")
    as_owner(merchant_id, ON, "alter table merchants_auditanchor enable trigger kept")


def test_two_who_write_at_once_come_one_after_the_other(real_commits: None) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW)

    def write_some() -> None:
        try:
            for number in range(10):
                with merchant_scope(merchant.pk):
                    record(Deed.EXPORTED, changes={"number": number})
        finally:
            connections.close_all()

    threads = [Thread(target=write_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with merchant_scope(merchant.pk):
        assert [position for position, _ in told()] == list(range(1, 43))
        assert verify(now=NOW).is_whole


# Whose


def test_a_merchant_reads_its_own_chain_alone(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        record(Deed.EXPORTED)
        assert told() == [(1, "merchant.opened"), (2, "domain.added"), (3, "data.exported")]
    with merchant_scope(borealis.pk):
        assert told() == [(1, "merchant.opened"), (2, "domain.added")]
        assert AuditEntry.all_merchants.count() == 2
        assert AuditHead.all_merchants.count() == 1


def test_a_line_copied_into_another_chain_does_not_fit(acme: Merchant, borealis: Merchant) -> None:
    """The hash covers whose chain it is: with the same position and predecessor it is still another line."""
    with merchant_scope(acme.pk):
        first = AuditEntry.objects.earliest("position")
    with merchant_scope(borealis.pk):
        other = AuditEntry.objects.earliest("position")
    assert (first.position, first.previous) == (other.position, other.previous)
    assert first.hash != other.hash


def test_the_installation_has_a_chain_of_its_own(acme: Merchant) -> None:
    write_platform(Line(Deed.PASSWORD_LINK, About("merchants.user", "1")))
    write_platform(Line(Deed.SIGN_IN_FAILED, result=Result.REFUSED))
    assert verify_platform(now=NOW).lines == 2
    with merchant_scope(acme.pk):
        assert len(told()) == 2


def test_an_anchor_is_taken_once_for_each_end(in_acme: Merchant) -> None:
    first = anchor(at=NOW)
    assert first is not None and first.position == 2
    assert anchor(at=NOW) is None
    write(Line(Deed.EXPORTED))
    second = anchor(at=NOW)
    assert second is not None and second.position == 3


def test_every_deed_is_written_somewhere_and_every_kind_of_actor_exists() -> None:
    """A word nobody writes is a promise nobody keeps."""
    root = Path(__file__).resolve().parent.parent.parent
    rooms = [path for path in root.glob("*/**/*.py") if path.parts[len(root.parts)] not in ("tests", "bench", ".venv")]
    text = "\n".join(path.read_text() for path in rooms)
    assert [deed.name for deed in Deed if f"Deed.{deed.name}" not in text] == []
    assert [kind.name for kind in ActorKind if f"ActorKind.{kind.name}" not in text] == []
    assert json.dumps([deed.value for deed in Deed]).count(".") == len(Deed)
