"""The steps by which a workflow installs deepcat and runs it, as text of YAML. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from deepcat.catalog.beginning.forges.source import Source

_PYTHON = "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0"
_FRESH = "$RUNNER_TEMP/deepcat-env"


class Actions:
    """Steps of GitHub Actions, and of those who speak its dialect.

    Args:
        source: the deepcat to install.
        folder: where the lock files lie, from the repository's root.
        python: the action that sets Python up; empty where the runner has one.
    """

    def __init__(self, source: Source, folder: str, python: str = _PYTHON) -> None:
        self._source = source
        self._folder = folder
        self._python = python

    def __call__(
        self,
        name: str,
        command: str,
        *,
        out: str = "",
        lock: str = "review",
        token: bool = False,
        kept: bool = False,
    ) -> str:
        """What stands in a template for one run of `deepcat ci`.

        Args:
            name: of the step, for readers.
            command: the subcommand, and its own options.
            out: the folder for what is found or built; `TEMP/` is what the runner clears by itself.
            lock: `review` or `deploy`.
            token: whether it may have the forge's token.
            kept: whether what is installed stays on the runner, for what runs there after the job.
        """
        path = f"{self._folder}/{lock}.lock"
        where = kept_environment("$RUNNER_TOOL_CACHE/deepcat", path) if kept else _FRESH
        lines = [*self._python_step(), "- name: Install deepcat", "  run: |"]
        lines += [f"    {line}" for line in install(self._source, path, where)]
        lines += [f"- name: {name}"]
        if token:
            lines += ["  env:", "    GITHUB_TOKEN: ${{ github.token }}"]
        place = out.replace("TEMP/", "$RUNNER_TEMP/")
        rest = f' --out "{place}"' if out else ""
        lines += [f"""  run: '"{where}/bin/deepcat" ci {command}{rest}'"""]
        return "\n      ".join(lines)

    def _python_step(self) -> Iterator[str]:
        if self._python:
            yield "- name: Set up Python"
            yield f"  uses: {self._python}"
            yield "  with:"
            yield '    python-version: "3.12"'


def kept_environment(folder: str, lock: str) -> str:
    """Where an environment stays, as a shell reads it: another lock has another place.

    So nothing is exchanged below a server that runs from there.
    """
    return f"{folder}/$(sha256sum {lock} | cut -c1-16)"


def install(source: Source, lock: str, where: str) -> Iterator[str]:
    """The lines of a shell that make an environment and put deepcat into it, by hash alone."""
    yield f'test -x "{where}/bin/deepcat" || python3 -m venv "{where}"'
    pip = f'"{where}/bin/python" -m pip install --quiet'
    yield f"{pip} --only-binary :all: --require-hashes -r {lock}"
    if source.address:
        yield f'{pip} --no-deps --no-build-isolation "{source.address}"'
