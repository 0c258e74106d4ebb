"""Certificates for tests of TLS and for tools, made by openssl."""

import pathlib
import subprocess


class Authority:
    """Certificates for a test, from an authority that nobody else knows."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.file = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        self._openssl("req", "-x509", *self._new_key(self.key), "-days", "30", "-subj", "/CN=a test", "-out", self.file)
        (self.folder / "index").touch()
        (self.folder / "ca.conf").write_text(
            f"[ca]\ndefault_ca = a\n[a]\ndatabase = {self.folder}/index\nnew_certs_dir = {self.folder}\nrand_serial = yes\ndefault_md = sha256\n"
            "policy = p\ncopy_extensions = copy\nunique_subject = no\n[p]\ncommonName = supplied\n")

    def certificate(self, name, names="IP:127.0.0.1", begins="20240101000000Z", ends="20491231000000Z"):
        """The files of a certificate and its key."""
        certificate, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        self._openssl("req", *self._new_key(key), "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}", "-out", request)
        self._openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.conf", "-cert", self.file, "-keyfile", self.key,
                      "-startdate", begins, "-enddate", ends, "-in", request, "-out", certificate)
        return certificate, key

    @staticmethod
    def _new_key(path):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
