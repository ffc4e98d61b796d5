"""The command line's options: every setting is one, made from `core.settings()`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

if TYPE_CHECKING:
    from core.settings.experiment import Setting
    from tui.report.formats import FormatOf


WITH_FILE: Final = {
    "readout": " With FILE, instead: the name of a read-out in it, new for one that is drawn, or, of report, probe for "
    "a gradient at the states in the place of a loss; the likeliest that fits the data if absent."
}
"""Setting → what its option means where a file has the network"""


@dataclass(frozen=True)
class Values:
    """What an argument or option may be, for shells that complete it: the parser takes any text, and core judges it."""

    known: Callable[[], Iterable[str]]
    """The values; called only for shells, since some are slow to import"""


def command(
    run: Callable[..., int],
    about: str,
    more: Mapping[str, Any] | None = None,
    *,
    file: str = "",
    several: bool = False,
) -> Callable[..., int]:
    """A function with one keyword per setting, and those that name an experiment; absent ones are not passed.

    Args:
        run: What the command does.
        about: The first line of its help.
        more: The options that it has in addition.
        file: The help on the file that may stand before the options; empty where there is none.
        several: Whether it takes any number of files, as `files`, and not only one.
    """
    from cyclopts import Group, Parameter

    from core.settings.experiment import settings
    from core.settings.presets import presets

    groups = {
        setting.hint.group: Group(setting.hint.group.capitalize(), sort_key=index + 2)
        for index, setting in enumerate(settings().values())
    }
    start = Group("Start from", sort_key=1)
    hints: dict[str, Any] = {
        "preset": Annotated[
            str | None,
            Parameter(help="A named experiment; the list is below.", metavar="NAME", group=start),
            Values(presets),
        ],
        "experiment": Annotated[
            str | None,
            Parameter(help="A TOML file of settings, saved by the explorer or by hand.", metavar="FILE", group=start),
        ],
        "setup": Annotated[
            str | None,
            Parameter(help="The code of a setup, as Y in the explorer copies it.", metavar="CODE", group=start),
        ],
    }
    for name, setting in settings().items():
        with_file = WITH_FILE.get(name, "") if file else ""
        flag = _flag(setting, groups[setting.hint.group], with_file)
        hints[name] = Annotated[str | None, flag, Values(partial(tuple, setting.choices))]
    hints |= more or {}

    def run_with(*files: str, **given: Any) -> int:
        if several:
            return run(**given, files=files)
        return run(**given, file=files[0]) if files and files[0] else run(**given)

    name = "files" if several else "file"
    first = {name: Annotated[str, Parameter(help=file, metavar="FILE", show_default=False)]} if file else {}
    run_with.__doc__ = about
    run_with.__annotations__ = {**first, **hints, "return": int}
    run_with.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            *(
                inspect.Parameter(name, inspect.Parameter.VAR_POSITIONAL, annotation=hint)
                if several
                else inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY, default="", annotation=hint)
                for name, hint in first.items()
            ),
            *(
                inspect.Parameter(
                    name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=False if hint.__origin__ is bool else None,
                    annotation=hint,
                )
                for name, hint in hints.items()
            ),
        ],
        return_annotation=int,
    )
    return run_with


def switch(text: str) -> Any:
    """An option that is given without a value."""
    from cyclopts import Parameter

    return Annotated[bool, Parameter(help=text, negative=(), show_default=False)]


def text(text: str, metavar: str = "FILE", *, values: Callable[[], Iterable[str]] = tuple) -> Any:
    """An option whose value is taken as it stands.

    Args:
        text: Its help.
        metavar: What stands for the value in the help; `FILE` for the name of one.
        values: What it may be, as far as that is known.
    """
    from cyclopts import Parameter

    return Annotated[str | None, Parameter(help=text, metavar=metavar), Values(values)]


def outputs() -> dict[str, Any]:
    """The options of report: other forms of the same numbers."""
    from tui.report import formats

    return outputs_as(formats.FORMATS)


def documents() -> dict[str, Any]:
    """The options of the commands that print a document: its other forms."""
    from tui.report.formats.documents import DOCUMENT_FORMATS

    return outputs_as(DOCUMENT_FORMATS)


def outputs_as(formats: Iterable[FormatOf[Any]]) -> dict[str, Any]:
    """The options that ask for one of these forms."""
    return {
        **{
            one.name: switch(one.option)
            if one.switch
            else text(f"{one.option}; - is standard output, without the report.")
            for one in formats
            if one.option
        },
        "overwrite": switch("Replace a file that is already there."),
    }


def _flag(setting: Setting, group: Any, with_file: str) -> Any:
    """How the parser and its help know a setting; its value stays text, for core to read and to judge."""
    from cyclopts import Parameter

    metavar = {"choice": "CHOICE", "integer": "INTEGER", "number": "NUMBER", "text": "TEXT"}[setting.kind]
    allowed = setting.allowed.removeprefix("a whole number ")
    return Parameter(
        alias=f"--{setting.hint.alias}" if setting.hint.alias else None,
        help=f"{setting.label}: {setting.help}{with_file} [{allowed}]",
        metavar="FILE" if setting.hint.names_file else metavar,
        show_default=str(setting.default) or "none",
        group=group,
    )


def presets_help() -> str:
    """The list of named experiments, for the end of a help text."""
    from core.settings.presets import presets

    width = max(map(len, presets()))
    return "Presets:\n" + "\n".join(f"  {preset.name:<{width}}  {preset.title}" for preset in presets().values())
