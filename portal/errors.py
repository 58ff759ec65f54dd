"""Every refusal, its words for people, its HTTP answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


class PortalError(Exception):
    """A refusal that a person can read.

    `msgid` is the English sentence, with `{name}` where a value belongs; the doors translate it
    before the values go in, so that one sentence serves every language.
    """

    status = 400

    def __init__(self, msgid: str, *, field: str = "", **values: Any) -> None:
        super().__init__(msgid)
        self.msgid = msgid
        self.field = field
        self.values = values

    def words(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence; `translate` turns the msgid (and each text value, and each of a list) into words."""
        shown = {k: _said(v, translate) for k, v in self.values.items()}
        return translate(self.msgid).format(**shown)

    @property
    def rule(self) -> str:
        """Return the name of the rule for programs: the same for the same sentence, whatever the language."""
        return re.sub(r"[^a-z0-9]+", "-", self.msgid.lower()).strip("-")[:60].rstrip("-")

    def more(self, translate: Callable[[str], str]) -> dict[str, Any]:
        """Return what a program is told besides the sentence."""
        return {}

    def __str__(self) -> str:
        return self.words()


class NotAllowed(PortalError):
    """This person may not do this to that record."""

    status = 403


class NotFound(PortalError):
    """No such record, or none that this person may see."""

    status = 404


class StaleRow(PortalError):
    """Somebody saved the record after it was opened.

    `theirs` and `mine` hold, for each field that differs, the text now in the store and the text typed.
    """

    status = 409

    def __init__(self, msgid: str, *, theirs: dict[str, Any], mine: dict[str, Any], **values: Any) -> None:
        super().__init__(msgid, **values)
        self.theirs = theirs
        self.mine = mine


class MoveRefused(PortalError):
    """The record is not in a state from which this step can be taken."""

    status = 409


class RuleBroken(PortalError):
    """A value breaks a rule of the domain; `field` names where."""

    status = 422


class StoreRefused(PortalError):
    """The store itself refused: a value used twice, or a record that others still need."""

    status = 409


class OutOfReach(PortalError):
    """A part of the machine did not answer (file store, database, renderer)."""

    status = 503


def _said(value: Any, translate: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return ", ".join(translate(str(one)) for one in value)
    return translate(value) if isinstance(value, str) and value else value
