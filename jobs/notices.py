"""Jobs that send: one letter to one person."""

from __future__ import annotations

from jobs.worker import at_work
from portal import clock, mail, notices


def send_letter(person_id: int) -> None:
    """Send one person what he has not been sent yet. Safe to repeat: what was sent is not sent again."""
    with at_work() as work:
        server = mail.server(work.settings.mail)
        if server is not None:
            notices.send_letter(person_id, server, portal_url=work.settings.public_address, now=clock.now)
