"""Drafts that stay open, two editors at once, publishing with who and when, and messages that keep their version."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from events.queue import claim
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.types import Language
from notifications import versions
from notifications.models import Message, TemplateVersion
from notifications.services.moves import QUEUE
from notifications.services.prepare import prepare
from notifications.studio.diff import compare
from notifications.studio.types import Draft, Editing, Offered
from notifications.types import Kind, MessageState
from notifications.versions import CannotPublish, StaleDraft, VersionNotFound, open_draft, publish, roll_back, save_draft
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import run
from tests.notifications.test_templates import MAIL

KEY: dict[str, Any] = {"kind": Kind.ORDER_CONFIRMATION.value, "channel": "email", "language": "en"}
LATER = NOW + timedelta(minutes=5)
MINE = Draft(**KEY, style="plain", subject="Order {{ order.number }}", source=MAIL, text_source="Order {{ order.number }}")


@pytest.fixture
def ada(in_acme: Merchant) -> User:
    return User.objects.create_user("ada@acme.example", name="Ada")


@pytest.fixture
def ben(in_acme: Merchant) -> User:
    return User.objects.create_user("ben@acme.example")


def saved(by: User | None, draft: Draft = MINE, **editing: Any) -> TemplateVersion:
    return save_draft(draft=draft, editing=Editing(**editing), by=by, at=NOW)


def test_an_open_draft_is_saved_over_and_its_revision_counts(ada: User, ben: User) -> None:
    first = saved(ada)
    changed = replace(MINE, subject="Your order {{ order.number }}")
    again = save_draft(draft=changed, editing=Editing(first.pk, 1, "shorter"), by=ben, at=LATER)
    assert (again.pk, again.number, again.revision, again.note) == (first.pk, 1, 2, "shorter")
    assert (again.created_by, again.updated_by, again.updated_at) == (ada, ben, LATER)
    assert [row.subject for row in versions.versions_of(**KEY)] == ["Your order {{ order.number }}"]


def test_the_second_of_two_editors_is_told_who_saved_and_nothing_is_lost(ada: User, ben: User) -> None:
    opened = saved(ada)
    theirs = replace(MINE, subject="Ada {{ order.number }}")
    mine = replace(MINE, subject="Ben {{ order.number }}")
    save_draft(draft=theirs, editing=Editing(opened.pk, 1), by=ada, at=LATER)
    with pytest.raises(StaleDraft, match="Ada saved this draft meanwhile") as stale:
        saved(ben, mine, version_id=opened.pk, revision=1)
    assert (stale.value.by, stale.value.at) == ("Ada", LATER)
    assert open_draft(**KEY).subject == "Ada {{ order.number }}"  # type: ignore[union-attr]
    subject = compare(versions.draft_of(stale.value.theirs), mine)[0]
    assert [(line.mark, line.text) for line in subject.lines] == [("gone", "Ada {{ order.number }}"), ("new", "Ben {{ order.number }}")]
    kept = saved(ben, mine, version_id=stale.value.theirs.pk, revision=stale.value.theirs.revision)
    assert (kept.revision, kept.subject) == (3, "Ben {{ order.number }}")


def test_who_begins_while_another_draft_is_open_is_told_and_may_keep_both(ada: User, ben: User) -> None:
    first = saved(ada)
    with pytest.raises(StaleDraft) as stale:
        saved(ben)
    assert stale.value.theirs.pk == first.pk
    assert TemplateVersion.objects.count() == 1
    beside = saved(ben, is_beside=True)
    assert (beside.number, beside.created_by) == (2, ben)
    assert TemplateVersion.objects.count() == 2


def test_a_draft_that_was_published_meanwhile_is_not_saved_over(ada: User, ben: User) -> None:
    draft = saved(ada)
    publish(version=draft, by=ada, at=LATER)
    with pytest.raises(StaleDraft):
        saved(ben, replace(MINE, subject="x {{ order.number }}"), version_id=draft.pk, revision=1)
    assert TemplateVersion.objects.get().subject == MINE.subject


def test_publishing_and_rolling_back_say_who_and_when(ada: User, ben: User) -> None:
    first = publish(version=saved(ada), by=ada, at=NOW)
    second = publish(version=saved(ada), by=ben, at=LATER)
    assert (first.published_by, first.published_at) == (ada, NOW)
    assert (second.published_by, second.published_at) == (ben, LATER)
    back = roll_back(version=first, by=ben, at=LATER)
    assert (back.number, back.state, back.published_by, back.published_at) == (1, "published", ben, LATER)
    copied = versions.copy_to_draft(version=second, by=ada, at=LATER)
    assert (copied.number, copied.state, copied.note) == (3, "draft", "from version 2")


def test_styles_have_versions_of_their_own(ada: User) -> None:
    plain = publish(version=saved(ada, replace(MINE, style="")), at=NOW)
    warm = publish(version=saved(ada, replace(MINE, style="warm")), at=NOW)
    assert (plain.style, plain.number, warm.style, warm.number) == ("plain", 1, "warm", 1)
    assert versions.use_shipped(**KEY, style="warm") == 1
    assert [row.state for row in versions.versions_of(**KEY)] == ["published"]
    assert versions.label_of(warm) == "order_confirmation/email/en/warm v1"
    assert versions.label_of(plain) == "order_confirmation/email/en v1"


def test_another_shops_version_is_not_found(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        theirs = saved(None)
    with merchant_scope(acme.pk):
        with pytest.raises(VersionNotFound):
            versions.version_by_id(theirs.pk)
        with pytest.raises(VersionNotFound):
            saved(None, version_id=theirs.pk, revision=1)
        assert TemplateVersion.objects.count() == 0


def test_the_list_shows_every_message_in_one_query(ada: User, django_assert_num_queries: Any) -> None:
    publish(version=saved(ada), at=NOW)
    saved(ada)
    with django_assert_num_queries(1):
        rows = versions.overview()
    mine = next(row for row in rows if (row.kind, row.channel, row.language, row.style) == (*KEY.values(), "plain"))
    assert (mine.published_number, mine.draft_number, mine.draft_saved_by, mine.is_broken) == (1, 2, "Ada", False)
    confirmations = [row for row in rows if row.kind == Kind.ORDER_CONFIRMATION]
    assert len(confirmations) == 5 * len(Language)
    assert Offered("dispatch", "sms", "de", "") in rows


def test_from_blocks_to_source_is_one_way(ada: User) -> None:
    start = versions.starting_draft(**KEY)
    assert start.blocks is not None
    source = versions.to_source(start)
    assert source.blocks is None
    assert source.source.startswith("<mjml")
    version = saved(ada, source)
    assert (version.blocks, version.source) == (None, source.source)


def test_nothing_but_a_draft_is_published_and_drafts_are_not_rolled_back_to(ada: User) -> None:
    draft = saved(ada)
    with pytest.raises(CannotPublish):
        roll_back(version=draft, at=NOW)
    publish(version=draft, at=NOW)
    with pytest.raises(CannotPublish):
        publish(version=draft, at=NOW)
    assert TemplateVersion.objects.get().state == "published"


@pytest.fixture
def confirmed(wired: Merchant) -> Callable[[], Message]:
    """A placed order of Acme's, and its confirmation as it stands."""
    with merchant_scope(wired.pk):
        place_order(at=NOW)

    def mail() -> Message:
        with merchant_scope(wired.pk):
            row: Message = Message.objects.select_related("content", "template").get(kind=Kind.ORDER_CONFIRMATION, channel="email")
            return row

    return mail


def test_a_message_in_work_keeps_its_version_when_another_is_published(
    wired: Merchant, confirmed: Callable[[], Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publishing comes between composing and handing over; what was composed goes out, and says which version it is."""
    everywhere = list(Language.values)
    with merchant_scope(wired.pk):
        for language in everywhere:
            for style in ("plain", "warm", "reassuring"):
                publish(version=saved(None, replace(MINE, language=language, style=style, subject="First {{ order.number }}")), at=NOW)
    held: list[Any] = []

    def composing(leases: Any, now: Any, **more: Any) -> Any:
        batch = prepare(leases, now, **more)
        if not held:
            held.append(True)
            with merchant_scope(wired.pk):
                for language in everywhere:
                    for style in ("plain", "warm", "reassuring"):
                        second = replace(MINE, language=language, style=style, subject="Second {{ order.number }}")
                        publish(version=saved(None, second), at=NOW)
        return batch

    monkeypatch.setattr("notifications.services.deliver.prepare", composing)
    run()
    message = confirmed()
    assert held == [True]
    assert message.state == MessageState.SENT
    assert message.content.subject == "First 1001"
    assert message.template is not None
    assert (message.template.number, message.template.state) == (1, "archived")
    assert message.template_label.endswith(" v1")


def test_a_message_not_composed_yet_takes_the_version_published_last(wired: Merchant, confirmed: Callable[[], Message]) -> None:
    with merchant_scope(wired.pk):
        for language in Language.values:
            for style in ("plain", "warm", "reassuring"):
                publish(version=saved(None, replace(MINE, language=language, style=style)), at=NOW)
    run()
    assert confirmed().content.subject == "Order 1001"
    assert claim(QUEUE, limit=5) == []
