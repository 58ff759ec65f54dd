"""Read an XLSForm workbook as a form: what can be said here is taken over, everything else is listed with its place.

Groups become sections, repeats and loops tables, constraints limits or rules. Thai and English are kept.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyxform import aliases

from models import Person, Unit
from portal.errors import PortalError, RuleBroken
from portal.forms.exchange import Imported, Parcel, take_in
from portal.forms.faults import MOST_COLUMNS, MOST_QUESTIONS, faults
from portal.forms.xlsheets import Remark, Row, header, opened
from portal.forms.xlwords import TYPES, begins, code_for, ends, key_for, plain_limits, select, tidy
from portal.forms.xpath import Names, translated
from portal.rules.terms import PeriodKind

THAI = re.compile("[ก-๙]")

_TEXTS = ("label", "hint", "constraint_message", "required_message")
_READ = {
    "type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation",
    "parameters", "appearance",
}  # fmt: skip
_SETTINGS = {
    "form_title",
    "form_id",
    "title",
    "id_string",
    "set_form_title",
    "set_form_id",
    "version",
    "default_language",
}


@dataclass(frozen=True)
class XlsForm:
    """The form that a workbook describes, and what of the workbook is not in it."""

    parcel: Parcel
    remarks: list[Remark]


@dataclass(frozen=True)
class Taken:
    """The draft that a workbook became."""

    imported: Imported
    remarks: list[Remark]


class NothingTaken(RuleBroken):
    """A sound XLSForm of which nothing can be had here; `remarks` say why, row by row."""

    def __init__(self, remarks: list[Remark]) -> None:
        super().__init__(
            "Nothing in this workbook can be taken over; {count} reasons are listed.", field="file", count=len(remarks)
        )
        self.remarks = remarks


def import_xlsform(
    data: bytes, *, by: Person | None, at: dt.datetime, owner: Unit | None = None, code: str = "", name: str = ""
) -> Taken:
    """Make a draft of a new form from an XLSForm. `code` and `name` are used instead of the workbook's own."""
    read = read_xlsform(data, code=code, name=name)
    return Taken(take_in(read.parcel, by=by, at=at, owner=owner), read.remarks)


def read_xlsform(data: bytes, *, code: str = "", name: str = "") -> XlsForm:
    """Return the form in an XLSForm workbook; nothing is stored.

    Raises FileRefused for a file that is not opened, RuleBroken for no sound XLSForm, NothingTaken with the list.
    """
    return _Reader(opened(data)).form(code, name)


# ---------------------------------------------------------------- below: how


@dataclass
class _Open:
    """A group or repeat that is open: `table` is the question it becomes, None for a group."""

    row: Row
    word: str
    table: dict[str, Any] | None
    title: tuple[str, str]
    condition: str


class _Reader:
    """Goes through the rows once for their names, then again for what they say."""

    def __init__(self, book: Mapping[str, Any]) -> None:
        self.book = book
        self.remarks: list[Remark] = []
        self.foreign: dict[tuple[str, str], list[int]] = {}  # rows whose texts in a third language are not kept
        settings: Mapping[str, Any] = next(iter(book.get("settings") or []), {})
        self.settings = {str(k).strip().lower(): str(v) for k, v in settings.items()}
        self.default = self.settings.get("default_language", "")
        self.rows = [self._row("survey", row, n) for n, row in enumerate(book.get("survey") or [], 2)]
        self.lists = self._lists()
        self.keys: dict[str, str] = {}
        self.ones: set[str] = set()
        self.codes: dict[str, str] = {}
        self.sections: list[dict[str, Any]] = []
        self.rules: list[dict[str, Any]] = []
        self.where: dict[str, Row] = {}  # by the cell's key
        self.open: list[_Open] = []
        self.skipping = 0
        self.is_fresh = True  # the next question begins a section

    def tell(self, row: int, column: str, error: PortalError, sheet: str = "survey") -> None:
        self.remarks.append(Remark(sheet, row, column, error))

    # -- sheets

    def _row(self, sheet: str, given: Mapping[str, Any], number: int) -> Row:
        out = Row(number, sheet)
        for column, value in given.items():
            text = str(value).strip()
            if not text:
                continue
            name, language = header(str(column))
            if name in _TEXTS or name == "label":
                out.texts.setdefault(name, {})[language] = text
            elif name.startswith(("media", "image", "audio", "video", "big-image")) or language:
                self.tell(number, str(column), RuleBroken("This is not kept: {text}", text=text[:80]), sheet)
            else:
                out.cells[name] = text
        return out

    def _lists(self) -> dict[str, list[tuple[str, tuple[str, str]]]]:
        """Return the choices of each list: (code as given, labels)."""
        out: dict[str, list[tuple[str, tuple[str, str]]]] = {}
        extra: dict[str, list[int]] = {}
        for n, given in enumerate(self.book.get("choices") or [], 2):
            row = Row(n, "choices")
            for column, value in given.items():
                name, language = header(str(column))
                if name == "label":
                    row.texts.setdefault("label", {})[language] = str(value).strip()
                elif name in ("list_name", "list name", "name", "value"):
                    row.cells["list" if name.startswith("list") else "name"] = str(value).strip()
                else:
                    extra.setdefault(str(column), []).append(n)
            if row.get("list") and row.get("name"):
                labels = self._labels(row, row.get("name"))
                out.setdefault(row.get("list"), []).append((row.get("name"), labels))
        for title, numbers in extra.items():
            words = RuleBroken("This column is not kept; it has something in {count} rows.", count=len(numbers))
            self.tell(numbers[0], title, words, "choices")
        return out

    def _labels(self, row: Row, otherwise: str, name: str = "label") -> tuple[str, str]:
        """Return Thai and English; a single language is taken for what its letters are, Thai is never left empty."""
        given = row.texts.get(name, {})
        thai = english = ""
        for language, text in given.items():
            if re.search(r"\b(th|tha|thai)\b|ไทย", language.lower()):
                thai = text
            elif re.search(r"\b(en|eng|english)\b", language.lower()):
                english = text
        plain = given.get("", "") or given.get(self.default, "") or next(iter(given.values()), "")
        if not thai and plain and (THAI.search(plain) or plain != english):
            thai = plain
        if not english and plain and not THAI.search(plain):
            english = plain
        for language, text in given.items():
            if text not in (thai, english):
                self.foreign.setdefault((row.sheet, f"{name}::{language}"), []).append(row.number)
        return tidy(thai or english or otherwise), tidy(english)

    # -- the whole

    def form(self, code: str, name: str) -> XlsForm:
        self._other_sheets()
        self._name_questions()
        for row in self.rows:
            self._read(row)
        spec = {"sections": [s for s in self.sections if s["questions"]], "rules": self.rules}
        spec = self._mended(spec)
        title = name or self.settings.get("form_title") or self.settings.get("title") or "แบบรายงาน"
        own = self.settings.get("form_id") or self.settings.get("id_string") or ""
        code = code or re.sub(r"[^A-Za-z0-9._-]+", "-", own).strip("-._")[:40] or "XLSFORM"
        for (sheet, column), numbers in self.foreign.items():
            words = RuleBroken("This column is not kept; it has something in {count} rows.", count=len(set(numbers)))
            self.tell(min(numbers), column, words, sheet)
        self.remarks.sort(key=lambda r: (r.sheet != "survey", r.sheet, r.row))
        if found := faults(spec):
            reasons = self.remarks or [Remark("survey", 0, "", fault.error) for fault in found]
            raise NothingTaken(reasons)
        english = "" if THAI.search(title) else title[:300]
        note = f"XLSForm {self.settings['version']}" if self.settings.get("version") else "XLSForm"
        return XlsForm(Parcel(code, title[:300], english, PeriodKind.MONTH, True, spec, {}, note), self.remarks)

    def _other_sheets(self) -> None:
        for sheet in self.book.get("sheet_names") or []:
            known = str(sheet).lower()
            if known not in ("survey", "choices", "settings") and len(self.book.get("sheet_names", [])) > 1:
                self.tell(0, "", RuleBroken("The sheet “{text}” is not read.", text=str(sheet)[:60]), str(sheet))
        for name, value in self.settings.items():
            if name not in _SETTINGS:
                self.tell(2, name, RuleBroken("This is not kept: {text}", text=value[:80]), "settings")

    def _name_questions(self) -> None:
        """Give every question its key before any expression speaks of it."""
        tables: list[str] = []
        used: set[str] = set()
        columns: dict[str, set[str]] = {}
        for row in self.rows:
            is_group, what = begins(row.get("type"))
            if ends(row.get("type")):
                if tables:
                    tables.pop()
                continue
            name = row.get("name")
            if is_group:
                table = tables[-1] if tables else ""
                if what in ("repeat", "loop") and not table:
                    table = key_for(name or "table", used)
                    columns[table] = set()
                    self.keys[name] = table
                tables.append(table)
                continue
            if not name or not row.get("type"):
                continue
            table = tables[-1] if tables else ""
            key = key_for(name, columns[table] if table else used, longest=59 - len(table) if table else 40)
            full = f"{table}.{key}" if table else key
            self.keys[name] = full
            if (found := select(row.get("type"))) and found[0] == "choice":
                self.ones |= {full, key}
            if key != name:
                self.tell(row.number, "name", RuleBroken("“{text}” is called “{key}” here.", text=name[:60], key=key))
        for choices in self.lists.values():
            taken: set[str] = set()
            for old, _ in choices:
                self.codes[old] = code_for(old, taken)

    # -- rows

    def _read(self, row: Row) -> None:
        kind = row.get("type")
        if not kind:
            if row.cells or row.texts:
                self.tell(row.number, "", RuleBroken("This row says no type, so it was left out."))
            return
        if ends(kind):
            self._end()
            return
        is_group, what = begins(kind)
        if is_group:
            self._begin(row, what)
        elif self.skipping:
            self.tell(row.number, "type", RuleBroken("This was left out with the group around it."))
        else:
            self._question(row)

    def _begin(self, row: Row, what: str) -> None:
        inside = next((o for o in self.open if o.table is not None), None)
        title = self._labels(row, "")
        self._unused(row, {"type", "name", "relevant", "repeat_count", "count"})
        table: dict[str, Any] | None = None
        if what in ("repeat", "loop") and inside is not None and not self.skipping:
            self.tell(row.number, "type", RuleBroken("A table within a table cannot be had; it was left out."))
            self.open.append(_Open(row, "skip", None, title, ""))
            self.skipping += 1
            return
        if self.skipping:
            self.open.append(_Open(row, "skip", None, title, ""))
            self.skipping += 1
            return
        condition = self._expression(row, "relevant", inside)
        if what in ("repeat", "loop"):
            table = self._table(row, what, condition)
        elif inside is None:
            self.is_fresh = True
        elif condition:
            self.tell(row.number, "relevant", RuleBroken("A condition on a group of columns is not kept."))
        self.open.append(_Open(row, what, table, title, condition if table is None else ""))

    def _table(self, row: Row, what: str, condition: str) -> dict[str, Any]:
        thai, english = self._labels(row, row.get("name"))
        table: dict[str, Any] = {"key": self.keys[row.get("name")], "kind": "table", "label": thai, "label_en": english,
                                 "columns": []}  # fmt: skip
        over = row.get("type").rpartition("over")[2].strip() if what == "loop" else ""
        if over in self.lists:
            taken: set[str] = set()
            table["rows"] = [
                {"key": key_for(code, taken), "label": labels[0], "label_en": labels[1]}
                for code, labels in self.lists[over]
            ]
        elif what == "loop":
            self.tell(row.number, "type", RuleBroken("There is no list “{text}”; the rows are open.", text=over[:60]))
        count = row.get("repeat_count") or row.get("count")
        if count.isdecimal() and 0 < int(count) <= 200:
            table["rows_least"] = table["rows_greatest"] = int(count)
        elif count:
            self.tell(row.number, "repeat_count", RuleBroken("This is not kept: {text}", text=count[:80]))
        if condition:
            table["shown_when"] = condition
        self._add(table, row)
        return table

    def _end(self) -> None:
        if not self.open:
            return
        closed = self.open.pop()
        if closed.word == "skip":
            self.skipping -= 1
        elif closed.table is not None and not closed.table["columns"]:
            self._drop(closed.table)
            self.tell(closed.row.number, "type", RuleBroken("No column of this table could be taken over."))
        elif closed.table is None and not any(o.table for o in self.open):
            self.is_fresh = True

    def _drop(self, question: dict[str, Any]) -> None:
        for section in self.sections:
            section["questions"] = [q for q in section["questions"] if q is not question]

    def _question(self, row: Row) -> None:
        inside = next((o.table for o in self.open if o.table is not None), None)
        made = self._described(row)
        if made is None:
            return
        if inside is not None and made["kind"] in ("note", "file", "photo"):
            self.tell(row.number, "type", RuleBroken("A question of this kind cannot stand in a table."))
            return
        frame = next((o for o in self.open if o.table is not None), None)
        if shown := self._expression(row, "relevant", frame):
            made["shown_when"] = shown
        if made["kind"] == "computed":
            made["formula"] = self._expression(row, "calculation", frame)
            if not made["formula"]:
                return
        self._limits(row, made, frame)
        if inside is not None and len(inside["columns"]) >= MOST_COLUMNS:
            self.tell(row.number, "type", RuleBroken("A table has {most} columns at most.", most=MOST_COLUMNS))
        elif inside is not None:
            inside["columns"].append(made)
            self.where[f"{inside['key']}.{made['key']}"] = row
        else:
            self._add(made, row)

    def _add(self, question: dict[str, Any], row: Row) -> None:
        if sum(len(section["questions"]) for section in self.sections) >= MOST_QUESTIONS:
            self.tell(row.number, "type", RuleBroken("A form has {most} questions at most.", most=MOST_QUESTIONS))
            return
        if self.is_fresh or not self.sections:
            groups = [o for o in self.open if o.table is None and o.word != "skip"]
            titles = [o.title for o in groups if o.title[0]]
            section: dict[str, Any] = {
                "key": f"s{len(self.sections) + 1}",
                "title": " / ".join(t for t, _ in titles)[:300],
                "title_en": " / ".join(e for _, e in titles if e)[:300],
                "questions": [],
            }
            conditions = [f"({o.condition})" for o in groups if o.condition]
            if conditions:
                section["shown_when"] = " and ".join(conditions)
            self.sections.append(section)
            self.is_fresh = False
        self.sections[-1]["questions"].append(question)
        self.where[question["key"]] = row

    def _described(self, row: Row) -> dict[str, Any] | None:
        """Return the question without its expressions, None where there is no such kind here."""
        kind = row.get("type")
        name = row.get("name")
        selects = select(kind)
        ours = selects[0] if selects else TYPES.get(kind.lower(), "")
        if not ours or name not in self.keys:
            self.tell(row.number, "type", RuleBroken("There is no kind of question called “{text}”.", text=kind[:60]))
            return None
        thai, english = self._labels(row, name)
        key = self.keys[name].rpartition(".")[2]
        made: dict[str, Any] = {"key": key, "kind": ours, "label": thai[:500], "label_en": english[:500]}
        hint = self._labels(row, "", "hint")
        if hint[0]:
            made |= {"help": hint[0], "help_en": hint[1]}
        appearance = row.get("appearance").split()
        if ours == "text" and "multiline" in appearance:
            made["kind"] = "long_text"
            appearance.remove("multiline")
        if appearance:
            self.tell(row.number, "appearance", RuleBroken("This is not kept: {text}", text=" ".join(appearance)[:80]))
        if selects and not self._choices(row, made, selects[1], selects[2]):
            return None
        required = row.get("required")
        if required and aliases.yes_no.get(required) is True and ours not in ("computed", "note"):
            made["required"] = True
        elif required and aliases.yes_no.get(required) is None:
            self.tell(row.number, "required", RuleBroken("This is not kept: {text}", text=required[:80]))
        if ours == "number" and kind.lower() == "range":
            self._range(row, made)
        elif row.get("parameters"):
            self.tell(row.number, "parameters", RuleBroken("This is not kept: {text}", text=row.get("parameters")[:80]))
        self._unused(row, _READ)
        return made

    def _choices(self, row: Row, made: dict[str, Any], listed: str, or_other: bool) -> bool:
        if listed not in self.lists:
            words = RuleBroken("The list “{text}” is not in the workbook; the question was left out.", text=listed[:60])
            self.tell(row.number, "type", words)
            return False
        seen: set[str] = set()
        labels: set[str] = set()
        made["choices"] = []
        for old, (thai, english) in self.lists[listed]:
            code = self.codes.get(old, old)
            if code in seen:
                self.tell(row.number, "type", RuleBroken("“{key}” is used twice.", key=old[:60]))
                continue
            label = thai[:500] if thai.casefold() not in labels else f"{thai[:400]} ({old[:60]})"
            made["choices"].append({"code": code, "label": label, "label_en": english[:500]})
            seen.add(code)
            labels.add(label.casefold())
        if or_other and "other" not in seen:
            made["choices"].append({"code": "other", "label": "อื่น ๆ", "label_en": "Other"})
            self.tell(row.number, "type", RuleBroken("“Other” became a choice; what it is, is not asked."))
        return True

    def _range(self, row: Row, made: dict[str, Any]) -> None:
        given = dict(re.findall(r"(\w+)\s*=\s*(-?[\d.]+)", row.get("parameters")))
        for name, ours in (("start", "least"), ("end", "greatest")):
            if name in given:
                made[ours] = given.pop(name)
        if given:
            text = ", ".join(f"{k}={v}" for k, v in given.items())
            self.tell(row.number, "parameters", RuleBroken("This is not kept: {text}", text=text[:80]))

    def _unused(self, row: Row, read: Iterable[str]) -> None:
        """Tell of every cell that nothing here looks at."""
        for name, text in row.cells.items():
            if name not in read:
                self.tell(row.number, name, RuleBroken("This is not kept: {text}", text=text[:80]))
        if "required_message" in row.texts:
            self.tell(row.number, "required_message", RuleBroken("This is not kept: {text}", text="…"))

    # -- expressions

    def _expression(self, row: Row, column: str, frame: _Open | None) -> str:
        text = row.get(column)
        if not text:
            if column == "calculation":
                self.tell(row.number, column, RuleBroken("Please write the formula."))
            return ""
        inside = frame.table["key"] if frame is not None and frame.table is not None else ""
        names = Names(self.keys, frozenset(self.ones), self.codes, is_inside=inside)
        try:
            return translated(text, names)
        except PortalError as refusal:
            words = RuleBroken("“{text}” is not kept: {reason}", text=text[:120], reason=str(refusal))
            self.tell(row.number, column, words)
            return ""

    def _limits(self, row: Row, made: dict[str, Any], frame: _Open | None) -> None:
        text = row.get("constraint")
        if not text:
            return
        if made["kind"] in ("whole", "number") and (found := plain_limits(text)) is not None:
            made.update(found)
            return
        inside = frame.table["key"] if frame is not None and frame.table is not None else ""
        names = Names(self.keys, frozenset(self.ones), self.codes, here=made["key"], is_inside=inside)
        thai, english = self._labels(row, "ค่าที่กรอกไม่ตรงตามเงื่อนไข", "constraint_message")
        at = f"{inside}.{made['key']}" if inside else made["key"]
        try:
            expression = translated(text, names)
        except PortalError as refusal:
            words = RuleBroken("“{text}” is not kept: {reason}", text=text[:120], reason=str(refusal))
            self.tell(row.number, "constraint", words)
            return
        self.rules.append({
            "key": f"rule{len(self.rules) + 1}", "expression": expression, "message": thai, "message_en": english,
            "severity": "block", "at": at,
        })  # fmt: skip

    # -- the end

    def _mended(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Take out what our own checker does not admit, and tell it: what is left is sound."""
        for _ in range(20):
            found = faults(spec)
            done: set[tuple[str, ...]] = set()
            for fault in reversed(found):  # from the end, so that the places before stay what they are
                steps = fault.path.split(".")
                long = 2 if steps[0] == "rules" else 6 if "columns" in steps[4:5] and len(steps) > 5 else 4
                part = tuple(steps[:long])
                if part not in done and self._take_out(spec, steps, fault.error):
                    done.add(part)
            if not done:
                break
            spec["sections"] = [s for s in spec["sections"] if s["questions"]]
        return spec

    def _take_out(self, spec: dict[str, Any], steps: list[str], error: PortalError) -> bool:
        """Take out the faulty part and tell it; return whether there was one."""
        if steps[0] == "rules" and len(steps) > 1:
            rule = spec["rules"].pop(int(steps[1]))
            row = self.where.get(rule["at"])
            self.tell(row.number if row else 0, "constraint", error)
            return True
        if len(steps) < 4 or steps[0] != "sections":
            if len(steps) == 3 and steps[2] == "shown_when":
                section = spec["sections"][int(steps[1])]
                section.pop("shown_when", None)
                row = self.where.get(section["questions"][0]["key"]) if section["questions"] else None
                self.tell(row.number if row else 0, "relevant", error)
                return True
            return False
        section = spec["sections"][int(steps[1])]
        question = section["questions"][int(steps[3])]
        holder, one, key = section["questions"], question, question["key"]
        if len(steps) > 5 and steps[4] == "columns":
            holder, one = question["columns"], question["columns"][int(steps[5])]
            key, steps = f"{question['key']}.{one['key']}", steps[:4] + steps[6:]
        row = self.where.get(key)
        column = steps[4] if len(steps) > 4 else ""
        self.tell(
            row.number if row else 0, {"shown_when": "relevant", "formula": "calculation"}.get(column, column), error
        )
        if column in ("shown_when", "least", "greatest", "help", "help_en", "totals") and one.get(column):
            del one[column]
        else:
            holder.remove(one)
        return True


def remarks_by_sheet(remarks: Iterable[Remark]) -> Iterator[tuple[str, list[Remark]]]:
    """Yield the remarks sheet by sheet, the survey first."""
    listed = list(remarks)
    for sheet in dict.fromkeys(r.sheet for r in listed):
        yield sheet, [r for r in listed if r.sheet == sheet]
