"""What a workbook says of itself on its hidden sheet: whose it is, of which period, made with which forms, and how the
cells stood when it was made. A seal over all of it shows when anything was changed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from portal.errors import PortalError
from portal.forms.values import Cell
from portal.workbooks.safe import Book

SHEET = "_portal"
LISTS = "_รายการ"
MARK = "portal-workbook"
EDITION = 1  # of this way to write workbooks; another one is not read
PIECE = 30_000  # characters; Excel holds 32,767 in a cell


class ForeignWorkbook(PortalError):
    """A workbook of another office, period or version, or one whose identity was changed. `rule` says which."""

    status = 422

    def __init__(self, msgid: str, *, rule: str, **values: Any) -> None:
        super().__init__(msgid, field="file", **values)
        self._rule = rule

    @property
    def rule(self) -> str:
        """Return the reason in one word."""
        return self._rule


@dataclass(frozen=True)
class Before:
    """How a cell stood when the workbook was made: the answer's version (0 = none) and the answer as one types it."""

    version: int
    text: str


@dataclass(frozen=True)
class Leaf:
    """One form in a workbook: its sheet, which obligation it meets, the version it was made with, its tables' rows."""

    sheet: str
    obligation: int
    form: str
    version: int
    digest: str
    rows: dict[str, int]
    before: dict[Cell, Before] = field(default_factory=dict)


@dataclass(frozen=True)
class Identity:
    """Whose workbook this is. `period` is the period's id, `period_name` what people call it, `unit` a unit's code."""

    unit: str
    period: int
    period_name: str
    made_at: str
    leaves: tuple[Leaf, ...]


def digest_of(spec: dict[str, Any]) -> str:
    """Return a short mark of a form's description, which changes with it."""
    text = json.dumps(spec, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def written(identity: Identity, secret: str) -> list[str]:
    """Return the lines of the hidden sheet: a mark, the seal, then the identity in pieces."""
    plain = json.dumps(_plain(identity), ensure_ascii=True, separators=(",", ":"))
    # Packed so that no program takes anything in it for an escape of its own.
    text = base64.b64encode(zlib.compress(plain.encode(), 9)).decode()
    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    return [f"{MARK} {EDITION}", _seal(text, secret), *pieces]


def read(book: Book, secret: str) -> Identity:
    """Return whose workbook this is, or raise ForeignWorkbook when it is none of ours or was tampered with."""
    if SHEET not in book.sheets:
        raise ForeignWorkbook("This workbook was not downloaded from this portal.", rule="stranger")
    lines = [str(row[0].value) for row in book.rows(SHEET)]
    if len(lines) < 3 or lines[0] != f"{MARK} {EDITION}":
        raise ForeignWorkbook(
            "This workbook was made by another version of the portal. Download it again.", rule="edition"
        )
    text = "".join(lines[2:])
    if not hmac.compare_digest(_seal(text, secret), lines[1].strip().encode("ascii", "replace").decode()):
        raise ForeignWorkbook(
            "The hidden sheet that says whose workbook this is was changed. Download it again.", rule="seal"
        )
    return _identity(json.loads(zlib.decompress(base64.b64decode(text))))


# ---------------------------------------------------------------- below: how


def _seal(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"{MARK} {EDITION}\n{text}".encode(), hashlib.sha256).hexdigest()


def _plain(identity: Identity) -> dict[str, Any]:
    return {
        "unit": identity.unit, "period": identity.period, "period_name": identity.period_name,
        "made_at": identity.made_at, "leaves": [_leaf(leaf) for leaf in identity.leaves],
    }  # fmt: skip


def _leaf(leaf: Leaf) -> dict[str, Any]:
    before = [[cell.key, cell.row, held.version, held.text] for cell, held in sorted(leaf.before.items())]
    return {
        "sheet": leaf.sheet, "obligation": leaf.obligation, "form": leaf.form, "version": leaf.version,
        "digest": leaf.digest, "rows": leaf.rows, "before": before,
    }  # fmt: skip


def _identity(given: dict[str, Any]) -> Identity:
    return Identity(
        given["unit"], given["period"], given["period_name"], given["made_at"], tuple(_leaves(given["leaves"]))
    )


def _leaves(given: Iterable[dict[str, Any]]) -> Iterable[Leaf]:
    for one in given:
        before = {Cell(key, row): Before(version, text) for key, row, version, text in one["before"]}
        yield Leaf(one["sheet"], one["obligation"], one["form"], one["version"], one["digest"], one["rows"], before)
