"""The five everyday tasks of the README run as they stand there, against a real portal."""

import os
import re
import subprocess
import sys

import pytest

from models import MeasureUnit, Person, Run
from portal import clock, tokens
from portal.rules.access import Role
from tests.conftest import ROOT

TASKS = re.findall(r"```(sh|python)\n(# \d\. .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_there_are_five():
    assert [task[1][2] for task in TASKS] == list("12345")


@pytest.fixture
def ran(sqlite_demo, live_portal, tmp_path):
    """Run each task in turn with an administrator's token; return what they said."""
    admin = Person.select().where(Person.role == Role.ADMIN).order_by(Person.id).first()
    text, _row = tokens.issue(admin, name="ทดสอบ", by=admin, at=clock.now(), may_write=True, may_step=True)
    said = []
    for kind, code in TASKS:
        command = ["bash", "-c", code] if kind == "sh" else [sys.executable, "-c", code]
        done = subprocess.run(
            command, env=os.environ | {"PORTAL": live_portal.rstrip("/"), "TOKEN": text}, cwd=tmp_path,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, f"{code}\n{done.stdout}{done.stderr}"
        said.append(done.stdout)
    return said, tmp_path


def test_the_tasks_of_the_readme_do_what_they_say(ran):
    said, folder = ran

    visits = (folder / "visits.csv").read_text("utf-8-sig").splitlines()
    assert len(visits) > 20 and re.search(r"[\u0e00-\u0e7f]", visits[1])
    assert re.search(r"[\u0e00-\u0e7f]", said[1])
    assert MeasureUnit.get(MeasureUnit.code == "PERSON").name_en == "persons"
    assert Run.select().where(Run.subject == "2566-05").count() == 1
    assert re.search(r"^\d+ changes up to \d+", said[4])
