"""The structure trees of set chapters made one tree: what a reader who does not see the page is told of the book.

Each chapter hangs below the book as a part of its own; the keys that its pages and links are found by are counted on.
Beside binding, only here is pikepdf known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String


class Structure:
    """One tree that grows chapter by chapter in `pdf`. A book of chapters without tags has none."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._top = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document))
        self._parts: list[Any] = []
        self._found: dict[int, Any] = {}

    def take(self, source: pikepdf.Pdf, pages: Sequence[Any], title: str) -> None:
        """Hang the tree of `source`, whose pages have been appended as `pages`, below the book's."""
        if "/StructTreeRoot" not in source.Root:
            return
        tree = self._pdf.copy_foreign(source.Root.StructTreeRoot)
        first, nums = len(self._found), tree.ParentTree.Nums
        for at in range(0, len(nums), 2):
            self._found[first + int(nums[at])] = nums[at + 1]
        for page in pages:
            page.StructParents = first + int(page.StructParents)
            for annotation in page.get("/Annots", ()):
                if "/StructParent" in annotation:
                    annotation.StructParent = first + int(annotation.StructParent)
        for part in tree.K:
            part.S, part.P, part.T = Name.Part, self._top, String(title)
            self._parts.append(part)

    def add_words(self, page: Any, annotation: Any) -> int | None:
        """Return the number under which words stamped over `annotation` belong to its element; None without a tree."""
        element = self._element(annotation)
        if element is None:
            return None
        marks = self._found[int(page.StructParents)]
        marks.append(element)
        element.K.append(len(marks) - 1)
        return len(marks) - 1

    def describe(self, annotation: Any, words: str) -> None:
        """Say where a link leads, for those who hear it."""
        if self._element(annotation) is not None:
            annotation.Contents = String(words)

    def unlink(self, annotation: Any) -> None:
        """Let what was a link be plain words: the annotation is going to be left out."""
        element = self._element(annotation)
        if element is not None:
            element.S = Name.Span
            kids = [kid for kid in element.K if not (isinstance(kid, Dictionary) and kid.get("/Type") == Name.OBJR)]
            element.K = Array(kids)
            del self._found[int(annotation.StructParent)]

    def _element(self, annotation: Any) -> Any:
        return self._found.get(int(annotation.StructParent)) if "/StructParent" in annotation else None

    def close(self) -> bool:
        """Write the tree; return whether there is one."""
        if not self._parts:
            return False
        nums = [each for key in sorted(self._found) for each in (key, self._found[key])]
        root = self._pdf.make_indirect(
            Dictionary(
                Type=Name.StructTreeRoot,
                K=Array([self._top]),
                ParentTree=self._pdf.make_indirect(Dictionary(Nums=Array(nums))),
                ParentTreeNextKey=max(self._found) + 1,
            )
        )
        self._top.P, self._top.K = root, Array(self._parts)
        self._pdf.Root.StructTreeRoot = root
        self._pdf.Root.MarkInfo = Dictionary(Marked=True)
        return True
