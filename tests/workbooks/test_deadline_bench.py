"""The measurement of deadline day itself: it counts what it asks, and notices what is lost."""

import argparse
import asyncio

import pytest

from models import Answer
from portal.bench import browsers, deadline, servers
from tests import make


async def _served(answer):
    async def serve(reader, writer):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(answer)
            await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def ask(answer, times=1):
    async def run():
        server, port = await _served(answer)
        tally = browsers.Tally()
        browser = browsers.Browser("127.0.0.1", port, {"a": "1"}, tally)
        got = [await browser.ask("page", "GET", "/") for _ in range(times)]
        browser.close()
        server.close()
        return got, tally, browser

    return browsers.run(run())


def test_a_browser_reads_a_page_by_its_length_and_keeps_its_cookies():
    got, tally, browser = ask(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: b=2; Path=/\r\n\r\nok", times=3)

    assert [a.body for a in got] == [b"ok"] * 3
    assert browser.cookies == {"a": "1", "b": "2"}
    assert tally.count == 3 and not tally.errors


def test_a_browser_reads_a_page_in_chunks():
    got, _, _ = ask(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n")

    assert got[0].body == b"ok!"


def test_a_refused_page_counts_as_an_error():
    _, tally, _ = ask(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")

    assert len(tally.errors) == 1 and "500" in tally.errors[0]


def test_nobody_there_counts_as_an_error():
    async def run():
        tally = browsers.Tally()
        await browsers.Browser("127.0.0.1", servers.free_port(), {}, tally).ask("page", "GET", "/")
        return tally

    tally = browsers.run(run())

    assert tally.count == 1 and tally.errors


def test_a_save_that_the_store_does_not_have_is_noticed(sqlite_store):
    made = make.submission()
    made.state = "submitted"
    desk = deadline.Desk(1, "", [made.obligation_id])
    row = Answer.get(Answer.submission == made)
    Answer.update(key="q1").where(Answer.id == row.id).execute()

    desk.acknowledged[made.obligation_id, "q1"] = "5"
    assert deadline.lost([desk]) == []

    desk.acknowledged[made.obligation_id, "q1"] = "6"
    desk.sent.add(made.obligation_id)
    assert len(deadline.lost([desk])) == 2


@pytest.mark.slow
def test_a_short_deadline_day_loses_nothing(sqlite_demo, tmp_path):
    given = argparse.Namespace(people=4, seconds=12.0, plain=True)

    day = deadline.measure("sqlite", sqlite_demo.url, tmp_path, given)

    assert day.tally.errors == [] and day.lost == []
    assert day.tally.count > 4 and day.plain.count > 4 and day.plain.errors == []
