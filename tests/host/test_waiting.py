"""A process with many open files waits for one as any other does."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator

import pytest

from deepcat.host.waiting import is_readable
from deepcat.remote import ssh

MANY = 1_100


@pytest.fixture
def many_files() -> Iterator[None]:
    """More open files than `select` has numbers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * MANY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * MANY), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(MANY)]
    try:
        yield
    finally:
        for each in held:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_a_file_of_a_high_number_is_waited_for() -> None:
    inner, outer = os.pipe()
    assert inner > MANY
    try:
        assert not is_readable(inner, 0)
        os.write(outer, b"!")
        assert is_readable(inner, 60)
        assert os.read(inner, 1) == b"!"
    finally:
        os.close(outer)
    assert is_readable(inner, 60), "its end is told, too"
    os.close(inner)


@pytest.mark.starts("a shell")
@pytest.mark.usefixtures("many_files")
def test_a_command_is_heard_all_the_same() -> None:
    assert ssh.run(None, "echo heard").out == b"heard\n"
