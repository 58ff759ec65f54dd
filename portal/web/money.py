"""The year's money against the cabinet's targets: by nature, category, project, unit and month, and each investment."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import request
from flask_admin import BaseView, expose
from markupsafe import Markup

from models import FiscalYear
from portal import clock, database, formats
from portal.errors import NotAllowed
from portal.reports import runs
from portal.reports.chapter import Cut
from portal.reports.chapters import disbursement
from portal.reports.charts import CHARTS
from portal.reports.charts.drawing import on_screen
from portal.reports.figures import money, shared
from portal.rules.access import CENTRAL_ROLES
from portal.rules.progress import Standing
from portal.web.language import Lazy, gettext
from portal.web.sign_in import me

MARKS = {Standing.ON_TRACK: "ok", Standing.WATCH: "watch", Standing.PROBLEM: "bad", Standing.NO_VALUE: "none"}


class MoneyPage(BaseView):
    """What was granted, paid, ordered and reserved, and how that stands."""

    def __init__(self, name: Lazy, category: Lazy) -> None:
        super().__init__(name, category, endpoint="money", url="/admin/money", menu_icon_value="coin")

    def is_accessible(self) -> bool:
        """The department's money is shown to its central units."""
        return me().role in CENTRAL_ROLES

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> Any:
        """Refuse in words."""
        raise NotAllowed("The money of the whole department is shown to its central units.")

    @expose("/")
    def index(self) -> Any:
        """Show the page."""
        years = list(FiscalYear.select().order_by(FiscalYear.year.desc()).limit(20))
        known = {year.year: money.last_month(year.id) for year in years}
        year = _number("year") or next((y.year for y in years if known[y.year]), None)
        if year is None or year not in known:
            return self.render("money/index.html", years=years, year=None, at=clock.now())
        month = _number("month") or known[year] or 1
        month = month if 1 <= month <= 12 else 12
        cut = Cut(fiscal_year=year, period=month, cut_at=clock.now(), is_demo=runs.is_demo())
        with database.one_reading(), shared():
            found = disbursement.tables(cut)
        return self.render(
            "money/index.html", years=years, year=year, month=month, found=found, at=clock.now(), marks=MARKS,
            curves=[_curve(course, month) for course in found.page.courses], months=range(1, 13),
            month_name=formats.month_short, baht=_baht, share=_share, target=_target, gap=_gap,
        )  # fmt: skip


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


def _baht(satang: int) -> str:
    return formats.baht(satang) if satang else formats.NONE


def _share(value: Decimal | None) -> str:
    return formats.percent(value, 2)


def _target(value: Decimal | None) -> str:
    """Return a target in percent; one that nobody set is said to be none, never shown as 0."""
    return gettext("no target") if value is None else formats.percent(value, 2)


def _gap(value: Decimal | None, aim: Decimal | None) -> str:
    return formats.NONE if value is None or aim is None else formats.num(value - aim, 2, sign=True)


def _curve(course: disbursement.Course, month: int) -> Markup:
    line = CHARTS["line"]
    lines: Sequence[Any] = (
        line("plan", "เป้า", course.target),
        line("spent", "รวมก่อหนี้", course.spent),
        line("actual", "เบิกจ่าย", course.paid),
    )
    with on_screen():
        drawn: Markup = CHARTS["curve"](
            lines, now=month, unit="ร้อยละสะสม", width=92, height=52, top=100, right=22, dots=(3, 6, 9, 12)
        )
    return drawn
