"""What is made beside an edition when somebody asks for it, and kept: pictures of its pages, its annex."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from models import Edition
from portal.errors import NotFound
from portal.files import Files
from portal.reports import annex, ledger, pictures

FOLDER = "previews"  # in the data folder
KEEP_DAYS = 30
WIDTHS = (240, 900, 1400)
"""The widths in points that pages are drawn in: small, on the page of an edition, and to be read or sent."""


class Previews:
    """Makes and keeps them in `folder`, which may be emptied at any time."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder, self._files = folder, files

    def page(self, edition: Edition, number: int, width: int) -> bytes:
        """Return a page (from 1) of an edition as a PNG, in the nearest of WIDTHS. Raises NotFound for no such page."""
        if not edition.sha256 or not 1 <= number <= edition.pages:
            raise NotFound("This edition has no page {number}.", number=number)
        near = min(WIDTHS, key=lambda each: abs(each - width))
        return self._kept(edition, f"{number}-{near}.png", lambda: pictures.page(self._pdf(edition), number, near))

    def annex(self, edition: Edition) -> bytes:
        """Return every table of an edition as a workbook. Raises NotFound when its figures were not filed."""

        def make() -> bytes:
            return annex.workbook(ledger.figures(edition, self._files), ledger.issue_of(edition))

        return self._kept(edition, "annex.xlsx", make)

    def tidy(self) -> None:
        """Remove what nobody has looked at for a month."""
        if not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if folder.is_dir() and (time.time() - folder.stat().st_mtime) / 86400 > KEEP_DAYS:
                    shutil.rmtree(folder, ignore_errors=True)

    def _kept(self, edition: Edition, name: str, make: Callable[[], bytes]) -> bytes:
        # The figures' hash as well: two editions of the same look may differ in what is beside them.
        folder = self._folder / f"{edition.sha256[:32]}{edition.snapshot_sha256[:16]}"
        path = folder / name
        with contextlib.suppress(FileNotFoundError):
            content = path.read_bytes()
            os.utime(folder)
            return content
        content = make()
        if not folder.is_dir():
            self.tidy()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as part:
            part.write(content)
        os.replace(part.name, path)
        return content

    def _pdf(self, edition: Edition) -> Path:
        path = self._folder / edition.sha256 / "edition.pdf"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with (
                self._files.open(edition.file_key) as held,
                tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part,
            ):
                shutil.copyfileobj(held, part)
            os.replace(part.name, path)
        return path
