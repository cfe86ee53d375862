"""WSGI entry point. Refuses to serve with a database role that row-level security does not bind."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connection

from postpurchase.database import role_problem

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postpurchase.settings.production")
application = get_wsgi_application()

connection.ensure_connection()
if problem := role_problem(connection.connection):
    raise ImproperlyConfigured(f"{problem}: serve as `app` (docs/operations.md)")
connection.close()
