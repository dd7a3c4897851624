"""What a forge and a person's own Git read in a new catalog. Pure."""

from __future__ import annotations

_TEMPLATES = {"gitlab": "merge_request_templates/Default.md"}


def forge_files(owner: str, forge: str = "github") -> dict[str, bytes]:
    """Path -> content.

    Args:
        owner: a handle on the forge.
        forge: the one whose folder they go to.
    """
    whom = f"@{owner.removeprefix('@')}"
    template = _TEMPLATES.get(forge, "pull_request_template.md")
    return {
        owners_path(forge): _OWNERS.format(owner=whom, folder=f"/.{forge}/".ljust(17)).encode(),
        f".{forge}/{template}": _PULL_REQUEST.encode(),
        ".pre-commit-config.yaml": _PRE_COMMIT.encode(),
    }


def owners_path(forge: str) -> str:
    """Where a forge reads who owns what."""
    return f".{forge}/CODEOWNERS"


_OWNERS = """\
# Who is asked before these change. Modules name maintainers and deployments an owner of their own.
*                 {owner}
/modules/
/deployments/
/clouds/          {owner}
{folder} {owner}
"""

_PULL_REQUEST = """\
<!-- What does this add or change, and why? -->

## What

## Why

<!-- For a module: do you maintain it, and is its version raised with a line in `changes`? -->
<!-- For a deployment: who owns it, and until when shall it run? -->
"""

_PRE_COMMIT = """\
# `pip install pre-commit && pre-commit install`: then no commit goes by unchecked.
repos:
  - repo: local
    hooks:
      - id: deepcat-check
        name: Check the catalog
        entry: deepcat check
        language: system
        files: ^(modules/|clouds/|deployments/|policies/|deepcat\\.yaml$)
        require_serial: true
"""
