"""A year with the projects that the golden files speak of, and a way to take a file in as people do."""

import pytest

from models import Plan, Project
from portal.files import FolderFiles
from portal.imports import batches, codes, underway
from portal.imports.source import Given
from portal.reports import runs
from portal.rules.access import Role
from portal.rules.terms import MapKind, Nature, RunKind
from tests import make
from tests.imports import golden


class Money:
    """Takes files in, telling what every code means as a person who knows would."""

    def __init__(self, folder):
        self.files = FolderFiles(folder / "files")
        self.folder = folder
        self.year = make.fiscal_year(golden.YEAR)
        plan = make._one(Plan, code="T14") or make.row(Plan, fiscal_year=self.year, code="T14", name="แผนงาน")
        owner = make.unit(is_office=False)
        self.projects = {
            code: make.row(
                Project, plan=plan, code=f"T{code}", name=f"โครงการ {code}", owner=owner,
                starts_on=self.year.starts_on, ends_on=self.year.ends_on,
            )
            for code in golden.PROJECTS
        }  # fmt: skip
        self.by = make.person(Role.PLANNING)
        self.centre = owner

    def write(self, name, make_file):
        path = self.folder / name
        make_file(path)
        return path

    def receive(self, path, given=Given(), *, is_whole=True):  # noqa: B008
        return batches.receive(path, path.name, given, is_whole=is_whole, by=self.by, files=self.files, at=make.NOON)

    def stage(self, path, given=Given(), *, is_whole=True):  # noqa: B008
        batch = self.receive(path, given, is_whole=is_whole)
        self.work(batch)
        return underway.of_run(str(batch.id))

    def work(self, batch):
        """Do what a worker does when the bell rings for the batch."""

        def do(asked, progress):
            batches.go_on(underway.of_run(asked.subject), files=self.files, teller=progress, now=lambda: make.NOON)

        run = underway.run_of(batch)
        runs.carry_out(run.id, kinds=(RunKind.IMPORT,), do=do, now=lambda: make.NOON)
        run = underway.run_of(batch)
        assert run.state == "done", run.error

    def meaning(self, unknown):
        """What a code means, as the person would answer."""
        if unknown.kind is MapKind.PROJECT:
            found = [p for n, p in self.projects.items() if n in unknown.value or golden.PROJECTS[n] == unknown.value]
            return found[0]
        if unknown.kind is MapKind.UNIT:
            offices = {**{k: v[1] for k, v in golden.OFFICES.items()}, **dict(golden.OFFICES.values())}
            return make._one(make.Unit, name=offices[unknown.value]) if unknown.value in offices else self.centre
        if unknown.kind is MapKind.CODE:
            name = unknown.value.partition(" · ")[0]
            return next(i.code for i in golden.ITEMS if i.name == name)
        return Nature.RECURRENT

    def map_all(self, batch):
        for _ in range(3):
            told = {(u.kind, u.value): self.meaning(u) for u in codes.unknown(batch)}
            if told:
                batch = codes.map_codes(batch, told, by=self.by, at=make.NOON)
        return underway.of_run(str(batch.id))

    def take(self, path, given=Given(), *, is_whole=True, word=""):  # noqa: B008
        batch = self.map_all(self.stage(path, given, is_whole=is_whole))
        batches.accept(batch, word, by=self.by, at=make.NOON)
        self.work(batch)
        return underway.of_run(str(batch.id))


@pytest.fixture
def money(store, tmp_path):
    return Money(tmp_path)
