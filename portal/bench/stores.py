"""The store that measurements run on: made once, kept for the next run."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

from portal import database, demo

AT = dt.datetime(2022, 9, 1, 9, 0)


def large(visits: int, folder: Path, address: str = "") -> str:
    """Put a store with the demonstration year and that many visits in use, making it if need be; return its address."""
    if not address:
        folder.mkdir(parents=True, exist_ok=True)
        address = str(folder / f"visits-{visits}.db")
    database.use(address)
    database.migrate()
    with database.db.connection_context():
        is_made = demo.is_demo()
    if not is_made:
        began = time.monotonic()
        demo.build(visits, at=AT)
        database.db.execute_sql("ANALYZE")
        print(f"made {visits:,} visits in {time.monotonic() - began:.0f} s: {address}")
        database.db.close()
    return address
