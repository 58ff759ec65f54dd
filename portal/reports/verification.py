"""A finished book checked against what it carries: every figure worked out again, every page compared.

Nothing but the file is needed. With the portal at hand the file and its figures are also compared with the edition,
and these with the records as they stood.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import Edition
from portal.errors import NotFound, PortalError, RuleBroken
from portal.files import Files
from portal.reports import binding, dress, ledger, manifest, passports, signing, snapshot, standing
from portal.reports.chapter import Cut
from portal.reports.passports import Passports


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was issued: a figure's key, a page, or the whole; what is said, what was found."""

    what: str
    said: str
    found: str


@dataclass(frozen=True)
class Verdict:
    """What came of checking a book: how many figures were worked out again, how many pages compared, what differs."""

    name: str
    figures: int
    printed: int
    pages: int
    differences: tuple[Difference, ...]


def verify(path: Path) -> Verdict:
    """Check a book by what it carries. Raises RuleBroken for a file that carries no manifest of ours."""
    carried, found = _manifest(path)
    try:
        held = passports.thawed(carried["passports"])
        differences = [*_figures(held, carried["printed"]), *_pages(carried["pages"], found.pages)]
        name = _name(carried)
    except (KeyError, TypeError, ValueError, ArithmeticError) as wrong:
        raise RuleBroken("The manifest in this file cannot be read: {reason}", reason=repr(wrong)[:200]) from wrong
    return Verdict(name, len(held.figures), len(carried["printed"]), len(found.pages), tuple(differences))


def verify_against(edition: Edition, path: Path, files: Files) -> list[Difference]:
    """Compare a file and what it carries with the edition as the portal keeps it."""
    carried, _ = _manifest(path)
    differences = []
    sha256 = hashlib.sha256(_issued(path.read_bytes())).hexdigest()
    if sha256 != edition.sha256:
        differences.append(Difference("file", edition.sha256, sha256))
    if carried.get("snapshot_sha256") != edition.snapshot_sha256:
        differences.append(Difference("figures", edition.snapshot_sha256, str(carried.get("snapshot_sha256"))))
    try:
        frozen = json.loads(ledger.figures(edition, files))
    except PortalError as wrong:
        return [*differences, Difference("figures", edition.snapshot_sha256, str(wrong))]
    ours = {figure[0]: figure for figure in frozen.get("passports", {}).get("figures", ())}
    theirs = {figure[0]: figure for figure in carried.get("passports", {}).get("figures", ())}
    for key in sorted({*ours, *theirs}):
        if ours.get(key) != theirs.get(key):
            differences.append(Difference(key, _value(ours.get(key)), _value(theirs.get(key))))
    if frozen.get("passports", {}).get("tables") != carried.get("passports", {}).get("tables"):
        differences.append(Difference("inputs", "as filed", "others"))
    return differences


def verify_records(edition: Edition, files: Files) -> list[Difference]:
    """Compare the figures filed with an edition with the records as they stood when they were cut."""
    frozen = json.loads(ledger.figures(edition, files))
    filed = passports.thawed(frozen.get("passports", {})).tables
    then = standing.inputs_then(snapshot.thaw(Cut, frozen["cut"]))
    return [Difference(f"records {what}", said, found) for what, said, found in standing.differing(filed, then)]


def _issued(content: bytes) -> bytes:
    """Return a file as it was issued: of a signed one, what stood there before it was signed."""
    signatures = signing.read(content)
    return content[: min(each.issued_bytes for each in signatures)] if signatures else content


def edition_of(path: Path) -> Edition:
    """Return the edition that a file says it is. Raises NotFound when the portal does not know it."""
    carried, _ = _manifest(path)
    if not carried.get("number"):
        raise NotFound("This file was printed without being filed as an edition.")
    return ledger.named(_name(carried))


def _name(carried: dict[str, Any]) -> str:
    """Return what an edition is called: `book-2566-P40-1` for the first of an office's book."""
    kind, subject = str(carried["book"]).partition("_")[0], str(carried["subject"]).replace("/", "-")
    return f"{kind}-{subject}-{carried['number']}"


def _manifest(path: Path) -> tuple[dict[str, Any], binding.Opened]:
    try:
        found = binding.opened(path)
    except (binding.BrokenBook, OSError) as wrong:
        raise RuleBroken("{file} cannot be read: {reason}", file=path.name, reason=str(wrong)[:200]) from wrong
    if manifest.JSON not in found.attached:
        raise RuleBroken("{file} carries no manifest of figures: it is not a book of this portal.", file=path.name)
    try:
        carried = json.loads(found.attached[manifest.JSON])
    except ValueError as wrong:
        raise RuleBroken("The manifest in this file cannot be read: {reason}", reason=str(wrong)[:200]) from wrong
    if not isinstance(carried, dict):
        raise RuleBroken("The manifest in this file cannot be read: {reason}", reason="it is no list of figures")
    return carried, found


def _figures(held: Passports, printed: dict[str, Any]) -> list[Difference]:
    """Work out every figure again, and write it again as it is printed."""
    sheet, differences = held.sheet(), []
    for key, figure in held.figures.items():
        try:
            found = sheet.figure(key)
        except RuleBroken as wrong:
            differences.append(Difference(key, str(figure.value), str(wrong)))
            continue
        if found != figure.value:
            differences.append(Difference(key, str(figure.value), str(found)))
        elif key in printed:
            words = dress.arabic(printed[key][0])
            if words != figure.shown and not _is_nothing(words, found):
                differences.append(Difference(key, words, figure.shown))
    return differences


def _is_nothing(words: str, value: Any) -> bool:
    """Tables print a dash for nothing, and in some columns for none at all."""
    return words == "-" and not value


def _pages(said: list[str], found: list[str]) -> list[Difference]:
    if len(said) != len(found):
        return [Difference("pages", str(len(said)), str(len(found)))]
    return [
        Difference(f"page {number}", one[:16], other[:16])
        for number, (one, other) in enumerate(zip(said, found, strict=True), 1)
        if one != other
    ]


def _value(figure: list[Any] | None) -> str:
    return "" if figure is None else str(figure[4])
