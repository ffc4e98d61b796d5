"""The one file that a command takes, opened as what it is: settings, data, a saved trace, or a network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.cli import effects
from tui.cli.request import BadInputError, Request, request_of, setup_given
from tui.cli.terminal import PROGRAM

if TYPE_CHECKING:
    from core.sources.any_file import Opened
    from core.sources.checkpoint import Checkpoint
    from core.sources.given import Given
    from tui.report.opened import Unanswered


@dataclass(frozen=True)
class Opening:
    """What the explorer is opened on: settings, and what is given in the place of what they make."""

    request: Request
    given: Given | Unanswered | None = None


def opened(file: str, commands: Collection[str]) -> Opened:
    """The file as what it is.

    Args:
        file: As it was given.
        commands: What else might have been meant; nothing where a command stood before it.

    Raises:
        BadInputError: there is none, or it cannot be opened.
    """
    from core.sources.any_file import open_file

    if commands and len(file) < 24 and file.isidentifier() and not Path(file).exists():
        if file in commands:
            raise BadInputError(f"{file} must come first: {PROGRAM} {file}, and then its options")
        raise BadInputError(
            f"{file!r} is neither a command nor an option, and no file; the commands are "
            f"{', '.join(commands)}, and {PROGRAM} --help lists the options"
        )
    try:
        return open_file(file)
    except ValueError as error:
        raise BadInputError(str(error)) from None


def folded(file: str, found: Opened, given: dict[str, Any], answers: dict[str, str | None]) -> bool:
    """Whether a file is settings or data: then it is put among what was given, as the option that it stands for.

    What is said of a network's read-out is then the setting of that name, too.

    Raises:
        BadInputError: that option was given too.
    """
    from core.sources.any_file import SettingsFile
    from core.tasks.table.table import Table

    option = "experiment" if isinstance(found, SettingsFile) else "data" if isinstance(found, Table) else ""
    if not option:
        return False
    what = "settings" if option == "experiment" else "data"
    also = [name for name in ("experiment", "preset" if option == "experiment" else "data") if given.get(name)]
    also += ["setup"] if option == "experiment" and given.get("setup") else []
    if option in also or (option == "experiment" and also):
        raise BadInputError(f"{file} is {what}, and {effects.flag(also[0])} was given too; give one of them")
    given[option] = file
    if "readout" in answers:
        given["readout"] = answers.pop("readout")
    return True


def network_of(file: str, given: dict[str, Any]) -> Checkpoint | None:
    """The network of a file that a command trains; None where there is no file, or it is settings or data.

    Raises:
        BadInputError: it cannot be opened, or the option that it stands for was given too.
    """
    from core.sources.checkpoint import open_checkpoint
    from core.sources.given import Given
    from core.sources.recording import Recording

    found = opened(file, ()) if file else None
    if found is None or folded(file, found, given, {}):
        return None
    return open_checkpoint(file) if isinstance(found, Given | Recording) else found  # type: ignore[return-value]


def opening(file: str, given: dict[str, Any], answers: dict[str, str | None], commands: Collection[str]) -> Opening:
    """What the explorer is opened on.

    Args:
        file: The file; empty where none was given.
        given: The settings, and what names an experiment.
        answers: What was said of a network in a file.
        commands: What else might have been meant by the file.

    Raises:
        BadInputError: something that was given is not allowed, or cannot be opened.
    """
    from core.sources.checkpoint import Checkpoint, open_checkpoint
    from core.sources.given import Given
    from tui.cli.checkpoint import answered, unused, without_file
    from tui.report.opened import Unanswered, given_of, is_to_choose

    answer_as_coded(file, given, answers)
    found = _chosen(opened(file, commands), answers) if file else None
    if found is None or folded(file, found, given, answers):
        request = request_of(**given)
        effects.tell([*effects.unused(request), *without_file(answers, file)])
        return Opening(request)
    request = request_of(**given, of_file=True)
    effects.tell(another_file(found, request))
    if isinstance(found, Given) and not request.asks_for_data:
        effects.tell(unneeded(request, answers, explored=True))
        return Opening(request, saved(found, request))
    found = open_checkpoint(file) if isinstance(found, Given) else found
    assert isinstance(found, Checkpoint)
    effects.tell(unused(request, explored=True))
    asked, on_data = answered(request, answers), request.asks_for_data
    if is_to_choose(found, asked):
        return Opening(request, Unanswered(found, asked, on_data))
    try:
        return Opening(request, given_of(found, asked, request.experiment, on_data=on_data))
    except ValueError as error:
        raise BadInputError(str(error)) from None


def reported(
    file: str,
    given: dict[str, Any],
    answers: dict[str, str | None],
    *,
    untrained: str,
    commands: Collection[str] = (),
) -> Request | Given | tuple[Checkpoint, Request]:
    """What a report is on: settings, a saved trace, or a network in a file with the settings that go with it.

    Args:
        file: The file; empty where none was given.
        given: The settings, and what names an experiment.
        answers: What was said of a network in a file.
        untrained: What the report is called where it is said that it trains nothing.
        commands: What else might have been meant by the file.

    Raises:
        BadInputError: something that was given is not allowed, or cannot be opened.
    """
    from core.sources.checkpoint import Checkpoint, open_checkpoint
    from core.sources.given import Given
    from tui.cli.checkpoint import unused, without_file

    answer_as_coded(file, given, answers)
    found = _chosen(opened(file, commands), answers) if file else None
    if found is None or folded(file, found, given, answers):
        request = request_of(**given)
        effects.tell([*effects.unused(request, untrained=untrained), *without_file(answers, file)])
        return request
    request = request_of(**given, of_file=True)
    effects.tell(another_file(found, request))
    if isinstance(found, Given) and not request.asks_for_data:
        effects.tell(unneeded(request, answers))
        return saved(found, request)
    found = open_checkpoint(file) if isinstance(found, Given) else found
    assert isinstance(found, Checkpoint)
    effects.tell(unused(request))
    return found, request


def _chosen(found: Opened, answers: dict[str, str | None]) -> Opened:
    """A file as it is; of a recorded step the part that was asked for, or its first.

    Raises:
        BadInputError: the recording has no such part.
    """
    from core.sources.recording import Recording

    if not isinstance(found, Recording):
        return found
    try:
        return found.given(answers.pop("part", None))
    except ValueError as error:
        raise BadInputError(str(error)) from None


def answer_as_coded(file: str, given: dict[str, Any], answers: dict[str, str | None]) -> None:
    """Where a code is of a network in a file, and the file is given too, answer what the code answers of it.

    Args:
        file: The file; empty where none was given.
        given: The settings, to which the function that the network does not say is added.
        answers: What was said of the network, which goes before what the code says.

    Raises:
        BadInputError: the code is damaged, or of a newer version.
    """
    code = given.get("setup")
    coded = setup_given(code).file if file and code is not None else None
    if coded is None:
        return
    for name in answers:
        said = getattr(coded.asked, name)
        if answers[name] is None and said is not None:
            answers[name] = str(said)
    if given.get("activation") is None and coded.asked.activation is not None:
        given["activation"] = coded.asked.activation


def another_file(found: Any, request: Request) -> list[str]:
    """What is to be said where a code is of another file than the one that was given."""
    coded = None if request.setup is None else request.setup.file
    digest = getattr(getattr(found, "origin", found), "sha256", None)
    if coded is None or not coded.sha256 or not digest or digest.startswith(coded.sha256):
        return []
    return [f"--setup: the code is of {coded.name} with other contents than this file; what is shown may be another"]


def saved(found: Given, request: Request) -> Given:
    """A saved trace, with k1 and k2 where they were given."""
    own = {name: getattr(request.experiment, name) for name in ("k1", "k2") if name in request.flags}
    return replace(found, **own)


def unneeded(request: Request, answers: Mapping[str, str | None], *, explored: bool = False) -> list[str]:
    """What is to be said of options where the file has the network and its data.

    Args:
        request: The settings, and which of them were given.
        answers: What was said of a network in a file.
        explored: Whether it can be trained further, as in the explorer.
    """
    from core.settings.experiment import settings

    trained = [name for name in request.flags if explored and settings()[name].hint.group == "training"]
    given = [name for name in request.flags if name not in ("k1", "k2", *trained)]
    given += [name for name, value in answers.items() if value is not None]
    return [f"{effects.flag(name)} has no effect: the file has the whole network, and its data" for name in given]
