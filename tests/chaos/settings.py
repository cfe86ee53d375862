"""Production's settings; only an app is added that shortens the product's waits and holds the failpoints."""

import os

from postpurchase.settings.production import *  # noqa: F403
from postpurchase.settings.production import CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.apps.Chaos"]
# Shortened like every other wait (pace.py): a task has as long as a lease lasts.
_pace = float(os.environ.get("CHAOS_PACE", "1"))
CELERY_TASK_SOFT_TIME_LIMIT = max(1, round(CELERY_TASK_SOFT_TIME_LIMIT / _pace))
CELERY_TASK_TIME_LIMIT = max(2, round(CELERY_TASK_TIME_LIMIT / _pace))
