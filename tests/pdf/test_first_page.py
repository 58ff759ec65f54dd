"""The month is one page, whatever it holds: ten made-up months here, a thousand with FIRST_PAGES=1000."""

import datetime as dt
import os
import random
from decimal import Decimal

import pytest

from portal import formats
from portal.reports import render
from portal.reports.chapters import summary
from portal.reports.charts.timeliness import Column, Group
from portal.rules.deadlines import Timeliness
from portal.rules.progress import Standing

WORDS = ("สนับสนุน", "การพัฒนา", "ศักยภาพ", "สหกรณ์", "และกลุ่มเกษตรกร", "เพื่อเพิ่ม", "ขีดความสามารถ", "ในการแข่งขัน", "ด้วยนวัตกรรม")
PLACES = ("กรุงเทพมหานคร พื้นที่ 1", "พระนครศรีอยุธยา", "ประจวบคีรีขันธ์", "นครศรีธรรมราช", "หนองบัวลำภู", "ตาก", "เลย")
LABELS = (
    "เบิกจ่ายภาพรวม", "เบิกจ่ายรายจ่ายประจำ", "เบิกจ่ายรายจ่ายลงทุน", "โครงการเป็นไปตามแผน", "ตัวชี้วัดหลักถึงแผนสะสม",
    "เข้าแนะนำส่งเสริมตามแผน", "ส่งรายงานทันกำหนดทุกแบบ",
)  # fmt: skip


def project(chance):
    """A project's name of up to 300 letters, with blanks or without a single one."""
    name = ""
    most = chance.choice((12, 60, 150, 300))
    while len(name) < most:
        name += chance.choice(WORDS) + chance.choice(("", "", " "))
    return name[:most]


def share(chance):
    return chance.choice(
        (None, Decimal(0), Decimal(100), Decimal("-3.2"), Decimal(chance.randrange(0, 250_000)) / 1000)
    )


def measure(chance, label, month):
    value, target = share(chance), share(chance)
    series = tuple(share(chance) for _ in range(month))
    note = f"{formats.million(chance.randrange(10**12))} จาก {formats.million(chance.randrange(10**13))} ล้านบาท"
    return summary.Measure(
        label,
        note,
        value,
        target,
        share(chance),
        series,
        tuple(share(chance) for _ in range(12)),
        chance.choice(list(Standing)),
    )


def points(chance, most, words):
    marks = ("bad", "warn", "none", "up", "down")
    return tuple(summary.Point(chance.choice(marks), words(), "projects") for _ in range(chance.randint(0, most)))


def month_of(seed):
    """A made-up month; its words are as long as the chapter lets them be."""
    chance = random.Random(seed)
    month = 1 if seed % 5 == 0 else chance.randint(1, 12)
    how = list(Timeliness)
    of_offices = [Timeliness.MISSING] if seed % 7 == 0 else how
    groups = tuple(
        Group(
            f"เขต {n}",
            tuple(
                Column("อย", tuple(chance.choice(of_offices).value if m < month else "not_due" for m in range(12)))
                for _ in range(size)
            ),
        )
        for n, size in enumerate(
            chance.choice(((2, 6, 4, 3, 4, 5, 6, 3, 3, 5, 5, 3, 4, 4, 4, 4, 4, 5, 4), (1,), (), (7,) * 12)), 1
        )
    )

    def decided():
        months = chance.randint(2, 12)
        return summary._clipped(
            f"{project(chance)} ได้ร้อยละ **{formats.percent(share(chance))}** ต่ำกว่าเกณฑ์ **{months} เดือน**"
        )

    def changed():
        return f"หน่วยที่ส่งทันกำหนดเพิ่มขึ้น อยู่ที่ **{chance.randint(0, 78)}** ({formats.num(share(chance), 1, sign=True)} จุด)"

    def watched():
        names = [chance.choice(PLACES) for _ in range(chance.randint(1, 78))]
        return f"**เบิกจ่ายต่ำกว่าเกณฑ์ {len(names)}** {summary._names(names)}"

    figure = "เบิกจ่ายสะสมร้อยละ **100.0** ต่ำกว่าเป้าหมาย **100.0 จุด** เหตุหลักคือรายจ่ายลงทุนซึ่งต่ำกว่าเป้าหมาย **100.0 จุด**"
    ahead = (
        "หากรักษาอัตราเฉลี่ย 3 เดือนล่าสุด สิ้นปีภาพรวมจะได้เพียงร้อยละ **100.0** (เป้า 100.0) "
        "แต่รายจ่ายลงทุนจะได้เพียงร้อยละ **100.0** (เป้า 100.0)"
    )
    lead = [figure, *([ahead] if month > 2 else []), f"จึงขอให้ที่ประชุมตัดสินใจ **{chance.randint(1, 4)} เรื่อง**"]
    if is_partial := chance.random() < 0.3:
        lead.insert(0, summary.PARTIAL)
    day = dt.date(2023, 5, 31) if chance.random() < 0.9 else None
    return month, summary.SummaryPage(
        month=formats.month_long(2566, month),
        month_short="พ.ค. 66",
        cut_at=dt.datetime(2023, 12, 28, 16, 30),
        meets_on=day,
        reported=chance.randint(0, 78),
        owing=78,
        is_partial=is_partial,
        lead=tuple(lead),
        measures=tuple(measure(chance, label, month) for label in LABELS),
        groups=groups,
        look=points(chance, 4, decided),
        changes=points(chance, 4, changed),
        watch=points(chance, 3, watched),
        money_day=day,
        visit_day=day,
        inferred=chance.random() < 0.5,
    )


@pytest.mark.parametrize("seed", range(int(os.environ.get("FIRST_PAGES", "10"))))
def test_a_month_is_one_page(seed):
    month, page = month_of(seed)
    html = render.page_html(
        "chapters/summary.html",
        chapter=page,
        title="สรุปผลประจำเดือน",
        number="1",
        anchor="c-summary",
        fiscal_year=2566,
        period=month,
        last_period=month,
        book_title="ชุดรายงาน",
        book_style="pack",
        scope_name="เขตตรวจราชการที่ 12" if seed % 3 == 0 else "",
        width=179,
        whole=None,
    )

    _, facts = render.to_pdf(html)

    assert facts["pages"] == 1 and not facts["warnings"]
