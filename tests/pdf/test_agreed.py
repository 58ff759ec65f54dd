"""The words and numbers of the printed pages are those that were agreed; `make golden` accepts new ones."""

import re


def plain(pages):
    """The pages as text to be read in a review: no blanks but between words, hashes left out."""
    lines = []
    for number, page in enumerate(pages, 1):
        lines += [f"===== {number}"]
        lines += [" ".join(line.split()) for line in page.splitlines() if line.strip()]
    return re.sub(r"\b(?=[a-f]*[0-9])[0-9a-f]{8,64}\b", "(hash)", "\n".join(lines)) + "\n"


def test_the_pack_reads_as_agreed(pack, golden):
    golden("pack.txt", plain(pack.pages("-raw")))


def test_the_first_pages_of_the_book_read_as_agreed(book, golden):
    golden("book.txt", plain(book.pages("-raw")[:12]))
