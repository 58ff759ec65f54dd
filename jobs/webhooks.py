"""Jobs that tell outside systems that something changed."""

from __future__ import annotations

from jobs.worker import at_work
from portal import clock, webhooks


def tell(hook_id: int) -> None:
    """Tell one system of what is new. Safe to repeat: what it was told is not told again."""
    with at_work() as work:
        webhooks.tell(hook_id, key=work.settings.secret_key, at=clock.now())
