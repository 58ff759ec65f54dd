"""A made-up book through the press, in a process that loads no more than it needs: `python -m portal.bench.pressing`.

Prints what it cost as JSON: as it is (`cold`, then with `nothing` changed), with `one` cell changed, and with a chapter
`grown` by some pages, so that all pages after it move.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from portal.bench import dense
from portal.reports import binding, render, setting

MADE_AT = dt.datetime(2023, 10, 20, 9, 0)


@dataclass(frozen=True)
class Built:
    """What a book cost: pages, chapters set, seconds of wall, of processor and of binding; the most memory held by a
    chapter's process and by the binder's, in megabytes."""

    pages: int
    done: int
    wall: float
    cpu: float
    binding: float
    peak: float
    binder: float


def place(folder: Path, what: str) -> Path:
    """Return where the book called `what` is written."""
    return folder / f"{what}.pdf"


def build(chapters: Sequence[dense.Chapter], cache: Path, out: Path) -> Built:
    """Set what is not kept of a made-up book and bind it, as a worker does: it is warm before it is asked, knows a
    chapter by its figures, and fills the page of one that is to be set in that chapter's own process."""
    render.warm()
    began = time.monotonic()
    cache.mkdir(exist_ok=True)
    pages: list[tuple[str, Any, Callable[[], str]]] = [
        ("สารบัญ", _entries(chapters), functools.partial(dense.contents_html, chapters))
    ]
    pages += [(each.anchor, each, functools.partial(dense.html, each)) for each in chapters]
    made_of = render.fingerprint()
    documents = []
    for title, figures, html in pages:
        shown = f"{made_of}{figures}"
        key = hashlib.sha256(shown.encode()).hexdigest()[:40]
        do, weight = functools.partial(_fill_and_set, html, cache, key), functools.partial(int, len(shown))
        documents.append(setting.Document(key, title, do, weight))
    heard: list[setting.Step] = []
    setting.set_all(documents, cache, heard.append)
    bound = time.monotonic()
    sheets = [binding.Sheet(cache / f"{each.key}.pdf", setting.facts(cache, each.key)) for each in documents]
    imprint = binding.Imprint(
        title="เล่มจำลอง", author="กรมส่งเสริมสหกรณ์", subject="วัดความเร็ว", foot="เล่มจำลองสำหรับวัดความเร็ว",
        made_at=MADE_AT, inner=25, outer=18, foot_at=11, mirrored=True,
    )  # fmt: skip
    count = binding.bind(sheets, imprint, out)
    ended = time.monotonic()
    done = [step for step in heard if step.state == "done"]
    own, children = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Built(
        pages=count,
        done=len(done),
        wall=ended - began,
        cpu=sum(each.ru_utime + each.ru_stime for each in (own, children)),
        binding=ended - bound,
        peak=max((step.peak for step in done), default=0.0),
        binder=own.ru_maxrss / 1024,
    )


def _entries(chapters: Sequence[dense.Chapter]) -> list[tuple[str, list[str]]]:
    return [(each.title, [part.title for part in each.parts]) for each in chapters]


def _fill_and_set(html: Callable[[], str], cache: Path, key: str, unfinished: Path) -> None:
    render.set_into(cache, key, html(), unfinished)


def _same(one: dense.Chapter) -> dense.Chapter:
    return one


def _reworded(one: dense.Chapter) -> dense.Chapter:
    """Return a chapter with one cell of a table changed."""
    parts = list(one.parts)
    table = parts[1].table
    assert table is not None
    rows = [["แก้ไขแล้ว", *table.rows[0][1:]], *table.rows[1:]]
    parts[1] = replace(parts[1], table=replace(table, rows=rows))
    return replace(one, parts=parts)


def _grown(one: dense.Chapter) -> dense.Chapter:
    """Return a chapter that has become some pages longer."""
    parts = list(one.parts)
    parts[-1] = replace(parts[-1], prose=[*parts[-1].prose] * 4)
    return replace(one, parts=parts)


BOOKS: dict[str, Callable[[dense.Chapter], dense.Chapter]] = {
    "cold": _same, "nothing": _same, "one": _reworded, "grown": _grown,
}  # fmt: skip


def main(what: str, pages: str, folder: str) -> None:
    """Build the book called `what` in `folder`, where the chapters of those before are kept."""
    chapters = dense.book(int(pages))
    chapters[1] = BOOKS[what](chapters[1])
    built = build(chapters, Path(folder) / "chapters", place(Path(folder), what))
    print(json.dumps(dataclasses.asdict(built)))


if __name__ == "__main__":
    main(*sys.argv[1:])
