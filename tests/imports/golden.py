"""Makes the golden finance files, one a shape, all of the same money.

`python -m tests.imports.golden` writes them anew. Budget codes are those of the demonstration year. The amounts are
made up; each file's totals are worked out here, by plain addition, and not by the code under test.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

FOLDER = Path(__file__).parent / "files"
CREATED = dt.datetime(2023, 6, 1)
YEAR, MONTH, AS_OF = 2566, 8, dt.date(2023, 5, 31)
MONTHS = ("ต.ค.", "พ.ย.", "ธ.ค.", "ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.")
RECURRENT, INVESTMENT = "รายจ่ายประจำ", "รายจ่ายลงทุน"
OFFICES = {
    "4000": ("0701240000", "สำนักงานสหกรณ์จังหวัดขอนแก่น"),
    "4100": ("0701241000", "สำนักงานสหกรณ์จังหวัดอุดรธานี"),
    "5000": ("0701250000", "สำนักงานสหกรณ์จังหวัดเชียงใหม่"),
}
CATEGORIES = {
    "100": "งบบุคลากร",
    "200": "งบดำเนินงาน",
    "310": "ค่าครุภัณฑ์",
    "320": "ค่าที่ดินและสิ่งก่อสร้าง",
    "410": "เงินอุดหนุนทั่วไป",
}
PLANS = {"01": "แผนงานบุคลากรภาครัฐ", "14": "แผนงานพื้นฐานด้านการสร้างความสามารถในการแข่งขัน"}
PROJECTS = {
    "0001": "รายการค่าใช้จ่ายบุคลากรภาครัฐ กรมส่งเสริมสหกรณ์",
    "0002": "ส่งเสริมและพัฒนาสหกรณ์ภาคการเกษตรและกลุ่มเกษตรกร",
    "0007": "พัฒนาระบบสารสนเทศเพื่อการส่งเสริมสหกรณ์",
}


@dataclass(frozen=True)
class Item:
    """One budget code at one office. `paid` are the eight months' payments; all amounts in satang."""

    plan: str
    project: str
    digits: str
    name: str
    area: str
    nature: str
    act: int
    after: int
    received: int
    paid: tuple[int, ...]
    ordered: int
    reserved: int

    @property
    def code(self):
        return f"07012{self.plan}{self.project}00{self.digits}{int(self.project) * 10:04d}"

    @property
    def to_date(self):
        return sum(self.paid)


def _item(plan, project, digits, name, area, nature, act, after, received, paid, ordered=0, reserved=0):
    return Item(plan, project, digits, name, area, nature, act, after, received, tuple(paid), ordered, reserved)


SALARIES, RUNNING = ("01", "0001", "100", "เงินเดือนและค่าจ้าง"), ("14", "0002", "200", "ค่าใช้จ่ายส่งเสริมสหกรณ์")
COMPUTERS = ("14", "0007", "310", "เครื่องคอมพิวเตอร์สำหรับงานประมวลผล 12 เครื่อง")
BUILDING = ("14", "0007", "320", "ปรับปรุงอาคารสำนักงานพร้อมระบบไฟฟ้า")
ITEMS = (
    _item(*SALARIES, "4000", RECURRENT, 960_000_000, 960_000_000, 960_000_000, [80_000_000] * 8),
    _item(*SALARIES, "4100", RECURRENT, 720_000_000, 714_000_050, 714_000_050, [59_500_004] * 7 + [59_500_007]),
    _item(*RUNNING, "4000", RECURRENT, 128_400_000, 130_400_000, 130_400_000,
          [2_150_000, 8_340_025, 12_500_000, 9_999_999, 11_000_001, -350_000, 7_600_000, 8_415_075], 3_200_000),
    _item(*RUNNING, "5000", RECURRENT, 155_000_000, 153_000_000, 150_000_000,
          [0, 10_120_050, 11_000_000, 9_500_000, 14_200_000, 12_000_000, 6_780_000, 9_870_025], 1_250_000, 480_000),
    _item(*COMPUTERS, "5000", INVESTMENT, 36_000_000, 36_000_000, 36_000_000, [0] * 8, 35_640_000),
    _item(*BUILDING, "4100", INVESTMENT, 250_000_000, 250_000_000, 200_000_000,
          [0, 0, 0, 37_500_000, 0, 37_500_000, 0, 25_000_075], 124_999_900, 12_500_000),
)  # fmt: skip


def summed(items=ITEMS):
    """What the items come to, in satang, by the names that lines carry."""
    return {
        "act": sum(i.act for i in items),
        "after_transfers": sum(i.after for i in items),
        "received": sum(i.received for i in items),
        "disbursed": sum(i.to_date for i in items),
        "ordered": sum(i.ordered for i in items),
        "reserved": sum(i.reserved for i in items),
    }


def baht(satang):
    """An amount as finance people write it: commas, two decimals, "-" for nothing."""
    if not satang:
        return "-"
    return f"{'-' if satang < 0 else ''}{abs(satang) // 100:,}.{abs(satang) % 100:02d}"


def _book(path):
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": CREATED})
    return book


def _by_plan(items):
    return [(plan, [i for i in items if i.plan == plan]) for plan in PLANS]


def nfma46_rows(items=ITEMS):
    """The rows of shape (a): column A on, titles first. Amounts are numbers in baht; codes are text."""
    heads = [
        "ลำดับ", "กระทรวง", "กรม", "รหัสงบประมาณ", "ชื่อรหัสงบประมาณ", "แหล่งของเงิน", "หน่วยรับงบประมาณ",
        "งบประมาณสุทธิ", "เงินจัดสรร", "สำรองเงิน", "PO", "เบิกจ่าย", "เบิกแทนกัน", "คงเหลือ",
    ]  # fmt: skip

    def amounts(some):
        # A tenth of what the office paid was paid for it by another; both together are disbursed.
        others = sum(i.to_date // 1000 * 100 for i in some)
        own = sum(i.to_date for i in some) - others
        after, reserved, ordered = (sum(getattr(i, n) for i in some) for n in ("after", "reserved", "ordered"))
        values = [after, sum(i.received for i in some), reserved, ordered, own, others]
        return [v / 100 for v in [*values, after - reserved - ordered - own - others]]

    rows = [
        ["รายงานสถานะการใช้จ่ายงบประมาณ (NFMA46)"],
        ["กรมส่งเสริมสหกรณ์ ปีงบประมาณ พ.ศ. 2566"],
        ["ข้อมูลสะสมตั้งแต่ต้นปีงบประมาณ ณ วันที่ 31 พฤษภาคม 2566"],
        [],
        heads,
    ]
    number = 0
    for plan, some in _by_plan(items):
        rows.append([PLANS[plan]])
        for item in some:
            number += 1
            fund = f"6611{item.digits}"
            rows.append([number, "07", "012", item.code, item.name, fund, OFFICES[item.area][0], *amounts([item])])
        rows.append([f"รวม{PLANS[plan]}", *[""] * 6, *amounts(some)])
    rows.append(["รวมทั้งสิ้น", *[""] * 6, *amounts(items)])
    return rows


def extract_lines(items=ITEMS):
    """The lines of shape (b): lists of texts, headings first, then the Grand Total, then months."""
    heads = [
        "รหัสยุทธศาสตร์การจัดสรร", "รหัสหน่วยงาน", "รหัสจังหวัด (พื้นที่)", "รหัสลักษณะงาน", "รหัสหมวดรายจ่าย",
        "รหัสงบประมาณ", "เดือน/ปีงบประมาณ", "รหัสรายจ่ายประจำ/ลงทุน", "พรบ. (บาท)", "งบฯ หลังโอน/ปป. ทั้งสิ้น (บาท)",
        "เบิกจ่ายทั้งสิ้น (YTM) (บาท)", "%",
    ]  # fmt: skip
    whole = summed(items)
    lines = [
        heads,
        ["Grand Total", *[""] * 7, baht(whole["act"]), baht(whole["after_transfers"]), baht(whole["disbursed"]), ""],
    ]
    for item in items:
        for month, paid in enumerate(item.paid):
            # Granted in October, moved in March; what was paid in one month may stand in two lines.
            act = item.act if month == 0 else 0
            after = item.act if month == 0 else item.after - item.act if month == 5 else 0
            parts = [paid] if paid % 2 or month != 4 else [paid - 100, 100]
            for part, share in enumerate(parts):
                lines.append(
                    [
                        "1", "07012", item.area, "#", item.digits, item.code, f"{MONTHS[month]} 2566", item.nature,
                        baht(act if not part else 0), baht(after if not part else 0), baht(share) + " ", "12.50",
                    ]
                )  # fmt: skip
    return lines


def extract_bytes(lines, encoding="iso8859_11"):
    """Shape (b) as it is sent: `|` between quoted columns, ISO-8859-11."""
    text = "".join("|".join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)
    return text.encode(encoding)


def treasury_rows(items=ITEMS):
    """The rows of shape (c): million baht, "-" for zero, the total first."""
    heads = [
        "ปีงบประมาณ", "กระทรวง", "หน่วยงาน", "ยุทธศาสตร์การจัดสรร", "แผนงาน", "ผลผลิต/โครงการ", "งาน/โครงการ", "งบรายจ่าย",
        "รายจ่ายประจำ/ลงทุน", "ชื่อรหัสงบประมาณ", "พรบ.", "งบฯ หลังโอน/ปป. ทั้งสิ้น", "PO ทั้งสิ้น", "เบิกจ่ายทั้งสิ้น",
        "เบิกจ่ายรวม PO", "เงินกันฯ สุทธิ", "เบิกจ่ายเหลื่อมปี", "คงเหลือรวม",
    ]  # fmt: skip

    def million(satang):
        return "-" if not satang else satang / 100_000_000

    def amounts(some):
        act, after, ordered = (sum(getattr(i, n) for i in some) for n in ("act", "after", "ordered"))
        paid = sum(i.to_date for i in some)
        return [million(v) for v in (act, after, ordered, paid, paid + ordered, 0, 0, after - paid - ordered)]

    rows = [["ข้อมูลการใช้จ่ายงบประมาณ ณ วันที่ 31 พฤษภาคม 2566 (หน่วย: ล้านบาท)"], heads]
    rows.append(["รวมทั้งสิ้น", *[""] * 9, *amounts(items)])
    groups = {}
    for item in items:
        groups.setdefault((item.plan, item.project, item.digits, item.nature, item.name), []).append(item)
    for (plan, project, digits, nature, name), some in groups.items():
        rows.append(
            [
                2566, "กระทรวงเกษตรและสหกรณ์", "กรมส่งเสริมสหกรณ์", "ด้านการสร้างความสามารถในการแข่งขัน", PLANS[plan],
                PROJECTS[project], "-", CATEGORIES[digits], nature, name, *amounts(some),
            ]
        )  # fmt: skip
    return rows


def register_rows(area="4100", items=ITEMS):
    """The rows of shape (d) in the form of fiscal 2568: three rows of headings, totals above their items."""
    mine = [i for i in items if i.area == area]

    def amounts(some):
        act, after, received = (sum(getattr(i, n) for i in some) for n in ("act", "after", "received"))
        paid, ordered = sum(i.to_date for i in some), sum(i.ordered for i in some)
        shares = [round(100 * (paid + ordered) / received, 2), round(100 * paid / received, 2)]
        values = [act, after - act, received, paid + ordered, paid, received - paid - ordered]
        return [v / 100 for v in values] + shares

    rows = [
        [f"ทะเบียนคุมเงินงบประมาณ {OFFICES[area][1]}"],
        ["ปีงบประมาณ พ.ศ. 2566 ข้อมูล ณ วันที่ 31 พ.ค. 2566"],
        [
            "แผนงาน/กิจกรรม/โครงการ", "งบรายจ่าย", "งบประมาณตามแผน", "เพิ่ม/ลด", "งบประมาณที่รับโอน", "เบิกจ่าย", "",
            "คงเหลือ", "ร้อยละเบิกจ่าย", "",
        ],
        ["", "", "", "", "", "ทั้งหมด", "ไม่รวม PO", "", "ทั้งหมด", "ไม่รวม PO"],
        ["", "", "(บาท)", "(บาท)", "(บาท)", "(รวม PO)", "", "(บาท)", "(รวม PO)", ""],
    ]  # fmt: skip
    for plan, some in _by_plan(mine):
        if not some:
            continue
        rows.append([PLANS[plan], "", *amounts(some)])
        for project in dict.fromkeys(i.project for i in some):
            of_project = [i for i in some if i.project == project]
            rows.append([f"{int(project)}. {PROJECTS[project]}", "", *amounts(of_project)])
            for item in of_project:
                rows.append([f"- {item.name}", CATEGORIES[item.digits], *amounts([item])])
    rows.append(["รวมทั้งสิ้น", "", *amounts(mine)])
    return rows


def write_sheet(path, rows, merges=()):
    """Write rows as a workbook; numbers are numbers, texts are texts."""
    with _book(path) as book:
        sheet = book.add_worksheet("ข้อมูล")
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, str):
                    if value:
                        sheet.write_string(r, c, value)
                else:
                    sheet.write_number(r, c, value)
        for place in merges:
            sheet.merge_range(*place, "")


def nfma46(path, items=ITEMS):
    write_sheet(path, nfma46_rows(items))


def extract(path, items=ITEMS):
    path.write_bytes(extract_bytes(extract_lines(items)))


def treasury(path, items=ITEMS):
    write_sheet(path, treasury_rows(items))


def register(path, area="4100", items=ITEMS):
    rows = register_rows(area, items)
    write_sheet(path, rows)


FILES = {
    "nfma46": ("nfma46.xlsx", nfma46),
    "extract": ("extract.txt", extract),
    "treasury": ("treasury.xlsx", treasury),
    "register": ("register.xlsx", register),
}


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, make in FILES.values():
        make(FOLDER / name)


if __name__ == "__main__":
    main()
