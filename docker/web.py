"""How gunicorn serves in the container: `gunicorn --config docker/web.py postpurchase.wsgi`. What stands on its command line wins."""

import os
import shutil
from pathlib import Path
from typing import Any

from core import logs

bind = "0.0.0.0:8000"
workers = int(os.environ.get("WEB_WORKERS", "3"))
threads = int(os.environ.get("WEB_THREADS", "4"))
max_requests, max_requests_jitter = 5000, 500
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat's file must not wait for a disk
# Each request has one line of our own, with its route; gunicorn's would hold the path, and paths hold links' tokens.
logconfig_dict = logs.config(is_json=os.environ.get("LOG_FORMAT", "json") == "json", level=os.environ.get("LOG_LEVEL", "INFO"))
logconfig_dict["loggers"] |= {
    "gunicorn.error": {"propagate": True, "handlers": []},
    "gunicorn.access": {"propagate": False, "handlers": [], "level": "CRITICAL"},
}

# Where the processes add up what they count. Set before anything reads it; figures of the last start would count for ever.
shared = os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", "/tmp/metrics")  # noqa: S108 - the container's own
shutil.rmtree(shared, ignore_errors=True)
Path(shared).mkdir(parents=True)


def child_exit(server: Any, worker: Any) -> None:
    """Figures of a process that ends are folded into what is kept."""
    from prometheus_client import multiprocess  # noqa: PLC0415 - read earlier, it would not know the folder

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
