"""Letters by e-mail: what a mail server's address means, how a letter is made and handed over. Knows no table."""

from __future__ import annotations

import datetime as dt
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from portal.errors import PortalError

TIMEOUT = 20.0  # seconds a mail server may take for one answer
NAME = "รายงานผล กสส."
BANGKOK = ZoneInfo("Asia/Bangkok")
HERE = ("127.0.0.1", "::1", "localhost")


class Undelivered(PortalError):
    """The mail server did not take a letter. `for_good` means that trying again is of no use."""

    status = 503

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__("The mail server did not take the letter: {reason}", reason=reason)
        self.for_good = for_good


@dataclass(frozen=True)
class Server:
    """A mail server and the sender it sends as. `is_secure` = TLS from the first byte (smtps)."""

    host: str
    port: int
    sender: str
    is_secure: bool = False
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def server(address: str) -> Server | None:
    """Return the server that `smtp://user:password@host:port?from=…` names, None for no address at all.

    `config.load` has looked at the address before; smtps is TLS from the start, smtp takes STARTTLS where offered.
    """
    if not address:
        return None
    parts = urlsplit(address)
    is_secure = parts.scheme == "smtps"
    user = unquote(parts.username or "")
    sender = parse_qs(parts.query).get("from", [user])[0]
    return Server(
        parts.hostname or "localhost", parts.port or (465 if is_secure else 25), sender, is_secure, user,
        unquote(parts.password or ""),
    )  # fmt: skip


def letter(
    *,
    to: tuple[str, str],
    subject: str,
    text: str,
    server: Server,
    mark: str,
    at: dt.datetime,
    attached: Sequence[tuple[str, bytes, str]] = (),
) -> EmailMessage:
    """Return a letter in plain text to one person. `mark` tells it from every other one; `at` is Bangkok's time.

    `attached` are files with name, content and the second word of their media type (`application/…`).

    Raises Undelivered, for good, when the person's address is none.
    """
    message = EmailMessage(policy=SMTP)
    domain = parseaddr(server.sender)[1].rpartition("@")[2] or "localhost"
    message["From"] = Address(NAME, addr_spec=server.sender)
    try:
        message["To"] = Address(to[0], addr_spec=to[1].encode("ascii").decode())
    except (ValueError, IndexError, HeaderParseError) as wrong:
        raise Undelivered("this is not an address for e-mail", for_good=True) from wrong
    message["Subject"] = subject
    message["Date"] = format_datetime(at.replace(tzinfo=BANGKOK))
    message["Message-ID"] = f"<{mark}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "th"
    message.set_content(text)
    for name, content, subtype in attached:
        message.add_attachment(content, maintype="application", subtype=subtype, filename=name)
    return message


def deliver(message: EmailMessage, server: Server, *, mark: Callable[[], bool]) -> bool:
    """Hand a letter over. `mark` is called once the server has accepted sender and recipient, just before the text.

    Where `mark` says no, somebody else has sent it meanwhile, and nothing is. Returns whether the letter went out.
    Raises Undelivered when the server refused it or could not be reached. A connection that broke after the text was
    given away is taken for a success: the letter may have arrived, and none is ever sent twice.
    """
    recipient = str(parseaddr(str(message["To"]))[1])
    try:
        with _connected(server) as link:
            _accepted(link.mail(server.sender))
            _accepted(link.rcpt(recipient), for_good_from=550)
            if not mark():
                link.rset()
                return False
            try:
                _accepted(link.data(message.as_bytes()), for_good_from=550)
            except (smtplib.SMTPServerDisconnected, OSError):
                return True
            return True
    except smtplib.SMTPResponseException as wrong:
        raise Undelivered(_said(wrong.smtp_code, wrong.smtp_error)) from wrong
    except (smtplib.SMTPException, OSError, ssl.SSLError) as wrong:
        raise Undelivered(str(wrong) or type(wrong).__name__) from wrong


def _connected(server: Server) -> smtplib.SMTP:
    name = socket.gethostname()
    context = ssl.create_default_context()
    if server.is_secure:
        link: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=name, timeout=TIMEOUT, context=context
        )
    else:
        link = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=TIMEOUT)
    try:
        _introduced(link, server, context)
    except BaseException:
        link.close()
        raise
    return link


def _introduced(link: smtplib.SMTP, server: Server, context: ssl.SSLContext) -> None:
    link.ehlo_or_helo_if_needed()
    if not server.is_secure and link.has_extn("starttls"):
        link.starttls(context=context)
        link.ehlo()
    elif not server.is_secure and server.user and server.host not in HERE:
        raise Undelivered("it offers no encryption, so the password was not given away")
    if server.user:
        link.login(server.user, server.password)


def _accepted(answer: tuple[int, bytes], *, for_good_from: int = 600) -> None:
    code, words = answer
    if not 200 <= code < 300:
        raise Undelivered(_said(code, words), for_good=code >= for_good_from)


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"[:300]
