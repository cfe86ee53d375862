from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        """Every room's `privacy.py` tells what it holds about people when imported."""
        autodiscover_modules("privacy")
