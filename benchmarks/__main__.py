"""python -m benchmarks: the core beside its peers, as Markdown tables."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

HEADER = """# Benchmarks

Ratios of medians, measured in alternation within one run: every contender once a round, {rounds} rounds, {where}.
Every peer was first checked to find what we find, to 1e−9 in the log₂ of every norm and in the gradients. A ratio
of 3× means that the peer takes three times as long. Sizes marked * are those that have a budget. "–": more than
{gigabytes:.0f} GB of intermediate results, or too long to wait for.

    {command}

{versions}.
"""
PROFILE = """
## Lag profile: every loss time, lag and parameter

The last column: the operations that cannot be avoided (the carry and the sums over t, 2 n_a² B T² in all) per second,
over the rate at which this machine multiplies matrices of the carry's own shape, (T·B, n_a) × (n_a, n_a).
"""
STEP = """
## Training step: forward and backward
"""
UPDATE = """
## Training step with its update

Forward, backward and Adam on both sides, of the same parameters; after one step they agree to 1e−9.
"""
STACKS = """
## Stacks of layers

How long L layers of n units take, each reading n numbers, over L times what one of them takes by itself. A layer that
reads one number, as the lowest of a drawn network does, is cheaper than those above it, and would be no measure of
them. The last column: forward and backward by torch.nn.RNN or LSTM of three layers, over ours, once the gradients are
seen to agree to 1e−9.
"""
MANY = """
## A thousand networks

The default over seeds of weights and data, to all that a summary keeps: of the gradient at the state and of every
parameter the rate with its standard error, horizon, regime and share of the past; ρ, σ_max, loss, residual. The peers
get drawn networks as stacked arrays and find the same numbers, standard errors and residual among them; they take as
many networks at once as they are quickest with.
"""
RECORDING = """
## Recording a training step

A text model in PyTorch, float32: embedding, recurrence, read-out, cross-entropy, backward pass and Adam. How many times
as long the step takes when `core.pytorch.record` watches it, and with its file written; and by how
much a whole loop with a `Recorder` takes longer than one without, of the same run, a step of each in turn.
"""
GROWTH = """
## How cost grows

Exponents fitted to ours only. Memory is the peak beyond what was held before.
"""

INTERFACE = """
## How long a person waits

In a pseudo-terminal of 160×48, from the bytes of the key to the screen that shows its effect, on the wall's clock.
"""
BUDGETS = """
## Budgets
"""
FOOTER = """
## What bounds it

Milliseconds of the two lag profiles are those of a processor with AVX-512, which takes half the time of the one the
tables come from; the shares are alike.

- n = 32, T = 100, B = 1, 1.6 ms: the sweep itself takes half of it, of which the two calls a lag (φ' ⊙, W_aaᵀ) take
  0.4 ms, some 4 µs per lag and half of that NumPy's own; the sums over t, one product for 32 lags, 0.4 ms; the rest is
  set up once: slopes, read-out, tables, residual. Compiled code has no such cost, and the peers work out neither the
  norms of the state's gradients nor the residual. In five runs JAX took 0.88 to 0.91 times as long as we did; with
  AVX-512, 0.75 to 0.86 times.
- n = 64, T = 100, B = 16, 43 ms: 13.5 ms are the carry, 13.5 ms the sums over t, 8 ms the norms of batches (one 20 × 16
  by 16 × 64 product for each pair t, s, too small for the full rate), 2 ms squares of rows. Only these calls in a
  loop take 35 to 37 ms, whatever the tiles, which would be 5.7× JAX; 1 ms goes into the QR of what is read, the rest
  into powers of two and entering results, some 50 µs per lag. The peers do twice the carry, T² pairs instead of T²/2.
  In five runs JAX took 4.6 to 4.7 times as long, PyTorch 8.8 to 9.4.
- A thousand networks, of 0.43 ms of processor time for each network at hand: 25 µs are the forward pass, 70 µs the
  lag sweep, 60 µs tables, 30 µs the residual and its way back, 150 µs the rates of four lines (50 µs of it their
  standard errors, 35 µs the shares of the past), 50 µs ρ and σ_max, 20 µs the fingerprint, the rest Python's own
  values. Drawing takes 0.27 ms more: four generators, two records that look at their numbers. Groups of as many
  networks as make a tile, here 163, cost least. JAX is quickest with some 10 networks at once. Until it was made to
  work out standard errors and residual too it took 0.86 to 0.89 times as long as we did; with them 1.02 times, and
  1.05 and 1.11 times in two runs since a line's curve and slope are taken in one pass, on a machine with two cores
  that other work shared.
- Training a thousand networks is not in the table: of the default 20 together take 0.19 ms of processor time for each
  network and update, 80 take 0.16 ms, one by itself 0.84 ms; of an LSTM 0.43 and 0.34 ms in place of 2.8 ms. Where
  several have their data in common these are drawn once, and 80 of the default take 0.08 ms each. The numbers are
  those of one by one, to the last bit.
- Large n: the two products a lag. The rest is memory traffic: φ' ⊙, two passes for norms, one to add up.
- A training step's backward pass is one matrix product and two passes over (B, n_a) a step, checked afterwards to have
  stayed within float64; compiled code saves the calls, which is all there is at small sizes. φ' is 1 − tanh², and made
  of exponentials where digits of that cancel. At n = 64, T = 100, B = 16 the forward pass takes nearly half of the
  step, three fifths of it for tanh; the way back with φ' a third, the sums over t a sixth.
  The ratio follows the processor: on this one NumPy finds no AVX-512 and takes 13 ns for a tanh, a fifth of the step at
  n = 32, T = 50, B = 16. In eight runs torch.nn.RNN took 1.53 to 1.58 times as long there, in five with Adam 1.65 to
  1.67 times.
- Memory: glibc gives what a step has freed back to the system until it has seen a larger block freed, as it has in a
  process with PyTorch in it. Without that, 300 pages are fetched again at every step of n = 32, T = 50, B = 16, which
  then takes 1.56 times as long; so the program has glibc keep 16 MB before it computes
  (`tui/explorer/background/responsiveness.py`).
- Waits are measured separately, by `python -m benchmarks.interface`, from a screen at rest, and leave out what the
  terminal emulator here, written in Python, takes to read the screen. They follow the machine, on which an empty
  Textual app starts in 157 to 290 ms; here it took 250 ms. A key costs mostly Textual's own painting of the panels
  that change; a setting adds the trace and all of them, in one repaint. While an LSTM (n = 32, T = 50, B = 16) trains
  beside it, and the Training tab is painted twice a second, chart by chart, a key at times waits for the chart that
  is under way; the thread that trains hands the interpreter over at once, and gets it back when there is nothing to
  paint. In five runs the median was 29 to 31 ms. The same key is pressed while a hundred networks of other seeds
  (`M`, the same LSTM) are computed in this process. The bands of 20 seeds come after the charts of a new setting:
  some 30 ms of computing, in calls so short that the interface goes on between them, and a second repaint. The two
  were measured on a machine that seven other programs shared, where everything took six to seven times as long as in
  the table: a key 125 ms, beside a hundred seeds 188 ms (1.5 times as long, 1.2 times in another run); the charts of
  a setting 366 ms, with the bands of 20 seeds 1352 ms (3.7 times, 3.3 times in another run). In the table's
  milliseconds these would be 27 and 225, below the 33 and 500 that are asked for; they are worked out, and not
  measured by themselves.
  While a slider is held (`python -m benchmarks.dragging`: the gain over most of its range, a cell every 50 ms for
  2.6 s) the bands of a value that has been begun come, and those between are passed over. That was measured with
  other programs on the machine, where the charts of a setting took 202 ms, 3.4 times as long as in the table: bands
  came 640 ms after their value was set, 95 % within 1156 ms, the longest after 1362 ms, 6 times in a dragging; a
  value that is passed over has those of a later one after 948 ms. In the same minutes the program as it was before,
  where each value ended the work on the one before it, took 2244 ms for the last, and the bands of a single step
  846 ms where they take 454 ms now, as the last of the networks no longer waits for the interface. In the table's
  milliseconds these would be 187, 338 and 398 for the bands of a value that is dragged, below the 500 that are
  asked for, and 133 for those of a single step; they are worked out, and not measured by themselves.
- The start: what is painted first is the frame, every panel's place
  with its name, for which nothing but Textual has been imported. NumPy, pydantic and the core come then, in a thread,
  as much again as Textual itself; the panels take as long to be composed, styled and laid out, and the first chart
  waits for plotext, 150 ms. So the panels are there after some 4 times an empty application's start, and the charts
  after some 6 times. - A change of each setting in turn, 45 changes on each of five tabs, held the interface's thread
  up for more than 50 ms once, for 52 ms, apart from the garbage collector. That one goes through all there is, in 70
  to 280 ms, when nobody has touched a key for three seconds, and once in ten minutes if somebody always has.
- Training behind the interface (`python -m benchmarks.soak --minutes 12`, the same LSTM, a tab a visit of two seconds,
  160×48): memory 217, 229, 235, 242, 245 and 246 MB after the first, third, fifth, seventh, ninth and eleventh minute.
  The interface was held up for more than 50 ms 3 to 11 times a minute, in 30 changes of tab, 99 % of the waits below 22
  to 27 ms, the longest 67 to 90 ms in a minute, and 170 to 280 ms in those in which the garbage collector went through
  all there is while nobody touched a key. The machine started an empty Textual app in some 250 ms: a tab
  that is laid out and painted takes 20 to 40 ms, and what follows comes on top.
"""


def main() -> None:
    """Measure and print; everything heavy is imported once the processors are chosen."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ten sizes instead of all")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of alternation (default 7)")
    parser.add_argument("--processors", type=int, default=1, help="processors to use (default 1; timed by CPU time)")
    parser.add_argument("--only", metavar="TEXT", help="only tables whose heading has this text in it")
    parser.add_argument("--write", type=Path, help="write the page here, too")
    arguments = parser.parse_args()
    everywhere = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    _confine(arguments.processors)

    from benchmarks import cases, measure, peers, recording, tables

    clock = measure.cpu if arguments.processors == 1 else measure.wall
    sizes = cases.QUICK if arguments.quick else cases.FULL
    where = "CPU time on one processor" if arguments.processors == 1 else f"{arguments.processors} processors"
    lines: list[str] = []

    def put(text: str) -> None:
        lines.append(text)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    put(
        HEADER.format(
            rounds=arguments.rounds,
            where=where,
            gigabytes=peers.MOST_BYTES / 1e9,
            command=" ".join(["python -m benchmarks", *_shown(sys.argv[1:])]),
            versions=tables.environment(),
        )
    )
    found: tables.Found = {}
    waits: dict[str, float] = {}
    seconds: dict[str, float] = {}
    steps = sizes if cases.TRAINING in sizes else (*sizes, cases.TRAINING)
    everything = (
        (PROFILE, tables.lag_profiles(sizes, arguments.rounds, clock, found)),
        (STEP, tables.training_steps(steps, arguments.rounds, clock, found)),
        (UPDATE, tables.updates(arguments.rounds, clock, found)),
        (STACKS, tables.stacks(arguments.rounds, clock, found)),
        (MANY, tables.many_networks(arguments.rounds, clock, seconds)),
        (RECORDING, recording.recordings(arguments.rounds, clock)),
        (GROWTH, tables.growth(arguments.rounds, clock)),
        (INTERFACE, _on(everywhere, tables.interface(waits))),
        (BUDGETS, tables.budgets(found, waits, seconds)),
    )
    for title, rows in everything:
        if arguments.only is not None and arguments.only not in title:
            continue
        put(title)
        for row in rows:
            put(row)
    if arguments.only is None:
        put(FOOTER)
    if arguments.write:
        arguments.write.write_text("\n".join(lines).strip() + "\n", encoding="utf-8")


def _shown(arguments: list[str]) -> list[str]:
    """The arguments that decide the figures."""
    return [text for i, text in enumerate(arguments) if text != "--write" and (i == 0 or arguments[i - 1] != "--write")]


def _on(processors: Collection[int], rows: Iterator[str]) -> Iterator[str]:
    """These rows, measured on all the processors there were: a program and its terminal work side by side."""
    if processors:
        os.sched_setaffinity(0, processors)
    yield from rows


def _confine(processors: int) -> None:
    """Keep every library to so many processors, which they only heed before they are loaded."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(processors)
    if processors == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false " + os.environ.get("XLA_FLAGS", "")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:processors]))


if __name__ == "__main__":
    main()
