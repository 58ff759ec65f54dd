import pytest
from fontTools import subset
from fontTools.ttLib import TTFont

from portal import fonts

SCRIPTS = {"thai": range(0x0E01, 0x0E5C), "latin": range(0x20, 0x7F), "latin-ext": (0x2020, 0x20AB)}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder like the npm package's, of two weights: each cut into one file a script."""
    monkeypatch.setattr(fonts, "WEIGHTS", fonts.WEIGHTS[:2])
    for weight in fonts.WEIGHTS:
        for script, letters in SCRIPTS.items():
            font = TTFont(fonts.PRINT / f"Sarabun-{weight}.ttf")
            cutter = subset.Subsetter()
            cutter.populate(unicodes=letters)
            cutter.subset(font)
            font.flavor = "woff2"
            font.save(tmp_path / f"sarabun-{script}-{weight}-normal.woff2")
    return tmp_path


def test_what_set_up_made_can_print_thai_and_latin():
    assert fonts.problems() == []


def test_a_weight_is_joined_from_its_scripts_to_the_same_bytes_each_time(package, tmp_path):
    first = fonts.build(package, tmp_path / "print", tmp_path / "screen")
    before = {path: path.read_bytes() for path in first}

    again = fonts.build(package, tmp_path / "print", tmp_path / "screen")

    assert len(first) == 2 * 2  # for print and for the screen
    assert {path: path.read_bytes() for path in again} == before
    for path in first:
        assert {ord(letter) for letter in "กำ๙aZ0†"} <= set(TTFont(path).getBestCmap())


def test_the_digest_changes_with_a_face(monkeypatch, tmp_path):
    before = fonts.digest()
    for path in fonts.PRINT.glob("*.ttf"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(fonts, "PRINT", tmp_path)
    assert fonts.digest() == before

    face = tmp_path / "Sarabun-400.ttf"
    face.write_bytes(face.read_bytes() + b" ")

    assert fonts.digest() != before


def test_a_missing_or_damaged_face_is_named_with_its_remedy(monkeypatch, tmp_path):
    (tmp_path / "Sarabun-400.ttf").write_bytes(b"not a font")
    monkeypatch.setattr(fonts, "PRINT", tmp_path)

    problems = "\n".join(fonts.problems())

    assert "Sarabun-700 is missing" in problems
    assert "Sarabun-400 cannot print anything, the file is damaged" in problems
    assert "make setup" in problems
