"""The rows of a list, written straight out: no template call for a row, none for a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from admin_views.columns import Column
from portal.web import marks
from portal.web.language import gettext


def rows(
    cols: Sequence[Column],
    page: Sequence[tuple[Any, ...]],
    base: str,
    *,
    ticked: bool,
    edits: bool,
    in_place: frozenset[str],
) -> Markup:
    """Return the body of a table. Each row holds the record's id and then what its columns read.

    `ticked` draws a box to choose the row, `edits` the way to its form; `in_place` columns may be changed in the
    list. Every value goes through its column's `show`, which escapes it.
    """
    edit_name, view_name, select = (escape(gettext(words)) for words in ("Edit", "Open", "Select"))
    steps = []
    start = 1
    for one in cols:
        cls = f' class="{one.cls}"' if one.cls else ""
        kept = f' data-edit="{one.path}"' if edits and one.path in in_place else ""
        steps.append((one.show, start, start + len(one.reads), f'<td{cls}{kept} data-l="{escape(one.name)}">'))
        start += len(one.reads)
    pen, eye = marks.used("pen"), marks.used("eye")
    first_show, first_a, first_b, _ = steps[0]
    out: list[str] = []
    for row in page:
        ident = row[0]
        out.append(f'<tr data-id="{ident}">')
        if ticked:
            box = f'<input type="checkbox" name="rowid" value="{ident}" aria-label="{select}">'
            out.append(f'<td class="tk">{box}</td>')
        name = first_show(*row[first_a:first_b]) or ident
        out.append(f'<td data-l=""><a class="nm" href="{base}/details/?id={ident}">{name}</a></td>')
        for show, a, b, opening in steps[1:]:
            out.append(opening)
            out.append(show(*row[a:b]))
            out.append("</td>")
        out.append('<td class="n"><span class="acts">')
        if edits:
            out.append(f'<a class="b q ic s" href="{base}/edit/?id={ident}" aria-label="{edit_name}">{pen}</a>')
        out.append(f'<a class="b q ic s" href="{base}/details/?id={ident}" aria-label="{view_name}">{eye}</a>')
        out.append("</span></td></tr>")
    return Markup("".join(out))
