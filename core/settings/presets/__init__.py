"""Named experiments: one TOML file each, with a sentence of what to look for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

from core.settings.experiment import Experiment, read_toml
from core.settings.files import shortened


@dataclass(frozen=True)
class Preset:
    """A named experiment: its settings, its title, and in words what to look for in it."""

    name: str
    title: str
    look_for: str
    """What to look for, in a sentence or two"""
    experiment: Experiment
    topic: str = ""
    """`training` where there is nothing to see before it is trained"""
    group: str = ""
    """What it is listed under"""
    level: str = ""
    """How much it asks of a reader: first steps, further, advanced"""
    next: tuple[str, ...] = ()
    """The presets to try after it"""
    opens: str = "end"
    """Where on the way back from the last loss it is to be looked at first: at the `end`, at step 1 with the whole
    gradient gathered, or at the `loss`, where it comes in"""


@cache
def presets() -> dict[str, Preset]:
    """Every shipped preset by name, the default first.

    Runnable example:

        >>> import core
        >>> core.presets()["vanishing"].experiment == core.preset("vanishing")
        True
    """
    found = {}
    for entry in files(__name__).iterdir():
        if entry.name.endswith(".toml"):
            with as_file(entry) as path:
                experiment, about = read_toml(path)
            name = entry.name.removesuffix(".toml")
            found[name] = Preset(
                name,
                about["title"],
                about["look_for"],
                experiment,
                topic=about.get("topic", ""),
                group=about["group"],
                level=about["level"],
                next=tuple(about["next"].split(", ")),
                opens=about.get("opens", "end"),
            )
    return dict(sorted(found.items(), key=lambda item: (item[0] != "sunspots", item[0])))


def preset(name: str) -> Experiment:
    """The experiment of the preset of that name.

    Args:
        name: One of `core.presets()`.

    Raises:
        ValueError: if there is none of that name; the message lists those there are.

    Runnable example:

        >>> import core
        >>> core.preset("lstm").cell
        'lstm'
    """
    if name not in presets():
        raise ValueError(f"preset: {shortened(name)!r} was given, allowed is {', '.join(presets())}")
    return presets()[name].experiment
