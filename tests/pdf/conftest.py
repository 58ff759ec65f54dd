"""Small books, set once for all tests that only look at them."""

import datetime as dt
import http.server
import subprocess
import threading

import pytest

from portal import database
from portal.reports import editions
from portal.reports.chapter import Cut
from tests import services
from tests.pdf.year import fill

PACK = Cut(fiscal_year=2566, period=9, cut_at=dt.datetime(2023, 6, 23, 16, 30), is_demo=True)
BOOK = Cut(fiscal_year=2566, cut_at=dt.datetime(2023, 10, 20, 9, 0))


class Printed:
    """A finished book and its text by page."""

    def __init__(self, made, snapshot, cache):
        self.made, self.snapshot, self.cache = made, snapshot, cache
        self.path = made.path

    def text(self, *options):
        return run("pdftotext", *options, str(self.path), "-")

    def pages(self, *options):
        return self.text(*options).split("\f")[:-1]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def year(stores, tmp_path_factory):
    """Snapshots of a pack and a book of a small year on SQLite."""
    store = stores.new("sqlite", "reference", tmp_path_factory.mktemp("year"))
    database.use(store.url)
    fill(problem="พื้นที่น้ำท่วม เข้าดำเนินงานไม่ได้")
    texts = {"pack": editions.take_snapshot("pack", PACK), "book": editions.take_snapshot("book", BOOK)}
    stores.drop(store)
    return texts


def _print(texts, slug, folder):
    """Print a book; of all processes of the run, the first sets the chapters and the others bind them."""
    cache = services.home() / f"chapters-{slug}"
    with services.alone(cache.name):
        made = editions.reissue(texts[slug], folder, cache=cache)
    return Printed(made, texts[slug], cache)


@pytest.fixture(scope="session")
def pack(year, tmp_path_factory):
    return _print(year, "pack", tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="session")
def book(year, tmp_path_factory):
    return _print(year, "book", tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def listener():
    """A server on this machine that notes who asks; nobody should."""
    asked = []

    class Note(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Note)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/x", asked
    server.shutdown()
