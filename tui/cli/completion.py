"""`rnn-tui completion SHELL`: what a shell needs to complete commands, options, their values, and files.

The parser takes every value as text, for core to read and to judge, so that it knows no values itself. The shells are
told them: the choices of each setting, the presets, the tours, the remedies, and which options name a file.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from tui.cli.flags import Values
from tui.cli.request import BadInputError
from tui.cli.terminal import PROGRAM

if TYPE_CHECKING:
    from cyclopts import App

ABOUT: Final = "Print what a shell needs to complete commands, options, their values and files, or install it."
SHELLS: Final = ("bash", "zsh", "fish", "powershell")
FILES: Final = ("FILE", "FOLDER")
"""What stands for the value of an option that names a file or a folder"""


def command(app_of: Callable[[], App]) -> Callable[..., int]:
    """The command as the parser takes it.

    Args:
        app_of: Makes the command line that is to be completed.
    """
    from cyclopts import Parameter

    def completion(shell: str = "", /, *, install: bool = False) -> int:
        app = with_values(app_of())
        known = _shell(shell, app)
        if install:
            path = app.install_completion(shell=known)
            sys.stdout.write(f"installed for {known}: {path}; it holds from the next start of the shell on\n")
        else:
            sys.stdout.write(app.generate_completion(shell=known))
        return 0

    completion.__doc__ = ABOUT
    completion.__annotations__ = {
        "shell": Annotated[
            str,
            Parameter(help=f"{', '.join(SHELLS)}; the one that runs this if absent.", show_default=False),
            Values(lambda: SHELLS),
        ],
        "install": Annotated[
            bool,
            Parameter(
                help="Write it where the shell looks for it, and the line that it needs into its startup file.",
                negative=(),
                show_default=False,
            ),
        ],
        "return": int,
    }
    return completion


def _shell(shell: str, app: App) -> Literal["bash", "zsh", "fish", "powershell"]:
    """The shell that is meant, by its name or, without one, the one that runs this."""
    from cyclopts.completion.detect import ShellDetectionError, detect_shell

    if not shell:
        try:
            return detect_shell()
        except ShellDetectionError:
            raise BadInputError(
                f"which shell runs this could not be found out; name it: {PROGRAM} completion {' or '.join(SHELLS)}"
            ) from None
    for known in ("bash", "zsh", "fish", "powershell"):
        if shell == known:
            return known
    raise BadInputError(f"{shell!r} is no shell that can be completed for; these are {', '.join(SHELLS)}")


def with_values(app: App) -> App:
    """Give each argument and option of a command line its values as its type, where they are known.

    It is for the shells only: as a parser it would refuse a value before core can say why.
    """
    for one in (app, *(app[name] for name in app if not name.startswith("-"))):
        run: Any = one.default_command
        for name, hint in run.__annotations__.items():
            if hasattr(hint, "__metadata__"):
                run.__annotations__[name] = _typed(hint)
        run.__signature__ = inspect.Signature(
            [
                parameter.replace(annotation=run.__annotations__[parameter.name])
                for parameter in inspect.signature(run).parameters.values()
            ]
        )
    return app


def _typed(hint: Any) -> Any:
    """A value's type as the shells are told it: one of its values, a file, or what it was."""
    values = tuple(next((one.known() for one in hint.__metadata__ if isinstance(one, Values)), ()))
    parameter = next(one for one in hint.__metadata__ if not isinstance(one, Values))
    if values:
        return Annotated[Literal[values] | None, *hint.__metadata__]
    names = parameter.metavar or ""
    return Annotated[Path | None, *hint.__metadata__] if names.startswith(FILES) else hint
