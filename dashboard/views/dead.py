"""What the machine gave up, and a person's way to run it again."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from connectors.services import rerun_command, rerun_item, rerun_poll
from core.clock import now
from dashboard.selectors import dead_rows
from dashboard.views.base import page, staff_page
from events.services import rerun as rerun_delivery
from merchants.staff import Actor
from notifications.services import rerun_message

RERUN: dict[str, Callable[[int], bool]] = {
    "message": lambda id: rerun_message(message_id=id),
    "delivery": lambda id: rerun_delivery(delivery_id=id),
    "inbox": lambda id: rerun_item(item_id=id),
    "poll": lambda id: rerun_poll(poll_id=id),
    "command": lambda id: rerun_command(command_id=id, at=now()),
}


@require_safe
@staff_page()
def dead_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    return page(request, actor, "dashboard/dead.html", {"here": "dead", "now": now(), "rows": dead_rows()})


@require_POST
@staff_page(acts=True)
def rerun(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Run again what is named by `key`, once or many times. What is not dead, or not this merchant's, stays as it is."""
    done = sum(_rerun(key) for key in dict.fromkeys(request.POST.getlist("key")[:600]))
    text = ngettext("%(n)s runs again.", "%(n)s run again.", done) % {"n": done}
    messages.success(request, text)
    return redirect("dashboard:dead")


def _rerun(key: str) -> bool:
    kind, _, number = key.partition(":")
    known = RERUN.get(kind)
    return known is not None and number.isdecimal() and len(number) < 19 and known(int(number))
