"""What WeasyPrint tags, made fit for PDF/UA: every mark on a page belongs to the text's structure or is ornament.

Works on the unwritten PDF of one document (a WeasyPrint finisher), so that each chapter does its own share. Source:
ISO 14289-1, 7.1 (artifacts), 7.3 (alternative texts), 7.5 (scope of heads).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import pydyf

SVG = "{http://www.w3.org/2000/svg}"
POINTS = 0.75  # of a pixel
LAYOUT, PAGINATION = ({"Type": "/Layout"}, {"Type": "/Pagination"})
# What may hold text without a span of its own around it.
HOLDS_TEXT = {"/P", "/TD", "/TH", "/Span", "/Caption", "/LBody", "/Link", *(f"/H{level}" for level in range(1, 7))}


def name_drawings(root: Element) -> None:
    """Give each drawing of a page the title that its label says, which becomes its alternative text."""
    for drawing in list(root.iter(f"{SVG}svg")):
        if words := drawing.get("aria-label"):
            SubElement(drawing, f"{SVG}title").text = words


def finish(pdf: Any) -> None:
    """Make the tags of `pdf` whole: drawings without a word and what stands in margins become ornament, heads say of
    what they are heads, spans that add nothing go."""
    tree = _Tree(pdf)
    tree.walk()
    for page, names in tree.pages():
        gone: dict[int, dict[str, str]] = {}
        for number, reference in enumerate(names):
            if reference not in tree.reached:
                gone[number] = LAYOUT if reference in tree.ornaments else PAGINATION
                names[number] = "null"
        if gone:
            _unmark(pdf.objects[_number(page["Contents"])].stream, gone)


def _unmark(items: list[Any], gone: Mapping[int, dict[str, str]]) -> None:
    """Turn the marks that are `gone` into artifacts. A mark is three items: tag, properties, BDC."""
    for at in range(1, len(items) - 1):
        properties = items[at]
        if items[at + 1] == b"BDC" and isinstance(properties, dict) and properties.get("MCID") in gone:
            items[at - 1], items[at] = "/Artifact", pydyf.Dictionary(gone[properties["MCID"]])


def _number(reference: bytes) -> int:
    return int(reference.split()[0])


class _Tree:
    """The structure of one unwritten document. Elements are known by their references, as pydyf writes them."""

    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf
        self._root = pdf.objects[_number(pdf.catalog["StructTreeRoot"])]
        nums = pdf.objects[_number(self._root["ParentTree"])]["Nums"]
        self._nums = dict(zip(nums[::2], nums[1::2], strict=True))
        self.reached: set[Any] = set()
        self.ornaments: set[Any] = set()

    def pages(self) -> Iterator[tuple[Any, list[Any]]]:
        """Yield each page with the elements of its marks, in the order of their numbers."""
        pages = (each for each in self._pdf.objects if isinstance(each, dict) and each.get("Type") == "/Page")
        for page in pages:
            yield page, self._nums[page["StructParents"]]

    def walk(self) -> None:
        """Go through all elements that can be reached from the top."""
        for reference in self._root["K"]:
            self._visit(reference, "")

    def _visit(self, reference: Any, section: str) -> None:
        element = self._pdf.objects[_number(reference)]
        self.reached.add(reference)
        kind = element["S"]
        section = kind if kind in ("/THead", "/TBody", "/TFoot") else section
        if kind == "/TR" and all(self._kind(kid) == "/TH" for kid in element["K"]):
            section = "/THead"
        elif kind == "/Figure":
            self._place(element)
        if kind in ("/TH", "/TD") and "A" in element:
            _scope(element, kind, section)
        kept: list[Any] = []
        for kid in element["K"]:
            if isinstance(kid, int):
                kept.append(kid)
                continue
            below = self._pdf.objects[_number(kid)]
            if below.get("Type") == "/OBJR":
                kept.append(kid)
            elif below["S"] == "/Figure" and "Alt" not in below:
                self.ornaments.add(kid)
            elif _is_only_words(below, element):
                page = self._pdf.objects[_number(element["Pg"])]
                self._nums[page["StructParents"]][below["K"][0]] = reference
                kept.append(below["K"][0])
            else:
                self._visit(kid, section)
                kept.append(kid)
        element["K"][:] = kept

    def _kind(self, kid: Any) -> str:
        return "" if isinstance(kid, int) else str(self._pdf.objects[_number(kid)].get("S", ""))

    def _place(self, figure: Any) -> None:
        """Give the box of a drawing in points from the foot of its page; it comes in pixels from the top."""
        height = self._pdf.objects[_number(figure["Pg"])]["MediaBox"][3]
        x1, y1, x2, y2 = figure["A"]["BBox"]
        box = (x1 * POINTS, height - y2 * POINTS, x2 * POINTS, height - y1 * POINTS)
        figure["A"]["BBox"] = pydyf.Array(round(each, 2) for each in box)


def _scope(element: Any, kind: str, section: str) -> None:
    """Let a head say of what it is one; lists of heads in every cell would double the tree."""
    element.pop("ID", None)
    element["A"].pop("Headers", None)
    if kind == "/TH":
        element["A"]["Scope"] = "/Row" if section == "/TBody" else "/Column"


def _is_only_words(below: Any, parent: Any) -> bool:
    kids = below["K"]
    return (
        below["S"] == "/Span"
        and parent["S"] in HOLDS_TEXT
        and len(kids) == 1
        and isinstance(kids[0], int)
        and below["Pg"] == parent["Pg"]
    )
