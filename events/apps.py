from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        """Every room's `handlers.py` subscribes and registers its queue when imported."""
        autodiscover_modules("handlers")
