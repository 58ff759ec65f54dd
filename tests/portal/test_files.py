"""Files: the same promises from a folder and from an S3-compatible store."""

import datetime as dt
import os
import re
import resource
import signal

import boto3
import pytest
from moto.server import ThreadedMotoServer

from portal import files
from portal.errors import NotFound, OutOfReach


@pytest.fixture(scope="module")
def s3_server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "portal")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "portal")
        environment.setenv("AWS_REGION", "us-east-1")
        environment.setenv("AWS_ENDPOINT_URL", address)
        boto3.client("s3", region_name="us-east-1", endpoint_url=address).create_bucket(Bucket="books")
        yield address
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def kept(request, tmp_path):
    if request.param == "folder":
        return files.connect("", tmp_path)
    request.getfixturevalue("s3_server")
    return files.connect("s3://books/cpd/2566", tmp_path)


def test_what_is_kept_comes_back(kept):
    key = kept.keep("รายงาน.pdf", b"%PDF-1.7 book")

    with kept.open(key) as file:
        assert file.read() == b"%PDF-1.7 book"
    assert kept.size(key) == 13


def test_a_large_file_is_kept_from_its_path_and_read_in_pieces(kept, tmp_path):
    content = os.urandom(12_000_000)
    (tmp_path / "book.pdf").write_bytes(content)

    key = kept.keep("book.pdf", tmp_path / "book.pdf")

    with kept.open(key) as file:
        file.seek(11_999_990)
        assert file.read() == content[-10:]
        file.seek(0)
        assert b"".join(iter(lambda: file.read(100_000), b"")) == content


def test_the_key_is_ours_and_only_the_ending_is_theirs(kept):
    first = kept.keep("../../etc/passwd.PDF", b"1")
    second = kept.keep("../../etc/passwd.PDF", b"1")
    bare = kept.keep("no ending.", b"1")

    assert first != second
    assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{30}\.pdf", first)
    assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{30}", bare)


@pytest.mark.parametrize("key", ["", "../secret.key", "/etc/passwd", "aa/../../secret.key", "aa/b", "ab/\x00"])
def test_a_key_leads_nowhere_else(kept, key):
    for use in (kept.open, kept.size, kept.remove):
        with pytest.raises(NotFound):
            use(key)


def test_a_removed_file_is_gone_and_removing_it_again_is_harmless(kept):
    key = kept.keep("a.txt", b"1")

    kept.remove(key)
    kept.remove(key)

    for use in (kept.open, kept.size):
        with pytest.raises(NotFound):
            use(key)


def test_what_was_kept_long_ago_is_listed(kept, tmp_path):
    keys = {kept.keep("a.pdf", b"1"), kept.keep("b", b"2")}
    (tmp_path / "files" / "ab").mkdir(parents=True, exist_ok=True)
    (tmp_path / "files" / "ab" / ".new-left").write_bytes(b"half")

    assert set(kept.kept_before(dt.timedelta(hours=1))).isdisjoint(keys)
    assert (tmp_path / "files" / "ab" / ".new-left").exists()
    assert keys <= set(kept.kept_before(dt.timedelta(hours=-1)))


def test_a_folder_keeps_nothing_of_a_file_it_could_not_finish(tmp_path):
    kept = files.connect("", tmp_path)

    with pytest.raises(OutOfReach):
        kept.keep("a.pdf", tmp_path / "is not there.pdf")

    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_a_full_disk_is_told_plainly(tmp_path):
    kept = files.FolderFiles(tmp_path)
    limit = 1 << 16

    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            kept.keep("a.pdf", bytes(2 * limit))
        except OutOfReach as refused:
            os._exit(0 if "File too large" in str(refused) else 2)
        os._exit(1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_store_that_does_not_answer_is_told_plainly(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "portal")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "portal")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    kept = files.connect("s3://books", tmp_path)

    with pytest.raises(OutOfReach, match="could not be kept or read"):
        kept.keep("a.pdf", b"1")
