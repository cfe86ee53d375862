"""Acme with somewhere to send its messages to."""

import pytest

from merchants.models import Branding, Merchant
from merchants.scope import merchant_scope
from merchants.services import save_branding
from notifications.accounts import save_account
from tests.conftest import NOW


@pytest.fixture
def shop(acme: Merchant) -> Merchant:
    with merchant_scope(acme.pk):
        branding = Branding.objects.get()
        branding.email_from, branding.sms_sender = "shop@acme.example", "Acme"
        save_branding(branding)
        for channel in ("email", "sms"):
            save_account(channel=channel, provider="sandbox", settings={}, secrets={}, at=NOW)
    return acme
