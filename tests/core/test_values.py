"""The values that travel through the program check themselves, say what is wrong, and cannot be changed.

Messages hold the shapes that were given and wanted. Nothing is compared numerically.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass

import numpy as np
import pytest
from cases import make_case

import core

X, Y, MASK = np.zeros((5, 2, 3)), np.zeros((5, 2, 1)), np.ones(5, dtype=bool)


def parameters(**changes: np.ndarray) -> dict[str, np.ndarray]:
    shapes = {"W_aa": (4, 4), "W_ax": (4, 3), "b_a": (4,), "W_y": (1, 4), "b_y": (1,)}
    return {**{name: np.ones(shape) for name, shape in shapes.items()}, **changes}


def network(**changes: np.ndarray) -> core.Network:
    return core.Network("rnn", parameters(**changes))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: core.Batch(X[0], Y, MASK), r"inputs must have shape \(T, B, n_x\).*got \(2, 3\)"),
        (lambda: core.Batch(X[:0], Y[:0], MASK[:0]), r"none of them 0, got \(0, 2, 3\)"),
        (lambda: core.Batch(X[:, :, :0], Y, MASK), r"none of them 0, got \(5, 2, 0\)"),
        (lambda: core.Batch(X, Y[:4], MASK), r"T, B = \(5, 2\) as the inputs have, got \(4, 2, 1\)"),
        (lambda: core.Batch(X, Y[:, :1], MASK), r"T, B = \(5, 2\) as the inputs have, got \(5, 1, 1\)"),
        (lambda: core.Batch(X, Y[:, 0, 0], MASK), r"as the inputs have, got \(5,\)"),
        (
            lambda: core.Batch(X, Y, MASK[:3]),
            r"scored must have shape \(T,\) = \(5,\) or \(T, B\) = \(5, 2\), got \(3,\)",
        ),
        (lambda: core.Batch(X, Y + np.nan, MASK), r"finite numbers; remove or fill in NaN"),
        (lambda: core.Batch(X + np.inf, Y, MASK), r"finite numbers; remove or fill in NaN"),
        (lambda: core.Batch(X, Y, MASK, np.full((2, 4), np.nan)), r"finite"),
    ],
)
def test_a_batch_that_does_not_fit_says_what_was_given(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: core.Network("gru2", parameters()), r"unknown cell 'gru2'; known are rnn"),
        (lambda: core.Network("rnn", parameters(), "selu"), r"unknown activation 'selu'; known are tanh, relu"),
        (lambda: core.Network("rnn", parameters(), "tanh", "argmax"), r"unknown readout 'argmax'; known are"),
        (lambda: core.Network("rnn", {"W_aa": np.eye(2)}), r"must be W_aa, W_ax, b_a, W_y, b_y; got W_aa"),
        (lambda: network(W_z=np.eye(2)), r"must be W_aa, W_ax, b_a, W_y, b_y; got .*W_z"),
        (lambda: network(W_aa=np.ones((4, 5))), r"W_aa must have shape \(4, 4\).*got \(4, 5\)"),
        (lambda: network(W_aa=np.ones(4)), r"W_aa must be a matrix, got shape \(4,\)"),
        (lambda: network(W_ax=np.ones((3, 3))), r"W_ax must have shape \(4, 3\).*got \(3, 3\)"),
        (lambda: network(W_y=np.ones(4)), r"W_y must be a matrix, got shape \(4,\)"),
        (lambda: network(b_a=np.ones((4, 1))), r"b_a must have shape \(4,\).*got \(4, 1\)"),
        (lambda: network(b_y=np.ones(2)), r"b_y must have shape \(1,\).*got \(2,\)"),
        (lambda: network(b_a=np.full(4, np.nan)), r"b_a must be finite numbers"),
        (lambda: network(W_aa=np.full((4, 4), np.inf)), r"W_aa must be finite numbers"),
    ],
)
def test_a_network_that_does_not_fit_says_what_was_given(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


class Tensor:
    """What NumPy meets in a tensor of PyTorch that keeps its gradient, or lies on another device."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        raise self.error

    def detach(self) -> None:
        raise AssertionError("nobody takes a tensor out of its library unasked")


TENSORS = [
    Tensor(RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")),
    Tensor(TypeError("can't convert cuda:0 device type tensor to numpy.\nUse Tensor.cpu() first.")),
    Tensor(TypeError("Got unsupported ScalarType BFloat16")),
]
NO_ARRAYS = [["1.0", "two"], [[1.0], [1.0, 2.0]], [1j], {"a": 1}, "text"]


@pytest.mark.parametrize("tensor", TENSORS, ids=lambda tensor: str(tensor.error)[:20])
def test_a_tensor_that_is_no_array_is_named_with_what_to_do(tensor: Tensor) -> None:
    given = {
        "W_aa": lambda: network(W_aa=tensor),
        "inputs": lambda: core.Batch(tensor, Y, MASK),
        "targets": lambda: core.Batch(X, tensor, MASK),
        "scored": lambda: core.Batch(X, Y, tensor),
        "initial_state": lambda: core.Batch(X, Y, MASK, tensor),
    }
    for name, make in given.items():
        with pytest.raises(ValueError, match=rf"^{name}: .*Tensor was given, which is no array") as error:
            make()
        assert str(error.value).endswith(f"; give {name}.detach().cpu().numpy()")
        assert str(error.value).isprintable()


@pytest.mark.parametrize("wrong", NO_ARRAYS, ids=str)
def test_what_is_no_array_of_numbers_is_named_with_what_to_do(wrong: object) -> None:
    for make in (lambda: network(b_a=wrong), lambda: core.Batch(wrong, Y, MASK), lambda: core.Batch(X, wrong, MASK)):
        with pytest.raises(ValueError, match=r"^(b_a|inputs|targets): .* was given, which is no array of real numbers"):
            make()


def test_parameters_without_names_are_refused() -> None:
    with pytest.raises(ValueError, match="must be a mapping of W_aa, W_ax, b_a, W_y, b_y to arrays; got generator"):
        core.Network("rnn", (array for array in parameters().values()))


@pytest.mark.parametrize(
    ("batch", "readout", "message"),
    [
        (core.Batch(X[:, :, :2], Y, MASK), "identity", r"reads n_x = 3 inputs, the batch has \(5, 2, 2\)"),
        (core.Batch(X, Y[..., 0], MASK), "identity", r"targets must have shape \(T, B, 1\), got \(5, 2\)"),
        (core.Batch(X, np.zeros((5, 2, 2)), MASK), "sigmoid", r"targets must have shape \(T, B, 1\), got \(5, 2, 2\)"),
        (core.Batch(X, Y, MASK), "softmax", r"integer class ids of shape \(T, B\), got \(5, 2, 1\)"),
        (core.Batch(X, Y[..., 0], MASK), "softmax", r"integer class ids of shape \(T, B\), got .*float64"),
        (core.Batch(X, np.ones((5, 2), dtype=int), MASK), "softmax", r"class ids must lie in 0 … 0, got 1"),
        (core.Batch(X, np.array([[-1, 0]] * 5), MASK), "softmax", r"class ids must lie in 0 … 0, got -1"),
        (core.Batch(X, Y, MASK, np.zeros((2, 3))), "identity", r"shape \(2, 4\) or \(1, 2, 4\) by layer, got \(2, 3\)"),
        (core.Batch(X, Y, MASK, np.zeros(4)), "identity", r"shape \(2, 4\) or \(1, 2, 4\) by layer, got \(4,\)"),
    ],
)
def test_a_batch_that_does_not_fit_the_network_says_both_shapes(batch: core.Batch, readout: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        core.forward(core.Network("rnn", parameters(), "tanh", readout), batch)


def arrays_of(value: object, path: str = "trace") -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(value, np.ndarray):
        yield path, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from arrays_of(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from arrays_of(part, f"{path}[{name}]")
    elif isinstance(value, tuple):
        for i, part in enumerate(value):
            yield from arrays_of(part, f"{path}[{i}]")


@pytest.fixture(scope="module")
def trace() -> core.Trace:
    return core.run(core.Experiment(timesteps=6, initial_state=1.0))


@pytest.mark.parametrize("part", ["tape", "lags", "gradients", "steps"])
def test_no_array_of_a_trace_can_be_written_to(trace: core.Trace, part: str) -> None:
    found = dict(arrays_of(getattr(trace, part), part))
    assert found
    assert [path for path, array in found.items() if array.flags.writeable] == []


def test_a_gradient_that_is_read_cannot_be_written_to(trace: core.Trace) -> None:
    with pytest.raises(ValueError, match="read-only"):
        trace.gradients["W_aa"][0, 0] = 1.0


def test_what_a_trace_is_made_of_cannot_be_replaced(trace: core.Trace) -> None:
    for value in (trace, trace.tape, trace.network, trace.batch, trace.lags, trace.gradients, trace.steps[0]):
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, None)
    with pytest.raises(FrozenInstanceError):
        trace.lags.rate("W_aa").log2_per_step = 0.0


@pytest.mark.parametrize("mapping", ["network.parameters", "lags.log2_norm", "lags.log2_summed", "gradients.scaled"])
def test_mappings_cannot_be_added_to(trace: core.Trace, mapping: str) -> None:
    found: object = trace
    for name in mapping.split("."):
        found = getattr(found, name)
    assert isinstance(found, Mapping)
    with pytest.raises(TypeError):
        found["W_aa"] = np.zeros((1, 1))


def test_the_arrays_given_are_copied_and_stay_the_callers() -> None:
    given, x = parameters(), X.copy()
    made, batch = core.Network("rnn", given), core.Batch(x, Y, MASK)
    given["W_aa"][0, 0] = 99.0
    x[0, 0, 0] = 99.0
    assert made.parameters["W_aa"][0, 0] == 1.0
    assert batch.inputs[0, 0, 0] == 0.0
    assert given["W_aa"].flags.writeable


def test_replacing_a_parameter_leaves_the_network_as_it_was() -> None:
    before = make_case().network
    after = before.replace_parameters(b_a=np.zeros(3))
    assert not np.any(after.parameters["b_a"])
    assert np.any(before.parameters["b_a"])
    assert after.parameters["W_aa"] is not None
    assert (after.hidden_size, after.input_size, after.output_size) == (3, 2, 2)
    with pytest.raises(ValueError, match="got"):
        before.replace_parameters(W_q=np.zeros(3))


def test_lists_are_taken_for_arrays() -> None:
    batch = core.Batch([[[1]], [[2]]], [[[0]], [[1]]], [True, False])
    assert batch.inputs.dtype == np.float64
    assert batch.scored.tolist() == [True, False]
    assert batch.until(1).inputs.shape == (1, 1, 1)
