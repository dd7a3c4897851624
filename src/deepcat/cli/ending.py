"""How a command ends: whatever it raised becomes words and an exit status; the one such place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click

from deepcat.cli import streams
from deepcat.cli.say import say
from deepcat.cli.statuses import Exit
from deepcat.errors import DeepcatError, UsageError, of_the_machine
from deepcat.extras import of_import

_QUOTED = re.compile(r"'([^']*)'")


def ended(run: Callable[[], int]) -> int:
    """Run a command to its end, and say how it went."""
    try:
        status = _status(run)
        streams.finish()
        return status
    except BrokenPipeError:
        return Exit.NOBODY_READS
    except DeepcatError as lost:
        return status or _tell(lost)
    except OSError as error:
        return _tell(_of_others(error))
    finally:
        streams.give_up()


def _status(run: Callable[[], int]) -> int:
    try:
        return run()
    except (click.exceptions.Exit, SystemExit) as left:
        return _left(left)
    except click.exceptions.NoArgsIsHelpError as bare:
        return _helped(bare)
    except (KeyboardInterrupt, click.Abort) as stopped:
        return _stopped(stopped)
    except BrokenPipeError:
        raise
    except Exception as error:
        return _tell(_as_ours(error))


def _left(left: click.exceptions.Exit | SystemExit) -> int:
    code = left.exit_code if isinstance(left, click.exceptions.Exit) else left.code
    return code if isinstance(code, int) else Exit.FAILURE if code else Exit.OK


def _helped(bare: click.exceptions.NoArgsIsHelpError) -> int:
    """A group of commands alone, without one: its help, line by line, as an error."""
    for line in bare.format_message().splitlines():
        say("{}", line, err=True)
    return Exit.MISUSE


def _stopped(stopped: BaseException) -> int:
    """By Ctrl-C, also at a question; or somebody answered no."""
    if isinstance(stopped, KeyboardInterrupt) or isinstance(stopped.__context__, KeyboardInterrupt):
        say("", err=True)
        return Exit.INTERRUPTED
    say("Nothing was done.", err=True)
    return Exit.FAILURE


def _as_ours(error: Exception) -> DeepcatError:
    if isinstance(error, DeepcatError):
        return error
    return _misuse(error) if isinstance(error, click.ClickException) else _of_others(error)


def _misuse(error: click.ClickException) -> DeepcatError:
    """What click says, in our form: one sentence, and a hint that leads on."""
    context = getattr(error, "ctx", None)
    likely = sorted(getattr(error, "possibilities", None) or ())[:3]
    if likely:
        hint = f"did you mean {' or '.join(f'`{each}`' for each in likely)}?"
    else:
        hint = f"see `{context.command_path} --help`" if context else "see `deepcat help COMMAND`"
    if isinstance(error, click.NoSuchOption):
        return UsageError(f"there is no option `{error.option_name}`", hint=hint)
    said = error.format_message().partition(" Did you mean ")[0].rstrip(".")
    in_one_line = " ".join(said.split())
    message = _QUOTED.sub(r"`\1`", in_one_line[:1].lower() + in_one_line[1:])
    return UsageError(message.replace("no such command", "there is no command"), hint=hint)


def _of_others(error: Exception) -> DeepcatError:
    """What the machine refused; else a bug, shown whole to whoever asks for it."""
    if isinstance(error, FileNotFoundError) and _has_no_folder():
        return UsageError("the folder that this was begun in is gone", hint="go into another one")
    known = of_import(error) if isinstance(error, ImportError) else of_the_machine(error)
    if known is not None:
        return known
    if os.environ.get("DEEPCAT_DEBUG"):
        raise error
    return DeepcatError(
        f"deepcat itself is wrong here: {type(error).__name__}: {error}",
        hint="set DEEPCAT_DEBUG=1 to see where, and please report it",
        code="deepcat/bug",
        exit_code=Exit.BUG,
    )


def _has_no_folder() -> bool:
    try:
        return not Path.cwd().is_dir()
    except OSError:
        return True


def _tell(error: DeepcatError) -> int:
    """Say it, if there is somebody to say it to."""
    with suppress(OSError):
        code = f" [{error.code}]" if error.code else ""
        say("error", nl=False, err=True, fg="red", bold=True)
        say("{}: {}", code, error.message, err=True)
        if error.hint:
            say("hint", nl=False, err=True, fg="cyan")
            say(": {}", error.hint, err=True)
    return error.exit_code
