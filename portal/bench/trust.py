"""The year's twelve packs and its book: printed, printed again elsewhere, checked; and every forgery of them found.

Each edition is made as a worker makes it, printed again by `portal reissue` in another process and time zone with no
chapter kept, and checked by `portal verify`. Then one figure is changed at a time: in the manifest inside the file, on
a page, in the figures that a copy of the portal filed, and in the records of that copy.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf

import config
from jobs.reports import Maker
from models import Edition, Run, db
from portal import clock, database, files
from portal.bench import stores
from portal.bench.kills import MONTHS
from portal.reports import ledger, manifest, runs, snapshot
from portal.rules.terms import RunKind

VISITS = 2_000
KEY = "kept-for-measurements-0123456789-abcdefgh"
SUBJECTS = (*((RunKind.PACK, month) for month in MONTHS), (RunKind.BOOK, "2566"))
FAR = ("America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu", "UTC")
GLYPH = re.compile(rb"<([0-9A-Fa-f]{8,})>")


def run(given: argparse.Namespace) -> bool:
    """Print, print again, check and forge; return whether all is as it must be."""
    source, dice, wrong = stores.large(VISITS, given.folder), random.Random(2566), []
    database.db.close()
    with tempfile.TemporaryDirectory(prefix="portal-trust-") as name:
        folder = Path(name)
        shutil.copy(source, folder / "portal.db")
        variables = {
            "PORTAL_DATABASE": str(folder / "portal.db"), "PORTAL_DATA": str(folder), "PORTAL_SECRET_KEY": KEY,
            "PORTAL_DEMO": "0",
        }  # fmt: skip
        settings = config.load(variables)
        database.use(settings.database)
        kept = files.connect(settings.files, settings.data)
        print(
            f"{'edition':18}{'pages':>6}{'figures':>9}{'printed s':>11}{'again s':>9}{'checked s':>11}  again  forged"
        )
        pages = figures = 0
        for number, (kind, subject) in enumerate(SUBJECTS):
            began = time.monotonic()
            with db.connection_context():
                edition = _made(kind, subject, settings, kept)
            printed = time.monotonic()
            far = variables | {"TZ": FAR[number % len(FAR)]}
            again, words = _portal(far, "reissue", ledger.name(edition), "--fresh", "--out", str(folder / "again"))
            reissued = time.monotonic()
            book = folder / f"{ledger.name(edition)}.pdf"
            with kept.open(edition.file_key) as held:
                book.write_bytes(held.read())
            fine, said = _portal(variables, "verify", str(book), "--portal")
            checked = time.monotonic()
            known = int(re.search(r"figures  (\d+)", said)[1]) if fine else 0  # type: ignore[index]
            silent = _unnoticed(book, edition, folder, variables, dice)
            pages, figures = pages + edition.pages, figures + known
            print(
                f"{ledger.name(edition):18}{edition.pages:>6}{known:>9}{printed - began:>8.1f}"
                f"{reissued - printed:>9.1f}{checked - reissued:>11.1f}  {'same ' if again else 'OTHER'}"
                f"  {' '.join(silent) or 'all four found'}",
                flush=True,
            )
            wrong += [*(() if again else (words,)), *(() if fine else (said,)), *silent]
    print(f"{len(SUBJECTS)} editions, {pages} pages, {figures} figures worked out again")
    for each in wrong:
        print(f"  {each}")
    return not wrong


def _made(kind: RunKind, subject: str, settings: config.Settings, kept: files.Files) -> Edition:
    """Print a pack or book as a worker does and return its edition."""
    asked: Run = runs.ask(kind, subject, by=None, at=clock.now())
    maker = Maker(
        settings.data / "runs", cache=settings.data / "chapters", files=kept, address="https://portal.example/",
        go_on=lambda: None,
    )  # fmt: skip
    try:
        runs.compile_run(asked.id, make=maker, files=kept, now=clock.now)
    finally:
        maker.clear()
    return Edition.get(Edition.run == asked.id)


def _portal(variables: dict[str, str], *words: str) -> tuple[bool, str]:
    """Say `portal …` in a process of its own; return whether it ended well, and what it said."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    ended = subprocess.run(
        [sys.executable, "-m", "portal.cli", *words], env=own | variables, capture_output=True, text=True
    )
    return ended.returncode == 0, ended.stdout + ended.stderr


def _unnoticed(book: Path, edition: Edition, folder: Path, variables: dict[str, str], dice: random.Random) -> list[str]:
    """Forge one figure at a time and return which forgeries `portal verify` let pass."""
    passed = []
    for name, forge in (("manifest", _forge_manifest), ("page", _forge_page)):
        false = book.with_name(f"false-{name}.pdf")
        what = forge(book, false, dice)
        fine, _ = _portal(variables, "verify", str(false))
        passed += [f"{name}: {what}"] * fine
    copy = folder / "copy"
    for name, falsify in (("filed figures", _forge_filed), ("records", _forge_records)):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        shutil.copy(folder / "portal.db", copy)
        shutil.copytree(folder / "files", copy / "files")
        what = falsify(copy, edition, dice)
        there = variables | {"PORTAL_DATABASE": str(copy / "portal.db"), "PORTAL_DATA": str(copy)}
        fine, _ = _portal(there, "verify", str(book), "--portal")
        passed += [f"{name}: {what}"] * fine
    return passed


def _forge_manifest(book: Path, out: Path, dice: random.Random) -> str:
    """Change one figure in the manifest inside the file."""
    with pikepdf.open(book) as pdf:
        held = json.loads(bytes(pdf.attachments[manifest.JSON].get_file().read_bytes()))
        what = _one_more(held, dice)
        pdf.attachments[manifest.JSON] = pikepdf.AttachedFileSpec(
            pdf, json.dumps(held, ensure_ascii=False).encode(), filename=manifest.JSON
        )
        pdf.save(out)
    return what


def _forge_page(book: Path, out: Path, dice: random.Random) -> str:
    """Exchange one glyph for another on a page."""
    with pikepdf.open(book) as pdf:
        number = dice.randrange(len(pdf.pages))
        page = pdf.pages[number]
        page.contents_coalesce()
        content = page.obj.Contents.read_bytes()
        shown = dice.choice(list(GLYPH.finditer(content)))
        first, place = shown[1][:4], shown.start(1)
        other = b"%04x" % (int(first, 16) ^ 1)
        page.obj.Contents.write(content[:place] + other + content[place + 4 :])
        pdf.save(out)
    return f"page {number + 1}"


def _forge_filed(copy: Path, edition: Edition, dice: random.Random) -> str:
    """Change one figure in what the portal filed, and the hash that its row says of it."""
    path = copy / "files" / edition.snapshot_key
    frozen = json.loads(gzip.decompress(path.read_bytes()))
    what = _one_more(frozen, dice)
    text = snapshot.text_of(frozen)
    path.write_bytes(gzip.compress(text.encode()))
    with sqlite3.connect(copy / "portal.db") as store:
        store.execute("UPDATE edition SET snapshot_sha256 = ? WHERE id = ?", (snapshot.digest(text), edition.id))
    store.close()
    return what


def _forge_records(copy: Path, edition: Edition, dice: random.Random) -> str:
    """Change what one office spent, past the portal."""
    until = 12 if edition.period is None else edition.period.number
    with sqlite3.connect(copy / "portal.db") as store:
        rows = store.execute("SELECT id FROM disbursement WHERE disbursed > 0 AND month <= ?", (until,))
        row = dice.choice(sorted(rows))[0]
        store.execute("UPDATE disbursement SET disbursed = disbursed + 100 WHERE id = ?", (row,))
    store.close()
    return f"disbursement {row}"


def _one_more(held: dict[str, Any], dice: random.Random) -> str:
    """Add one to a figure with a passport and return its key."""
    numbers = [each for each in held["passports"]["figures"] if each[3] != "standing" and each[4] is not None]
    figure = dice.choice(numbers)
    figure[4] = str(Decimal(figure[4]) + 1)
    return str(figure[0])
