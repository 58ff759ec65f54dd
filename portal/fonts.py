"""The typefaces of print and screen: made at set-up, checked by `portal doctor`, part of an edition's key.

Sarabun comes from the package `@fontsource/sarabun` cut into one file a script. WeasyPrint takes two files of
one family and weight for one font and mixes up their glyphs (digits print as tone marks, without a warning), so
each weight is joined into one file here. The bytes depend on the package and on fontTools alone, not on the day
or the machine. Laksaman, Debian's, is the face print falls back to.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.misc.timeTools import timestampFromString
from fontTools.ttLib import TTFont, TTLibError

WEIGHTS = (300, 400, 500, 600, 700)
SCRIPTS = ("thai", "latin", "latin-ext")
HOME = Path(__file__).resolve().parent.parent
PRINT = HOME / "pdf_templates" / "fonts"
SCREEN = HOME / "portal" / "static" / "fonts"
FALLBACK = Path("/usr/share/fonts/truetype/tlwg")
FALLBACK_FACES = ("Laksaman", "Laksaman-Bold")
MADE_AT = timestampFromString("Mon Jan  1 00:00:00 2024")
MUST_PRINT = "กฐญำ่้๊๋์๐๙฿AZaz09.,%–—“”…"


def build(source: Path, print_folder: Path = PRINT, screen_folder: Path = SCREEN) -> list[Path]:
    """Join the script files in `source` into one TTF a weight for print and one WOFF2 a weight for the screen.

    Returns the files written. The same source gives the same bytes everywhere. A file stands at its name only
    when it is whole, so a portal that is running while this runs reads the old one or the new one.
    """
    written = []
    for weight in WEIGHTS:
        parts = [source / f"sarabun-{script}-{weight}-normal.woff2" for script in SCRIPTS]
        for folder, ending, flavor in ((print_folder, "ttf", None), (screen_folder, "woff2", "woff2")):
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / f"Sarabun-{weight}.{ending}"
            _save(_joined(parts), flavor, target)
            written.append(target)
    return written


def files() -> dict[str, Path]:
    """Every face that print may use, by name ("Sarabun-400"), and where its file should be."""
    faces = {f"Sarabun-{weight}": PRINT / f"Sarabun-{weight}.ttf" for weight in WEIGHTS}
    return faces | {face: FALLBACK / f"{face}.ttf" for face in FALLBACK_FACES}


def digest() -> str:
    """SHA-256 over the names and bytes of all faces of `files()`: it changes when a printed letter could.

    Raises FileNotFoundError when a face is missing; `problems()` says what to do then.
    """
    sums = hashlib.sha256()
    for face, path in sorted(files().items()):
        sums.update(f"{face} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return sums.hexdigest()


def problems() -> list[str]:
    """What is wrong with the typefaces, a line each with the way to mend it; empty when all is well."""
    found = []
    for face, path in files().items():
        remedy = "run `make setup`" if face.startswith("Sarabun") else "install fonts-tlwg-laksaman-ttf"
        if not path.is_file():
            found.append(f"the typeface {face} is missing ({path}): {remedy}")
        elif lacking := _lacking(path):
            found.append(f"the typeface {face} cannot print {lacking} ({path}): {remedy}")
    for weight in WEIGHTS:
        path = SCREEN / f"Sarabun-{weight}.woff2"
        if not path.is_file():
            found.append(f"the screen typeface Sarabun-{weight} is missing ({path}): run `make setup`")
    return found


def _joined(parts: list[Path]) -> TTFont:
    with tempfile.TemporaryDirectory() as folder:
        plain = []
        for part in parts:
            font = TTFont(part, recalcTimestamp=False)
            font.flavor = None
            plain.append(os.path.join(folder, part.stem + ".ttf"))
            font.save(plain[-1])
        font = Merger().merge(plain)
        font.recalcTimestamp = False
        font["head"].created = font["head"].modified = MADE_AT
        return font


def _save(font: TTFont, flavor: str | None, target: Path) -> None:
    font.flavor = flavor
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    font.save(unfinished)
    unfinished.replace(target)


def _lacking(path: Path) -> str:
    try:
        with TTFont(path, lazy=True) as font:
            letters = font.getBestCmap()
    except (TTLibError, OSError):
        return "anything, the file is damaged"
    return "".join(letter for letter in MUST_PRINT if ord(letter) not in letters)


if __name__ == "__main__":
    for made in build(Path(sys.argv[1])):
        print(made.relative_to(HOME))
