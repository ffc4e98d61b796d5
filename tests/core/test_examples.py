"""Every public function of core has an example in its docstring, and every example in core does what it says."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import core

CONSTRUCTED = ("Batch", "Experiment", "Network", "Scaled")
"""The classes that a person makes with their own hands."""

PUBLIC = sorted({*CONSTRUCTED, *(name for name in core.__all__ if inspect.isfunction(getattr(core, name)))})
MODULES = ("core", *sorted(found.name for found in pkgutil.walk_packages(core.__path__, "core.")))


def examples(documented: object) -> int:
    return len(doctest.DocTestParser().get_examples(inspect.getdoc(documented) or ""))


def test_modules_and_public_names_are_found() -> None:
    assert {"core.trace", "core.bptt.rate", "core.network.cells.lstm"} <= set(MODULES)
    assert {"run", "lag_profile", "Experiment", "train", "claims"} <= set(PUBLIC)


def test_every_public_function_has_an_example() -> None:
    assert not [name for name in PUBLIC if not examples(getattr(core, name))]


@pytest.mark.parametrize("name", MODULES)
def test_every_example_does_what_it_says(name: str) -> None:
    module = importlib.import_module(name)
    with np.printoptions(precision=4, suppress=True):
        found = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    assert found.failed == 0


def test_an_example_that_says_something_else_is_noticed() -> None:
    def wrong() -> None:
        """Two and two.

        >>> 2 + 2
        5
        """

    assert examples(wrong) == 1
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder().find(wrong, "wrong", globs={}):
        assert runner.run(test, out=lambda text: None).failed == 1
