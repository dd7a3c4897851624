"""A serving process that writes down what it opens; run as a script, by the Python in question.

It takes the folders to import from and the folder of an example module as arguments, and prints one
line for each file that it opened below the first of them. It serves that module's model by the
C interface of TensorFlow, asks it in each way that the interfaces have, and imports every module of
the server besides, so that what only a rare request needs is seen, too.
"""

from __future__ import annotations

import importlib
import pkgutil
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

opened: set[str] = set()
# Of TensorFlow's Python part, or in another process; a server of the C interface needs neither.
LEFT_OUT = tuple(
    f"deepcat.serving.{name}" for name in ("trace", "engine.graph", "engine.restored", "converting")
)
COMMAND = ("deepcat.cli.main", "deepcat.cli.serve")
# By which providers sign tokens.
KEYS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "RS256": ("rsa", lambda by: by.generate_private_key(65537, 2048)),
    "ES256": ("ec", lambda by: by.generate_private_key(by.SECP256R1())),
    "EdDSA": ("ed25519", lambda by: by.Ed25519PrivateKey.generate()),
}
BODIES: dict[str, dict[str, Any]] = {
    "predict": {"instances": [1.0, 2.0]},
    "classify": {"examples": [{"x": 1.0}]},
    "regress": {"examples": [{"x": 1.0}]},
}


def main(site: str, code: str, model: str) -> None:
    """Serve `model` from what lies in `site` and `code`, and print what of `site` was opened."""
    sys.path[:0] = [site, code]
    sys.addaudithook(_note)
    from deepcat.serving.contract.batching import Batching
    from deepcat.serving.contract.policy import ModelConfig
    from deepcat.serving.server.run import serve
    from deepcat.serving.server.settings import Settings

    failed: list[BaseException] = []

    def say(line: str) -> None:
        threading.Thread(target=ask, args=(line,), daemon=True).start()

    def ask(line: str) -> None:
        try:
            _ask(line)
        except BaseException as error:
            failed.append(error)
        finally:
            signal.raise_signal(signal.SIGTERM)

    serve(
        Settings(
            (ModelConfig("model", model),),
            rest_port=0,
            grpc_port=0,
            poll_s=0,
            engine="native",
            batching=Batching(4, 0.001, 1),
        ),
        say,
    )
    if failed:
        raise failed[0]
    _import_all()
    for kind in KEYS:
        _read_a_token(kind)
    maps = Path("/proc/self/maps").read_text().splitlines()
    mapped = {line.split(maxsplit=5)[-1] for line in maps}
    named = {str(getattr(module, "__file__", "")) for module in list(sys.modules.values())}
    root = Path(site).resolve()
    found = (Path(name).resolve() for name in opened | mapped | named if name.startswith("/"))
    for path in sorted({path for path in found if path.is_file() and path.is_relative_to(root)}):
        print(path.relative_to(root))


def _read_a_token(kind: str) -> None:
    """Sign a token as an OpenID provider does, and have the server read it by the public key."""
    import json

    import jwt

    from deepcat.serving.server.oidc import Issuer, Trust

    # Of what PyJWT itself reads keys by.
    room, make = KEYS[kind]
    by = importlib.import_module(f"cryptography.hazmat.primitives.asymmetric.{room}")
    made = make(by)
    public = json.loads(jwt.get_algorithm_by_name(kind).to_jwk(made.public_key()))
    issuer = Issuer(Trust("https://issuer.example", "deepcat"))
    keys = jwt.PyJWKSet.from_dict({"keys": [{**public, "kid": kind, "alg": kind}]}).keys
    issuer.take({key.key_id or "": key for key in keys})
    claims = {"iss": "https://issuer.example", "aud": "deepcat", "sub": "ada", "exp": 2**40}
    token = jwt.encode(claims, made, kind, {"kid": kind})
    if issuer.verified(token)["sub"] != "ada":
        raise AssertionError(kind)


def _note(event: str, args: tuple[object, ...]) -> None:
    if event == "open" and isinstance(args[0], str):
        opened.add(args[0])


def _import_all() -> None:
    from deepcat.serving.engine.lite import LiteEngine

    LiteEngine()
    for name in COMMAND:
        importlib.import_module(name)
    rooms = importlib.import_module("deepcat.serving").__path__
    for found in pkgutil.walk_packages(rooms, "deepcat.serving."):
        if not found.name.startswith(LEFT_OUT):
            importlib.import_module(found.name)


def _ask(line: str) -> None:
    """Ask the server whose addresses its line tells, by REST and by gRPC, in every way."""
    from deepcat.errors import DeepcatError
    from deepcat.serving.client import grpc
    from deepcat.serving.client.rest import Client

    rest, _, by_grpc = line.partition(" on ")[2].partition(" and ")
    client = Client(rest)
    client.status("model")
    client.metadata("model")
    for method, body in BODIES.items():
        for ask in (client.call, partial(grpc.call, by_grpc.removeprefix("grpc://"))):
            try:
                ask("model", method, body)
            except DeepcatError as error:
                # A refusal of the example's model has gone the whole way, too.
                if error.code != "serving/refused":
                    raise


if __name__ == "__main__":
    main(*sys.argv[1:])
