"""The lowest versions that pyproject.toml allows of what the program and its tests need, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def lowest() -> list[str]:
    """`name==version` for each requirement that has a lower bound."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    given = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    return [re.sub(r">=([\w.]+)[^;]*", r"==\1", each) for each in given]


if __name__ == "__main__":
    print("\n".join(lowest()))  # noqa: T201
