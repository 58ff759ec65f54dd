"""Load the reference data into a store: what is there already is left alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from models import (
    BudgetCategory,
    CooperativeType,
    DisbursementTarget,
    FiscalYear,
    MeasureUnit,
    Province,
    Region,
    StoreFact,
    Table,
    Unit,
    VisitActivity,
)
from portal import periods, records
from portal.database import tuples
from portal.forms import shipped
from portal.records import Work
from portal.rules import fiscal
from portal.rules.terms import Certainty, Sector, TargetKind, UnitKind
from portal.seed import calendar, tables

FACT = "reference"


def load(at: dt.datetime) -> dict[str, int]:
    """Add the reference rows that this store lacks and return how many, by table name.

    Rows are matched by their natural key (a code, a day, a name); one that is there stays as people left it. A
    store that has seen these very files is not touched at all, so a row that people removed does not come back.
    """
    fingerprint = tables.fingerprint()
    fact = StoreFact.get_or_none(StoreFact.key == FACT)
    if fact is not None and fact.value == fingerprint:
        return {}
    with records.changing(by=None, verb="seed", note="ข้อมูลอ้างอิง", at=at) as work:
        added = _places(work) | _kinds(work) | _calendar(work) | _targets(work)
        added["Form"] = shipped.add_new(work, at)
        if fact is None:
            work.create(StoreFact, key=FACT, value=fingerprint)
        else:
            work.update(fact, value=fingerprint)
    return {table: count for table, count in added.items() if count}


def add_year(work: Work, number: int) -> int:
    """Add a fiscal year with its periods, deadlines and public holidays where they lack; return how many rows came."""
    return periods.add_year(work, number, calendar.public_holidays(number))


# ---------------------------------------------------------------- below: how


def _add(work: Work, model: type[Table], key: str, rows: Iterable[dict[str, Any]]) -> int:
    """Create the rows whose `key` the table does not hold yet."""
    have = {value for (value,) in tuples(model.select(getattr(model, key)))}
    new = [row for row in rows if row[key] not in have]
    for row in new:
        work.create(model, **row)
    return len(new)


def _pairs(query: Any) -> dict[Any, Any]:
    """Return a query of two columns as a dictionary from the first to the second."""
    return dict(tuples(query))


def _ids(model: Any) -> dict[str, int]:
    return _pairs(model.select(model.code, model.id))


def _named(row: dict[str, str]) -> dict[str, Any]:
    """Return the columns that every reference file has."""
    return {"code": row["code"], "name": row["name_th"], "name_en": row["name_en"]}


def _places(work: Work) -> dict[str, int]:
    added = {
        "Region": _add(work, Region, "code", [_named(r) for r in tables.rows("regions")]),
    }
    regions = _ids(Region)
    added["Province"] = _add(
        work,
        Province,
        "code",
        [_named(r) | {"short": r["short"], "region": regions[r["region_code"]]} for r in tables.rows("provinces")],
    )
    provinces = _ids(Province)
    region_of = _pairs(Province.select(Province.code, Province.region))
    listed = tables.rows("units")
    root = [r for r in listed if not r["parent_code"]]
    added["Unit"] = 0
    for level in (root, [r for r in listed if r["parent_code"]]):
        units = _ids(Unit)
        added["Unit"] += _add(
            work, Unit, "code",
            [
                _named(r) | {
                    "kind": UnitKind(r["kind"]), "short": r["abbr_th"], "duty": r["role"],
                    "province": provinces[r["province_code"]], "region": region_of[r["province_code"]],
                    "parent": units.get(r["parent_code"]),
                }
                for r in level
            ],
        )  # fmt: skip
    return added


def _kinds(work: Work) -> dict[str, int]:
    units = _ids(Unit)
    added = {
        "CooperativeType": _add(
            work, CooperativeType, "code",
            [
                _named(r) | {"sector": Sector(r["sector"]), "reviewer": units[r["reviewing_unit"]]}
                for r in tables.rows("cooperative_types")
            ],
        ),
        "MeasureUnit": _add(
            work, MeasureUnit, "code",
            [
                _named(r) | {"decimals": int(r["decimals"]), "is_percentage": r["is_percentage"] == "1"}
                for r in tables.rows("measure_units")
            ],
        ),
        "VisitActivity": _add(
            work, VisitActivity, "code",
            [_named(r) | {"position": n} for n, r in enumerate(tables.rows("visit_activities"), 1)],
        ),
        "BudgetCategory": 0,
    }  # fmt: skip
    listed = tables.rows("budget_categories")
    for level in ([r for r in listed if not r["parent_code"]], [r for r in listed if r["parent_code"]]):
        parents = _ids(BudgetCategory)
        added["BudgetCategory"] += _add(
            work, BudgetCategory, "code",
            [
                _named(r) | {
                    "gfmis_code": r["gfmis_code"], "nature": r["expense_nature"],
                    "parent": parents.get(r["parent_code"]),
                }
                for r in level
            ],
        )  # fmt: skip
    return added


def _calendar(work: Work) -> dict[str, int]:
    others = {int(r["fiscal_year"]) for r in tables.rows("disbursement_targets")} - {tables.YEAR}
    years = [
        {"year": number, "starts_on": fiscal.first_day(number), "ends_on": fiscal.last_day(number)}
        for number in sorted(others)
    ]
    return {
        "FiscalYear": _add(work, FiscalYear, "year", years),
        "Period": add_year(work, tables.YEAR),
    }


def _targets(work: Work) -> dict[str, int]:
    years = _pairs(FiscalYear.select(FiscalYear.year, FiscalYear.id))
    target = DisbursementTarget
    have = set(tuples(target.select(target.fiscal_year, target.quarter, target.kind)))
    added = 0
    for r in tables.rows("disbursement_targets"):
        key = (years[int(r["fiscal_year"])], int(r["quarter"]), TargetKind(r["kind"]))
        if key in have:
            continue
        work.create(
            target, fiscal_year=key[0], quarter=key[1], kind=key[2], percent=Decimal(r["percent_cumulative"]),
            certainty=Certainty(r["certainty"]), source=r["source"],
        )  # fmt: skip
        added += 1
    return {"DisbursementTarget": added}
