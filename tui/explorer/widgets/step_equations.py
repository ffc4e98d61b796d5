"""The step inspector's lines for any cell: its own equations with the step put in, and the numbers of every gate."""

from __future__ import annotations

from rich.text import Text

from core import BackwardPass, ForwardStep, Network
from tui.explorer.widgets.text_columns import aligned
from tui.report.numbers import magnitude, number
from tui.report.words.formulas import at_step


def gates_text(network: Network, step: ForwardStep) -> list[Text]:
    """Going forward: each pre-activation's equation, its size, and what the gate does, then the parts of the state."""
    forward, phi = network.cell.equations().forward, network.activation_name
    lines: list[Text] = []
    for name, gate in step.gates.items():
        lines.append(Text(f"\n{at_step(forward[name], step.step, phi)}", style="italic"))
        rows = [("  mean", number(gate.mean)), ("  saturated units", f"{gate.saturated} of {gate.units}")]
        rows += [(f"  from {parameter}", magnitude(size)) for parameter, size in gate.log2_drives.items()]
        lines.append(aligned(rows, first=18))
    for part, size in step.log2_parts.items():
        lines.append(Text(f"\n{at_step(forward[part], step.step, phi)}", style="italic"))
        lines.append(Text(f"  ‖{part}⟨{step.step}⟩‖  {magnitude(size)}"))
    return lines


def paths_rows(walk: BackwardPass, s: int) -> list[tuple[str, str, str | None]]:
    """Going back: what came to step s through the matrices and what directly, where the cell has such a way."""
    direct, paths = walk.tape.network.cell.direct, walk.log2_paths
    if direct is None or s == len(walk):
        return []
    titles = {"matrices": "  through matrices", "direct": f"  directly, × {direct.symbol}"}
    return [(titles[name], magnitude(float(logs[s - 1])), None) for name, logs in paths.items()]


def parts_rows(walk: BackwardPass, s: int) -> list[tuple[str, str, str | None]]:
    """The gradient at each part of a state that has several, and at all of it."""
    parts, of = walk.log2_parts, "∂L/∂"
    if len(parts) == 1:
        return []
    norms = {**parts, walk.tape.network.state_name: walk.log2_state_gradient}
    return [(f"‖{of}{name}⟨{s}⟩‖", magnitude(float(logs[s - 1])), None) for name, logs in norms.items()]


def deltas_rows(walk: BackwardPass, s: int) -> list[tuple[str, str, str | None]]:
    """Each gate's δ."""
    return [(f"‖δ_{name}⟨{s}⟩‖", magnitude(float(logs[s - 1])), None) for name, logs in walk.log2_deltas.items()]


def back_equations(network: Network, s: int) -> Text:
    """The cell's step back, one equation per line."""
    return Text("\n" + "\n".join(at_step(line, s) for line in network.cell.equations().back.values()), style="italic")
