"""What is known of the lags, line by line: what every table, record and file of numbers is written from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.report.curves import INPUT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.bptt.lag_profile import LagProfile
    from core.bptt.parameter_groups import Grouping, ParameterGroup
    from core.bptt.rate import Rate
    from core.numerics.scaled import Floats
    from core.trace import Trace


@dataclass(frozen=True, eq=False)
class LagLine:
    """One line against the lag k: of a parameter, or of several together."""

    name: str
    parameters: tuple[str, ...]
    """The names of the parameters that the line is of; none for the input"""
    typical: Floats
    """(T,) at [k]: the mean over the losses of log₂ ‖contribution‖, −inf where each of them is exactly zero"""
    losses: NDArray[np.intp]
    """(T,) at [k]: over how many losses that mean is"""
    summed: Floats
    """(T,) at [k]: log₂ ‖Σ over the losses of their contributions‖"""
    ahead: bool
    """Whether the line looks ahead, as of the backward direction of a bidirectional network: its k is the lag −k"""
    below: LagLine | None = field(default=None, kw_only=True)
    """The lags below 0 of a line that has lags on both sides, [k] at the lag −k; None where there are none"""
    rate: Rate | None
    """How fast `typical` changes from lag to lag; None where there is lag 0 only, as for the read-out"""

    @property
    def recurrent(self) -> bool:
        """Whether there are lags beyond 0."""
        return self.rate is not None


def input_line(trace: Trace) -> LagLine:
    """The line x: the gradient at the input k steps before a loss, ‖∂L_t/∂x⟨t−k⟩‖, of which no parameter is."""
    lags = trace.lags
    return LagLine(
        name=INPUT,
        parameters=(),
        typical=lags.input_curve("typical"),
        losses=lags.input_averaged,
        summed=lags.input_curve("summed"),
        ahead=False,
        rate=lags.input_rate,
    )


def lag_lines(trace: Trace, by: Grouping = "parameter") -> tuple[LagLine, ...]:
    """The lines of a trace, in the order of display.

    Args:
        trace: What to look at.
        by: What the parameters have in common that are taken together; by default each stands for itself.
    """
    profile, groups = trace.profile(by), trace.parameter_groups(by)
    return tuple(_line(profile, name, group) for name, group in groups.items())


def _line(profile: LagProfile, name: str, group: ParameterGroup) -> LagLine:
    both = profile.below is not None and name in profile.below.log2_norm
    return LagLine(
        name=name,
        parameters=tuple(group.parameters),
        typical=profile.typical(name),
        losses=profile.averaged(name),
        summed=profile.log2_summed[name],
        ahead=profile.ahead(name),
        below=_line(profile.below, name, group) if both and profile.below is not None else None,
        rate=profile.rate(name) if group.recurrent else None,
    )
