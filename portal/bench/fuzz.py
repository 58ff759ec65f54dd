"""The whole description of the API fuzzed as each role: no failure of ours, answers as described, nobody else's rows.

schemathesis makes the requests, those that fit the description and those that do not. Rows that the caller must not
see are given texts that nobody else's answer may ever hold.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from peewee import CharField, TextField
from playhouse.fields import EnumField

import config
from models import ALL, Form, Person, Table, Unit, db
from portal import clock, database, demo, records, scope, tokens
from portal.app import create_app
from portal.rules.access import Role

PLANTED = "ซ่อนไว้จากผู้อื่น"  # stands in rows out of the caller's reach, and in no answer
ROWS = 20  # of each table that are given such texts
AT_ONCE = 4  # requests of each operation before the next one has its turn
OPERATIONS = 150  # fewer would mean that part of the description was lost


@dataclass
class Found:
    """What came of it: how many requests, the statuses of their answers, each failure once with its request."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        kinds = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        return f"{self.requests:,} requests ({kinds}), {len(self.wrong)} failures"


def run(given: argparse.Namespace) -> bool:
    """Fuzz as each role (or `--role`) for `--minutes`; print; return whether nothing was wrong."""
    roles = [Role(given.role)] if given.role else list(Role)
    clean = True
    for role in roles:
        with tempfile.TemporaryDirectory(prefix="portal-fuzz-") as folder:
            app = _portal(Path(folder))
            person = Person.select().where(Person.role == role, Person.is_active).order_by(Person.id).first()
            found = fuzz(app, person, seconds=given.minutes * 60)
            db.close()
        print(f"{role:10}{found}", flush=True)
        for name, how in found.wrong.items():
            print(f"  {name}\n    {how}", flush=True)
        clean = clean and not found.wrong
    return clean


def fuzz(
    app: Flask, person: Person, *, seconds: float = 0, at_once: int = AT_ONCE, share: tuple[int, int] = (0, 1)
) -> Found:
    """Ask every operation of the description as `person`: one round, or for so long; `at_once` of each kind and round.

    Half of the requests fit the description, half do not. A `share` such as (1, 3) asks every third one, from the
    second on.
    """
    schemathesis = importlib.import_module("schemathesis")
    plant(person)
    text, _row = tokens.issue(
        person, name="fuzz", by=person, at=clock.now(), may_write=True, may_step=True, per_minute=100_000
    )
    described = app.test_client().get("/api/v1/openapi.json").get_json()
    aim(described)
    schema = schemathesis.openapi.from_dict(described)
    schema.app = app
    schema.config.generation.update(with_security_parameters=False)
    operations = [one.ok() for one in schema.get_all_operations()]
    assert len(operations) >= OPERATIONS, "part of the description is missing"
    operations = operations[share[0] :: share[1]]
    found, ends = Found(), time.monotonic() + seconds
    for turn in _turns(seconds, ends):
        for operation in operations:
            if seconds and time.monotonic() > ends:
                break
            for mode in ("positive", "negative"):
                _ask(operation, mode, turn * at_once, text, found, at_once)
    return found


def aim(described: dict[str, Any]) -> None:
    """Have the description ask for what there is: numbers, codes, related records, moments; else all is “not found”."""
    with db.connection_context():
        forms = [code for (code,) in Form.select(Form.code).order_by(Form.id).limit(8).tuples()]
        units = [code for (code,) in Unit.select(Unit.code).where(Unit.kind == "provincial").limit(6).tuples()]
    choices = {
        "code": forms, "unit": [*units, "P40"], "period": ["2566-05", "2566-04", "2566-Q3", "2566"],
        "as_of": ["2023-04-10T12:00:00", "2023-05-25", "2099-01-01T00:00:00+07:00", "pack-2566-05-1"],
        "where": ['{"or":[{"id__lt":9},{"id__gt":3}]}', '{"unit__code__ne":"P40"}', '{"id__isnull":false}'],
    }  # fmt: skip
    shared = described["components"]["parameters"]
    shared["id"]["schema"]["maximum"] = 120
    for path in described["paths"].values():
        for operation in path.values():
            for place, parameter in enumerate(operation["parameters"]):
                known = shared.get(str(parameter.get("$ref", "")).rpartition("/")[2], parameter)
                name, properties = known["name"], _properties(described, operation)
                wanted = choices.get(name)
                if name in ("expand", "fields") and properties:
                    related = [n for n, kind in properties.items() if kind.get("type") == ["object", "null"]]
                    wanted = related if name == "expand" else list(properties)
                if wanted:
                    operation["parameters"][place] = known | {"schema": {"type": "string", "enum": wanted}}


def _properties(described: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    name = operation["operationId"].partition("_")[2].replace("_", "-")
    path = described["paths"].get(f"/{name}/{{id}}", {}).get("get")
    if path is None:
        return {}
    held = path["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return dict(described["components"]["schemas"][held]["properties"])


def plant(person: Person) -> int:
    """Give rows that `person` must not see texts of their own, and return how many there are."""
    count = 0
    for table in ALL:
        names = _texts(table) if table.unit_path else []
        if not names:
            continue
        mine = scope.narrowed(table.select(table.id), person)
        with records.changing(by=None, verb="plant", at=clock.now()) as work:
            for row in table.select().where(table.id.not_in(mine)).order_by(table.id).limit(ROWS):
                for name in names:
                    table.update({name: PLANTED}).where(table.id == row.id).execute()
                # Its picture in the trail holds the text as well.
                fresh = table.get_by_id(row.id)
                work.kept.append(
                    (table.__name__, row.id, None, {n: fresh.__data__[n] for n in names}, scope.unit_of(fresh))
                )
                count += 1
    return count


# ---------------------------------------------------------------- below: how


def _portal(folder: Path) -> Flask:
    settings = config.load(
        {
            "PORTAL_DATA": str(folder),
            "PORTAL_SECRET_KEY": "kept-for-measurements-0123456789-abcdefgh",
            "PORTAL_DEMO": "1",
        }
    )
    app = create_app(settings)
    database.migrate()
    demo.build(at=clock.now())
    return app


def _texts(table: type[Table]) -> list[str]:
    """Return the columns whose text says nothing to a machine: of free length, or a name."""
    bound = {name for index in table._meta.indexes if isinstance(index, tuple) and index[1] for name in index[0]}
    return [
        f.name
        for f in table._meta.sorted_fields
        if (type(f) is TextField or (isinstance(f, CharField) and f.name in ("name", "short", "subject")))
        and not isinstance(f, EnumField)
        and not f.unique
        and f.name not in bound | set(table.secret)
    ]


def _turns(seconds: float, ends: float) -> Iterator[int]:
    turn = 0
    while turn < 1 or (seconds and time.monotonic() < ends):
        yield turn
        turn += 1


def _ask(operation: Any, mode: str, turn: int, token: str, found: Found, at_once: int) -> None:
    hypothesis, schemathesis = importlib.import_module("hypothesis"), importlib.import_module("schemathesis")
    checks = importlib.import_module("schemathesis.specs.openapi.checks")
    generation = importlib.import_module("schemathesis.generation")
    wanted = (
        schemathesis.checks.not_a_server_error,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    )

    def one(case: Any) -> None:
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        found.requests += 1
        found.statuses[response.status_code] += 1
        said = f"{case.method} {case.formatted_path} {dict(case.query or {})!r:.300} {case.body!r:.300}"
        if PLANTED.encode() in response.content or _escaped(PLANTED) in response.content:
            found.wrong.setdefault(f"{operation.label}: tells what is out of reach", said)
        try:
            case.validate_response(response, checks=wanted)
        except Exception as wrong:  # whatever a check says, told with its request
            name = f"{operation.label}: {type(wrong).__name__} {response.status_code}"
            words = " / ".join(str(each) for each in getattr(wrong, "exceptions", [wrong]))
            found.wrong.setdefault(name, f"{said}\n    {' '.join(words.split())[:600]}")

    try:
        made = operation.as_strategy(generation_mode=generation.GenerationMode(mode))
        settings = hypothesis.settings(
            max_examples=at_once, deadline=None, database=None, derandomize=False,
            suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate],
        )  # fmt: skip
        settings(hypothesis.seed(turn)(hypothesis.given(case=made)(one)))()
    except (hypothesis.errors.Unsatisfiable, hypothesis.errors.InvalidArgument):
        return  # nothing that does not fit can be made of this operation


def _escaped(text: str) -> bytes:
    return text.encode("unicode_escape")
