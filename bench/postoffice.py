"""The peer of `bench.confirmations`: django-post_office in our place, on the same orders in the same database.

Two processes read the orders and build the same contexts as we do and queue: one `mail.send` for each order, as its documentation
shows it, or with `--many` two hundred at once by `send_many`. Then its own two processes deliver.
It decides nothing, guards nothing against a crash half-way and keeps no reasons: what it does is what both do.
"""

import argparse
import json
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

CHUNK = 200  # orders at once with `--many`, as ours are taken from the queue
BATCH = 2_000  # of one `send_queued`; its default of 100 forks anew for every hundred
SENDER = "shop@bench.example"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("letter", type=Path)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--many", action="store_true")
    given = parser.parse_args()
    set_up()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", "post_office", database="owner", verbosity=0, interactive=False)
    print(json.dumps(measure(given.letter, given.messages, given.workers, many=given.many)))


def set_up() -> None:
    """The product's settings and database, and post_office in it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "postpurchase.settings.test"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "post_office"]
    engine = {"BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates", "APP_DIRS": True}
    settings.TEMPLATES = [*settings.TEMPLATES, {**engine, "OPTIONS": {"context_processors": []}}]
    settings.POST_OFFICE = {
        "BACKENDS": {"default": "bench.postoffice.Stub"},
        "BATCH_SIZE": BATCH,
        "THREADS_PER_PROCESS": 5,
        "LOG_LEVEL": 2,  # what was sent is on record, as it is with us
        "TEMPLATE_ENGINE": "post_office",
    }
    settings.LOGGING["loggers"] = {"post_office": {"level": "ERROR"}}
    django.setup()


class Stub:
    """Takes every message, as ours does: neither renders it to what would go over the wire."""

    def __init__(self, **given: Any) -> None: ...

    def open(self) -> None: ...

    def close(self) -> None: ...

    def send_messages(self, messages: list[Any]) -> int:
        return len(messages)


def measure(letter: Path, messages: int, workers: int, *, many: bool) -> dict[str, Any]:
    """Both its steps one after the other, from the go to the last message written down as sent."""
    from django.db import connections  # noqa: PLC0415
    from post_office.mail import send_queued  # noqa: PLC0415
    from post_office.models import Email, EmailTemplate  # noqa: PLC0415

    parts = json.loads(letter.read_text())
    Email.objects.all().delete()
    EmailTemplate.objects.all().delete()
    EmailTemplate.objects.create(name="confirmation", subject=parts["subject"], content=parts["text"], html_content=parts["html"])
    connections.close_all()
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(workers)]
    crew = [
        context.Process(target=queue, args=(there, parts["merchant"], place, messages, workers, many), daemon=True)
        for place, (_, there) in enumerate(pipes)
    ]
    for worker in crew:
        worker.start()
    for here, _ in pipes:
        here.recv()
    started = time.monotonic()
    for here, _ in pipes:
        here.send("go")
    for worker in crew:
        worker.join()
    queued = time.monotonic() - started
    accepted = 0
    while sent := send_queued(processes=workers)[0]:
        accepted += sent
        connections.close_all()  # its processes have ended ours with their own, as its own loop knows
    seconds = time.monotonic() - started
    kept = Email.objects.filter(status=0).count()
    return {
        "accepted": min(accepted, kept),
        "seconds": round(seconds, 3),
        "queueing": round(queued, 3),
        "per_second": round(messages / seconds, 1),
    }


def queue(end: Any, merchant: int, place: int, messages: int, workers: int, many: bool) -> None:
    """A process that queues its share, chunk by chunk."""
    set_up()
    from post_office.mail import send, send_many  # noqa: PLC0415
    from post_office.models import EmailTemplate  # noqa: PLC0415

    from bench.letter import confirmations  # noqa: PLC0415

    template = EmailTemplate.objects.get(name="confirmation")
    end.send("ready")
    end.recv()
    for facts in confirmations(merchant, place, messages, workers, CHUNK if many else 1):
        if not many:
            [(email, context)] = facts
            send(email, SENDER, template=template, context=context)
            continue
        send_many([{"recipients": email, "sender": SENDER, "template": template, "context": context} for email, context in facts])


if __name__ == "__main__":
    main()
