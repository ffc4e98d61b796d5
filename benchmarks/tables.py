"""The tables of a benchmark run, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks import many, ours
from benchmarks.cases import BUDGET, TRAINING, Size, disagreement, make, make_stack
from benchmarks.measure import Clock, alternate, peak_bytes
from benchmarks.peers import PEERS, Peer, by_lag, torch_layers, torch_update
from core.numerics.scaled import Floats

AGREEMENT = 1e-9
OURS = "rnn-tui"
MATMUL = "matmul"
PROFILE, STEP, UPDATE = "lag profile", "training step, forward and backward", "training step with Adam"
Found = dict[tuple[str, Size, str], float]
"""(job, size, beside whom) → how many times as long they take, or a share"""
GOALS = (
    (PROFILE, Size(64, 100, 16), "JAX", 5.0),
    (PROFILE, Size(32, 100, 1), "JAX", 1.0),
    (PROFILE, Size(64, 100, 16), "PyTorch", 10.0),
    (PROFILE, Size(32, 100, 1), "PyTorch", 10.0),
    (PROFILE, Size(256, 500, 1), MATMUL, 0.6),
    *((STEP, size, "PyTorch", 1.5) for size in (*BUDGET, TRAINING)),
    (UPDATE, TRAINING, "PyTorch", 1.5),
)
"""What the design asks for"""
SOONEST = {
    "a key press to the painted step": 33.0,
    "the same while it trains": 33.0,
    "the same beside 100 seeds": 33.0,
    "a setting to the new charts": 100.0,
    "a setting to the bands of 20 seeds": 500.0,
    "a value dragged to its bands": 500.0,
}
"""How many milliseconds a person may wait"""
MANY = "1,000 networks of the default, from arrays at hand"
FROM_SETTINGS = "1,000 networks of the default, from their settings"
MANY_SECONDS = 1.0
"""How long all of them may take from their settings, drawing included, on one core"""
LOOPED = 100
"""How many networks the loop of one after the other is timed with: its time is proportional to their number"""
STACK = "lag profile of a stack"
DEPTHS = (2, 4)
"""Layers of the stacks that are measured"""
STACKED = (Size(16, 50, 1), Size(32, 100, 1), Size(64, 100, 16))
BESIDE_TORCH = 3
"""Layers of the stacks that are measured beside torch.nn"""
MOST_OF_STACK = 1.3
"""How many times as long as its layers alone a stack may take"""
START, EMPTY = "start to first paint", "start of an empty Textual app"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _head(cells: Sequence[str]) -> list[str]:
    return [_row(cells), "|" + "---|" * len(cells)]


def _times(ratio: float) -> str:
    return f"{ratio:.3g}×"


def lag_profiles(sizes: Sequence[Size], rounds: int, clock: Clock, found: Found) -> Iterator[str]:
    """Ours beside each peer, and beside matrix products of the same number of operations."""
    yield from _head(["n", "T", "B", *(f"{peer.profile_name} / ours" for peer in PEERS), "share of the matmul rate"])
    for size in sizes:
        network, batch = make(size)
        mine = ours.profile(network, batch)
        expected = ours.as_profile(mine())
        runs: dict[str, Callable[[], Any]] = {OURS: mine, MATMUL: _matmul(size)}
        notes: dict[str, str | None] = {}
        for peer in PEERS:
            note = _reason(peer, size)
            if note is None:
                run = peer.profile(network, batch)
                apart = disagreement(by_lag(*run()), expected)
                if apart <= AGREEMENT:
                    runs[peer.name] = run
                else:
                    note = f"disagrees by {apart:.1g}"
            notes[peer.name] = note
        timed = alternate(runs, rounds, clock)
        cells = [note if (note := notes[peer.name]) else _times(timed.ratio(peer.name, OURS)) for peer in PEERS]
        flops = size.lag_flops / (2.0 * size.n**2 * size.batch * size.steps)
        found.update({(PROFILE, size, name): timed.ratio(name, OURS) for name in runs})
        found[PROFILE, size, MATMUL] = share = flops * timed.median(MATMUL) / timed.median(OURS)
        mark = " *" if size in BUDGET else ""
        yield _row([str(size.n), str(size.steps), f"{size.batch}{mark}", *cells, f"{share:.0%}"])


def _reason(peer: Peer, size: Size) -> str | None:
    """Why a peer is not measured, or None."""
    if peer.missing:
        return "not installed"
    return None if peer.fits(size) else "–"


def _matmul(size: Size) -> Callable[[], Floats]:
    rng = np.random.default_rng(0)
    rows, matrix = rng.standard_normal((size.steps * size.batch, size.n)), rng.standard_normal((size.n, size.n))
    out = np.empty_like(rows)
    return lambda: np.matmul(rows, matrix, out=out)


def training_steps(sizes: Sequence[Size], rounds: int, clock: Clock, found: Found) -> Iterator[str]:
    """Forward and backward, all parameters' gradients."""
    yield from _head(["n", "T", "B", *(f"{peer.step_name} / ours" for peer in PEERS)])
    for size in sizes:
        network, batch = make(size)
        mine = ours.step(network, batch)
        expected = mine()
        runs: dict[str, Callable[[], Any]] = {OURS: mine}
        notes: dict[str, str | None] = {}
        for peer in PEERS:
            note = "not installed" if peer.missing else None
            if note is None:
                run = peer.step(network, batch)
                apart = _relative(run(), expected)
                if apart <= AGREEMENT:
                    runs[peer.name] = run
                else:
                    note = f"disagrees by {apart:.1g}"
            notes[peer.name] = note
        timed = alternate(runs, rounds, clock)
        found.update({(STEP, size, name): timed.ratio(name, OURS) for name in runs})
        cells = [note if (note := notes[peer.name]) else _times(timed.ratio(peer.name, OURS)) for peer in PEERS]
        mark = " *" if size in BUDGET else ""
        yield _row([str(size.n), str(size.steps), f"{size.batch}{mark}", *cells])


def updates(rounds: int, clock: Clock, found: Found) -> Iterator[str]:
    """A whole step of training on both sides: forward, backward and Adam."""
    yield from _head(["n", "T", "B", "torch.nn.RNN and torch.optim.Adam / ours"])
    torch = next(peer for peer in PEERS if peer.name == "PyTorch")
    cell = "not installed"
    if not torch.missing:
        network, batch = make(TRAINING)
        mine, theirs = ours.update(network, batch), torch_update(network, batch, ours.LEARNING_RATE)
        apart = _relative(theirs(), mine())
        if apart <= AGREEMENT:
            ratio = alternate({OURS: mine, torch.name: theirs}, rounds, clock).ratio(torch.name, OURS)
            found[UPDATE, TRAINING, torch.name] = ratio
            cell = _times(ratio)
        else:
            cell = f"disagrees by {apart:.1g}"
    yield _row([str(TRAINING.n), str(TRAINING.steps), str(TRAINING.batch), cell])


def stacks(rounds: int, clock: Clock, found: Found) -> Iterator[str]:
    """What L layers cost, over L times what one of them costs by itself: lag profile, forward and backward.

    And a training step of three layers by torch.nn, over ours.
    """
    jobs = [f"{job}, {count} layers" for job in ("profile", "step") for count in DEPTHS]
    yield from _head(["cell", "n", "T", "B", *jobs, f"step of torch.nn / ours, {BESIDE_TORCH} layers"])
    torch = next(peer for peer in PEERS if peer.name == "PyTorch")
    for cell in ("rnn", "lstm"):
        for size in STACKED:
            cells = []
            for job in (ours.whole_profile, ours.step):
                made = {str(count): job(*make_stack(cell, size, count)) for count in (1, *DEPTHS)}
                timed = alternate(made, rounds, clock)
                ratios = [timed.ratio(str(count), "1") / count for count in DEPTHS]
                cells += [_times(ratio) for ratio in ratios]
                if job is ours.whole_profile:
                    worst = max(found.get((STACK, size, cell), 0.0), *ratios)
                    found[STACK, size, cell] = worst
            cells.append(_beside_torch(cell, size, rounds, clock) if not torch.missing else "not installed")
            yield _row([cell, str(size.n), str(size.steps), str(size.batch), *cells])


def _beside_torch(cell: str, size: Size, rounds: int, clock: Clock) -> str:
    """The step of a stack by torch.nn over ours, once the gradients are seen to be the same."""
    network, batch = make_stack(cell, size, BESIDE_TORCH)
    mine, theirs = ours.step(network, batch), torch_layers(network, batch)
    apart = _relative(theirs(), mine())
    if apart > AGREEMENT:
        return f"disagrees by {apart:.1g}"
    return _times(alternate({OURS: mine, "PyTorch": theirs}, rounds, clock).ratio("PyTorch", OURS))


def many_networks(rounds: int, clock: Clock, seconds: dict[str, float]) -> Iterator[str]:
    """A thousand networks to their summaries; the seconds of each job are left in `seconds`."""
    every = many.experiments()
    networks, steps = many.drawn(every), every[0].timesteps
    mine = many.at_hand(networks)
    expected = many.as_found(mine(), steps)
    runs: dict[str, Callable[[], Any]] = {FROM_SETTINGS: many.together(every), MANY: mine}
    runs["one by one"] = many.loop(every[:LOOPED])
    notes = {}
    for peer in PEERS:
        if peer.name not in many.MANY:
            continue
        if peer.missing:
            notes[peer.name] = "not installed"
            continue
        theirs = many.MANY[peer.name](networks)
        apart = many.disagreement(expected, theirs())
        if apart <= AGREEMENT:
            runs[peer.name] = theirs
        else:
            notes[peer.name] = f"disagrees by {apart:.1g}"
    timed = alternate(runs, rounds, clock)
    seconds.update({name: timed.median(name) for name in runs})
    seconds["one by one"] *= len(every) / LOOPED
    yield from _head(["what", "seconds", "over ours from the same"])
    ours = {"one by one": FROM_SETTINGS, "JAX": MANY, "PyTorch": MANY}
    titles = {"one by one": "core.run and core.summary one by one, from their settings"}
    titles |= {
        "JAX": "JAX, jit and vmap, from arrays at hand",
        "PyTorch": "PyTorch, is_grads_batched, from arrays at hand",
    }
    for name in (FROM_SETTINGS, "one by one", MANY, *many.MANY):
        if name in notes:
            yield _row([titles[name], notes[name], ""])
        else:
            ratio = _times(seconds[name] / seconds[ours[name]]) if name in ours else ""
            yield _row([titles.get(name, name), f"{seconds[name]:.2f}", ratio])


def budgets(
    found: Mapping[tuple[str, Size, str], float], waits: Mapping[str, float], seconds: Mapping[str, float]
) -> Iterator[str]:
    """What the design asks for beside what was found."""
    yield from _head(["what", "size", "beside", "goal", "found"])
    for what, size, whom, goal in GOALS:
        ratio = found.get((what, size, whom))
        show: Callable[[float], str] = "{:.0%}".format if whom == MATMUL else _times
        yield _row([what, str(size), whom, show(goal), "not measured" if ratio is None else show(ratio)])
    for size in STACKED:
        for cell in ("rnn", "lstm"):
            ratio = found.get((STACK, size, cell))
            shown = "not measured" if ratio is None else _times(ratio)
            yield _row([STACK, str(size), f"{cell}, as many single layers", f"at most {MOST_OF_STACK:g}×", shown])
    whole = f"{seconds[FROM_SETTINGS]:.2f} s" if seconds else "not measured"
    yield _row([FROM_SETTINGS, "n = 16, T = 50, B = 1", "", f"{MANY_SECONDS:g} s", whole])
    jax = _times(seconds["JAX"] / seconds[MANY]) if "JAX" in seconds else "not measured"
    yield _row([MANY, "n = 16, T = 50, B = 1", "JAX", "1×", jax])
    for what, most in SOONEST.items():
        yield _row([what, "160×48", "", f"{most:.0f} ms", f"{waits[what]:.0f} ms" if waits else "not measured"])
    start = _times(waits[START] / waits[EMPTY]) if waits else "not measured"
    yield _row([START, "160×48", "an empty Textual app", "at most 2×", start])


def interface(waits: dict[str, float]) -> Iterator[str]:
    """How long a person waits; the medians are left in `waits`, in milliseconds."""
    if any(find_spec(name) is None for name in ("pexpect", "pyte")):
        yield "pexpect or pyte is not installed."
        return
    from benchmarks.interface import every

    yield from _head(["what", "median", "95 % below"])
    for latency in every():
        waits[latency.what] = latency.median
        yield _row([latency.what, f"{latency.median:.0f} ms", f"{latency.quantile(95):.0f} ms"])


def _relative(found: dict[str, Floats], expected: dict[str, Floats]) -> float:
    return max(
        float(np.linalg.norm(np.asarray(found[name]) - expected[name]) / np.linalg.norm(expected[name]))
        for name in expected
    )


GROWTH = {
    "T": [Size(32, steps, 4) for steps in (100, 200, 400, 800)],
    "n": [Size(n, 200, 4) for n in (32, 64, 128, 256)],
    "B": [Size(32, 200, batch) for batch in (4, 8, 16, 32)],
}


def growth(rounds: int, clock: Clock) -> Iterator[str]:
    """Cost and peak memory as powers of T, n and B, fitted to the larger half of each series."""
    yield from _head(["in", "sizes", "lag profile: time", "memory", "training step: time", "memory"])
    for letter, sizes in GROWTH.items():
        values = [{"T": size.steps, "n": size.n, "B": size.batch}[letter] for size in sizes]
        cells = []
        jobs: tuple[Callable[..., Callable[[], Any]], ...] = (ours.profile, ours.step)
        for job in jobs:
            made = [job(*make(size)) for size in sizes]
            timed = alternate({str(size): run for size, run in zip(sizes, made, strict=True)}, rounds, clock)
            for costs in ([timed.median(str(size)) for size in sizes], [peak_bytes(run) for run in made]):
                slope = np.polyfit(np.log(values), np.log(costs), 1)[0]
                cells.append(f"{letter}^{slope:.2f}")
        yield _row([letter, ", ".join(map(str, values)), *cells])


def environment() -> str:
    """Versions that the figures depend on."""
    versions = [f"NumPy {np.__version__}"]
    for peer in PEERS:
        if not peer.missing:
            module = __import__(peer.module)
            versions.append(f"{peer.name} {getattr(module, '__version__', '')}".strip())
    return ", ".join(versions)
