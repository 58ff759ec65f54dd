"""Jobs that send editions: one letter to one address."""

from __future__ import annotations

from jobs.worker import at_work
from portal import clock, mail
from portal.reports import sendings


def send_edition(sending_id: int) -> None:
    """Send one letter with its edition. Safe to repeat: what was sent is not sent again."""
    with at_work() as work:
        server = mail.server(work.settings.mail)
        if server is not None:
            url = work.settings.public_address
            sendings.deliver(sending_id, server, work.files, portal_url=url, now=clock.now)
