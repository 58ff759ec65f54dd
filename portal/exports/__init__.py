"""The hand-off to other systems, one target a file. EXPORTS is the list, in the order screens show it."""

from __future__ import annotations

from portal.errors import NotFound
from portal.exports import bb_evmis, emenscr, oae_moac
from portal.exports.target import Target

EXPORTS: tuple[Target, ...] = (bb_evmis.TARGET, emenscr.TARGET, oae_moac.TARGET)


def target(slug: str) -> Target:
    """Return a target by its slug. Raises NotFound."""
    for one in EXPORTS:
        if one.slug == slug:
            return one
    raise NotFound("There is no outside system called “{name}”.", name=slug[:40])
