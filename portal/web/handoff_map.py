"""The mapping of an outside system on the screen: which column holds what, tried before it is saved."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request
from flask_admin import BaseView, expose

from models import HandoffMap
from portal import clock, exports, files
from portal.errors import NotAllowed, PortalError, RuleBroken
from portal.exports import dispatches, mappings
from portal.exports.target import Target
from portal.rules import handoffs
from portal.rules.access import CENTRAL_ROLES
from portal.rules.mappings import MOST_COLUMNS, CellKind, CodeList, Column, Layout, Leaf
from portal.rules.terms import Certainty
from portal.web.handoff import may, wrong_line
from portal.web.language import gettext
from portal.web.sign_in import me

SHOWN = 100


class HandoffMapPage(BaseView):
    """The columns of an outside system."""

    def __init__(self) -> None:
        super().__init__("Mapping", None, endpoint="handoffmapping", url="/admin/handoff/map")

    def is_visible(self) -> bool:
        """Reached from the hand-off page."""
        return False

    def is_accessible(self) -> bool:
        """Central roles look; planning and administrators change it."""
        return me().role in CENTRAL_ROLES

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("Figures are handed to other systems by the planning division.")

    @expose("/")
    def index(self) -> Any:
        """Show the mapping in use."""
        target = exports.target(request.args.get("system", ""))
        used = mappings.in_use(target)
        return self._shown(target, used.layout, used.version)

    def _shown(self, target: Target, layout: Layout, seen: int, refusal: PortalError | None = None, **more: Any) -> Any:
        used = mappings.in_use(target)
        row = HandoffMap.get_or_none(HandoffMap.system == target.slug)
        shown = self.render(
            "handoff/map.html", target=target, layout=layout, seen=seen, row=row, may=may(), at=clock.now(),
            is_shipped=mappings.is_as_shipped(target, used), kinds=list(CellKind), certainties=list(Certainty),
            problem=refusal.words(gettext) if refusal else "", period=request.values.get("period", ""),
            **({"tried": None, "wrong": []} | more),
        )  # fmt: skip
        return shown, refusal.status if refusal else 200

    @expose("/", methods=("POST",))
    def change(self) -> Any:
        """Try the mapping as it stands on the screen, save it, or go back to the one we ship."""
        target, seen = exports.target(request.form.get("system", "")), _whole("seen")
        handoffs.check_may_hand_off(me().role)
        if request.form.get("do") == "reset":
            mappings.reset(target, seen=seen, by=me(), at=clock.now())
            flash(gettext("The shipped mapping is in use again."), "success")
            return redirect(f"/admin/handoff/map/?system={target.slug}")
        layout = _typed(target)
        try:
            mappings.check(target, layout)
            if request.form.get("do") == "try":
                return self._tried(target, layout, seen)
            mappings.keep(target, layout, seen=seen, by=me(), at=clock.now())
        except PortalError as refusal:
            return self._shown(target, layout, seen, refusal)
        flash(gettext("The mapping is saved. Dispatches from now on go by it."), "success")
        return redirect(f"/admin/handoff/map/?system={target.slug}")

    def _tried(self, target: Target, layout: Layout, seen: int) -> Any:
        settings = current_app.config["PORTAL"]
        looked = dispatches.look(
            target,
            handoffs.span(request.form.get("period", "")),
            is_provisional=False,
            files=files.connect(settings.files, settings.data),
            at=clock.now(),
            layout=layout,
        )
        wrong = [wrong_line(each) for each in looked.composed.violations[:SHOWN]]
        return self._shown(target, layout, seen, tried=looked, wrong=wrong)


def _whole(name: str) -> int:
    text = request.form.get(name, "").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise RuleBroken("“{text}” is not a whole number.", text=text[:20])
    return int(text)


def _typed(target: Target) -> Layout:
    """Return the mapping as it stands on the screen: columns in the order of their numbers, removed ones left out."""
    lists = {}
    for n in range(20):
        name = request.form.get(f"l{n}.name", "").strip()
        if name:
            lists[name] = CodeList(
                request.form.get(f"l{n}.title", "").strip(), _codes(request.form.get(f"l{n}.codes", ""))
            )
    leaves = []
    for n, sheet in enumerate(target.sheets):
        found: list[tuple[int, int, Column]] = []
        for place in range(MOST_COLUMNS + 20):
            at = f"s{n}.c{place}"
            heading = " ".join(request.form.get(f"{at}.heading", "").split())
            if heading and not request.form.get(f"{at}.remove"):
                found.append((_whole(f"{at}.order"), place, _column(at, heading)))
        columns = tuple(column for _, _, column in sorted(found, key=lambda one: one[:2]))
        leaves.append(Leaf(sheet.slug, request.form.get(f"s{n}.title", "").strip() or sheet.title, columns))
    return Layout(tuple(leaves), lists)


def _column(at: str, heading: str) -> Column:
    def text(name: str, longest: int = 300) -> str:
        return request.form.get(f"{at}.{name}", "").strip()[:longest]

    kind, certainty = text("kind") or CellKind.TEXT, text("certainty") or Certainty.INFERRED
    return Column(
        heading=heading[:200],
        source=text("source"),
        fixed=text("fixed") if not text("source") else "",
        required=text("required") == "y",
        longest=_whole(f"{at}.longest"),
        kind=CellKind(kind) if kind in set(CellKind) else CellKind.TEXT,
        decimals=_whole(f"{at}.decimals"),
        codes=text("codes"),
        certainty=Certainty(certainty) if certainty in set(Certainty) else Certainty.INFERRED,
        note=text("note"),
    )


def _codes(text: str) -> dict[str, str]:
    """Read lines of “our word = their code”."""
    found = {}
    for line in text.splitlines():
        ours, sign, theirs = line.partition("=")
        if ours.strip() and not sign:
            raise RuleBroken("Write one code a line: our word = their code (“{text}”).", text=line.strip()[:60])
        if sign:
            found[ours.strip()] = theirs.strip()
    return found
