"""Examples of requests that run as they stand against a portal with the demonstration year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Bodies by operation. A test sends each of them, and each list's own example, to a demonstration year.
BODIES: dict[str, dict[str, Any]] = {
    "add_regions": {"code": "R91", "name": "เขตตัวอย่าง", "name_en": "Example region"},
    "bring_regions": {"items": [{"code": "R91", "name": "เขตตัวอย่าง"}, {"code": "R92", "name": "เขตที่สอง"}]},
    "add_holidays": {"day": "2023-11-20", "name": "วันหยุดชดเชย"},
    "bring_measure_units": {"items": [{"code": "PERSON", "name_en": "persons"}]},
    "bring_units": {"items": [{"code": "P40", "name_en": "Khon Kaen Provincial Cooperative Office"}]},
    "ask_runs": {"kind": "pack", "subject": "2566-05"},
}


def of_list(names: Sequence[str], sorts: Sequence[str]) -> dict[str, str]:
    """Return example values for the parameters of a list with these properties, by parameter."""
    return {"fields": ",".join(names[:4]), "sort": f"-{sorts[-1]}"}
