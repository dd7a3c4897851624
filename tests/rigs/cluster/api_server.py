"""An API server with a folder of its own: it begins, is asked as any client would, and ends."""

from __future__ import annotations

import json
import secrets
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from free_ports import free_ports

from cluster.built import programs

APPLY = "application/apply-patch+yaml"
_PATIENCE_S = 180.0
_ISSUER = "https://kubernetes.default.svc.cluster.local"


class ApiServer:
    """An API server and its etcd; no controllers, no scheduler and no node.

    Args:
        folder: that holds all of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = secrets.token_hex(16)
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._url = ""
        self._trust = ssl.create_default_context()

    def begin(self) -> None:
        """Start both, and wait until the API server says that it is ready."""
        bin_, (client, peer, api) = programs(), free_ports(3)
        store = f"http://127.0.0.1:{client}"
        members = f"http://127.0.0.1:{peer}"
        self._start(
            bin_ / "etcd", f"--data-dir={self.folder}/etcd", "--unsafe-no-fsync",
            f"--listen-client-urls={store}", f"--advertise-client-urls={store}",
            f"--listen-peer-urls={members}", f"--initial-advertise-peer-urls={members}",
            f"--initial-cluster=default={members}", "--log-level=warn",
        )  # fmt: skip
        self._url = f"https://127.0.0.1:{api}"
        key, tokens, pki = self._key(), self._tokens(), self.folder / "pki"
        self._start(
            bin_ / "kube-apiserver", f"--etcd-servers={store}", "--bind-address=127.0.0.1",
            f"--secure-port={api}", f"--cert-dir={pki}", f"--token-auth-file={tokens}",
            f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
            f"--service-account-issuer={_ISSUER}", "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=Node,RBAC", "--endpoint-reconciler-type=none",
        )  # fmt: skip
        certificate = pki / "apiserver.crt"
        self._until(certificate.is_file)
        self._trust.load_verify_locations(certificate)
        self._until(self._is_ready)

    def end(self) -> None:
        """End what was begun, the last one first."""
        for _, process in reversed(self._running):
            process.terminate()
        for _, process in reversed(self._running):
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def ask(
        self, verb: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer of one request, as the cluster's administrator."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        request = urllib.request.Request(f"{self._url}{path}", content, headers, method=verb)
        try:
            with urllib.request.urlopen(request, timeout=60, context=self._trust) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")

    def _is_ready(self) -> bool:
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self._url}/readyz", None, headers)
        try:
            with urllib.request.urlopen(request, timeout=5, context=self._trust) as answer:
                return bool(answer.read() == b"ok")
        except OSError:
            return False

    def _until(self, is_so: Any) -> None:
        until = time.monotonic() + _PATIENCE_S
        while not is_so():
            for name, process in self._running:
                assert process.poll() is None, self._log(name)
            assert time.monotonic() < until, self._log(self._running[-1][0])
            time.sleep(0.1)

    def _start(self, program: Path, *arguments: str) -> None:
        with (self.folder / f"{program.name}.log").open("wb") as log:
            words = [str(program), *arguments]
            process = subprocess.Popen(words, stdout=log, stderr=log, cwd=self.folder)
        self._running.append((program.name, process))

    def _log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-4000:]

    def _key(self) -> Path:
        path = self.folder / "service-accounts.key"
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        path.write_bytes(made.private_bytes(*pem, serialization.NoEncryption()))
        return path

    def _tokens(self) -> Path:
        path = self.folder / "tokens.csv"
        path.write_text(f'{self.token},admin,1,"system:masters"\n')
        return path
