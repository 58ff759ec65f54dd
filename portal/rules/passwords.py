"""Which passwords are too easy to guess. Length counts, signs do not: no capital, digit or mark is demanded."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from portal.errors import RuleBroken

SHORTEST, LONGEST = 10, 200
_COMMON = (
    "password", "passw0rd", "12345678", "87654321", "11111111", "00000000", "qwertyui", "asdfghjk", "iloveyou",
    "sahakorn", "sahakon", "cooperative", "cpd1234", "thailand", "krungthep", "bangkok", "welcome1", "admin1234",
    "สหกรณ์", "กรมส่งเสริม", "รหัสผ่าน", "ประเทศไทย",
)  # fmt: skip


def check_new(password: str, username: str = "", name: str = "") -> None:
    """Refuse a new password that is short, very long, one run or repeat, a common word or one's own name.

    Raises RuleBroken on the field `password`.
    """
    if len(password) < SHORTEST:
        raise RuleBroken("A password has at least {shortest} characters.", field="password", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise RuleBroken("A password has at most {longest} characters.", field="password", longest=LONGEST)
    folded = unicodedata.normalize("NFKC", password).casefold()
    bare = re.sub(r"[\W\d_]+", "", folded)
    own = [part for part in re.split(r"[\s._-]+", f"{username} {name}".casefold()) if len(part) >= 4]
    words = [*_COMMON, *own]
    is_common = any(bare == word or (word in folded and len(folded) - len(word) < 6) for word in words)
    if len(set(folded)) < 5 or _is_run(folded) or is_common:
        raise RuleBroken(
            "This password is too easy to guess. Three or four words of your own are a good one.", field="password"
        )


def _is_run(password: str) -> bool:
    steps = {ord(b) - ord(a) for a, b in pairwise(password)}
    return len(steps) == 1 and abs(steps.pop()) <= 1
