"""What a result is known by: the version of the program that made it, and the fingerprint of its settings."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from core.settings.experiment import Experiment

DISTRIBUTION = "rnn-tui"
"""What the program is called where it is installed"""

_ENCODER = json.JSONEncoder(sort_keys=True)


@cache
def program_version() -> str:
    """The version of this program, `0.1.0`; empty where it is not installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""


def fingerprint(experiment: Experiment) -> str:
    """SHA-256, in hexadecimal, of every setting by name and value: the same for equal experiments on every machine.

    A text that a setting names is not read: the fingerprint is that of its path.

    Runnable example:

        >>> fingerprint(Experiment(gain=1)) == fingerprint(Experiment(gain=1.0)) != fingerprint(Experiment())
        True
    """
    return hashlib.sha256(_ENCODER.encode(experiment.model_dump()).encode()).hexdigest()
