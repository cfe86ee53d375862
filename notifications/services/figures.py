"""The figures of each day, moved in the transaction that moves the messages, in one statement whatever their number."""

from datetime import datetime

from django.db import connection

from notifications.models import Message
from notifications.types import MessageState

# `moved` holds rows of notifications_message with what happened to each as 0 or 1. Sorted, so that two batches of a
# merchant take the rows in one order. Messages to staff are nobody's figures.
COUNT = """
    insert into notifications_dayfigure as f (
        merchant_id, day, kind, channel, template_label, provider, country, currency, sent, delivered, bounced, failed, segments, cost)
    select moved.merchant_id, (coalesce(moved.sent_at, %(at)s) at time zone merchant.timezone)::date, moved.kind, moved.channel,
        moved.template_label, coalesce(account.provider, ''), moved.country, moved.cost_currency,
        sum(is_out), sum(is_delivered), sum(is_bounced), sum(is_failed), sum(is_out * moved.segments), sum(is_out * coalesce(moved.cost, 0))
    from moved join merchants_merchant as merchant on merchant.id = moved.merchant_id
        left join notifications_provideraccount as account on account.id = moved.account_id
    where is_out + is_delivered + is_bounced + is_failed > 0 and not moved.is_test
    group by 1, 2, 3, 4, 5, 6, 7, 8 order by 1, 2, 3, 4, 5, 6, 7, 8
    on conflict (merchant_id, day, kind, channel, template_label, provider, country, currency) do update set
        sent = f.sent + excluded.sent, delivered = f.delivered + excluded.delivered, bounced = f.bounced + excluded.bounced,
        failed = f.failed + excluded.failed, segments = f.segments + excluded.segments, cost = f.cost + excluded.cost"""


def count_report(message: Message, *, before: str, at: datetime) -> None:
    """Count what a provider's word made of a message. What was not `sent` before has left now, whatever became of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "with moved as (select m.*, %(out)s as is_out, (m.state = 'delivered')::int as is_delivered,"  # noqa: S608 - our own words
            " (m.state = 'bounced')::int as is_bounced, (m.state = 'failed')::int as is_failed"
            f" from notifications_message as m where m.id = %(id)s) {COUNT}",
            {"id": message.pk, "out": int(before != MessageState.SENT), "at": at},
        )
