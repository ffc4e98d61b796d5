"""Every setting as TOML, which `Experiment.load` and `rnn-tui --experiment` read; provenance as comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.report.words.subject import describe_setup

if TYPE_CHECKING:
    from tui.report.formats.format import Bundle

NO_SETTINGS: Final = "no settings make this network and its data; save every array for NumPy (.npz) instead"
"""Why a trace cannot be saved as settings"""


def toml_contents(bundle: Bundle) -> bytes:
    """The settings as TOML: the bytes of the file, of a trace that `no_settings` allows."""
    settings = bundle.trace.origin.settings
    assert settings is not None
    return f"# {describe_setup(bundle.trace)}\n# {bundle.made.line}\n\n{settings.to_toml()}".encode()


def no_settings(bundle: Bundle) -> str:
    """Why the trace cannot be saved as settings; empty if it can."""
    return NO_SETTINGS if bundle.trace.origin.settings is None else ""
