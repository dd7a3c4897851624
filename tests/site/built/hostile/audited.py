"""Run `deepcat` with these words and write down what it opens for writing, starts or connects to.

python audited.py LOG WORD…
"""

from __future__ import annotations

import os
import sys

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
PATHS = {
    "os.mkdir": (0,),
    "os.rename": (0, 1),
    "os.link": (0, 1),
    "os.symlink": (1,),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.chmod": (0,),
    "os.truncate": (0,),
    "shutil.rmtree": (0,),
    "shutil.copyfile": (1,),
}


def main() -> None:
    log, *words = sys.argv[1:]
    # Processes that are forked from this one write to the same file, each line whole.
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(what: str, thing: object, folder: object = -1) -> None:
        if isinstance(thing, str | bytes | os.PathLike):
            if isinstance(folder, int) and folder >= 0:
                thing = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(thing))  # noqa: PTH115, PTH118
            thing = os.path.abspath(os.fsdecode(thing))  # noqa: PTH100 - links stay unfollowed
        os.write(file, f"{what}\t{thing!r}\n".encode())

    def hook(event: str, facts: tuple[object, ...]) -> None:
        if event == "open" and isinstance(facts[2], int) and facts[2] & WRITES:
            # What is opened by its number was opened by its name before.
            if not isinstance(facts[0], int):
                say(event, facts[0])
        elif event in PATHS:
            for index in PATHS[event]:
                say(event, facts[index], facts[-1] if event in {"os.remove", "os.rmdir"} else -1)
        elif event in {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}:
            say(event, facts[0])
        elif event in {"socket.connect", "socket.getaddrinfo", "urllib.Request"}:
            say(event, [repr(facts[-1])])

    from deepcat.cli.main import main as deepcat

    sys.argv = ["deepcat", *words]
    sys.addaudithook(hook)
    deepcat()


if __name__ == "__main__":
    main()
