"""What a run begins on its own machine ends with it: nothing goes on alone when the run is killed.

As a program, `parent_death.py PID COMMAND…` runs a command for as long as the process PID lives,
and ends it with all that it began in its session's first process group. On Linux; elsewhere it only
runs it.
"""

from __future__ import annotations

import os
import select
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Let this process be killed when the one that began it ends."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def main(owner: int, argv: list[str]) -> int:
    """Run a command; gives its exit status, as a shell would."""
    child = os.fork()
    if child == 0:
        os.setsid()
        end_with_parent()
        os.execvp(argv[0], argv)  # noqa: S606 - the caller's own words
    if sys.platform == "linux" and not _outlived(owner, child):
        _end(child)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def _outlived(owner: int, child: int) -> bool:
    """Wait until one of them ends; whether the owner is still there."""
    try:
        watched = [os.pidfd_open(pid) for pid in (owner, child)]
    except ProcessLookupError:
        return False
    poll = select.poll()
    for handle in watched:
        poll.register(handle, select.POLLIN)
    ended = {handle for handle, _ in poll.poll()}
    return watched[0] not in ended


def _end(child: int) -> None:
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
