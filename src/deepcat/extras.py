"""The extras of deepcat, and the error for one that is not installed: the same words everywhere."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from deepcat.errors import DeepcatError

# Extra -> the packages that its libraries are imported as. What others bring, too, stands once.
BRINGS: Mapping[str, tuple[str, ...]] = {
    "fast": ("jsonschema_rs", "ryaml"),
    "run": ("ansible", "ansible_runner", "supervisor"),
    "serve": (
        "flask_swagger_ui", "google", "grpc", "grpc_health", "grpc_reflection", "httptools", "jwt",
        "ml_dtypes", "numpy", "orjson", "simdjson", "tensorflow", "tensorflow_serving", "uvicorn",
        "uvloop",
    ),
    "site": ("PIL", "material", "mkdocs"),
    "tosca": ("toscaparser",),
    "lite": ("ai_edge_litert", "backports"),
    "forge": ("github", "requests"),
    "policy": ("cel_expr_python", "regopy"),
    "notify": ("apprise",),
    "store": ("fsspec",),
    "sweep": ("optuna",),
    "sbom": ("cyclonedx", "packageurl"),
    "vault": ("ansible_collections", "hvac"),
    "keyring": ("keyring",),
    "kubernetes": ("kubernetes", "orjson", "urllib3", "websocket"),
    "openstack": ("keystoneauth1", "openstack"),
}  # fmt: skip
_EXTRA = {package: extra for extra, packages in BRINGS.items() for package in packages}


def not_installed(
    extra: str, package: str, code: str = "extra/missing", *, asks: str = ""
) -> DeepcatError:
    """The error for an extra of which a package is not there; `asks` is what needs it, in words."""
    return DeepcatError(
        f"{asks}{': ' if asks else ''}the extra `{extra}` is not installed; it brings `{package}`",
        hint=f"pip install 'deepcat[{extra}]'",
        code=code,
    )


def of_import(error: ImportError, code: str = "extra/missing") -> DeepcatError | None:
    """The error that a failed import stands for; None when it is not an extra's."""
    package = (error.name or "").partition(".")[0]
    extra = _EXTRA.get(package)
    return not_installed(extra, package, code) if extra and not is_there(package) else None


def is_there(package: str) -> bool:
    """Whether a package could be imported; it is not."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


@contextmanager
def needed(code: str = "extra/missing") -> Iterator[None]:
    """Imports of what an extra brings.

    Raises:
        DeepcatError: it is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise of_import(error, code) or error from None
