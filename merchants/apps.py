from django.apps import AppConfig

from core.logs import register_context
from merchants.scope import current_merchant_id


class MerchantsConfig(AppConfig):
    name = "merchants"
    verbose_name = "Merchant"

    def ready(self) -> None:
        """Whose scope is open stands in every line that is logged in it."""
        register_context("merchant", current_merchant_id)
