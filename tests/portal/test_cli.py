"""The console command: help for every verb, errors in a line, exit codes that can be relied on."""

import os
import re
import resource
import subprocess
import sys

import pypdf
import pytest

import config
from models import PasswordLink, Person
from portal import cli, clock, sign_ins

WORDS = [
    *([verb] for verb in cli.VERBS),
    ["compile", "pack"],
    ["compile", "book"],
    ["person", "add"],
    ["person", "link"],
]


def _portal(settings, *words, **variables):
    return subprocess.run(
        [sys.executable, "-m", "portal.cli", *words],
        env=os.environ | (settings.environment() if settings else {}) | variables,
        cwd=config.PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_every_verb_has_its_help(words):
    told = _portal(None, *words, "--help")

    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"Usage: portal {' '.join(words)}")
    assert len(told.stdout.splitlines()) > 4


def test_the_help_names_every_verb_and_is_quick():
    told = _portal(None, "--help")

    assert told.returncode == 0
    assert re.findall(r"^  (\w+)  +\w", told.stdout.partition("Verbs:")[2], re.M) == list(cli.VERBS)


@pytest.mark.parametrize("words", [["no-such-verb"], ["serve", "--no-such-option"], ["compile", "pack"]])
def test_a_verb_or_option_that_is_not_there_is_told(words):
    told = _portal(None, *words)

    assert told.returncode == 2
    assert "Error: " in told.stderr and "Traceback" not in told.stderr


@pytest.mark.parametrize("verb", ["serve", "web", "worker", "scheduler", "migrate", "demo", "doctor"])
def test_every_wrong_setting_is_told_at_once(verb, tmp_path):
    told = _portal(None, verb, PORTAL_DATA=str(tmp_path), PORTAL_PORT="x", PORTAL_LANGUAGE="y", PORTAL_DEMO="z")

    assert told.returncode == 2
    assert [line.split(":")[1].strip() for line in told.stderr.splitlines()] == [
        "PORTAL_DEMO",
        "PORTAL_PORT",
        "PORTAL_LANGUAGE",
    ]


def test_migrating_twice_changes_nothing_the_second_time(bare, settings):
    first = _portal(settings, "migrate")
    second = _portal(settings, "migrate")

    assert first.returncode == 0, first.stderr
    assert "tables: 0001_first" in first.stdout and "reference data: 96 Unit" in first.stdout
    assert (second.returncode, second.stdout) == (0, "")


@pytest.mark.parametrize("words", [["web"], ["worker"], ["scheduler"], ["compile", "pack", "2566-05"]])
def test_a_store_of_another_version_is_told_in_a_line(bare, settings, words):
    told = _portal(settings, *words)

    assert told.returncode == 1
    assert re.fullmatch(r"Error: the store is \d+ step\(s\) behind this version: run `portal migrate`\n", told.stderr)


def test_a_store_that_is_away_is_told_in_a_line(sqlite_store, settings):
    told = _portal(settings, "migrate", PORTAL_DATABASE="postgresql://nobody@127.0.0.1:1/portal")

    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1 and "connection refused" in told.stderr.lower()


def test_somebody_added_sets_their_password_by_the_link(database, settings):
    added = _portal(settings, "person", "add", "Somchai", "--name", "สมชาย ใจดี", "--role", "planning", "--unit", "CPD")

    assert added.returncode == 0, added.stderr
    token = re.search(r"/first/([\w-]+)/", added.stdout)[1]
    person = sign_ins.use_link(token, "ม้าสีน้ำตาลกินหญ้า", at=clock.now())
    assert (person.username, person.name, person.role) == ("somchai", "สมชาย ใจดี", "planning")


def test_a_new_link_ends_the_one_before(database, settings):
    _portal(settings, "person", "add", "somchai", "--name", "สมชาย", "--role", "admin", "--unit", "CPD")

    linked = _portal(settings, "person", "link", "somchai")

    assert linked.returncode == 0
    assert PasswordLink.select().where(PasswordLink.used_at.is_null()).count() == 1
    assert _portal(settings, "person", "link", "nobody").returncode == 1


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["--role", "admin", "--unit", "XX"], "no unit with the code XX", 2),
        (["--role", "king", "--unit", "CPD"], "is not one of", 2),
        (["--role", "reporter", "--unit", "CPD"], "field office", 1),
        (["--role", "admin"], "--unit", 2),
    ],
)
def test_somebody_who_does_not_fit_is_refused_in_a_line(sqlite_store, settings, words, said, code):
    told = _portal(settings, "person", "add", "somchai", "--name", "สมชาย", *words)

    assert told.returncode == code
    assert said in told.stderr and "Traceback" not in told.stderr
    assert Person.select().count() == 0


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["pack", "2566"], "by month, such as 2566-05", 2),
        (["pack", "2566-13"], "by month, such as 2566-05", 2),
        (["book", "2566-05"], "by year, such as 2566", 2),
        (["pack", "2599-05"], "2599 is not in the portal", 1),
    ],
)
def test_a_month_or_year_that_is_none_is_refused_in_a_line(sqlite_store, settings, words, said, code):
    told = _portal(settings, "compile", *words, "--out", str(settings.data / "out"))

    assert told.returncode == code
    assert said in told.stderr and "Traceback" not in told.stderr
    assert not (settings.data / "out").exists()


def test_a_folder_that_cannot_be_written_is_told_in_a_line(sqlite_demo, settings):
    told = _portal(settings, "compile", "pack", "2566-05", "--out", "/proc/out")

    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1 and "/proc/out" in told.stderr


def test_a_pack_is_printed_without_redis_or_worker(sqlite_demo, settings, tmp_path):
    told = _portal(
        settings, "compile", "pack", "2566-05", "--out", str(tmp_path / "out"), PORTAL_REDIS="redis://127.0.0.1:1"
    )

    assert told.returncode == 0, told.stderr
    said = dict(line.split(maxsplit=1) for line in told.stdout.splitlines())
    assert list(said) == ["file", "pages", "seconds", "sha256"]
    assert len(pypdf.PdfReader(said["file"]).pages) == int(said["pages"]) > 8


def test_the_demonstration_goes_into_an_empty_store_only(sqlite_demo, settings):
    told = _portal(settings, "demo")

    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1


def test_no_demonstration_in_production(sqlite_store, settings):
    told = _portal(settings, "demo", PORTAL_PRODUCTION="1")

    assert told.returncode == 1 and "production" in told.stderr


@pytest.mark.parametrize("room", [48_000, 150_000], ids=["no-chapter-fits", "the-whole-does-not-fit"])
def test_a_full_disk_ends_a_compile_in_one_line_and_leaves_no_half_file(sqlite_demo, settings, tmp_path, room):
    out = tmp_path / "out"
    told = subprocess.run(
        [sys.executable, "-m", "portal.cli", "compile", "pack", "2566-05", "--out", str(out)],
        env=os.environ | settings.environment(),
        cwd=config.PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        # No file may grow further than this: a write fails as it does on a full disk.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )

    assert told.returncode == 1, told.stderr
    assert "no room left on the disk" in told.stderr.splitlines()[-1]
    assert "Traceback" not in told.stderr
    assert not list(out.glob("*.pdf")) and not list(out.glob(".*.part"))
