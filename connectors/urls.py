"""Addresses of this room."""

from django.urls import re_path

from connectors.views import hook

urlpatterns = [re_path(r"^(?P<public_id>[A-Za-z0-9_-]{22})/\Z", hook, name="hook")]
