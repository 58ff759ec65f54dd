"""portal web, worker, scheduler: the long-running processes, each by itself, as many as wanted on any machine."""

from __future__ import annotations

import importlib

import click

from jobs import queue
from portal.commands import setting_out
from portal.errors import OutOfReach


@click.command()
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Threads in each of them.")
def web(processes: int, threads: int) -> None:
    """Answer browsers at PORTAL_HOST and PORTAL_PORT."""
    given = setting_out.settings()
    with setting_out.store(given):
        pass
    importlib.import_module("portal.serving").serve(given, processes=processes, threads=threads)


@click.command()
@click.option("--burst", is_flag=True, help="End when nothing waits any more.")
def worker(burst: bool) -> None:
    """Do what waits: print, take files in, send letters and messages."""
    given = setting_out.settings()
    with setting_out.store(given):
        pass
    try:
        queue.check(given.redis_url)
        importlib.import_module("jobs.worker").run(given, burst=burst)
    except OutOfReach as wrong:
        remedy = "start `portal serve`, which brings one along" if given.embeds_redis else "see PORTAL_REDIS"
        raise click.ClickException(f"{wrong}: {remedy}") from wrong


@click.command()
def scheduler() -> None:
    """Go by the timetable: ring for what waits, ask for the monthly pack."""
    given = setting_out.settings()
    with setting_out.store(given):
        pass
    importlib.import_module("jobs.timetable").run(given)
