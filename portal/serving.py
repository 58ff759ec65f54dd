"""The web server: gunicorn over the portal's application, loaded once and shared by its processes."""

from __future__ import annotations

import os
from typing import Any

from gunicorn.app.base import BaseApplication

import config
from jobs import queue
from portal import database, lifeline
from portal.app import create_app

# Long enough for a page under way, short enough to be gone within the ten seconds a stop may take.
GRACE = 4
REQUEST_LINE = "%(h)s %(t)s %(m)s %(U)s %(s)s %(B)s %(M)sms"


def serve(settings: config.Settings, *, processes: int, threads: int) -> None:
    """Answer browsers until told to stop (SIGTERM or SIGINT). Does not return."""
    _Server(settings, processes, threads).run()


class _Server(BaseApplication):
    def __init__(self, settings: config.Settings, processes: int, threads: int) -> None:
        self._settings, self._processes, self._threads = settings, processes, threads
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        chosen = {
            "bind": f"{host}:{self._settings.port}",
            "workers": self._processes,
            "threads": self._threads,
            "worker_class": "gthread",
            "preload_app": True,
            "post_fork": _begin,
            "graceful_timeout": GRACE,
            "timeout": 60,
            "keepalive": 5,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
            "control_socket_disable": True,
            "accesslog": "-",
            # Without the query: what people search for is nobody's business.
            "access_log_format": REQUEST_LINE,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        application = create_app(self._settings)
        queue.use(self._settings.redis_url)
        return application


def _begin(arbiter: Any, worker: Any) -> None:
    """What a new process does first: drop connections that belong to its parent, and end with it."""
    lifeline.die_with_parent()
    database.db.obj.dispose()
