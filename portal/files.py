"""Uploads, set chapters, finished books: kept under names of our own, in a folder or an S3-compatible store.

Who keeps a file gets a key back and stores that in a row. A key says nothing about the file, cannot be
guessed and cannot lead anywhere else; the name people see stays in the row.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError as StoreError
from obstore.store import S3Store

from portal.errors import NotFound, OutOfReach

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}(\.[a-z0-9]{1,8})?")
_CHUNK = 1 << 20
UNFINISHED = ".new-"


class Files(Protocol):
    """A place that keeps files. Every way in raises OutOfReach when the place does not answer or is full."""

    def keep(self, name: str, content: bytes | Path) -> str:
        """Keep `content` (bytes, or the file at a path) whole or not at all, and return its key.

        Of `name` only the ending matters. When this returns, the file is on the disk or in the store.
        """

    def open(self, key: str) -> BinaryIO:
        """Open a kept file to read. Raises NotFound for a key that no file has."""

    def remove(self, key: str) -> None:
        """Remove a kept file; removing it twice is harmless."""

    def size(self, key: str) -> int:
        """Return a kept file's length in bytes. Raises NotFound."""

    def kept_before(self, age: dt.timedelta) -> Iterator[str]:
        """Yield the keys of files kept at least so long ago. What was left half-written as long ago is removed."""


def connect(place: str, data: Path) -> Files:
    """Return the files at `place`: `s3://bucket/prefix`, or empty for `files/` in the data folder.

    Nothing is asked of the store yet. An S3-compatible store takes its keys, region and endpoint from the
    usual AWS_… variables.
    """
    if not place:
        return FolderFiles(data / "files")
    parts = urlsplit(place)
    return StoreFiles(parts.netloc, parts.path.strip("/"))


class FolderFiles:
    """Files in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, name: str, content: bytes | Path) -> str:
        key = _new_key(name)
        target = self._path(key)
        with _told_plainly():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=UNFINISHED, dir=target.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    if isinstance(content, bytes):
                        file.write(content)
                    else:
                        with content.open("rb") as source:
                            shutil.copyfileobj(source, file, _CHUNK)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
            _sync_folder(target.parent)
        return key

    def open(self, key: str) -> BinaryIO:
        path = self._path(key)
        with _told_plainly():
            try:
                return path.open("rb")
            except FileNotFoundError:
                raise NotFound("This file is no longer here.") from None

    def remove(self, key: str) -> None:
        path = self._path(key)
        with _told_plainly():
            path.unlink(missing_ok=True)

    def size(self, key: str) -> int:
        path = self._path(key)
        with _told_plainly():
            try:
                return path.stat().st_size
            except FileNotFoundError:
                raise NotFound("This file is no longer here.") from None

    def kept_before(self, age: dt.timedelta) -> Iterator[str]:
        limit = time.time() - age.total_seconds()
        with _told_plainly():
            for path in sorted(self.folder.glob("??/*")):
                key = f"{path.parent.name}/{path.name}"
                with contextlib.suppress(FileNotFoundError):
                    if path.stat().st_mtime > limit:
                        continue
                    if _KEY.fullmatch(key):
                        yield key
                    elif path.name.startswith(UNFINISHED):
                        path.unlink()

    def _path(self, key: str) -> Path:
        return self.folder / _checked(key)


class StoreFiles:
    """Files in a bucket of an S3-compatible store."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._known: tuple[int, Any] | None = None

    def keep(self, name: str, content: bytes | Path) -> str:
        key = _new_key(name)
        with _told_plainly():
            obstore.put(self._store(), key, content)
        return key

    def open(self, key: str) -> BinaryIO:
        _checked(key)
        with _told_plainly():
            try:
                reader = obstore.open_reader(self._store(), key)
            except FileNotFoundError:
                raise NotFound("This file is no longer here.") from None
        return cast(BinaryIO, io.BufferedReader(_Reader(reader), _CHUNK))

    def remove(self, key: str) -> None:
        _checked(key)
        with _told_plainly(), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store(), key)

    def size(self, key: str) -> int:
        _checked(key)
        with _told_plainly():
            try:
                return int(obstore.head(self._store(), key)["size"])
            except FileNotFoundError:
                raise NotFound("This file is no longer here.") from None

    def kept_before(self, age: dt.timedelta) -> Iterator[str]:
        limit = dt.datetime.now(dt.UTC) - age
        with _told_plainly():
            for page in obstore.list(self._store()):
                for each in page:
                    if each["last_modified"] <= limit and _KEY.fullmatch(each["path"]):
                        yield each["path"]

    def _store(self) -> Any:
        # Made in the process that uses it: its threads would not live through a fork.
        if self._known is None or self._known[0] != os.getpid():
            store = S3Store(
                self._bucket,
                prefix=self._prefix or None,
                client_options={"allow_http": True, "connect_timeout": "5s", "timeout": "60s"},
                retry_config={"max_retries": 4, "retry_timeout": dt.timedelta(seconds=20)},
            )
            self._known = (os.getpid(), store)
        return self._known[1]


class _Reader(io.RawIOBase):
    """An object of the store as an ordinary file to read."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._source.seek(offset, whence))

    def tell(self) -> int:
        return int(self._source.tell())

    def readinto(self, buffer: Any) -> int:
        with _told_plainly():
            read = bytes(self._source.read(len(buffer)))
        buffer[: len(read)] = read
        return len(read)


@contextlib.contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        raise OutOfReach("The file could not be kept or read: {reason}", reason=wrong.strerror or str(wrong)) from wrong
    except StoreError as wrong:
        reason = str(wrong).splitlines()[0]
        raise OutOfReach("The file could not be kept or read: {reason}", reason=reason) from wrong


def _new_key(name: str) -> str:
    ending = re.search(r"\.[a-z0-9]{1,8}\Z", name.lower())
    drawn = secrets.token_hex(16)
    return f"{drawn[:2]}/{drawn[2:]}{ending[0] if ending else ''}"


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise NotFound("This file is no longer here.")
    return key


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
