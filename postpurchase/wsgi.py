"""WSGI entry point. Refuses to serve with a database role that row-level security does not bind."""

import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import get_resolver

from core.memory import keep_loaded
from postpurchase.database import role_problem

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postpurchase.settings.production")
application = get_wsgi_application()

connection.ensure_connection()
if problem := role_problem(connection.connection):
    raise ImproperlyConfigured(f"{problem}: serve as `app` (docs/operations.md)")
connection.close()

for addresses in (settings.ROOT_URLCONF, settings.PORTAL_URLCONF):
    list(get_resolver(addresses).url_patterns)  # imports every view, before the first request
keep_loaded()
