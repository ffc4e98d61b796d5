"""A step of PyTorch recorded: sums over the lags are the module's own .grad, and each lag is that of untied copies.

In float64 1e−12 of the gradient, for every kind of model; where the arithmetic is coarser, its rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch_untied import Head, assert_the_same, norms_by_lag  # noqa: E402

T, B, N_X = 6, 3, 2


@pytest.fixture(autouse=True)
def _float64() -> Any:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(5)
    yield
    torch.set_default_dtype(before)


def drawn() -> Any:
    return torch.randn(T, B, N_X)


def every_step(n: int) -> Head:
    readout, targets = nn.Linear(n, 2), torch.randn(T, B, 2)
    return lambda seen: ((readout(seen) - targets) ** 2).mean()


def last_step(n: int) -> Head:
    readout, targets = nn.Linear(n, 4), torch.tensor([1, 3, 0])
    return lambda seen: nn.functional.cross_entropy(readout(seen[-1]), targets)


def attention(n: int) -> Head:
    query, readout = torch.randn(n), nn.Linear(n, 1)
    return lambda seen: readout(((seen @ query).softmax(dim=0)[..., None] * seen).sum(dim=0)).square().sum()


def ctc(n: int) -> Head:
    readout, targets = nn.Linear(n, 5), torch.tensor([[1, 2], [3, 3], [4, 1]])
    sizes = torch.full((B,), T), torch.tensor([2, 2, 1])
    return lambda seen: nn.functional.ctc_loss(readout(seen).log_softmax(dim=-1), targets, *sizes)


def of_lengths(lengths: Any) -> Callable[[int], Head]:
    def made(n: int) -> Head:
        readout = nn.Linear(n, 1)
        mask = (torch.arange(T)[:, None] < lengths)[..., None]
        return lambda seen: (readout(seen) * mask).square().sum()

    return made


def plainly(rnn: Any, x: Any) -> Any:
    return rnn(x)[0]


def packed(lengths: Any) -> Callable[[Any, Any], Any]:
    def run(rnn: Any, x: Any) -> Any:
        given = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        return nn.utils.rnn.pad_packed_sequence(rnn(given)[0], total_length=T)[0]

    return run


def in_a_loop(cell: Any, x: Any) -> Any:
    state, shown = None, []
    for one in x:
        state = cell(one, state)
        shown.append(state[0] if isinstance(state, tuple) else state)
    return torch.stack(shown)


def step_by_step(rnn: Any, x: Any) -> Any:
    """As a decoder does: the module called with one step at a time, its state handed on."""
    state, shown = None, []
    for one in x:
        output, state = rnn(one[None], state)
        shown.append(output[0])
    return torch.stack(shown)


def sampled(cell: Any, x: Any) -> Any:
    """Teacher forcing now and then: where it is off, the input is a one-hot of what was said the step before."""
    state, shown = torch.zeros(B, cell.hidden_size), []
    for t in range(T):
        given = x[t] if t % 3 == 0 else nn.functional.one_hot(state[:, :2].argmax(dim=1), N_X).to(x.dtype)
        state = cell(given, state)
        shown.append(state)
    return torch.stack(shown)


@dataclass
class Model:
    rnn: Callable[[], Any]
    head: Callable[[int], Head] = every_step
    run: Callable[[Any, Any], Any] = plainly
    shown: int = 4


LENGTHS = torch.tensor([4, 6, 1])

MODELS = {
    "rnn tanh": Model(lambda: nn.RNN(N_X, 4)),
    "rnn relu, 3 layers": Model(lambda: nn.RNN(N_X, 4, 3, nonlinearity="relu")),
    "gru": Model(lambda: nn.GRU(N_X, 4), last_step),
    "gru, 3 layers": Model(lambda: nn.GRU(N_X, 4, 3)),
    "lstm": Model(lambda: nn.LSTM(N_X, 4)),
    "lstm, 3 layers, no bias": Model(lambda: nn.LSTM(N_X, 4, 3, bias=False), last_step),
    "bidirectional": Model(lambda: nn.LSTM(N_X, 4, bidirectional=True), shown=8),
    "bidirectional, 2 layers": Model(lambda: nn.GRU(N_X, 4, 2, bidirectional=True), shown=8),
    "projected": Model(lambda: nn.LSTM(N_X, 5, 2, proj_size=4)),
    "attention head": Model(lambda: nn.GRU(N_X, 4), attention),
    "ctc": Model(lambda: nn.LSTM(N_X, 4), ctc),
    "packed lengths": Model(lambda: nn.GRU(N_X, 4, 2), of_lengths(LENGTHS), packed(LENGTHS)),
    "rnn cells in a loop": Model(lambda: nn.RNNCell(N_X, 4, nonlinearity="relu"), run=in_a_loop),
    "gru cells in a loop": Model(lambda: nn.GRUCell(N_X, 4), attention, in_a_loop),
    "lstm cells in a loop": Model(lambda: nn.LSTMCell(N_X, 4), run=in_a_loop),
    "one step at a time": Model(lambda: nn.LSTM(N_X, 4, 2), run=step_by_step),
    "sampled inputs": Model(lambda: nn.GRUCell(N_X, 4), run=sampled),
    "DataParallel": Model(lambda: nn.DataParallel(nn.LSTM(N_X, 4))),
}


@pytest.mark.parametrize("kind", MODELS)
def test_the_sum_over_lags_is_the_modules_own_gradient_and_each_lag_that_of_untied_copies(kind: str) -> None:
    model = MODELS[kind]
    rnn, head, x = model.rnn(), model.head(model.shown), drawn()
    with core.pytorch.record(nn.ModuleDict({"encoder": rnn})) as recording:
        head(model.run(rnn, x)).backward()
    (name,) = recording.traces
    trace = recording.traces[name]
    assert name.startswith("encoder") and recording.residual(name) < 1e-12 and trace.lags.residual < 1e-12
    assert set(recording.modules[name].gradients) == {
        n for n in trace.network.parameters if getattr(rnn, "bias", True) or not n.startswith("b_")
    }
    inner = rnn.module if isinstance(rnn, nn.DataParallel) else rnn
    assert_the_same(trace, norms_by_lag(inner, trace.batch.inputs, head), 1e-9)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_the_modules_own_gradient_is_compared_in_its_own_numbers(kind: str) -> None:
    """By another route: autograd's .grad, block by block, as the documentation orders the gates."""
    module = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind](N_X, 4)
    with core.pytorch.record(module) as recording:
        module(drawn())[0].square().sum().backward()
    own, gates = recording.modules[kind].gradients, {"rnn": "a", "gru": "rzn", "lstm": "ifgo"}[kind]
    for at, gate in enumerate(gates):
        rows = slice(4 * at, 4 * at + 4)
        for ours, theirs in (
            (f"W_{gate}a", "weight_hh_l0"),
            (f"W_{gate}x", "weight_ih_l0"),
            (f"b_{gate}", "bias_ih_l0"),
        ):
            np.testing.assert_array_equal(own[ours], getattr(module, theirs).grad[rows].numpy())
    if kind == "gru":
        np.testing.assert_array_equal(own["b_na"], module.bias_hh_l0.grad[8:].numpy())


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.LSTM(N_X, 4, 2),
        lambda: nn.GRU(N_X, 4, 2, bidirectional=True),
        lambda: nn.LSTM(N_X, 4, bidirectional=True),
        lambda: nn.LSTM(N_X, 5, 2, proj_size=3),
    ],
)
@pytest.mark.parametrize("lengths", [None, (4, 6, 1)])
def test_what_enters_at_the_last_states_is_recorded_there(
    make: Callable[[], Any], lengths: tuple[int, ...] | None
) -> None:
    """A classifier that reads h_n and c_n, from an initial state of its own."""
    rnn, x = make(), drawn()
    two = 2 if rnn.bidirectional else 1
    start = [torch.randn(two * rnn.num_layers, B, n) for n in (rnn.proj_size or rnn.hidden_size, rnn.hidden_size)]
    given = x if lengths is None else nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
    with core.pytorch.record(rnn) as recording:
        output, state = rnn(given, tuple(start) if rnn.mode == "LSTM" else start[0])
        states = state if isinstance(state, tuple) else (state,)
        weights = [torch.randn_like(one) for one in states]
        shown = output if lengths is None else output.data
        (sum((w * one).sum() for w, one in zip(weights, states, strict=True)) + shown.square().sum()).backward()
    module = rnn.mode.lower()
    assert recording.residual(module) < 1e-12
    each = lengths is not None and two == 2
    assert list(recording.traces) == ([f"{module}, {n} steps" for n in (1, 4, 6)] if each else [module])
    assert sum(trace.batch.inputs.shape[1] for trace in recording.traces.values()) == B


def test_dropout_between_layers_is_that_of_pytorch_from_the_same_seed_and_part_of_what_is_recorded() -> None:
    rnn, x = nn.LSTM(N_X, 4, 3, dropout=0.5), drawn()

    def loss() -> Any:
        torch.manual_seed(1)
        output, (h, _) = rnn(x)
        return output.square().sum() + h.square().sum()

    plain = loss()
    plain.backward()
    gradients = [one.grad.clone() for one in rnn.parameters()]
    rnn.zero_grad()
    with core.pytorch.record(rnn) as recording:
        recorded = loss()
        recorded.backward()
    assert torch.equal(recorded, plain) and "forward" not in rnn.__dict__
    assert all(torch.equal(one.grad, own) for one, own in zip(rnn.parameters(), gradients, strict=True))
    assert list(recording.traces) == ["lstm layer 1", "lstm layer 2", "lstm layer 3"]
    assert all(recording.residual(name) < 1e-12 for name in recording.traces)
    below, above = (recording.traces[f"lstm layer {n}"] for n in (1, 2))
    shown = below.tape.states[1:, :, :4]
    masks = above.batch.inputs / shown
    assert set(np.unique(np.round(masks, 9))) == {0.0, 2.0}
    rnn.eval()
    with core.pytorch.record(rnn) as recording:
        loss().backward()
    assert list(recording.traces) == ["lstm"] and recording.residual("lstm") < 1e-12


def test_dropout_between_layers_called_step_by_step_is_still_one_sequence() -> None:
    rnn = nn.GRU(N_X, 4, 2, dropout=0.5)
    with core.pytorch.record(rnn) as recording:
        step_by_step(rnn, drawn()).square().sum().backward()
    assert [trace.batch.inputs.shape[0] for trace in recording.traces.values()] == [T, T]
    assert max(recording.residual(name) for name in recording.traces) < 1e-12


def test_the_model_is_left_as_it_was_and_computes_the_same() -> None:
    rnn, x = nn.Sequential(nn.GRU(N_X, 4, batch_first=True)), torch.randn(B, T, N_X)
    before = set(vars(rnn[0]))
    rnn(x)[0].square().sum().backward()
    gradients = [one.grad.clone() for one in rnn.parameters()]
    with core.pytorch.record(rnn) as recording:  # .grad goes on from what was accumulated before
        rnn(x)[0].square().sum().backward()
    assert all(torch.equal(one.grad, 2 * own) for one, own in zip(rnn.parameters(), gradients, strict=True))
    assert recording.residual("0") < 1e-12
    assert set(vars(rnn[0])) == before and not rnn[0]._forward_hooks and not rnn[0]._forward_pre_hooks
    assert not any(one._backward_hooks for one in rnn.parameters())
    with pytest.raises(RuntimeError, match="on purpose"), core.pytorch.record(rnn):
        raise RuntimeError("on purpose")
    assert not rnn[0]._forward_hooks


def test_truncated_chunks_are_calls_of_their_own_and_weights_are_those_before_the_optimizer() -> None:
    rnn, x = nn.GRU(N_X, 4), drawn()
    before = rnn.weight_hh_l0.detach().clone()
    with core.pytorch.record(rnn) as recording:
        one, state = rnn(x[:4])
        two, _ = rnn(x[4:], state.detach())
        (one.square().sum() + two.square().sum()).backward()
        torch.optim.SGD(rnn.parameters(), lr=1.0).step()
    assert [len(trace.batch.inputs) for trace in recording.traces.values()] == [4, 2]
    assert list(recording.traces) == ["gru, call 1", "gru, call 2"] and recording.residual("gru") < 1e-12
    np.testing.assert_array_equal(recording.modules["gru"].network.parameters["W_ra"], before[:4].numpy())
    with core.pytorch.record(rnn) as recording:  # and without detach they are one
        one, state = rnn(x[:4])
        two, _ = rnn(x[4:], hx=state)
        (one.square().sum() + two.square().sum()).backward()
    assert list(recording.traces) == ["gru"] and recording.residual("gru") < 1e-12


def test_an_encoder_and_a_decoder_and_outputs_written_into() -> None:
    model = nn.ModuleDict({"encoder": nn.LSTM(N_X, 4), "decoder": nn.LSTMCell(N_X, 4), "idle": nn.RNN(1, 1)})
    x = drawn()
    with core.pytorch.record(model) as recording:
        output, (h, c) = model["encoder"](x)
        output *= 2.0  # in place, behind what was handed on
        state, total = (h[0], c[0]), output.square().sum()
        for one in x:
            state = model["decoder"](one, state)
            total = total + state[0].square().sum() + state[1].sum()
        total.backward()
    assert list(recording.traces) == ["encoder", "decoder"]
    assert max(recording.residual(name) for name in recording.traces) < 1e-12


def test_frozen_weights_and_weight_norm_are_compared_as_far_as_there_is_a_gradient() -> None:
    rnn = nn.GRU(N_X, 4)
    rnn.weight_hh_l0.requires_grad_(False)
    rnn.bias_ih_l0.requires_grad_(False)
    with core.pytorch.record(rnn) as recording:
        rnn(drawn())[0].square().sum().backward()
    assert set(recording.modules["gru"].gradients) == {"W_rx", "W_zx", "W_nx", "b_na"}
    assert recording.residual("gru") < 1e-12


@pytest.mark.parametrize("kind", ["gru", "cell"])
def test_under_bfloat16_the_difference_is_named_as_its_rounding(kind: str) -> None:
    torch.set_default_dtype(torch.float32)
    rnn = nn.GRUCell(N_X, 4) if kind == "cell" else nn.GRU(N_X, 4)
    with core.pytorch.record(rnn) as recording, torch.autocast("cpu", torch.bfloat16):
        (in_a_loop if kind == "cell" else plainly)(rnn, drawn()).square().mean().backward()
    precision = recording.modules["gru"].precision
    assert precision == "bfloat16" and 1e-6 < recording.residual("gru") < 0.1
    (told,) = (text for _, text in recording.traces["gru"].origin.told)
    assert f"the rounding of {precision}" in told


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_under_bfloat16_each_lag_is_that_of_untied_copies_to_its_rounding(kind: str) -> None:
    torch.set_default_dtype(torch.float32)
    rnn = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind](N_X, 4)
    x = drawn()
    with core.pytorch.record(rnn) as recording, torch.autocast("cpu", torch.bfloat16):
        rnn(x)[0].float().square().mean().backward()
    trace = recording.traces[kind]
    rnn.double()
    assert_the_same(trace, norms_by_lag(rnn, trace.batch.inputs, lambda seen: seen.square().mean()), 0.05)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda rnn: nn.utils.clip_grad_norm_(rnn.parameters(), 0.01), "clipped"),
        (lambda rnn: nn.utils.clip_grad_norm_(rnn.parameters(), 1e6), "whole"),
        (lambda rnn: nn.utils.clip_grad_value_(rnn.parameters(), 0.01), "unknown"),
        (lambda rnn: [one.grad.add_(1.0) for one in rnn.parameters()], "unknown"),
        (lambda rnn: rnn.zero_grad(), "unknown"),
    ],
)
def test_what_clipping_by_norm_left_is_recorded_and_nothing_where_it_is_something_else(
    change: Callable[[Any], Any], left: str, tmp_path: Path
) -> None:
    rnn = nn.GRU(N_X, 4)
    with core.pytorch.record(rnn) as recording:
        rnn(drawn())[0].square().sum().backward()
        before = torch.sqrt(sum(one.grad.square().sum() for one in rnn.parameters()))
        change(rnn)
    expected = {"clipped": pytest.approx(0.01 / float(before), rel=1e-4), "whole": 1.0, "unknown": None}[left]
    assert recording.modules["gru"].kept == expected
    recording.save(tmp_path / "step.npz")
    assert core.load_recording(tmp_path / "step.npz").modules["gru"].kept == expected


def test_weights_that_have_another_use_in_the_loss_are_told_of() -> None:
    rnn = nn.RNN(N_X, 4)
    with core.pytorch.record(rnn) as recording:
        (rnn(drawn())[0].square().sum() + rnn.weight_hh_l0.square().sum()).backward()
    assert recording.residual("rnn") > 1e-3
    assert "more than the rounding of float64" in recording.recording.agreement("rnn")


def altered(cell: Any, x: Any, how: Callable[[Any], Any]) -> Any:
    state = torch.zeros(B, 4)
    for one in x:
        state = how(cell(one, state))
    return state.square().sum()


@pytest.mark.parametrize("how", [lambda h: 0.5 * h, lambda h: h.mul_(0.5), lambda h: h[:, :4]])
def test_a_state_that_goes_another_way_back_is_refused(how: Callable[[Any], Any]) -> None:
    cell = nn.GRUCell(N_X, 4)
    with core.pytorch.record(cell) as recording:
        altered(cell, drawn(), how).backward()
    with pytest.raises(ValueError, match="cannot be followed; hand the state on as it was returned"):
        _ = recording.recording


def test_long_calls_whose_state_goes_another_way_are_told_of_and_still_add_up() -> None:
    rnn, x = nn.GRU(N_X, 4, batch_first=True), torch.randn(1, T, N_X)
    with core.pytorch.record(rnn) as recording:
        one, state = rnn(x)
        two, state = rnn(x, 0.5 * state)
        three, _ = rnn(x, 0.5 * state)
        (one.sum() + two.sum() + three.square().sum()).backward()
    assert list(recording.traces) == ["gru, call 1", "gru, call 2", "gru, call 3"]
    assert recording.residual("gru") < 1e-12
    told = dict(recording.traces["gru, call 2"].origin.told)["the recording"]
    assert "Of call 2, its initial state was made of what an earlier call returned" in told


def test_one_example_without_a_batch() -> None:
    rnn, cell, x = nn.LSTM(N_X, 4, 2), nn.GRUCell(N_X, 4), torch.randn(T, N_X)
    with core.pytorch.record(nn.ModuleDict({"rnn": rnn, "cell": cell})) as recording:
        output, (h, _) = rnn(x)
        (output.square().sum() + h.sum() + in_a_loop(cell, x).square().sum()).backward()
    for name in ("rnn", "cell"):
        assert recording.traces[name].batch.inputs.shape == (T, 1, N_X) and recording.residual(name) < 1e-12


def test_what_cannot_be_recorded_says_why_and_what_to_do() -> None:
    rnn, x = nn.RNN(N_X, 4), drawn()
    with pytest.raises(ValueError, match=r"no gradient came back: call loss.backward\(\)"), core.pytorch.record(rnn):
        rnn(x)
    with pytest.raises(ValueError, match=r"no recurrent module ran with gradients .* of rnn; run the model"):  # noqa: SIM117
        with core.pytorch.record(rnn), torch.no_grad():
            rnn(x)
    with core.pytorch.record(rnn) as recording:
        rnn(x)[0].sum().backward()
        with pytest.raises(ValueError, match="the step has not ended"):
            _ = recording.traces
    compiled = torch.compile(rnn, backend="eager")
    for given, said in (
        (nn.Linear(2, 2), r"the model has no torch\.nn\.RNN, GRU, LSTM or cell"),
        ([rnn], r"list was given; give a torch\.nn\.Module"),
        (compiled, r"is compiled, .* record the model before torch\.compile"),
    ):
        with pytest.raises(ValueError, match=said), core.pytorch.record(given):
            pass
