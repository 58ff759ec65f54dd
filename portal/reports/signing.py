"""Electronic signatures of approved editions (PAdES B-B, ETSI EN 319 142-1), where a certificate is configured.

A signature is written behind the file as it was issued, whose bytes stay the beginning of the signed one. So a signed
file has a hash of its own, and what `portal reissue` makes again is the issued file within it.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext

from portal.errors import OutOfReach, RuleBroken

FIELD = "Approval"
END = b"%%EOF"
# A certificate that leads nowhere is an answer, not an accident to be told at length.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Signed:
    """One signature of a file: who, when as they say, whether the bytes signed are all there and unchanged, whether
    the certificate leads to one that is trusted (None when no trusted one was named), and how many bytes were issued
    before it was signed."""

    name: str
    at: dt.datetime | None
    is_whole: bool
    is_trusted: bool | None
    issued_bytes: int


def sign(content: bytes, certificate: Path, password: Path | None, *, reason: str) -> bytes:
    """Return the file with a signature that allows no change after it. `certificate` is a PKCS #12 file with its key;
    `password` the file that holds its password. Raises OutOfReach when they cannot be used."""
    signer = _signer(certificate, password)
    about = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        embed_validation_info=False,
    )
    out = io.BytesIO()
    signers.PdfSigner(about, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(content)), output=out)
    return out.getvalue()


def check(certificate: Path, password: Path | None) -> str:
    """Return the name in the certificate; raise OutOfReach when it cannot be opened."""
    return _name(_signer(certificate, password).signing_cert)


def read(content: bytes, roots: bytes = b"") -> list[Signed]:
    """Return the signatures of a file. `roots` are trusted certificates (PEM or DER). Nothing is fetched.

    Raises RuleBroken for certificates that cannot be read.
    """
    if b"/ByteRange" not in content:
        return []
    try:
        trusted = list(load_certs_from_pemder_data(roots)) if roots else []
    except ValueError as wrong:
        raise RuleBroken("The trusted certificates cannot be read: {reason}", reason=str(wrong)[:200]) from wrong
    try:
        found = PdfFileReader(io.BytesIO(content)).embedded_signatures
        return [_read(each, trusted, content) for each in found]
    except (PdfError, ValueError) as wrong:
        raise RuleBroken("The signature in this file cannot be read: {reason}", reason=str(wrong)[:200]) from wrong


def _read(each: EmbeddedPdfSignature, trusted: list[x509.Certificate], content: bytes) -> Signed:
    context = ValidationContext(trust_roots=trusted, allow_fetching=False)
    status = validate_pdf_signature(each, context)
    covered = status.coverage is not None and status.coverage.name == "ENTIRE_FILE"
    return Signed(
        name=_name(each.signer_cert),
        at=each.self_reported_timestamp,
        is_whole=bool(status.intact and status.valid and covered),
        is_trusted=bool(status.trusted) if trusted else None,
        issued_bytes=_issued_bytes(content, each),
    )


def _issued_bytes(content: bytes, each: EmbeddedPdfSignature) -> int:
    """Return how many bytes stood there before the revision that the signature lies in."""
    before = content.rfind(END, 0, int(each.byte_range[1]))
    return 0 if before < 0 else before + len(END) + 1


def _signer(certificate: Path, password: Path | None) -> signers.SimpleSigner:
    try:
        packed = certificate.read_bytes()
        word = password.read_text(encoding="utf-8").strip().encode() if password else None
        pkcs12.load_key_and_certificates(packed, word)
        return signers.SimpleSigner.load_pkcs12_data(packed, other_certs=(), passphrase=word)
    except (OSError, ValueError, TypeError) as wrong:
        raise OutOfReach(
            "The certificate for signatures cannot be used ({reason}): see PORTAL_SIGNING and PORTAL_SIGNING_PASSWORD",
            reason=str(wrong)[:200],
        ) from wrong


def _name(certificate: x509.Certificate | None) -> str:
    if certificate is None:
        return ""
    return str(certificate.subject.native.get("common_name") or certificate.subject.human_friendly)
