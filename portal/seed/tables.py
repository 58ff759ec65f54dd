"""The reference files of this folder, read as plain rows. How sure each is: `data/README.md`."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from portal.forms import shipped

DATA = Path(__file__).parent / "data"
YEAR = 2566  # the fiscal year whose calendar and targets are shipped


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of `data/<name>.csv` by column name. Codes stay text."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fingerprint() -> str:
    """Return a hash over all reference files and shipped forms: it changes when any of them does."""
    digest = hashlib.sha256()
    for path in [*sorted(DATA.glob("*.csv")), *shipped.files()]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
