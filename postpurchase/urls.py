"""Addresses of the platform host."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("ops/", include("dashboard.urls")),
    path("api/v1/", include("postpurchase.urls_api")),
    path("hooks/", include("connectors.urls")),
    path("callbacks/", include("notifications.urls")),
    path("", include("dashboard.health")),
]
