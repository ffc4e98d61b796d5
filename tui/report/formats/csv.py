"""The lag profile as a table: one row for every parameter and lag, the header first, nothing else.

It is long and not wide, so that the columns are the same for every cell, two files can be put under one
another, and each number has its flag next to it. What belongs to a parameter as a whole, and to the file as a
whole, is repeated on each row, and not put into comments, which spreadsheets take for data.

- `parameter`, `lag`: W_aa, …, and k = 0 … T − 1; of the backward direction of a bidirectional network, which looks
  ahead, 0 … 1 − T. The rows of `x`, the last ones, are of the gradient at the input, ‖∂L_t/∂x⟨t−k⟩‖, in the place of a
  contribution; their sum over the losses is of all of them side by side.
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

Rate, error, horizon and regime are empty for W_y and b_y, which have lag 0 only, the last four of x and of the lags
where nothing is truncated, and numbers wherever they are not known.
"""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Final

from tui.report.curves import INPUT
from tui.report.lag_lines import input_line, lag_lines
from tui.report.numbers import LOG10_2
from tui.report.words.subject import describe_setup

if TYPE_CHECKING:
    from core.bptt.rate import Rate
    from core.trace import Trace
    from tui.report.formats.format import Bundle

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
"""The columns; the module's own text says what each holds."""


def csv_contents(bundle: Bundle) -> bytes:
    """The numbers of the lag profile as CSV: the bytes of the file, in UTF-8."""
    trace = bundle.trace
    text, whole_file = io.StringIO(), (describe_setup(trace), bundle.made.line)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    lines = (*lag_lines(trace), input_line(trace))
    both = [(line, False) for line in lines] + [(line.below, True) for line in lines if line.below is not None]
    for line, below in both:
        whole = _whole(line.rate)
        curves = (line.typical, line.summed, line.losses)
        for lag, (typical, total, count) in enumerate(zip(*(curve.tolist() for curve in curves), strict=True)):
            if below and not lag:
                continue  # lag 0 stands with those above it
            sizes = [*_cells(typical), *_cells(total), *whole, *_lost(trace, line.name, lag)]
            writer.writerow([line.name, -lag if line.ahead or below else lag, *sizes, count, *whole_file])
    return text.getvalue().encode()


def _lost(trace: Trace, name: str, lag: int) -> tuple[str, str, str, str]:
    """What truncation throws away of a parameter at a lag."""
    found = trace.truncation
    if found is None or name == INPUT:
        return "", "", "", ""
    share = float(found.share_cut[lag])
    return "" if math.isnan(share) else repr(share), *_cells(float(found.log2_lost[name][lag]))


def _cells(log2: float) -> tuple[str, str, str]:
    """A size's log₂ and log₁₀, and whether it is exactly zero."""
    if log2 == -math.inf:
        return "", "", "true"
    return repr(log2), repr(log2 * LOG10_2), "false"


def _whole(rate: Rate | None) -> tuple[str, str, str, str]:
    """Rate, its error, horizon and regime of a parameter; empty where there is lag 0 only."""
    if rate is None:
        return "", "", "", ""
    slope, error = (repr(x) if math.isfinite(x) else "" for x in (rate.log2_per_step, rate.standard_error))
    return slope, error, "" if rate.horizon is None else str(rate.horizon), rate.regime
