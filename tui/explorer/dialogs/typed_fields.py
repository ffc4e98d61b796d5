"""What is typed in the fields of a dialog: a value that is not allowed is marked and told until it is mended."""

from __future__ import annotations

from typing import Final

from core import Experiment, InvalidSettingsError
from tui.explorer.widgets.setting_row import Field

WRONG: Final = "-wrong"
"""The class of a field whose value is not allowed"""

STYLE: Final = "Field.-wrong { background: $error-muted; color: $text-error; }"
"""How such a field looks, in a style sheet"""


class TypedFields:
    """Which fields of a dialog have a value that is not allowed, and why."""

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}
        """Setting → what is said of the value in its field"""

    @property
    def problem(self) -> str:
        """What is said of every such value, in sentences; empty where all are allowed."""
        return "; ".join(self._problems.values())

    def take(self, field: Field, value: str, experiment: Experiment) -> Experiment | None:
        """The settings with the value of a field, which is marked where it is not allowed: then None.

        Args:
            field: The field.
            value: What stands in it.
            experiment: The settings before.
        """
        name = field.setting.name
        try:
            found = experiment.replace(**{name: value})
        except InvalidSettingsError as error:
            self._problems[name] = str(error)
            field.add_class(WRONG)
            return None
        self._problems.pop(name, None)
        field.remove_class(WRONG)
        return found

    def put(self, field: Field, value: str) -> None:
        """Have another value in a field, which is allowed, as if it had stood there."""
        self._problems.pop(field.setting.name, None)
        field.remove_class(WRONG)
        with field.prevent(Field.Changed):
            field.value = value
