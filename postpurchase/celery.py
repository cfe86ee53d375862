"""The Celery application. Rows in Postgres are the queue; Celery only rings."""

import logging.config
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_process_init
from django.conf import settings

from core.logs import bind_contextvars, clear_contextvars
from core.memory import keep_loaded

app = Celery("postpurchase")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def keep_what_is_loaded(**told: Any) -> None:
    keep_loaded()


@setup_logging.connect
def log_like_the_rest(**told: Any) -> None:
    """Celery would bring handlers of its own."""
    logging.config.dictConfig(settings.LOGGING)


@task_prerun.connect
def name_the_task(task_id: str, task: Any, **told: Any) -> None:
    """Every line a task logs says which it was."""
    bind_contextvars(task=task.name, task_id=task_id)


@task_postrun.connect
def forget_the_task(**told: Any) -> None:
    clear_contextvars()
