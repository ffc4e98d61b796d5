"""What can be opened: presets, tours and a person's own lessons, alike in what is listed and looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, get_args

from rich.text import Text

from core import Experiment, Preset, presets, settings
from core.settings.hints import Value
from tui.explorer.session.tour import Level, Tour
from tui.explorer.tours.library import following

LEVELS: Final[tuple[str, ...]] = get_args(Level)

TOUR: Final = "tour:"
"""What the key of a tour that comes with the program begins with"""

SESSION: Final = "session"
"""The key of how the screen was when the program was left last"""

A_FILE: Final = "file"
"""The key of what asks for a file"""

OWN: Final = "own:"
"""What the key of a person's own lesson begins with; its path follows"""


@dataclass(frozen=True)
class Offer:
    """One thing that can be opened."""

    key: str
    """What it is chosen by: the name of a preset, or `tour:` or `own:` with a name or path"""
    name: str
    title: str
    about: str
    topic: str
    level: str
    """How much it asks of a reader"""
    command: str
    """How it is asked for on the command line"""
    kind: str = ""
    """What it is, where it is no preset: `tour, 7 steps`"""
    mark: str = " "
    next: tuple[str, ...] = ()
    """The keys of what to try after it"""
    told: Text = field(default_factory=Text)
    """What it is made of"""
    words: str = ""
    """What more it is found by"""
    experiment: Experiment | None = None
    """The settings of a preset"""


def preset_offers() -> tuple[Offer, ...]:
    """Every preset that comes with the program, as an offer."""
    return tuple(of_preset(preset) for preset in presets().values())


def of_preset(preset: Preset) -> Offer:
    """A preset as it is listed and looked for."""
    changes = differences(preset.experiment)
    return Offer(
        key=preset.name,
        name=preset.name,
        title=preset.title,
        about=preset.look_for,
        topic=preset.group or "Presets",
        level=preset.level,
        command=f"rnn-tui --preset {preset.name}",
        next=preset.next,
        told=_told(changes),
        words=" ".join(f"{name} {value}" for name, (value, _) in changes.items()),
        experiment=preset.experiment,
    )


def of_tour(tour: Tour, name: str, path: Path | None = None) -> Offer:
    """A tour that comes with the program, or one in a file."""
    steps = len(tour.steps)
    return Offer(
        key=f"{TOUR}{name}" if path is None else f"{OWN}{path}",
        name=name,
        title=tour.title,
        about=tour.about or tour.steps[0].text,
        topic=tour.topic,
        level=tour.level,
        command=f"rnn-tui tour {name if path is None else path}",
        kind=f"{'tour' if path is None else 'lesson'}, {steps} step{'' if steps == 1 else 's'}",
        mark="▶",
        next=tuple(f"{TOUR}{one}" if isinstance(found, Tour) else one for one, found in following(tour).items()),
        words=f"tour lesson {tour.topic}",
    )


def of_session(tour: Tour) -> Offer:
    """How the screen was when the program was left last."""
    return replace(of_tour(tour, ""), key=SESSION, name=SESSION, kind="", command="", mark="↩")


def file_offer() -> Offer:
    """The way to a file of one's own."""
    return Offer(
        key=A_FILE,
        name="file",
        title="A file: your network, your data …",
        about="Open a network of PyTorch, Keras and others, data (csv, tsv, arrays, sound), a trace that was saved, or "
        "settings. Of a network you see its recurrent parts and what is known of each; of data the columns.",
        topic="Your own",
        level="",
        command="rnn-tui FILE",
        mark="…",
        words="open network checkpoint pt safetensors keras h5 onnx data csv tsv npy npz wav parquet trace own table",
    )


def by_topic(offers: Sequence[Offer]) -> Mapping[str, Sequence[Offer]]:
    """Topic → what there is on it, tours first and then what asks less of a reader; topics as they first come."""
    topics = dict.fromkeys(offer.topic for offer in offers)

    def order(offer: Offer) -> tuple[bool, int]:
        return offer.experiment is not None, LEVELS.index(offer.level) if offer.level in LEVELS else len(LEVELS)

    return {topic: sorted((one for one in offers if one.topic == topic), key=order) for topic in topics}


def fits(offer: Offer, words: str) -> bool:
    """Whether every word stands in its name, title, text or settings, capitals or not."""
    text = f"{offer.name} {offer.title} {offer.about} {offer.words}".casefold()
    return all(stem in text for stem in _stems(words))


def distance(offer: Offer, words: str) -> tuple[int, bool, int]:
    """How far what fits is from what a person means: the smaller, the better it fits.

    First by how many words do not stand in its name or title, which are what is seen in the list; then whether its
    name is what was typed; then by how many words begin no word there, as `tied` begins none of `untied`.
    """
    seen = f"{offer.name} {offer.title}".casefold()
    stems = list(_stems(words))
    unseen = sum(stem not in seen for stem in stems)
    within = sum(re.search(rf"\b{re.escape(stem)}", seen) is None for stem in stems)
    return unseen, offer.name != words.strip().casefold(), within


def _stems(words: str) -> Iterator[str]:
    """What is looked for: `explode` is in `exploding` too."""
    return (word.removesuffix("e") for word in words.casefold().split())


def differences(experiment: Experiment) -> Mapping[str, tuple[Value, Value]]:
    """Setting → (its value, the default), for those that are not at their default."""
    values = experiment.model_dump()
    return {
        name: (values[name], setting.default) for name, setting in settings().items() if values[name] != setting.default
    }


def _told(changes: Mapping[str, tuple[Value, Value]]) -> Text:
    """Settings as `gain 0.9 → 3`."""
    text = Text()
    for name, (value, default) in changes.items():
        text.append(" · " if text else "", "dim").append(f"{settings()[name].label} ", "dim")
        text.append(f"{_shown(default)} → {_shown(value)}")
    return text


def _shown(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
