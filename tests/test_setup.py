"""What a fresh machine gets: exact versions with hashes, from nowhere in particular, and nothing the second time."""

import json
import re
import subprocess
import time
import tomllib

import pytest

from tests.conftest import ROOT

LOCKS = ["requirements.lock", "requirements-test.lock", "requirements-npm.lock"]


def locked(name):
    """The versions a lock names, by package."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_a_hash_for_every_version_and_no_place(name):
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())

    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"://|--index|--find-links", text)


def test_the_typefaces_are_locked_by_their_hash_and_no_place():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    fetched = [entry for path, entry in packages.items() if path]

    assert fetched
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in fetched)


def test_every_package_the_project_names_is_locked_at_that_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted, lock in (
        (project["dependencies"], locked("requirements.lock")),
        (project["optional-dependencies"]["test"], locked("requirements-test.lock")),
    ):
        for line in wanted:
            name, version = re.match(r"([A-Za-z0-9._-]+)(?:\[.*\])?(?:==(\S+))?", line).groups()
            assert name.lower() in lock, f"{name} is not locked: run `make lock`"
            assert version in (None, lock[name.lower()]), f"{name} is locked at another version: run `make lock`"


def test_the_tests_run_on_the_versions_the_portal_runs_on():
    of_tests = locked("requirements-test.lock")

    assert {name: of_tests.get(name) for name in locked("requirements.lock")} == locked("requirements.lock")


def test_set_up_does_nothing_when_nothing_is_missing():
    began = time.monotonic()
    done = subprocess.run([ROOT / ".ci" / "setup", "test"], capture_output=True, text=True, cwd="/")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - began < 5


def test_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()

    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert [target for target in targets if f"make {target} " not in shown] == []
