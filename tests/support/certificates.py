"""Certificates and password hashes for tests of the web configuration file."""

import ssl
from pathlib import Path

import bcrypt
import trustme

PASSWORD = "CANARY of a password"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
USERS = f"basic_auth_users:\n  alice: {HASH}\n"
TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
MUTUAL = f"{TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"


class Certificates:
    """A certificate authority and its certificates, as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        self.issue_server()

    def issue_server(self, *names: str) -> None:
        """Replace the server's certificate and key."""
        issued = self._authority.issue_cert("127.0.0.1", *names)
        self.write("server.pem", b"".join(each.bytes() for each in issued.cert_chain_pems))
        self.write("server.key", issued.private_key_pem.bytes())

    def issue_client(self, file: str, name: str) -> Path:
        path = self.folder / file
        self._authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(str(path))
        return path

    def write(self, name: str, content: bytes) -> None:
        """Replace a file atomically, as programs that renew certificates do."""
        scratch = self.folder / f"{name}.new"
        scratch.write_bytes(content)
        scratch.rename(self.folder / name)

    def trusting(self, client: Path | None = None) -> ssl.SSLContext:
        """Return a client context that trusts the authority."""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if client:
            context.load_cert_chain(client)
        return context
