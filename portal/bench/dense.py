"""A made-up year book of any length: dense Thai tables, wrapped text, charts and prose, the same every time.

A summary, then chapters of some ten pages: one third projects (two tables of the 78 offices, one of activities), two
thirds offices (their projects, months of spending, visits). No figure in it is real.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jinja2
from markupsafe import Markup

from portal import formats
from portal.reports import render
from portal.reports.charts import CHARTS
from portal.reports.charts.curve import Line

PAGES_A_CHAPTER = 11.4
OFFICES = tuple(f"สำนักงานสหกรณ์จังหวัดที่ {number}" for number in range(1, 79))
THEMES = (
    "พัฒนาระบบการบริหารจัดการน้ำในพื้นที่สหกรณ์", "ส่งเสริมการรวมซื้อรวมขายของสมาชิกผู้ปลูกข้าว",
    "เพิ่มศักยภาพการเก็บรวบรวมผลผลิตทางการเกษตร", "สร้างความเข้มแข็งให้กลุ่มเกษตรกรรุ่นใหม่",
    "ยกระดับมาตรฐานการควบคุมภายในของสหกรณ์", "แก้ไขปัญหาหนี้สินของสมาชิกอย่างเป็นระบบ",
    "ส่งเสริมอาชีพเสริมด้านหม่อนไหมและหัตถกรรม", "เชื่อมโยงเครือข่ายตลาดสินค้าเกษตรปลอดภัย",
)  # fmt: skip
PHRASES = (
    "เจ้าหน้าที่เข้าแนะนำให้ความรู้แก่คณะกรรมการเรื่องการกำกับดูแลกิจการที่ดี",
    "สมาชิกส่วนใหญ่ได้รับผลกระทบจากฝนทิ้งช่วงตั้งแต่เดือนมิถุนายนเป็นต้นมา",
    "ปริมาณธุรกิจรวบรวมผลผลิตเพิ่มขึ้นเมื่อเทียบกับช่วงเดียวกันของปีก่อน",
    "ได้ประสานหน่วยงานในพื้นที่เพื่อสนับสนุนปัจจัยการผลิตและเงินทุนหมุนเวียน",
    "การเบิกจ่ายเป็นไปตามแผน ยกเว้นรายการครุภัณฑ์ที่อยู่ระหว่างตรวจรับ",
    "ที่ประชุมใหญ่สามัญประจำปีมีมติจัดสรรกำไรสุทธิเป็นทุนสำรองและเงินเฉลี่ยคืน",
    "พบข้อบกพร่องทางบัญชีบางรายการ ผู้สอบบัญชีแนะนำให้แก้ไขภายในสามสิบวัน",
    "กลุ่มเป้าหมายผ่านการอบรมครบตามจำนวน และนำความรู้ไปใช้ในครัวเรือนได้จริง",
    "จัดทำแผนฟื้นฟูร่วมกับฝ่ายจัดการ โดยกำหนดให้รายงานความก้าวหน้าทุกเดือน",
    "ราคาผลผลิตตกต่ำทำให้การชำระหนี้ล่าช้ากว่ากำหนด จำเป็นต้องขยายระยะเวลา",
    "เครื่องชั่งและลานตากที่ได้รับการอุดหนุนใช้งานได้เต็มกำลังในฤดูเก็บเกี่ยวนี้",
    "แนวทางปีหน้าคือเพิ่มจำนวนสหกรณ์ชั้นหนึ่งและลดสหกรณ์ที่ไม่ดำเนินธุรกิจ",
)
REMARKS = ("เป็นไปตามแผน", "เร่งรัดในไตรมาสหน้า", "รอการโอนเปลี่ยนแปลงงบประมาณ", "น้ำท่วมพื้นที่ดำเนินงาน", "-", "-")
KINDS = ("สหกรณ์การเกษตร", "สหกรณ์ออมทรัพย์", "สหกรณ์นิคม", "สหกรณ์บริการ", "กลุ่มเกษตรกรทำนา", "กลุ่มอาชีพ")
PLACES = ("ท่าน้ำอ้อย", "หนองบัวใหญ่", "ดงกล้วยไม้", "บ้านทุ่งสูง", "เขาย้อยพัฒนา", "ห้วยไร่", "คลองสี่", "ปากแพรก")
STATES = ("เสร็จแล้ว", "กำลังดำเนินการ", "ล่าช้า", "รอเบิกจ่าย")
PAGE = """
{%- extends "parts/frame.html" -%}
{%- from "parts/pieces.html" import head, section, caption, cols with context -%}
{%- macro cell(tag, kind, words) -%}
<{{ tag }}{% if kind == "n" %} class="n"{% endif %}>{{ words }}</{{ tag }}>
{%- endmacro -%}
{%- block page -%}
{{ head("เล่มจำลองสำหรับวัดความเร็ว", "ไม่ใช่ผลการดำเนินงานจริง") }}
{% for part in parts %}
<div id="{{ anchor }}-{{ loop.index }}"></div>{{ section(part.title) }}
{% for words in part.prose %}<p class="para">{{ words }}</p>{% endfor %}
{% if part.chart %}<figure class="gap3">{{ part.chart }}</figure>{% endif %}
{% if part.table %}{{ caption(number ~ "." ~ loop.index, part.title) }}
<table class="t gap1">{{ cols(part.table.widths) }}
<thead><tr>{% for words in part.table.heads %}{{ cell("th", part.table.kinds[loop.index0], words) }}{% endfor %}</tr>
</thead><tbody>
{% for row in part.table.rows %}
<tr>{% for words in row %}{{ cell("td", part.table.kinds[loop.index0], words) }}{% endfor %}</tr>
{% endfor %}</tbody></table>{% endif %}
{% endfor %}
{%- endblock -%}
"""
CONTENTS = """
{%- extends "parts/frame.html" -%}
{%- from "parts/pieces.html" import head, cols with context -%}
{%- block page -%}
{{ head("เล่มจำลองสำหรับวัดความเร็ว", "ไม่ใช่ผลการดำเนินงานจริง") }}
<table class="toc gap4">{{ cols([12, 0, 14]) }}<tbody>
{% for line in lines %}
<tr{% if line.deep %} class="deep"{% endif %}><td>{{ line.number }}</td>
<td{% if line.deep %} class="in"{% endif %}>
<a href="https://book.invalid/to#{{ line.anchor }}">{{ line.title }}</a></td>
<td class="n"><a class="pg" href="https://book.invalid/page#{{ line.anchor }}~9"></a></td></tr>
{% endfor %}</tbody></table>
{%- endblock -%}
"""


@dataclass(frozen=True)
class Table:
    """A table: heads, millimetres a column (0: the rest), which columns are numbers, rows."""

    heads: Sequence[str]
    widths: Sequence[int]
    kinds: str
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """One section of a chapter: its title, prose, a chart, a table."""

    title: str
    prose: Sequence[str]
    chart: Markup | None = None
    table: Table | None = None


@dataclass(frozen=True)
class Chapter:
    """One chapter: its number, title, anchor and sections."""

    number: str
    title: str
    anchor: str
    parts: Sequence[Section]


@dataclass(frozen=True)
class _Line:
    number: str
    title: str
    anchor: str
    deep: bool


def book(pages: int) -> list[Chapter]:
    """Return the chapters of a book of about so many pages."""
    count = max(2, round(pages / PAGES_A_CHAPTER))
    return [chapter(number, count) for number in range(count)]


def chapter(number: int, count: int) -> Chapter:
    """Return chapter `number` (from 0) of `count`."""
    dice = random.Random(f"2566/{number}")
    projects = round(count / 3)
    if number == 0:
        title, parts = "สรุปผลการดำเนินงานทั้งกรม", [*_project(dice)][:2]
    elif number <= projects:
        title, parts = _name(number), [*_project(dice)]
    else:
        title, parts = OFFICES[(number - projects - 1) % len(OFFICES)], [*_office(dice)]
    return Chapter(str(number + 1), title, f"c-{number + 1}", parts)


def html(one: Chapter) -> str:
    """Return a chapter as a document of its own."""
    return _filled(PAGE, number=one.number, title=one.title, anchor=one.anchor, parts=one.parts)


def contents_html(chapters: Sequence[Chapter]) -> str:
    """Return the contents, with boxes for the page numbers."""
    lines = []
    for one in chapters:
        lines.append(_Line(one.number, one.title, one.anchor, deep=False))
        lines += [_Line("", part.title, f"{one.anchor}-{n}", deep=True) for n, part in enumerate(one.parts, 1)]
    return _filled(CONTENTS, number="", title="สารบัญ", anchor="c-contents", lines=lines)


def _filled(template: str, **values: object) -> str:
    page = _template(template)
    return page.render(book_title="เล่มจำลอง ปีงบประมาณ พ.ศ. 2566", book_short="เล่มจำลอง", book_style="book", **values)


@functools.cache
def _template(template: str) -> jinja2.Template:
    return render.environment().from_string(template)


def _name(number: int) -> str:
    return f"โครงการ{THEMES[number % len(THEMES)]} ระยะที่ {number // len(THEMES) + 1}"


def _prose(dice: random.Random, least: int = 5, most: int = 10) -> str:
    return " ".join(dice.choice(PHRASES) for _ in range(dice.randint(least, most)))


def _count(dice: random.Random, most: int) -> str:
    return formats.num(dice.randint(10, most))


def _measure(dice: random.Random) -> list[str]:
    aim, granted = dice.randint(20, 4000), dice.randint(50_000, 9_000_000)
    done, paid = round(aim * dice.uniform(0.4, 1.2)), round(granted * dice.uniform(0.35, 1))
    return [
        formats.num(aim), formats.num(done), f"{100 * done / aim:.2f}",
        formats.num(granted), formats.num(paid), f"{100 * paid / granted:.2f}",
    ]  # fmt: skip


def _project(dice: random.Random) -> Iterator[Section]:
    rows = [[office, *_measure(dice), dice.choice(REMARKS)] for office in OFFICES]
    yield Section("หลักการและเหตุผล", [_prose(dice) for _ in range(5)], _curve(dice))
    heads = ("หน่วยงาน", "เป้าหมาย", "ผลงาน", "ร้อยละ", "งบประมาณ (บาท)", "เบิกจ่าย (บาท)", "ร้อยละเบิกจ่าย", "หมายเหตุ")
    table = Table(heads, (36, 15, 15, 14, 21, 21, 15, 0), "tnnnnnnt", rows)
    yield Section("ผลการดำเนินงานรายหน่วยงาน", [_prose(dice) for _ in range(2)], _bars(dice), table)
    rows = [
        [office, *(_count(dice, 900) for _ in range(4)), f"{dice.uniform(10, 110):.2f}", _count(dice, 2_000_000),
         dice.choice(STATES)]
        for office in OFFICES
    ]  # fmt: skip
    heads = ("หน่วยงาน", "ไตรมาส 1", "ไตรมาส 2", "ไตรมาส 3", "ไตรมาส 4", "ร้อยละสะสม", "งบประมาณ (บาท)", "สถานะ")
    yield Section("ผลรายไตรมาส", [_prose(dice)], None, Table(heads, (40, 16, 16, 16, 16, 18, 22, 0), "tnnnnnnt", rows))
    rows = [
        [str(n), f"กิจกรรมที่ {n} {dice.choice(PHRASES)}", "แห่ง", _count(dice, 500), _count(dice, 500),
         f"{dice.uniform(20, 120):.2f}", dice.choice(STATES), dice.choice(REMARKS)]
        for n in range(1, dice.randint(30, 50))
    ]  # fmt: skip
    heads = ("ที่", "กิจกรรม", "หน่วยนับ", "แผน", "ผล", "ร้อยละ", "สถานะ", "หมายเหตุ")
    table = Table(heads, (8, 60, 14, 12, 12, 14, 20, 0), "ntt" + "nnn" + "tt", rows)
    yield Section("รายละเอียดกิจกรรม", [_prose(dice) for _ in range(2)], None, table)
    yield Section("ปัญหา อุปสรรค และข้อเสนอแนะ", [_prose(dice) for _ in range(9)])


def _office(dice: random.Random) -> Iterator[Section]:
    yield Section("ภาพรวมของหน่วยงาน", [_prose(dice) for _ in range(5)], _curve(dice))
    rows = [[_name(n), *_measure(dice), dice.choice(REMARKS)] for n in range(40)]
    heads = ("โครงการ", "เป้าหมาย", "ผลงาน", "ร้อยละ", "งบประมาณ (บาท)", "เบิกจ่าย (บาท)", "ร้อยละเบิกจ่าย", "หมายเหตุ")
    table = Table(heads, (44, 14, 14, 13, 20, 20, 14, 0), "tnnnnnnt", rows)
    yield Section("ผลการดำเนินงานรายโครงการ", [_prose(dice)], None, table)
    names = [formats.month_long(2566, month) for month in range(1, 13)] + [f"แผนงานที่ {n}" for n in range(1, 21)]
    rows = [[name, *(_count(dice, 900_000) for _ in range(6)), f"{dice.uniform(1, 100):.2f}"] for name in names]
    heads = ("เดือน แผนงาน", "งบบุคลากร", "งบดำเนินงาน", "งบลงทุน", "งบเงินอุดหนุน", "งบรายจ่ายอื่น", "รวม", "ร้อยละ")
    table = Table(heads, (0, 20, 20, 20, 20, 20, 20, 15), "tnnnnnnn", rows)
    yield Section("การเบิกจ่ายงบประมาณ", [_prose(dice)], _bars(dice), table)
    rows = [
        [str(n), f"{dice.choice(KINDS)}{dice.choice(PLACES)} จำกัด", f"{dice.randint(1, 28)} ม.ค.", _count(dice, 3000),
         _count(dice, 90_000_000), dice.choice(STATES), f"{dice.choice(PHRASES)} {dice.choice(PHRASES)}"]
        for n in range(1, dice.randint(70, 100))
    ]  # fmt: skip
    columns = ("ที่", "สหกรณ์", "วันที่", "สมาชิก", "ทุนดำเนินงาน (บาท)", "สถานะ", "ข้อสังเกต")
    table = Table(columns, (8, 38, 14, 14, 23, 20, 0), "nttnntt", rows)
    yield Section("การเข้าแนะนำส่งเสริม", [_prose(dice)], None, table)
    yield Section("แนวโน้มและแผนปีถัดไป", [_prose(dice) for _ in range(9)])


def _curve(dice: random.Random) -> Markup:
    plan = tuple(100 * month / 12 for month in range(1, 13))
    lines = (Line("plan", "แผน", plan), Line("actual", "ผล", tuple(each * dice.uniform(0.7, 1.05) for each in plan)))
    drawn = CHARTS["curve"](lines, now=12, unit="ร้อยละ (สะสม)", width=160, height=45)
    return Markup(drawn)


def _bars(dice: random.Random) -> Markup:
    counts = [(office, dice.randint(50, 4000)) for office in OFFICES[:12]]
    return Markup(CHARTS["spread"](counts, width=160, left=60))
