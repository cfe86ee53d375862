"""Addresses of a merchant's host."""

from django.urls import include, path

urlpatterns = [path("", include("portal.urls"))]
handler400 = "portal.views.errors.too_much"
handler404 = "portal.views.errors.not_found"
handler500 = "portal.views.errors.failed"
