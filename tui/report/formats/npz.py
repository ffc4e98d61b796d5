"""Everything that is known of the lags as NumPy arrays, and what it takes to compute it again.

θ stands for each name in `parameters`. log2 is −inf where something is exactly zero.

- `format`: this version of the keys.
- `experiment`, `network`, `batch`, `origin`: what this is of, as JSON, with the keys of docs/report-json.md: every
  setting, or `null` where none make the network and the batch; cell, φ, read-out, leak and sizes; the data's name
  and size; where they come from.
- `provenance`: with what, when and how the file was made, as JSON.
- `parameters`: the names.
- `log2_norm_θ`: (T, T) at [t−1, k]: log₂ ‖contribution(t, k)‖, −inf where there is none.
- `log2_state_norm`: (T, T) at [t − 1, k]: log₂ ‖∂L_t/∂a⟨t−k⟩‖, in an LSTM ‖∂L_t/∂(a, c)⟨t−k⟩‖.
- `log2_input_norm`: (T, T) at [t − 1, k]: log₂ ‖∂L_t/∂x⟨t−k⟩‖, and of it `log2_typical_x`, `typical_losses_x`,
  `log2_summed_x`, `log2_rate_x` and `log2_rate_error_x`, `horizon_x`, as of a parameter.
- `input_gradient_mantissa`, `input_gradient_exponent`: ∂L/∂x⟨t⟩ is mantissa · 2^exponent, (T, B, n_x);
  `initial_state_gradient_mantissa`, `initial_state_gradient_exponent`: ∂L/∂a⟨0⟩, (B, n_state).
- `log2_layer_norm_l`: of a stack, the same of the state of layer l, counted from 1 at the bottom.
- `log2_norm_ahead_θ`: of a stack of bidirectional layers, the lags below 0 of each parameter θ of the cell: [t − 1, k]
  is the step t + k, for k ≥ 1.
- `looks_ahead`: of a bidirectional network, the names whose [k] is the step t + k.
- `log2_typical_θ`, `log2_summed_θ`: (T,) at [k]; `typical_losses_θ`: over how many losses each mean is.
- `log2_gradient_θ`: log₂ ‖∂L/∂θ‖.
- `log2_rate_θ`, `log2_rate_error_θ`, `horizon_θ`: bits per step, their standard error, and a lag; each left out
  where it is not known, as for W_y and b_y.
- Where the gradient is truncated: `share_cut` (K,), the share of the losses that lose each of the lags that one
  has, `log2_lost_θ` (T,) at [k], what is thrown away, and `log2_truncated_gradient_θ`, what is left.
- `residual`: the largest ‖Σ contributions − BPTT‖ / (sum of the sizes of the terms that are added).
- `losses`, `scored`: (T,): L_t, 0 where not scored, and which steps are. Where examples differ in that,
  `examples_scored` (T, B): which are; where targets are weighted, `loss_weights` (T, B).
- `overflow_step`: the step that left float64, at which everything here ends; 0 if none did.
- Of the Jacobians, where these have been looked at: `jacobian_step` t, `jacobian_lags` (K,) and
  `log2_singular_values` (K, n) of ∂a⟨t⟩/∂a⟨t−k⟩; `eigenvalues` and `largest_singular_value` of W_aa, in a
  cell with gates `eigenvalues_W_ra` and so on of each recurrent matrix;
  `lyapunov_exponents` (m,), −inf for directions cut off, and `lyapunov_standard_errors` of those that are finite;
  NaN in place of a singular value or an exponent that float64's rounding has lost.
- `saved`: as JSON, what else `core.load_trace` needs to give the whole trace back, and `rnn-tui FILE` to open it: the
  settings that came with it, where its network and batch come from, k1 and k2; and after an overflow `whole_inputs`,
  `whole_targets`, `whole_scored` and `whole_weights`, the batch with the steps after it.
- `input_names` (n_x,), `target_names`: of the columns of x, and of those of the targets or their classes; left out
  where they have no names.
- θ itself, `inputs` (T, B, n_x), `targets` (T, B, n_y) or (T, B), `initial_state` (B, n_a).
"""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.sources.saved_trace import beside
from tui.report.json_values import subject
from tui.report.lag_lines import input_line, lag_lines

if TYPE_CHECKING:
    from core.dynamics.summary import Dynamics
    from tui.report.formats.format import Bundle
    from tui.report.lag_lines import LagLine

FORMAT: Final = 1
"""The version of the keys: raised when one changes its meaning or goes."""


def npz_contents(bundle: Bundle) -> bytes:
    """Every array of the trace as a compressed NumPy archive: the bytes of the file."""
    file = io.BytesIO()
    np.savez_compressed(file, **_arrays(bundle))
    return file.getvalue()


def _arrays(bundle: Bundle) -> dict[str, Any]:
    trace, dynamics = bundle.trace, bundle.dynamics
    lags, batch, tape = trace.lags, trace.batch, trace.tape
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        **{name: np.array(json.dumps(told)) for name, told in subject(trace).items()},
        "provenance": np.array(bundle.made.json),
        "parameters": np.array(list(lags.log2_norm)),
        "log2_state_norm": lags.log2_state_norm,
        **{f"log2_layer_norm_{layer}": table for layer, table in lags.log2_layer_norm.items()},
        **({"looks_ahead": [name for name in lags.log2_norm if lags.ahead(name)]} if lags.directions else {}),
        "residual": np.array(lags.residual),
        "losses": tape.losses,
        "scored": batch.scored_steps,
        "overflow_step": np.array(tape.overflow_step or 0),
        "inputs": batch.inputs,
        "targets": batch.targets,
        "initial_state": tape.states[0],
    }
    named = {"input_names": batch.input_names, "target_names": batch.target_names}
    arrays |= {name: np.array(names) for name, names in named.items() if names}
    if batch.scored.ndim == 2:
        arrays["examples_scored"] = batch.scored
    if batch.weights is not None:
        arrays["loss_weights"] = batch.weights
    arrays |= {"log2_input_norm": lags.log2_input_norm, **_line(input_line(trace))}
    for key, values in (
        ("input_gradient", trace.gradients.scaled_inputs),
        ("initial_state_gradient", trace.gradients.scaled_initial_state),
    ):
        arrays[f"{key}_mantissa"] = values.mantissa
        arrays[f"{key}_exponent"] = np.broadcast_to(values.exponent, values.mantissa.shape)
    if trace.truncation is not None:
        share = trace.truncation.share_cut
        arrays["share_cut"] = share[~np.isnan(share)]
    for line in lag_lines(trace):
        name = line.name
        arrays[name] = trace.network.parameters[name]
        arrays[f"log2_norm_{name}"] = lags.log2_norm[name]
        arrays |= _line(line)
        if lags.below is not None and name in lags.below.log2_norm:
            arrays[f"log2_norm_ahead_{name}"] = lags.below.log2_norm[name]
        arrays[f"log2_gradient_{name}"] = np.array(trace.gradients.log2_norm(name))
        if trace.truncation is not None:
            arrays[f"log2_lost_{name}"] = trace.truncation.log2_lost[name]
            arrays[f"log2_truncated_gradient_{name}"] = np.array(trace.truncation.gradients.log2_norm(name))
    arrays |= beside(trace)
    return arrays if dynamics is None else arrays | _measured(dynamics)


def _line(line: LagLine) -> dict[str, Any]:
    """The curves of a line, and its rate as far as it is known."""
    name = line.name
    arrays: dict[str, Any] = {
        f"log2_typical_{name}": line.typical,
        f"typical_losses_{name}": line.losses,
        f"log2_summed_{name}": line.summed,
    }
    if line.rate is not None:
        told = {"rate": line.rate.log2_per_step, "rate_error": line.rate.standard_error}
        arrays |= {f"log2_{key}_{name}": np.array(value) for key, value in told.items() if not math.isnan(value)}
        if line.rate.horizon is not None:
            arrays[f"horizon_{name}"] = np.array(line.rate.horizon)
    return arrays


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
