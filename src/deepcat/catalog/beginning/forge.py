"""What a forge and a person's own Git read in a new catalog. Pure."""

from __future__ import annotations


def forge_files(owner: str) -> dict[str, bytes]:
    """Path -> content.

    Args:
        owner: a handle on the forge.
    """
    return {
        ".github/CODEOWNERS": _OWNERS.format(owner=f"@{owner.removeprefix('@')}").encode(),
        ".github/pull_request_template.md": _PULL_REQUEST.encode(),
        ".pre-commit-config.yaml": _PRE_COMMIT.encode(),
    }


_OWNERS = """\
# Who is asked before these change. Modules name maintainers and deployments an owner of their own.
*                 {owner}
/modules/
/deployments/
/clouds/          {owner}
/.github/         {owner}
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
        files: ^(modules/|clouds/|deployments/|deepcat\\.yaml$)
        require_serial: true
"""
