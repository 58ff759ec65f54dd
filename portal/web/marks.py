"""Icons, state marks and tags: small pictures that always stand beside a word or carry a name.

A state is told by its shape first, its lightness second and its hue last (see static/portal.css).
"""

from __future__ import annotations

from markupsafe import Markup, escape

ICONS: dict[str, str] = {
    "home": "M2.5 7.5 8 3l5.5 4.5V13h-4V9.5h-3V13h-4z",
    "form": "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2",
    "pin": ("M8 14s4.5-4.2 4.5-7.5a4.5 4.5 0 0 0-9 0C3.5 9.8 8 14 8 14zM8 8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z"),
    "grid": "M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z",
    "book": ("M2.5 3.5C4.5 3 6.5 3.2 8 4.5c1.5-1.3 3.5-1.5 5.5-1v9c-2-.5-4-.3-5.5 1-1.5-1.3-3.5-1.5-5.5-1zM8 4.5v9"),
    "pen": "M3 13l.6-2.6L10.5 3.5l2 2-6.9 6.9zM9 5l2 2",
    "chart": "M2.5 13.5h11M4.5 11V8M8 11V4M11.5 11V6",
    "people": (
        "M6 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM2 13c0-2.2 1.8-3.5 4-3.5s4 1.3 4 3.5M10.5"
        " 3.3a2.2 2.2 0 0 1 0 4M11.5 9.7c1.5.4 2.5 1.6 2.5 3.3"
    ),
    "find": "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3 13.5 13.5",
    "bell": "M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3zM6.7 13.8h2.6",
    "up": "M4.5 9.5 8 6l3.5 3.5",
    "down": "M4.5 6.5 8 10l3.5-3.5",
    "right": "M6.5 4.5 10 8l-3.5 3.5",
    "left": "M9.5 4.5 6 8l3.5 3.5",
    "x": "M4 4l8 8M12 4l-8 8",
    "plus": "M8 3v10M3 8h10",
    "funnel": "M2.5 3.5h11L9.5 8.5v4l-3 1v-5z",
    "cols": "M2.5 3.5h11v9h-11zM6.2 3.5v9M9.8 3.5v9",
    "get": "M8 2.5v7.5M5 7.3 8 10.3l3-3M3 13.5h10",
    "lock": "M4 7.5h8v6H4zM5.5 7.5V5.5a2.5 2.5 0 0 1 5 0v2",
    "undo": "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.8 3.5 2.8 6.5l3 3",
    "tick": "M3.5 8.5 6.5 11.5l6-7",
    "talk": "M2.5 3.5h11v7.5H8l-3 2.5V11H2.5z",
    "clock": "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 5v3.2l2 1.3",
    "more": "M3.5 8h.01M8 8h.01M12.5 8h.01",
    "mail": "M2.5 4h11v8.5h-11zM2.5 4.5 8 9l5.5-4.5",
    "cal": "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5v3M10.5 2.5v3",
    "file": "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
    "copy": "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
    "eye": (
        "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z"
    ),
    "list": "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
    "menu": "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
    "play": "M5 3.5v9l7-4.5z",
    "bin": "M3.5 4.5h9M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9M6.8 7v4M9.2 7v4",
    "out": "M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6",
    "key": "M5.5 12.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM7.6 7.4 13 2M10.5 4.5l2 2",
    "coin": (
        "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM9.8 6.2c-.3-.8-1-1.2-1.9-1.2-1 0-1.8.6-1.8"
        " 1.5 0 2 3.9 1 3.9 3 0 .9-.9 1.5-2 1.5s-1.8-.5-2-1.3M8 4v8"
    ),
    "sun": (
        "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4"
        "l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1"
    ),
    "flag": "M4 14V2.5M4 3h8l-1.5 2.75L12 8.5H4",
    "tree": ("M8 2.5v4M3.5 10V8h9v2M8 6.5V10M6.5 2.5h3v2.5h-3zM2 10.5h3V13H2zM6.5 10.5h3V13h-3zM11 10.5h3V13h-3z"),
    "first": "M9.5 4.5 6 8l3.5 3.5M4 4.5v7M13 4.5 9.5 8l3.5 3.5",
    "last": "M6.5 4.5 10 8l-3.5 3.5M12 4.5v7M3 4.5 6.5 8 3 11.5",
}

MARKS: dict[str, str] = {
    "bad": '<path d="M8 1l7 7-7 7-7-7z"/>',
    "watch": '<path d="M8 1.8 15 14.5H1z"/>',
    "ok": '<circle cx="8" cy="8" r="6"/>',
    "none": '<path d="M3 8h10"/>',
    "done": (
        '<circle cx="8" cy="8" r="7"/><path d="M4.8 8.3 7.2 10.7 11.3 5.7" stroke="var(--paper)"'
        ' stroke-width="1.9" fill="none"/>'
    ),
    "run": '<path d="M8 2a6 6 0 1 1-5.6 3.9"/>',
    "back": '<path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M6 3 2.5 6.5 6 10"/>',
    "half": '<circle cx="8" cy="8" r="6"/><path class="f" d="M8 2a6 6 0 0 1 0 12z"/>',
    "lock": '<path d="M3.5 7.5h9v6.5h-9zM5.3 7.5V5.3a2.7 2.7 0 0 1 5.4 0v2.2"/>',
    "tick": '<path d="M2.5 8.5 6.3 12.3 13.5 4"/>',
    "dash": '<circle cx="8" cy="8" r="6" stroke-dasharray="2.6 2.6"/>',
}

WORDED = frozenset({"bad", "back", "watch"})
SEAL = Markup(
    '<svg class="seal" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#0b4f4a"/>'
    '<path d="M8 22V16M13.3 22V11M18.7 22V13.5M24 22V9" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/></svg>'
)


def icon(name: str, size: str = "") -> Markup:
    """Return one icon of `ICONS`, silent for screen readers. `size` "l" is the large one."""
    cls = f"i {size}".strip() + (" more" if name == "more" else "")
    return Markup('<svg class="%s" aria-hidden="true" viewBox="0 0 16 16"><path d="%s"/></svg>') % (
        cls,
        ICONS[name],
    )


def mark(kind: str) -> Markup:
    """Return one state mark of `MARKS`, silent for screen readers: a word must stand beside it."""
    shape = Markup(MARKS[kind])  # our own drawing, above
    return Markup('<svg class="m %s" aria-hidden="true" viewBox="0 0 16 16">%s</svg>') % (kind, shape)


def tag(kind: str, word: str, cls: str = "") -> Markup:
    """Return a mark with its word. `cls` "pill" draws an edge round it."""
    classes = " ".join(part for part in ("t", kind if kind in WORDED else "", cls) if part)
    return Markup('<span class="%s">%s%s</span>') % (classes, mark(kind), escape(word))


def sprite(*names: str) -> Markup:
    """Return the icons `names` once, hidden, for `used()` to draw again and again in a long list."""
    symbols = "".join(f'<symbol id="i-{n}" viewBox="0 0 16 16"><path d="{ICONS[n]}"/></symbol>' for n in names)
    drawn = "".join(f'<symbol id="m-{n}" viewBox="0 0 16 16">{MARKS[n]}</symbol>' for n in MARKS)
    return Markup(f'<svg class="vh" aria-hidden="true">{symbols}{drawn}</svg>')  # our own drawings


def used(name: str) -> Markup:
    """Return an icon that the page's `sprite()` holds."""
    return Markup('<svg class="i" aria-hidden="true"><use href="#i-%s"/></svg>') % name


def used_tag(kind: str, word: str) -> str:
    """Return `tag()` for a cell of a long list: the mark comes from the page's `sprite()`."""
    cls = f"t {kind}" if kind in WORDED else "t"
    shape = f'<svg class="m {kind}" aria-hidden="true"><use href="#m-{kind}"/></svg>'
    return f'<span class="{cls}">{shape}{escape(word)}</span>'
