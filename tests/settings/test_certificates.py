"""Trusted certificates from the settings and from environment variables."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import CertificateRevocationListBuilder, Name

from exporter.settings import load
from tests.settings import COLLECTORS, NOW, faults

AUTHORITY = trustme.CA().cert_pem.bytes()
HASHED = "0123abcd.0"
NONE = "PATH must contain certificates in PEM format"
NONE_IN = "PATH must contain certificates: add them, then run `openssl rehash` on it"


def revocations() -> bytes:
    """Return an empty certificate revocation list."""
    made = CertificateRevocationListBuilder(Name([]), NOW, NOW + timedelta(days=1))
    return made.sign(generate_private_key(SECP256R1()), SHA256()).public_bytes(Encoding.PEM)


def trusted(**environment: str) -> None:
    load({}, environment, COLLECTORS)


def a_file(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def a_folder(**files: bytes) -> Callable[[Path], object]:
    """Return a function that makes a folder. ``_`` in a file's name becomes a dot."""

    def make(path: Path) -> None:
        path.mkdir()
        for name, content in files.items():
            (path / name.replace("_", ".")).write_bytes(content)

    return make


class TestFile:
    BAD = pytest.mark.parametrize(
        ("make", "fault"),
        [
            (lambda _: None, "cannot read PATH: No such file or directory"),
            (Path.mkdir, "cannot read PATH: it is a pipe, a directory or a device"),
            (a_file(b""), "PATH is empty: it must contain the certificates"),
            (a_file(b"nothing"), NONE),
            (a_file(AUTHORITY[:200]), NONE),
            (a_file(AUTHORITY + AUTHORITY[:200]), NONE),
            (a_file(revocations()), NONE),
        ],
        ids=["gone", "folder", "empty", "text", "cut", "cut-later", "revocations"],
    )

    @BAD
    def test_without_certificates_is_a_fault_of_the_settings(
        self, make: Callable[[Path], object], fault: str, tmp_path: Path
    ) -> None:
        make(tmp_path / "ca.pem")
        assert faults({"github": {"ca_file": tmp_path / "ca.pem"}}) == (
            f"--github.ca-file: {fault.replace('PATH', str(tmp_path / 'ca.pem'))}",
        )

    @BAD
    def test_without_certificates_is_a_fault_of_the_variable(
        self, make: Callable[[Path], object], fault: str, tmp_path: Path
    ) -> None:
        make(tmp_path / "ca.pem")
        (tmp_path / "good.pem").write_bytes(AUTHORITY)
        told = faults(
            {"github": {"ca_file": tmp_path / "good.pem"}},
            {"SSL_CERT_FILE": str(tmp_path / "ca.pem")},
        )
        assert told == (f"SSL_CERT_FILE: {fault.replace('PATH', str(tmp_path / 'ca.pem'))}",)

    def test_is_told_beside_the_other_faults(self) -> None:
        environment = {"SSL_CERT_FILE": "/gone", "GITHUB_BILLING_POLL_INTERVAL": "soon"}
        assert [line.partition(":")[0] for line in faults({}, environment)] == [
            "GITHUB_BILLING_POLL_INTERVAL",
            "SSL_CERT_FILE",
        ]

    def test_of_certificates_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_bytes(AUTHORITY)
        trusted(SSL_CERT_FILE=str(tmp_path / "ca.pem"))

    def test_is_all_that_counts_where_it_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_bytes(AUTHORITY)
        trusted(SSL_CERT_FILE=str(tmp_path / "ca.pem"), SSL_CERT_DIR="/gone")


class TestFolder:
    @pytest.mark.parametrize(
        ("make", "fault"),
        [
            (lambda _: None, "cannot read PATH: No such file or directory"),
            (a_file(AUTHORITY), "cannot read PATH: Not a directory"),
            (a_folder(), NONE_IN),
            (a_folder(ca_pem=AUTHORITY), NONE_IN),
            (a_folder(**{HASHED: b"nothing"}), NONE_IN),
        ],
        ids=["gone", "file", "empty", "another-name", "text"],
    )
    def test_without_certificates_is_a_fault(
        self, make: Callable[[Path], object], fault: str, tmp_path: Path
    ) -> None:
        make(tmp_path / "certs")
        told = faults({}, {"SSL_CERT_DIR": str(tmp_path / "certs")})
        assert told == (f"SSL_CERT_DIR: {fault.replace('PATH', str(tmp_path / 'certs'))}",)

    def test_of_certificates_is_none(self, tmp_path: Path) -> None:
        a_folder(**{HASHED: AUTHORITY, "README": b"nothing"})(tmp_path / "certs")
        trusted(SSL_CERT_DIR=str(tmp_path / "certs"))

    def test_may_be_one_of_several(self, tmp_path: Path) -> None:
        a_folder(**{HASHED: AUTHORITY})(tmp_path / "certs")
        trusted(SSL_CERT_DIR=os.pathsep.join(["/gone", str(tmp_path / "certs")]))


class TestKeyLog:
    """The file of `SSLKEYLOGFILE`. Python opens it for every TLS connection."""

    def test_that_cannot_be_written_is_a_fault(self) -> None:
        assert faults({}, {"SSLKEYLOGFILE": "/gone/keys"}) == (
            "SSLKEYLOGFILE: cannot write /gone/keys: No such file or directory",
        )

    def test_that_can_be_is_none(self, tmp_path: Path) -> None:
        trusted(SSLKEYLOGFILE=str(tmp_path / "keys"))
