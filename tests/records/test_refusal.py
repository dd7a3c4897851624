"""What remotes really say, in the words of Git, and what a person is told of it."""

from __future__ import annotations

import pytest

from deepcat.records.refusal import refusal, unreachable

CASES = {
    # A hook, a ruleset and protected branches of the forges.
    "refused: the branch is protected": (
        "To file:///r.git\n!\trefs/a:refs/heads/records\t[remote rejected] (pre-receive hook"
        " declined)\nremote: the branch is protected        \nerror: failed to push some refs\n"
    ),
    "refused: GH006: Protected branch update failed for refs/heads/records.": (
        "remote: error: GH006: Protected branch update failed for refs/heads/records.\n"
        "!\tx:refs/heads/records\t[remote rejected] (protected branch hook declined)\n"
    ),
    "refused: GitLab: You are not allowed to push code to protected branches on this project.": (
        "remote: GitLab: You are not allowed to push code to protected branches on this project.\n"
        " ! [remote rejected] x -> records (pre-receive hook declined)\n"
    ),
    "forbidden: Permission to o/r.git denied to ada.": (
        "remote: Permission to o/r.git denied to ada.\n"
        "fatal: unable to access 'https://github.com/o/r.git/': The requested URL returned error:"
        " 403\n"
    ),
    "forbidden: Write access to repository not granted.": (
        "remote: Write access to repository not granted.\n"
        "fatal: unable to access 'https://github.com/o/r.git/': The requested URL returned error:"
        " 403\n"
    ),
    "forbidden: could not read Username for 'https://h': terminal prompts disabled": (
        "fatal: could not read Username for 'https://h': terminal prompts disabled\n"
    ),
    "forbidden: Authentication failed for 'https://h/r.git/'": (
        "remote: \nfatal: Authentication failed for 'https://h/r.git/'\n"
    ),
    "forbidden: git@h: Permission denied (publickey).": (
        "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\n"
        "Please make sure you have the correct access rights\nand the repository exists.\n"
    ),
    "forbidden: access denied or repository not exported: /r.git": (
        "fatal: remote error: access denied or repository not exported: /r.git\n"
    ),
    "forbidden: insufficient permission for adding an object to repository database ./objects": (
        "remote: error: insufficient permission for adding an object to repository database"
        " ./objects\n!\tx:refs/heads/records\t[remote failure] (remote failed to report status)\n"
    ),
    "unreachable: unable to access 'https://h/': Could not resolve host: h": (
        "fatal: unable to access 'https://h/': Could not resolve host: h\n"
    ),
    "unreachable: unable to access 'http://127.0.0.1:403/': Failed to connect": (
        "fatal: unable to access 'http://127.0.0.1:403/': Failed to connect\n"
    ),
    "unreachable: '/nowhere' does not appear to be a git repository": (
        "fatal: '/nowhere' does not appear to be a git repository\nfatal: Could not read from"
        " remote repository.\n\nPlease make sure you have the correct access rights\n"
    ),
    "unreachable: the remote end hung up unexpectedly": (
        "fatal: the remote end hung up unexpectedly\n"
    ),
    "unreachable: repository 'https://h/r.git/' not found": (
        "fatal: repository 'https://h/r.git/' not found\n"
    ),
    "unreachable: connect to host h port 22: Connection timed out": (
        "ssh: connect to host h port 22: Connection timed out\n"
        "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct"
        " access rights\nand the repository exists.\n"
    ),
}


@pytest.mark.parametrize("told", CASES)
def test_what_a_remote_says_is_told_by_its_kind(told: str) -> None:
    error = refusal("origin", CASES[told])
    assert error is not None
    kind, _, words = told.partition(": ")
    assert error.code == f"records/{kind}"
    assert error.message.endswith(words.strip())
    assert "`origin`" in error.message


def test_what_is_no_matter_of_the_remote_is_git_s() -> None:
    assert refusal("origin", "fatal: unable to write new index file\n") is None


def test_what_a_server_writes_stays_in_its_line() -> None:
    error = refusal("origin", "remote: no\x1b[2J\u202e way\n ! [remote rejected] x -> records\n")
    assert error is not None
    assert error.message.isprintable()
    assert unreachable("origin", "a\nb").message.isprintable()
