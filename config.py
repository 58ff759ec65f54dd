"""Settings: every variable the portal listens to, typed, and read in one place."""

import difflib
import hashlib
import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, cast
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

PROJECT = Path(__file__).resolve().parent

Language = Literal["th", "en"]
T = TypeVar("T")

VARIABLES: Mapping[str, str] = {
    "PORTAL_DATABASE": "the store: a SQLite file or a postgresql:// address (portal.db in the data folder)",
    "PORTAL_REDIS": "redis://, rediss:// or unix:// address (empty: the portal starts its own)",
    "PORTAL_DATA": "folder for everything the portal writes (var/ in the project)",
    "PORTAL_HOST": "address to listen on (127.0.0.1)",
    "PORTAL_PORT": "port to listen on (8000)",
    "PORTAL_SECRET_KEY": "signs cookies, the same on every machine (made once and kept in the data folder)",
    "PORTAL_DEMO": "1 or 0: fill an empty store with the demonstration year (1, in production 0)",
    "PORTAL_LANGUAGE": "th or en: what a visitor sees before choosing (th)",
    "PORTAL_PRODUCTION": "1 or 0: 1 insists on a strong secret and on cookies over HTTPS only (0)",
    "PORTAL_FILES": "s3://bucket/prefix for uploads and finished books (empty: a folder in the data folder)",
    "PORTAL_MAIL": "smtp://user:password@host:port?from=portal@… sends reminders by e-mail (empty: none is sent)",
    "PORTAL_SIGNING": "a .p12 file with certificate and key, to sign approved editions (empty: none is signed)",
    "PORTAL_SIGNING_PASSWORD": "the file that holds that file's password (empty: it has none)",
    "PORTAL_URL": "the portal's address as people type it, for links in letters (http://host:port/)",
}

# A Unix socket's address may have 107 bytes on Linux; the server makes its own temporary names beside it.
_LONGEST_SOCKET_PATH = 100
# Redis tells a client's address within a line of words and "=", which workers read; a URL has marks of its own.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+@~-]+")
_SECRET_LENGTH = 32
_SECRET_VARIETY = 10
_WEAK_WORDS = ("secret", "password", "changeme", "change-me", "example", "default")


class SettingsError(Exception):
    """Says everything that is wrong with the settings: one line each, what it is and how to mend it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """How this portal is set up. Passwords and keys are left out of its printed form."""

    database: str = field(repr=False)
    redis: str = field(repr=False)
    data: Path
    host: str
    port: int
    secret_key: str = field(repr=False)
    demo: bool
    language: Language
    production: bool
    files: str
    mail: str = field(default="", repr=False)
    url: str = ""
    signing: Path | None = None
    signing_password: Path | None = None

    @property
    def embeds_redis(self) -> bool:
        """Whether the portal starts and keeps its own Redis."""
        return not self.redis

    @property
    def redis_socket(self) -> Path:
        """Where the embedded Redis listens: in the data folder, or, where that path is too long for a
        socket or holds a blank or the like, in a folder of its own under the system's temporary one, named
        after the data folder."""
        socket = self.data / "redis" / "redis.sock"
        if len(os.fsencode(socket)) <= _LONGEST_SOCKET_PATH and _PLAIN_PATH.fullmatch(str(socket)):
            return socket
        mark = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"portal-{os.getuid()}-{mark}" / "redis.sock"

    @property
    def redis_url(self) -> str:
        """The address every process uses for Redis, embedded or not."""
        return self.redis or f"unix://{self.redis_socket}?db=0"

    @property
    def uses_sqlite(self) -> bool:
        """Whether the store is a SQLite file on this machine."""
        return not is_postgresql(self.database)

    @property
    def address(self) -> str:
        """What to type into a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    @property
    def public_address(self) -> str:
        """What letters link to: the address people use, with its last slash."""
        return self.url or self.address

    def environment(self) -> dict[str, str]:
        """These settings as variables, for a process started on their behalf."""
        return {
            "PORTAL_DATABASE": self.database,
            "PORTAL_REDIS": self.redis,
            "PORTAL_DATA": str(self.data),
            "PORTAL_HOST": self.host,
            "PORTAL_PORT": str(self.port),
            "PORTAL_SECRET_KEY": self.secret_key,
            "PORTAL_DEMO": "1" if self.demo else "0",
            "PORTAL_LANGUAGE": self.language,
            "PORTAL_PRODUCTION": "1" if self.production else "0",
            "PORTAL_FILES": self.files,
            "PORTAL_MAIL": self.mail,
            "PORTAL_SIGNING": str(self.signing or ""),
            "PORTAL_SIGNING_PASSWORD": str(self.signing_password or ""),
            "PORTAL_URL": self.url,
        }


def is_postgresql(database: str) -> bool:
    """Whether a store's address names a PostgreSQL database rather than a SQLite file."""
    return database.startswith(("postgresql://", "postgres://"))


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from `environ`; a variable that is absent or empty takes its default.

    Makes the data folder if it is not there, and keeps a secret key in it (readable by its owner only)
    when none is given. Raises SettingsError naming every wrong variable at once.
    """
    reader = _Reader(environ)
    data = reader.read("PORTAL_DATA", str(PROJECT / "var"), _folder)
    production = reader.read("PORTAL_PRODUCTION", "0", _switch) or False
    demo = reader.read("PORTAL_DEMO", "0" if production else "1", _switch) or False
    if production and demo:
        reader.problems.append(
            "PORTAL_DEMO: demonstration logins have no place in production: "
            "set PORTAL_DEMO=0 or leave PORTAL_PRODUCTION unset"
        )
    database = reader.read("PORTAL_DATABASE", str((data or PROJECT / "var") / "portal.db"), _database)
    redis = reader.read("PORTAL_REDIS", "", _redis)
    host = reader.read("PORTAL_HOST", "127.0.0.1", _host)
    port = reader.read("PORTAL_PORT", "8000", _port)
    language = reader.read("PORTAL_LANGUAGE", "th", _language)
    files = reader.read("PORTAL_FILES", "", _files)
    mail = reader.read("PORTAL_MAIL", "", _mail)
    url = reader.read("PORTAL_URL", "", _url)
    signing = reader.read("PORTAL_SIGNING", "", _kept)
    signing_password = reader.read("PORTAL_SIGNING_PASSWORD", "", _kept)
    secret_key = _secret_key(reader, data, production)
    reader.look_for_misspelled_names()
    if (
        reader.problems
        or data is None
        or database is None
        or redis is None
        or host is None
        or port is None
        or language is None
        or files is None
        or mail is None
        or url is None
    ):
        raise SettingsError(reader.problems)
    return Settings(
        database=database,
        redis=redis,
        data=data,
        host=host,
        port=port,
        secret_key=secret_key,
        demo=demo,
        language=language,
        production=production,
        files=files,
        mail=mail,
        url=url,
        signing=signing,
        signing_password=signing_password,
    )


class _Reader:
    """Reads one variable at a time and remembers what was wrong instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def read(self, name: str, default: str, understand: Callable[[str], T]) -> T | None:
        try:
            return understand(self.text(name) or default)
        except ValueError as wrong:
            self.problems.append(f"{name}: {wrong}")
            return None

    def text(self, name: str) -> str:
        return self.environ.get(name, "").strip()

    def look_for_misspelled_names(self) -> None:
        for name in sorted(self.environ):
            if not name.startswith("PORTAL_") or name in VARIABLES:
                continue
            near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.85)
            if near:
                self.problems.append(f"{name}: there is no such setting: write {near[0]}")


def _folder(text: str) -> Path:
    folder = Path(text).expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ValueError(f"{folder} is not a folder: name a folder the portal may write to") from None
    except OSError as wrong:
        raise ValueError(f"cannot make {folder} ({wrong.strerror}): name a folder to write to") from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise ValueError(f"{folder} cannot be written: change its owner or name another folder")
    return folder


def _switch(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"“{text}” is neither 1 nor 0: write 1 for yes or 0 for no")
    return text == "1"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        if parts.port == 0:
            raise ValueError
    except ValueError:
        raise ValueError("the address has a wrong port or host: write a port from 1 to 65535") from None
    return parts


def _database(text: str) -> str:
    if is_postgresql(text):
        if not _split(text).path.strip("/"):
            raise ValueError("no database is named: write postgresql://user:password@host:5432/portal")
        return text
    scheme = re.match(r"[A-Za-z0-9+.-]+:", text)
    if scheme:
        raise ValueError(
            f"a store of the kind “{scheme[0]}” is not known: "
            "write the path of a SQLite file or postgresql://user:password@host:5432/portal"
        )
    path = Path(text).expanduser().absolute()
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file in it, such as {path / 'portal.db'}")
    if not path.parent.is_dir():
        raise ValueError(f"the folder {path.parent} is not there: make it or name another file")
    for place in (path.parent, path):
        if place.exists() and not os.access(place, os.R_OK | os.W_OK):
            raise ValueError(f"{place} cannot be written: change its owner or name another file")
    return str(path)


def _redis(text: str) -> str:
    if not text:
        return ""
    parts = _split(text)
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError(
            "not a Redis address: write redis://host:6379/0, rediss://… or unix:///path/to.sock, "
            "or leave it empty for the embedded one"
        )
    if parts.scheme == "unix" and not parts.path.strip("/"):
        raise ValueError("no socket is named: write unix:///path/to.sock")
    if parts.scheme != "unix" and not parts.hostname:
        raise ValueError("no host is named: write redis://host:6379/0")
    return text


def _host(text: str) -> str:
    bare = text.removeprefix("[").removesuffix("]")
    if ":" in bare:
        try:
            return str(ipaddress.IPv6Address(bare))
        except ValueError:
            raise ValueError(f"“{text}” is not a host: write 127.0.0.1, 0.0.0.0 or a name") from None
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", bare):
        raise ValueError(f"“{text}” is not a host: write 127.0.0.1, 0.0.0.0 or a name")
    if re.fullmatch(r"[0-9.]+", bare):
        try:
            ipaddress.IPv4Address(bare)
        except ValueError:
            raise ValueError(f"“{text}” is not an address: write 127.0.0.1 or 0.0.0.0") from None
    return bare


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise ValueError(f"“{text}” is not a port: write a whole number from 1 to 65535")
    return int(text)


def _language(text: str) -> Language:
    if text not in ("th", "en"):
        raise ValueError(f"“{text}” is not a language of the portal: write th or en")
    return cast(Language, text)


def _files(text: str) -> str:
    if not text:
        return ""
    parts = _split(text)
    if parts.scheme != "s3" or not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc):
        raise ValueError("write s3://bucket/prefix, or leave it empty to keep files in the data folder")
    if parts.query or parts.fragment or ".." in parts.path.split("/"):
        raise ValueError("the prefix must be plain folders: write s3://bucket/prefix")
    return f"s3://{parts.netloc}{parts.path.rstrip('/')}"


def _mail(text: str) -> str:
    if not text:
        return ""
    parts = _split(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("not a mail server: write smtp://user:password@host:port?from=portal@host, or smtps://…")
    given = parse_qs(parts.query)
    if unknown := set(given) - {"from"}:
        raise ValueError(f"“{min(unknown)}” is not known there: only from=… may follow the question mark")
    sender = given.get("from", [unquote(parts.username or "")])[0]
    if not re.fullmatch(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", sender):
        raise ValueError("no sender is named: add ?from=portal@example.go.th")
    return text


def _url(text: str) -> str:
    if not text:
        return ""
    parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address for browsers: write https://portal.example.go.th/")
    if parts.query or parts.fragment or parts.path not in ("", "/"):
        raise ValueError("the portal lives at the root of its address: write https://portal.example.go.th/")
    return f"{text.rstrip('/')}/"


def _kept(text: str) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser().absolute()
    if not path.is_file() or not os.access(path, os.R_OK):
        raise ValueError(f"{path} is not a file that can be read: name one, or leave it empty")
    return path


def _secret_key(reader: _Reader, data: Path | None, production: bool) -> str:
    given = reader.text("PORTAL_SECRET_KEY")
    if given:
        if production and _is_weak(given):
            reader.problems.append(
                f"PORTAL_SECRET_KEY: too easy to guess: give {_SECRET_LENGTH} random characters or more "
                "(python3 -c 'import secrets; print(secrets.token_urlsafe(48))'), or leave it empty"
            )
        return given
    if data is None:
        return ""
    path = data / "secret.key"
    try:
        kept = _kept_secret(path)
    except OSError as wrong:
        reader.problems.append(f"PORTAL_SECRET_KEY: cannot keep one in {path} ({wrong.strerror}): set it")
        return ""
    if _is_weak(kept):
        reader.problems.append(f"PORTAL_SECRET_KEY: {path} is damaged: remove that file to have a new one made")
    return kept


def _is_weak(secret: str) -> bool:
    low = secret.lower()
    return (
        len(secret) < _SECRET_LENGTH or len(set(secret)) < _SECRET_VARIETY or any(word in low for word in _WEAK_WORDS)
    )


def _kept_secret(path: Path) -> str:
    """Return the secret in `path`, made on first use. Two processes starting at once get the same one."""
    if not path.exists():
        handle, name = tempfile.mkstemp(prefix=".secret-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(name)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return path.read_text(encoding="utf-8", errors="replace").strip()
