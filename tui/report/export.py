"""Traces as files: the lag profile as CSV and NPZ, the experiment as TOML, pictures as SVG.

How a file is put in its place, and what is said where that is not possible, is in `tui.report.atomic_files`.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from xml.sax.saxutils import escape

import numpy as np

from tui.report.atomic_files import ExportError, destination, write_whole
from tui.report.json_values import subject
from tui.report.numbers import LOG10_2
from tui.report.provenance import Provenance, provenance
from tui.report.words.trace import OWN_DATA, what

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from rich.segment import Segment

    from core.dynamics.summary import Dynamics
    from core.settings.experiment import Experiment
    from core.trace import Trace

Kind: TypeAlias = Literal["chart", "screen", "csv", "npz", "toml"]

SUFFIXES: Final[Mapping[Kind, str]] = {
    "chart": ".svg",
    "screen": ".svg",
    "csv": ".csv",
    "npz": ".npz",
    "toml": ".toml",
}

FORMAT: Final = 1
"""The version of the NPZ file's keys: raised when one changes its meaning or goes."""

COLUMNS: Final = (
    "parameter",
    "lag",
    "typical_log2",
    "typical_log10",
    "typical_exactly_zero",
    "summed_log2",
    "summed_log10",
    "summed_exactly_zero",
    "rate_log2_per_step",
    "rate_log2_standard_error",
    "horizon",
    "regime",
    "share_cut",
    "lost_log2",
    "lost_log10",
    "lost_exactly_zero",
    "typical_losses",
    "what",
    "made_by",
)
"""The CSV file's columns; `write_csv` says what each holds."""

_TAGS: Final[Mapping[str, str]] = {
    "activation": "{}",
    "leak": "leak{}",
    "initializer": "{}",
    "hidden_size": "n{}",
    "timesteps": "T{}",
    "batch_size": "B{}",
    "seed": "seed{}",
    "clip": "clip-{}",
    "k1": "k1-{}",
    "k2": "k2-{}",
}
"""The settings that a suggested name tells where they are not the default's, after cell, task and gain."""


_UNFIT: Final = re.compile(r"[^a-zA-Z0-9.]+")
"""What no file name of ours has: spaces, separators and other signs"""

_LONGEST_LABEL: Final = 60


def suggested_name(trace: Trace, kind: Kind) -> str:
    """A file name that tells experiments apart: `rnn-sunspots-gain0.9.csv`, `rnn-noise-gain2-relu-T100-chart.svg`."""
    settings = trace.origin.settings
    parts = _parts(trace) if settings is None else _parts_of(settings)
    if trace.training_step:
        parts.append(f"step{trace.training_step}")
    if kind in ("chart", "screen"):
        parts.append(kind)
    return "-".join(parts) + SUFFIXES[kind]


def _parts_of(settings: Experiment) -> list[str]:
    return [settings.cell, settings.task, f"gain{settings.gain:g}", *_differences(settings)]


def _parts(trace: Trace) -> list[str]:
    """What the network and the batch are, where no settings make the two: `lstm-own-data-tanh-n32-T120-B4`."""
    network, (steps, examples, _) = trace.network, trace.whole_batch.inputs.shape
    label = _UNFIT.sub("-", trace.origin.label or OWN_DATA).strip("-.")[:_LONGEST_LABEL] or "data"
    parts = [network.cell_name, label, network.activation_name, f"n{network.hidden_size}", f"T{steps}"]
    if network.leak != 1.0:
        parts.append(f"leak{network.leak:g}")
    return parts if examples == 1 else [*parts, f"B{examples}"]


def _differences(experiment: Experiment) -> Iterator[str]:
    fields = type(experiment).model_fields
    for name, tag in _TAGS.items():
        value = getattr(experiment, name)
        if value != fields[name].default:
            yield tag.format(value)


def write_csv(trace: Trace, path: Path | str, *, overwrite: bool = False, made: Provenance | None = None) -> Path:
    """Write the lag profile as a table: one row for every parameter and lag, the header first, nothing else.

    It is long and not wide, so that the columns are the same for every cell, two files can be put under one
    another, and each number has its flag next to it. What belongs to a parameter as a whole, and to the file as a
    whole, is repeated on each row, and not put into comments, which spreadsheets take for data.

    - `parameter`, `lag`: W_aa, …, and k = 0 … T − 1.
    - `typical_log2`, `typical_log10`: the mean over the losses t of the logarithm of ‖contribution(t, k)‖, exact
      zeros left out of the mean.
    - `summed_log2`, `summed_log10`: the logarithm of ‖Σ_t contribution(t, k)‖.
    - `typical_exactly_zero`, `summed_exactly_zero`: true or false. An exact zero has no logarithm: its cells
      are empty and its flag is true. (`-inf` would be text to a spreadsheet, which draws text as 0.)
    - `rate_log2_per_step`, `rate_log2_standard_error`: `core.Rate`'s slope over k ≥ 1, in bits per step.
    - `horizon`: the lag from which on less than 1 % of lag 0's typical contribution is left.
    - `regime`: vanishing, steady, exploding, absent or undetermined.
    - `share_cut`, `lost_log2`, `lost_log10`, `lost_exactly_zero`: the share of the losses that lose lag k to truncated
      backpropagation, and the size of the sum that is thrown away.
    - `typical_losses`: over how many losses the mean is.
    - `what`, `made_by`: which network on which data, in words; and with what, when and how the file was made.

    Rate, error, horizon and regime are empty for W_y and b_y, which have lag 0 only, the last four where nothing is
    truncated, and numbers wherever they are not known.

    Args:
        trace: What to write.
        path: Where; `.csv` is added if it is missing.
        overwrite: Whether a file that is there may be replaced.
        made: With what, when and how the file was made; None for now and by this process.

    Returns:
        The path of the file.

    Raises:
        ExportError: nothing was written.
    """
    return write_whole(lambda: csv_contents(trace, made), destination(path, ".csv"), overwrite=overwrite)


def csv_contents(trace: Trace, made: Provenance | None = None) -> bytes:
    """The lag profile as the bytes of a CSV file; `write_csv` says what is in it."""
    return _table(trace, made or provenance()).encode()


def _table(trace: Trace, made: Provenance) -> str:
    text, whole_file = io.StringIO(), (what(trace), made.line)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, summed in trace.lags.log2_summed.items():
        whole = _whole(trace, name)
        curves = (trace.lags.typical(name), summed, trace.lags.averaged(name))
        for lag, (typical, total, count) in enumerate(zip(*(curve.tolist() for curve in curves), strict=True)):
            sizes = [*_cells(typical), *_cells(total), *whole, *_lost(trace, name, lag)]
            writer.writerow([name, lag, *sizes, count, *whole_file])
    return text.getvalue()


def _lost(trace: Trace, name: str, lag: int) -> tuple[str, str, str, str]:
    """What truncation throws away of a parameter at a lag."""
    found = trace.truncation
    if found is None:
        return "", "", "", ""
    share = float(found.share_cut[lag])
    return "" if math.isnan(share) else repr(share), *_cells(float(found.log2_lost[name][lag]))


def _cells(log2: float) -> tuple[str, str, str]:
    """A size's log₂ and log₁₀, and whether it is exactly zero."""
    if log2 == -math.inf:
        return "", "", "true"
    return repr(log2), repr(log2 * LOG10_2), "false"


def _whole(trace: Trace, name: str) -> tuple[str, str, str, str]:
    """Rate, its error, horizon and regime of a parameter."""
    if name in trace.network.readout.uses:
        return "", "", "", ""
    rate = trace.lags.rate(name)
    slope, error = (repr(x) if math.isfinite(x) else "" for x in (rate.log2_per_step, rate.standard_error))
    return slope, error, "" if rate.horizon is None else str(rate.horizon), rate.regime


def write_npz(
    trace: Trace,
    path: Path | str,
    *,
    overwrite: bool = False,
    dynamics: Dynamics | None = None,
    made: Provenance | None = None,
) -> Path:
    """Write everything that is known of the lags as NumPy arrays, and what it takes to compute it again.

    θ stands for each name in `parameters`. log2 is −inf where something is exactly zero.

    - `format`: this version of the keys.
    - `experiment`, `network`, `batch`, `origin`: what this is of, as JSON, with the keys of docs/report-json.md: every
      setting, or `null` where none make the network and the batch; cell, φ, read-out, leak and sizes; the data's name
      and size; where they come from.
    - `provenance`: with what, when and how the file was made, as JSON.
    - `parameters`: the names.
    - `log2_norm_θ`: (T, T) at [t−1, k]: log₂ ‖contribution(t, k)‖, −inf where there is none.
    - `log2_state_norm`: (T, T) at [t − 1, k]: log₂ ‖∂L_t/∂a⟨t−k⟩‖, in an LSTM ‖∂L_t/∂(a, c)⟨t−k⟩‖.
    - `log2_typical_θ`, `log2_summed_θ`: (T,) at [k]; `typical_losses_θ`: over how many losses each mean is.
    - `log2_gradient_θ`: log₂ ‖∂L/∂θ‖.
    - `log2_rate_θ`, `log2_rate_error_θ`, `horizon_θ`: bits per step, their standard error, and a lag; each left out
      where it is not known, as for W_y and b_y.
    - Where the gradient is truncated: `share_cut` (K,), the share of the losses that lose each of the lags that one
      has, `log2_lost_θ` (T,) at [k], what is thrown away, and `log2_truncated_gradient_θ`, what is left.
    - `residual`: the largest ‖Σ contributions − BPTT‖ / (sum of the sizes of the terms that are added).
    - `losses`, `scored`: (T,): L_t, 0 where not scored, and which steps are.
    - `overflow_step`: the step that left float64, at which everything here ends; 0 if none did.
    - Of the Jacobians, where these have been looked at: `jacobian_step` t, `jacobian_lags` (K,) and
      `log2_singular_values` (K, n) of ∂a⟨t⟩/∂a⟨t−k⟩; `eigenvalues` and `largest_singular_value` of W_aa, in a
      cell with gates `eigenvalues_W_ra` and so on of each recurrent matrix;
      `lyapunov_exponents` (m,), −inf for directions cut off, and `lyapunov_standard_errors` of those that are finite;
      NaN in place of a singular value or an exponent that float64's rounding has lost.
    - θ itself, `inputs` (T, B, n_x), `targets` (T, B, n_y) or (T, B), `initial_state` (B, n_a).

    Path, `overwrite`, `made`, result and errors as `write_csv` has them; `.npz` is added.
    """
    return write_whole(lambda: npz_contents(trace, dynamics, made), destination(path, ".npz"), overwrite=overwrite)


def npz_contents(trace: Trace, dynamics: Dynamics | None = None, made: Provenance | None = None) -> bytes:
    """Every array as the bytes of an NPZ file; `write_npz` says what is in it."""
    return _packed(_arrays(trace, dynamics, made or provenance()))


def _packed(arrays: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _arrays(trace: Trace, dynamics: Dynamics | None, made: Provenance) -> dict[str, Any]:
    lags, batch, tape = trace.lags, trace.batch, trace.tape
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        **{name: np.array(json.dumps(told)) for name, told in subject(trace).items()},
        "provenance": np.array(json.dumps(asdict(made))),
        "parameters": np.array(list(lags.log2_norm)),
        "log2_state_norm": lags.log2_state_norm,
        "residual": np.array(lags.residual),
        "losses": tape.losses,
        "scored": lags.scored,
        "overflow_step": np.array(tape.overflow_step or 0),
        "inputs": batch.inputs,
        "targets": batch.targets,
        "initial_state": tape.states[0],
    }
    if trace.truncation is not None:
        share = trace.truncation.share_cut
        arrays["share_cut"] = share[~np.isnan(share)]
    for name, norms in lags.log2_norm.items():
        arrays[name] = trace.network.parameters[name]
        arrays[f"log2_norm_{name}"] = norms
        arrays[f"log2_typical_{name}"] = lags.typical(name)
        arrays[f"typical_losses_{name}"] = lags.averaged(name)
        arrays[f"log2_summed_{name}"] = lags.log2_summed[name]
        arrays[f"log2_gradient_{name}"] = np.array(trace.gradients.log2_norm(name))
        if trace.truncation is not None:
            arrays[f"log2_lost_{name}"] = trace.truncation.log2_lost[name]
            arrays[f"log2_truncated_gradient_{name}"] = np.array(trace.truncation.gradients.log2_norm(name))
        if name not in trace.network.readout.uses:
            rate = lags.rate(name)
            told = {"rate": rate.log2_per_step, "rate_error": rate.standard_error}
            arrays |= {f"log2_{key}_{name}": np.array(value) for key, value in told.items() if not math.isnan(value)}
            if rate.horizon is not None:
                arrays[f"horizon_{name}"] = np.array(rate.horizon)
    return arrays if dynamics is None else arrays | _measured(dynamics)


def _measured(dynamics: Dynamics) -> dict[str, Any]:
    lyapunov, profile = dynamics.lyapunov, dynamics.profile
    arrays: dict[str, Any] = {"lyapunov_exponents": lyapunov.exponents}
    known = lyapunov.standard_errors[np.isfinite(lyapunov.exponents)]
    if not np.isnan(known).any():
        arrays["lyapunov_standard_errors"] = known
    for name, spectrum in dynamics.spectra.items():
        of = f"_{name}" if len(dynamics.spectra) > 1 else ""
        arrays[f"eigenvalues{of}"] = spectrum.eigenvalues
        arrays[f"largest_singular_value{of}"] = np.array(spectrum.largest_singular_value)
    if profile is not None:
        arrays["jacobian_step"] = np.array(profile.step)
        arrays["jacobian_lags"] = profile.lags
        arrays["log2_singular_values"] = profile.log2_singular_values
    return arrays


NO_SETTINGS: Final = "no settings make this network and its data; save every array for NumPy (.npz) instead"
"""Why a trace cannot be saved as settings"""


def write_experiment(
    trace: Trace, path: Path | str, *, overwrite: bool = False, made: Provenance | None = None
) -> Path:
    """Write every setting as TOML, which `Experiment.load` and `rnn-tui --experiment` read; provenance as comments.

    Path, `overwrite`, `made`, result and errors as `write_csv` has them; `.toml` is added. A trace of a network or
    batch that no settings make cannot be saved in this way, and is an ExportError too.
    """
    settings = trace.origin.settings
    if settings is None:
        raise ExportError(NO_SETTINGS)

    def contents() -> bytes:
        return f"# {what(trace)}\n# {(made or provenance()).line}\n\n{settings.to_toml()}".encode()

    return write_whole(contents, destination(path, ".toml"), overwrite=overwrite)


def write_svg(svg: str, path: Path | str, *, overwrite: bool = False, made: Provenance | None = None) -> Path:
    """Write a picture, as `picture` makes one, with its provenance as its metadata.

    Path, `overwrite`, `made`, result and errors as `write_csv` has them; `.svg` is added.
    """

    def contents() -> bytes:
        metadata = f"<metadata>{escape((made or provenance()).line)}</metadata>"
        return _SVG.sub(lambda tag: tag.group() + metadata, svg, count=1).encode("utf-8", "replace")

    return write_whole(contents, destination(path, ".svg"), overwrite=overwrite)


_SVG: Final = re.compile(r"<svg\b[^>]*(?<!/)>")
"""The tag that opens a picture"""


def picture(lines: Iterable[Iterable[Segment]], width: int, title: str) -> str:
    """Lines of colored text as an SVG picture of a terminal `width` columns wide."""
    from rich.console import Console
    from rich.segment import SegmentLines

    console = Console(
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        record=True,
    )
    console.print(SegmentLines([list(line) for line in lines], new_lines=True))
    return console.export_svg(title=title)
