"""The Celery application. Rows in Postgres are the queue; Celery only rings."""

from celery import Celery

app = Celery("postpurchase")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
