"""A signature behind an approved edition: it holds, any change shows, and the issued file stays whole within."""

import dataclasses
import datetime as dt
import hashlib
import subprocess
import sys
import types

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from jobs import reports
from jobs.worker import AtWork
from models import AuditEntry, Edition, Run, Unit
from portal import files
from portal.errors import MoveRefused, OutOfReach, RuleBroken
from portal.reports import ledger, signatures, signing, verification
from portal.rules.access import Role
from tests import make
from tests.pdf.conftest import run

SIGNER = "นายตัวอย่าง ลงนาม"
AT = dt.datetime(2023, 10, 20, 9)


def _certificate(name, key, above=None):
    """A certificate for `key`, below (certificate, key) or, without one, an authority's own."""
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    uses = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    signs = {"digital_signature": bool(above), "content_commitment": bool(above)}
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above[0].subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(above is None, None), critical=True)
        .add_extension(x509.KeyUsage(**signs, **uses, key_cert_sign=not above, crl_sign=not above), critical=True)
    )
    return builder.sign(above[1] if above else key, hashes.SHA256())


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """An authority of our own, and the signer's certificate below it, as files."""
    folder = tmp_path_factory.mktemp("keys")
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root = _certificate("ทดสอบ กสส.", root_key)
    own = _certificate(SIGNER, key, (root, root_key))
    (folder / "signer.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(b"signer", key, own, [root], BestAvailableEncryption("รหัส".encode()))
    )
    (folder / "password").write_text("รหัส\n", encoding="utf-8")
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "other.pem").write_bytes(_certificate("ผู้อื่น", key).public_bytes(Encoding.PEM))
    return types.SimpleNamespace(folder=folder, certificate=folder / "signer.p12", password=folder / "password")


@pytest.fixture(scope="module")
def signed(keys, pack):
    return signing.sign(pack.path.read_bytes(), keys.certificate, keys.password, reason="เห็นชอบ กษ 1101/2566")


def test_a_signature_holds_and_leads_to_the_authority_that_is_trusted(signed, keys):
    for root, trusted in ((b"", None), ("root.pem", True), ("other.pem", False)):
        roots = (keys.folder / root).read_bytes() if root else b""
        (found,) = signing.read(signed, roots)
        assert (found.name, found.is_whole, found.is_trusted) == (SIGNER, True, trusted)


def test_the_issued_file_is_the_beginning_of_the_signed_one(signed, pack, tmp_path):
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    (found,) = signing.read(signed)

    assert signed[: found.issued_bytes] == pack.path.read_bytes()
    assert hashlib.sha256(signed).hexdigest() != pack.made.sha256
    assert verification.verify(path).differences == ()
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", str(path))


def test_a_signed_file_is_the_edition_that_was_issued(signed, pack, tmp_path):
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    kept = files.connect("", tmp_path)
    edition = types.SimpleNamespace(
        sha256=pack.made.sha256,
        snapshot_sha256=pack.made.snapshot_sha256,
        snapshot_key=ledger.keep_figures(pack.snapshot, kept),
    )

    assert verification.verify_against(edition, path, kept) == []


def test_any_change_after_it_shows(signed):
    inside = bytearray(signed)
    inside[len(signed) // 3] ^= 1
    (changed,) = signing.read(bytes(inside))
    (longer,) = signing.read(signed + b"% one more line\n")

    assert not changed.is_whole and not longer.is_whole


def test_a_file_without_a_signature_has_none(pack):
    assert signing.read(pack.path.read_bytes()) == []


def test_a_certificate_that_cannot_be_used_is_told_with_the_settings_to_mend(keys, pack, tmp_path):
    (tmp_path / "wrong").write_text("อื่น", encoding="utf-8")
    (tmp_path / "broken.p12").write_bytes(b"no certificate")

    for certificate, password in (
        (keys.certificate, tmp_path / "wrong"),
        (tmp_path / "broken.p12", keys.password),
        (tmp_path / "none.p12", None),
    ):
        with pytest.raises(OutOfReach, match="PORTAL_SIGNING"):
            signing.sign(b"", certificate, password, reason="")
    with pytest.raises(RuleBroken, match="trusted"):
        signing.read(pack.path.read_bytes() + b"/ByteRange", b"-----BEGIN CERTIFICATE-----\nno\n")


def test_the_command_says_who_signed_and_ends_with_one_for_a_change(signed, keys, tmp_path):
    whole, changed = tmp_path / "whole.pdf", tmp_path / "changed.pdf"
    whole.write_bytes(signed)
    changed.write_bytes(signed + b"% one more line\n")
    told = [
        subprocess.run(
            [sys.executable, "-m", "portal.cli", "verify", str(path), "--root", str(keys.folder / "root.pem")],
            env={"PATH": "/usr/bin:/bin", "PORTAL_DATA": str(tmp_path / "none"), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        for path in (whole, changed)
    ]

    assert (told[0].returncode, told[1].returncode) == (0, 1), told
    assert f"signed   {SIGNER}" in told[0].stdout and ", trusted" in told[0].stdout
    assert "differs  signature" in told[1].stdout


# ---------------------------------------------------------------- the copy beside an edition


@pytest.fixture
def approved(sqlite_store, settings, pack):
    """The printed pack, filed as if it were an approved book."""
    kept = files.connect(settings.files, settings.data)
    unit, year = Unit.get(Unit.code == "CPD"), make.fiscal_year()
    return make.row(
        Edition, book="book", subject="2566", number=2, state="approved", issued_as="approved", unit=unit,
        fiscal_year=year, sha256=pack.made.sha256, pages=pack.made.pages, file_key=kept.keep("a.pdf", pack.path),
        snapshot_sha256=pack.made.snapshot_sha256, cut_at=AT, made_at=AT, signer=SIGNER, signer_post="อธิบดี",
        document_number="กษ 1101/2566", document_on=AT.date(),
    )  # fmt: skip


def test_an_approved_edition_is_signed_once_and_its_copy_is_fetched_beside_it(
    approved, settings, keys, client, sign_in, pack
):
    kept = files.connect(settings.files, settings.data)
    certificate = signatures.Certificate(keys.certificate, keys.password)
    sign_in(make.person(Role.PLANNING))
    address = f"/admin/reports/file/?edition={approved.id}&signed=1"
    assert client.get(address).status_code == 404

    signed = signatures.sign(approved, certificate, kept, AT)
    again = signatures.sign(approved, certificate, kept, AT)

    fetched = client.get(address).data
    assert fetched.startswith(pack.path.read_bytes()) and signing.read(fetched)[0].name == SIGNER
    assert hashlib.sha256(fetched).hexdigest() == signed.signed_sha256 == again.signed_sha256 != signed.sha256
    page = client.get(f"/admin/reports/edition/?id={approved.id}").text
    assert signed.signed_sha256 in page and "PDF ที่ลงลายมือชื่อ" in page
    assert AuditEntry.select().where(AuditEntry.verb == "sign_edition").count() == 1


def test_what_is_not_approved_is_not_signed(approved, settings, keys):
    Edition.update(state="draft").execute()

    with pytest.raises(MoveRefused, match="only an approved edition"):
        signatures.sign(
            approved, signatures.Certificate(keys.certificate, keys.password), files.connect("", settings.data), AT
        )


def test_the_command_gives_out_the_signed_copy(approved, settings, keys, tmp_path):
    told = subprocess.run(
        [sys.executable, "-m", "portal.cli", "sign", "book-2566-2", "--out", str(tmp_path / "out")],
        env={
            "PATH": "/usr/bin:/bin", "PORTAL_DATA": str(settings.data), "PORTAL_DATABASE": settings.database,
            "PORTAL_SECRET_KEY": settings.secret_key, "PORTAL_SIGNING": str(keys.certificate),
            "PORTAL_SIGNING_PASSWORD": str(keys.password), "LANG": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        timeout=90,
    )  # fmt: skip

    made = (tmp_path / "out" / "book-2566-2-signed.pdf").read_bytes()
    assert told.returncode == 0, told.stderr
    assert hashlib.sha256(made).hexdigest() == Edition.get().signed_sha256 and SIGNER in told.stdout


def test_a_worker_signs_what_it_has_printed_of_an_approval(approved, settings, keys):
    asked = make.row(Run, kind="book", subject="2566", state="done", unit=approved.unit_id, asked_at=AT, ended_at=AT)
    Edition.update(run=asked).execute()
    at_work = AtWork(
        dataclasses.replace(settings, signing=keys.certificate, signing_password=keys.password),
        files.connect("", settings.data),
    )

    reports.sign(asked.id, at_work)

    assert len(Edition.get().signed_sha256) == 64
