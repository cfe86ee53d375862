"""What lies on the broker is only ever read as JSON."""

import pickle

import pytest
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads, prepare_accept_content

from postpurchase.celery import app


class Trap:
    """What is unpickled runs."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("it was unpickled",)


def test_a_message_that_would_run_code_is_refused_unread() -> None:
    accepted = prepare_accept_content(app.conf.accept_content)
    with pytest.raises(ContentDisallowed):
        loads(pickle.dumps(Trap()), "application/x-python-serialize", "binary", accept=accepted)
    assert loads('{"ids": [1]}', "application/json", "utf-8", accept=accepted) == {"ids": [1]}
    assert (app.conf.task_serializer, app.conf.accept_content) == ("json", ["json"])
