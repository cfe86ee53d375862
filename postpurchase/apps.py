from django.apps import AppConfig

from postpurchase import checks

__all__ = ["PostpurchaseConfig", "checks"]  # importing the checks registers them


class PostpurchaseConfig(AppConfig):
    name = "postpurchase"
