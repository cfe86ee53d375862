"""The sandbox: a mailbox in our own database, where a merchant sees what a shopper would have received."""

from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError

from merchants.scope import merchant_scope
from notifications.models import SandboxDelivery
from notifications.registry import register_adapter
from notifications.types import Accepted, Account, NotAccepted, Outcome, Outgoing


class Sandbox:
    """Delivers at once; the same message a second time is the same row."""

    uses_network = False

    def send(self, *, account: Account, messages: Sequence[Outgoing]) -> list[Outcome]:
        try:
            with merchant_scope(account.merchant_id):
                SandboxDelivery.objects.bulk_create([_row(message) for message in messages], ignore_conflicts=True)
        except DatabaseError as error:
            return [NotAccepted(error.__class__.__name__)] * len(messages)
        return [Accepted(f"sandbox-{message.token}", is_delivered=True) for message in messages]

    def lookup(self, *, account: Account, message: Outgoing, since: datetime) -> str | None:
        with merchant_scope(account.merchant_id):
            found = SandboxDelivery.objects.filter(message_id=message.message_id).exists()
        return f"sandbox-{message.token}" if found else None


def _row(message: Outgoing) -> SandboxDelivery:
    sender = f"{message.sender_name} <{message.sender}>" if message.sender_name else message.sender
    headers = {**message.headers, "Reply-To": message.reply_to} if message.reply_to else dict(message.headers)
    return SandboxDelivery(
        message_id=message.message_id,
        channel=message.channel,
        recipient=message.recipient,
        sender=sender,
        subject=message.subject[:300],
        text=message.text,
        html=message.html,
        headers=headers,
    )


register_adapter("sandbox", Sandbox())
