"""Data that are ids: looked up in the table of embeddings that a file has before its network.

The characters of a text are, where it has as many different ones as the table has rows; so is a column of whole numbers
from 0 on, of which none is past the last row. What is found decides.
"""

from __future__ import annotations

import numpy as np

from core.bptt.embedding import Embedding
from core.bptt.every_step import MOST_NUMBERS as MOST_CARRIED
from core.network.cells.stacked import MOST_LAYERS
from core.network.network import Network
from core.numerics.scaled import Floats
from core.settings.experiment import Experiment
from core.sources.candidate import Candidate
from core.tasks import input_names, input_size, make_batch

MOST_NUMBERS = 1 << 23
"""Steps × examples × ids, at most, of inputs that are 1 at an id: some 64 MB"""


def stands_below(candidate: Candidate, network: Network, steps: int, examples: int) -> bool:
    """Whether the table of a file is made the lowest layer of a network, so that it has a gradient of its own.

    Below two directions every loss is then carried through every step, which is done up to a size.

    Args:
        candidate: The part of the file.
        network: The network of it, or of its first layer.
        steps: T.
        examples: B.
    """
    table = candidate.embedding
    if table is None or table.array.shape[1] != network.input_size:
        return False
    if network.looks_ahead:
        width = network.state_size + sum(network.cell.widths(network.hidden_size).values()) + 2 * network.input_size
        if steps**2 * examples * width > MOST_CARRIED:
            return False
    return steps * examples * table.ids <= MOST_NUMBERS and len(network.cell.stack) < MOST_LAYERS


def with_table(candidate: Candidate, network: Network) -> Network:
    """The network with the table of its file as its lowest layer."""
    assert candidate.embedding is not None
    return Embedding(np.asarray(candidate.embedding.array, np.float64)).before(network)


def are_ids(candidate: Candidate, experiment: Experiment) -> bool:
    """Whether the data of an experiment are ids of the table that a file has, each 1 at one place of x.

    Raises:
        ValueError: if the data are not there.
    """
    table = candidate.embedding
    of_ids = experiment.task != "table" or bool(experiment.ids)
    return table is not None and of_ids and input_size(experiment) == table.ids


def reading_ids(candidate: Candidate, experiment: Experiment) -> Experiment:
    """The experiment with its one column of numbers read as ids of the file's table, where it has such ones.

    The next id is then what is asked for, as a class, where no other column is.

    Raises:
        ValueError: if the data are not there.
    """
    if column_of_ids(candidate, experiment) is None:
        return experiment
    assert candidate.embedding is not None
    return experiment.replace(ids=candidate.embedding.ids)


def column_of_ids(candidate: Candidate, experiment: Experiment) -> Floats | None:
    """Inputs (T, B, V) that are 1 at the ids in the one column of numbers that is read; None where it has none.

    Raises:
        ValueError: if the data are not there.
    """
    table = candidate.embedding
    if table is None or experiment.task != "table" or len(input_names(experiment)) != 1:
        return None
    values = make_batch(experiment.replace(scale="none")).inputs
    if values.shape[2] != 1 or np.any(values != np.rint(values)) or values.min() < 0 or values.max() >= table.ids:
        return None
    return Embedding(np.asarray(table.array, np.float64)).one_hot(values[..., 0].astype(np.intp))


def rows_said(candidate: Candidate) -> str:
    """What the inputs of a network are where it stands behind a table: a clause; empty where it does not."""
    table = candidate.embedding
    return "" if table is None else f", rows of {table.name}, which has {table.ids} ids"
