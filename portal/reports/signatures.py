"""The signed copy of an approved edition: made once, kept beside the file as issued."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from models import Edition
from portal import records
from portal.errors import MoveRefused
from portal.files import Files
from portal.reports import ledger, signing
from portal.rules.terms import EditionState


@dataclass(frozen=True)
class Certificate:
    """A PKCS #12 file with its key, and the file that holds its password."""

    path: Path
    password: Path | None


def sign(edition: Edition, certificate: Certificate, files: Files, at: dt.datetime) -> Edition:
    """Return the edition with its signed copy: the one it has, or one made and kept now.

    Raises MoveRefused for an edition that is not approved, OutOfReach when the certificate cannot be used.
    """
    fresh = Edition.get_by_id(edition.id)
    if fresh.signed_key:
        return fresh
    if fresh.state is not EditionState.APPROVED or not fresh.file_key:
        raise MoveRefused(
            "“{name}” is “{state}”; only an approved edition is signed.",
            name=ledger.name(fresh),
            state=str(fresh.state),
        )
    with files.open(fresh.file_key) as held:
        issued = held.read()
    reason = " ".join(word for word in (fresh.signer_post, fresh.document_number) if word)
    content = signing.sign(issued, certificate.path, certificate.password, reason=reason)
    key = files.keep("signed.pdf", content)
    digest = hashlib.sha256(content).hexdigest()
    with records.changing(by=None, verb="sign_edition", at=at, as_verb=True) as work:
        work.update(fresh, signed_key=key, signed_sha256=digest, signed_at=at)
    return fresh
