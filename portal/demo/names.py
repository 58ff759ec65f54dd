"""Words that the demonstration's names are put together from. People's surnames all say that they are samples."""

from __future__ import annotations

from random import Random

SAMPLE = "ตัวอย่าง"

_FIRST = (
    "สมชาย สมหญิง วิชัย วิภา ประเสริฐ ประภา มานะ มานี สุรชัย สุภาพร ธนากร ธิดา นพดล นงลักษณ์ อนุชา อรทัย กิตติ กาญจนา "
    "ชัยวัฒน์ ชุติมา ณรงค์ ณัฐพร ดำรง ดวงใจ ทวี ทัศนีย์ บุญมี บุษบา ปรีชา ปราณี พงษ์ศักดิ์ พรทิพย์ ภานุ ภาวิณี ยงยุทธ ยุพิน "
    "รังสรรค์ รัตนา วรวุฒิ วันเพ็ญ ศักดิ์ดา ศิริพร สันติ สายฝน อภิชาติ อำไพ เอกชัย เพ็ญศรี ไพโรจน์ แสงเดือน โกวิท เกศินี จักรี จินตนา "
    "ฉัตรชัย ฉวีวรรณ เฉลิม ถาวร ถนอมศรี นิพนธ์ นิตยา มงคล มยุรี วีระ วัลลภา อาทิตย์ อัมพร อุดม อุไร"
).split()
_LEAD = (
    "บ้าน หนอง โคก ห้วย ท่า ทุ่ง ดอน วัง คลอง บึง นา โพน ป่า เกาะ บาง แม่ น้ำ ศรี สันติ ไทร ควน เขา โนน กุด ปาก เวียง สวน ไร่ หัว ลำ"
).split()
_TAIL = (
    "ใหม่พัฒนา สามัคคี ขาม แก้ว ทอง เงิน งาม เจริญ รุ่งเรือง ศรีสุข ใหญ่ น้อย สูง แดง ขาว ยาง ไผ่ มะขาม มะม่วง หว้า ตาล พลวง แฝก "
    "กระทุ่ม สะแก จาน ขวาง ยาว กลาง เหนือ ใต้ ทราย หิน ช้าง ม้า วัว ปลา นกยูง หงส์ บัว หญ้า สะเดา ประดู่ พะยอม "
    "มงคล พัฒนา ร่วมใจ เกษม อุดม สมบูรณ์ ข่อย เตย"
).split()
_MOO = (
    "นาดี ศรีวิไล โพธิ์ทอง บ้านกลาง หนองไผ่ ทุ่งทอง ท่าช้าง วังน้ำเย็น ดอนเจดีย์ สันทราย ป่าแดง คลองใหม่ ห้วยทราย โคกสว่าง นาแก้ว บางแก้ว"
).split()
_EMPLOYERS = (
    "ครู{p} ตำรวจภูธรจังหวัด{p} สาธารณสุขจังหวัด{p} โรงพยาบาล{p} พนักงานส่วนท้องถิ่น{p} ข้าราชการจังหวัด{p} มหาวิทยาลัยราชภัฏ{p} "
    "พนักงานการไฟฟ้า{p} พนักงานการประปา{p} ทหารค่าย{p} ที่ดินจังหวัด{p} สรรพากร{p} ชลประทาน{p} ทางหลวง{p} เรือนจำ{p} ศาล{p} "
    "อาชีวศึกษา{p} พัฒนาชุมชน{p} ป่าไม้{p} สหภาพแรงงาน{p}"
).split()
_SERVICES = (
    "เดินรถ{p} แท็กซี่{p} สามล้อเครื่อง{p} เคหสถาน{p} ผู้ใช้น้ำ{p} ผู้ใช้ไฟ{p} รถตู้{p} รถสองแถว{p} จักสาน{p} ทอผ้า{p} ช่างเหล็ก{p} "
    "โฮมสเตย์{p} แม่บ้าน{p} มัคคุเทศก์{p} ตัดเย็บ{p} บริการสินเชื่อ{p} ผู้ค้า{p} เรือโดยสาร{p}"
).split()
FARMER_TRADES = (
    ("ทำนา", 46), ("ทำสวน", 22), ("ทำไร่", 17), ("เลี้ยงสัตว์", 9), ("ทำประมง", 4), ("ทอผ้าและแปรรูป", 2),
)  # fmt: skip
OCCUPATIONS = "จักสาน ทอผ้า แปรรูปอาหาร ขนมไทย สมุนไพร ผลิตปุ๋ยอินทรีย์ เพาะเห็ด ตัดเย็บ".split()


def person(rng: Random) -> str:
    """Return a sample person's name."""
    return f"{rng.choice(_FIRST)} {SAMPLE}"


def place(rng: Random) -> str:
    """Return a village or subdistrict that could be anywhere."""
    return rng.choice(_LEAD) + rng.choice(_TAIL)


def districts(province: str, count: int) -> list[str]:
    """Return invented districts of a province; its town always comes first."""
    rng = Random(f"2566/districts/{province}")
    found = [f"เมือง{province}"]
    while len(found) < count:
        name = rng.choice(_MOO) if rng.random() < 0.2 else place(rng)
        if name not in found:
            found.append(name)
    return found


def cooperative(rng: Random, kind: str, province: str) -> str:
    """Return the name of a cooperative of the type `kind` (its code)."""
    where = place(rng)
    names = {
        "AGR": f"สหกรณ์การเกษตร{where} จำกัด",
        "FIS": f"สหกรณ์ประมง{where} จำกัด",
        "LST": f"สหกรณ์นิคม{where} จำกัด",
        "CUN": f"สหกรณ์เครดิตยูเนี่ยน{where} จำกัด",
        "CON": f"ร้านสหกรณ์{where}{province} จำกัด",
    }
    if kind == "AGR" and rng.random() < 0.22:
        by = rng.choice(("เพื่อการตลาดลูกค้า ธ.ก.ส. ", "ปฏิรูปที่ดิน", "ผู้เลี้ยงโคนม", "ชาวสวนยาง", "ผู้ปลูกข้าว", "แปลงใหญ่"))
        return f"สหกรณ์{by}{where} จำกัด"
    if kind == "THR":
        return "สหกรณ์ออมทรัพย์" + rng.choice(_EMPLOYERS).format(p=province if rng.random() < 0.5 else where) + " จำกัด"
    if kind == "SVC":
        return "สหกรณ์บริการ" + rng.choice(_SERVICES).format(p=where) + " จำกัด"
    return names[kind]


def farmer_group(rng: Random) -> str:
    """Return the name of a farmer group."""
    trades, weights = zip(*FARMER_TRADES, strict=True)
    return f"กลุ่มเกษตรกร{rng.choices(trades, weights)[0]}{place(rng)}"


def occupational_group(rng: Random) -> str:
    """Return the name of an occupational group."""
    return f"กลุ่มอาชีพ{rng.choice(OCCUPATIONS)}บ้าน{place(rng)}"
