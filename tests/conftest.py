"""What every test may ask for: a fresh store on SQLite and on PostgreSQL, a Redis, the app, a browser, agreed pages."""

import datetime as dt
import difflib
import importlib
import os
import signal
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from flask import g
from playwright.sync_api import sync_playwright

import config
from portal import clock
from portal import database as portal_database
from tests import forks, services
from tests.stores import Stores

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
STARTED = dt.datetime(2022, 9, 1, 9, 0)  # when the reference data of the tests was entered
CHROMIUM = "/usr/bin/chromium"
TOKEN = "HTTP_X_CSRF_TOKEN"  # under this name a request carries the proof that it comes from a page of ours
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A portal that runs in this clone meanwhile has its own settings; none of them may reach the tests.
ACCEPTS_GOLDEN = os.environ.pop("PORTAL_GOLDEN", "") == "1"
for name in [name for name in os.environ if name.startswith("PORTAL_")]:
    del os.environ[name]
os.environ["TZ"] = "Asia/Bangkok"
# Where compiled Python is not kept, each process of a run would compile the portal and its tests again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# A shell that starts the tests in the background has them ignore Ctrl-C, and so would every portal they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.watched = services.Watched()


def pytest_unconfigure(config):
    forks.FORKS.end()
    if not hasattr(config, "workerinput"):
        config.watched.end()


def pytest_collection_modifyitems(items):
    for item in items:
        if "golden" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.golden)
        if "browser_page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def stores():
    stores = Stores(at=STARTED)
    yield stores
    stores.close()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request):
    """Each test that asks for a store runs on both."""
    return request.param


def _bound(stores, engine, kind, folder):
    store = stores.new(engine, kind, folder)
    portal_database.use(store.url)
    yield store
    stores.drop(store)


@pytest.fixture
def database(stores, engine, tmp_path):
    """A migrated store with the reference data and nothing else, in use for this test. On SQLite and PostgreSQL."""
    yield from _bound(stores, engine, "reference", tmp_path)


@pytest.fixture
def store(database):
    """The same as `database`, for tests that read better with this word."""
    return database


@pytest.fixture
def migrated(stores, engine, tmp_path):
    """A store with all tables and no rows."""
    yield from _bound(stores, engine, "migrated", tmp_path)


@pytest.fixture
def bare(stores, engine, tmp_path):
    """A store without a single table."""
    yield from _bound(stores, engine, "bare", tmp_path)


@pytest.fixture
def demo(stores, engine, tmp_path):
    """A store with the demonstration year."""
    yield from _bound(stores, engine, "demo", tmp_path)


@pytest.fixture
def sqlite_store(stores, tmp_path):
    """As `database`, on SQLite alone: for tests to which the kind of store makes no difference."""
    yield from _bound(stores, "sqlite", "reference", tmp_path)


@pytest.fixture
def sqlite_demo(stores, tmp_path):
    """As `demo`, on SQLite alone."""
    yield from _bound(stores, "sqlite", "demo", tmp_path)


@pytest.fixture
def small_year(stores, tmp_path):
    """A year of six offices, a planner, and a pack of six chapters, soon printed; on SQLite alone."""
    yield from _bound(stores, "sqlite", "year", tmp_path)


@pytest.fixture(scope="session")
def redis_server():
    server = services.Redis()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server):
    """The address of an empty Redis that no other test uses meanwhile."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture
def settings(request, redis_server, tmp_path):
    """Settings for the store of this test (SQLite, if it asked for none): own data folder, own port."""
    for name in ("database", "migrated", "bare", "demo", "sqlite_demo", "small_year"):
        if name in request.fixturenames:
            url = request.getfixturevalue(name).url
            break
    else:
        url = request.getfixturevalue("sqlite_store").url
    return config.load(
        {
            "PORTAL_DATABASE": url,
            "PORTAL_DATA": str(tmp_path),
            "PORTAL_REDIS": redis_server.url,
            "PORTAL_PORT": str(services.free_port()),
            "PORTAL_SECRET_KEY": "kept-for-the-tests-0123456789-abcdefghijkl",
            "PORTAL_DEMO": "0",
        }
    )


class Portals:
    """Portals put together once a process, and lent to one test after the other over that test's own store.

    Registering some seventy screens costs a third of a second, more than most tests do. What a portal
    remembers between two requests is forgotten in between.
    """

    def __init__(self):
        self.made = {}

    def over(self, settings):
        alike = replace(settings, database="", data=Path(), redis="", port=0)
        if alike not in self.made:
            app = importlib.import_module("portal.app").create_app(settings)
            self.made[alike] = app, dict(app.config), dict(app.extensions)
        app, config, extensions = self.made[alike]
        portal_database.use(settings.database)
        app.config.clear()
        app.config.update(config, PORTAL=settings)
        app.extensions.clear()
        app.extensions.update(extensions, portal_tries=importlib.import_module("portal.web.sign_in").Tries())
        return app


@pytest.fixture(scope="session")
def portals():
    return Portals()


@pytest.fixture
def app(portals, settings):
    """The portal over this test's store."""
    return portals.over(settings)


@pytest.fixture
def client(app):
    """A browser without scripts, signed in as nobody."""
    return app.test_client()


@pytest.fixture
def sign_in(app, client):
    """`sign_in(person)`: `client` is this person's from now on; `sign_in(person, app.test_client())` another one.

    Its changing requests carry the token of a page of ours; `client.environ_base.pop(TOKEN)` takes that away.
    """

    sign_ins, guard = importlib.import_module("portal.sign_ins"), importlib.import_module("portal.web.guard")

    def enter(person, browser=client):
        token = sign_ins.begin_sign_in(person, agent="tests", at=clock.now())
        browser.set_cookie(importlib.import_module("portal.web.sign_in").COOKIE, token)
        with app.test_request_context():
            g.token = token
            browser.environ_base[TOKEN] = guard.csrf_token()
        return browser

    return enter


@pytest.fixture
def live_portal(settings):
    """The address of the real web server over this test's store, for browsers."""
    log = settings.data / "web.log"
    web = forks.FORKS.start("web", settings.environment(), log)
    try:
        services.wait_until(
            lambda: _answers(settings.address, web, log), seconds=60, what=f"{settings.address} answers"
        )
        yield settings.address
    finally:
        services.end_group(web)


def _answers(address, process, log):
    if process.poll() is not None:
        raise AssertionError(f"the web server ended:\n{log.read_text()[-3000:]}")
    try:
        return urllib.request.urlopen(address, timeout=5).status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, one for each worker of pytest."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(chromium):
    """A page in a browser without memory of other tests, Thai, as large as a small laptop.

    The test fails when the page logged an error or asked anyone but this machine for something.
    """
    context = chromium.new_context(locale="th-TH", timezone_id="Asia/Bangkok", viewport={"width": 1366, "height": 768})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(f"script: {error}"))
    page.on("request", lambda request: _note_stranger(request.url, page.complaints))
    yield page
    complaints = page.complaints
    context.close()
    assert not complaints


def _note_stranger(url, complaints):
    if not url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:", "about:")):
        complaints.append(f"asked a stranger: {url}")


@pytest.fixture
def golden():
    """`golden(name, made)`: what was made (text or bytes) is what was agreed in tests/golden/<name>.

    `make golden` (PORTAL_GOLDEN=1) writes it anew instead; what changed is then read before it is committed.
    """

    def compare(name, made):
        path = GOLDEN / name
        new = made.encode() if isinstance(made, str) else made
        if ACCEPTS_GOLDEN:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(new)
            return
        assert path.exists(), f"{path.relative_to(ROOT)} is not there yet: run `make golden` and read it"
        agreed = path.read_bytes()
        if agreed != new:
            pytest.fail(_difference(name, agreed, new), pytrace=False)

    return compare


def _difference(name, agreed, new):
    try:
        lines = difflib.unified_diff(
            agreed.decode().splitlines(), new.decode().splitlines(), f"agreed {name}", "made", lineterm="", n=1
        )
        shown = "\n".join(list(lines)[:60])
    except UnicodeDecodeError:
        shown = f"{len(agreed)} bytes agreed, {len(new)} bytes made"
    return f"{name} differs from what was agreed (`make golden` accepts it):\n{shown}"
