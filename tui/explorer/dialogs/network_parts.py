"""The recurrent parts of a file as a list, the facts of one of them, and what there is to choose of it: no widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from core.network.activations import ACTIVATIONS
from core.network.cells.gate_products import GATE_FUNCTIONS
from core.sources.candidate import LOSSES
from core.sources.driving import NEW, PROBED
from core.sources.facts import CONFIRMED, INFERRED, UNKNOWN
from core.sources.pooling import BETWEEN, POOLINGS
from tui.report.printable import printable
from tui.report.words.checkpoint import of_candidate

if TYPE_CHECKING:
    from core import Candidate

Options = Sequence[tuple[str, str]]
"""What can be chosen: (what is shown, the value); the value is empty for what the file says, or for nothing yet"""

CHOOSE: Final = "choose"
"""What is shown of what the file does not say, until it is chosen"""

NAME: Final = 13
CERTAINTY: Final = 10

STYLES: Final[Mapping[str, str]] = {CONFIRMED: "green", INFERRED: "yellow", UNKNOWN: "bold red"}
"""How certain → the style of that word; the words say it without colors too"""


def part_row(candidate: Candidate) -> Text:
    """A recurrent part in the list: `rnn: 2 layers of LSTM, 3 inputs, 4 units`, and what somebody is asked for."""
    text = Text(printable(of_candidate(candidate)))
    asked = [fact.name for fact in candidate.unknown]
    if candidate.problems:
        text.append("  not read here", "red")
    elif asked:
        text.append(f"  asks for {', '.join(asked)}", "dim")
    return text


def facts_text(candidate: Candidate) -> Text:
    """Every fact of a part, a line each: its name, how certain it is, its value, and where it is from."""
    text = Text()
    for fact in candidate.facts:
        text.append(f"{_fitting(fact.name):<{NAME}}", "dim").append(
            f"{fact.certainty:<{CERTAINTY}}", STYLES[fact.certainty]
        )
        value, source = printable(fact.value), printable(fact.source)
        between = "  " if value and source else ""
        text.append(value).append(f"{between}{source}\n", "dim" if value else "")
    for number, reasons in candidate.problems.items():
        layer = f" {number}" if candidate.layers > 1 else ""
        text.append(f"{f'not read{layer}':<{NAME}}", "red").append(printable("; ".join(reasons)) + "\n")
    text.rstrip()
    return text


def _fitting(name: str) -> str:
    return name if cell_len(name) < NAME else f"{set_cell_size(name, NAME - 2)}…"


def choices(candidate: Candidate) -> Mapping[str, Options]:
    """What of a part can be chosen → the options; nothing of what stands in the file."""
    found: dict[str, Options] = {}
    if candidate.made is not None:
        return found
    if candidate.layers > 1:
        every = "all of them" if candidate.directions == 1 else CHOOSE
        found["layer"] = [(every, ""), *((str(one), str(one)) for one in range(1, candidate.layers + 1))]
    if candidate.directions > 1:
        found["direction"] = [("both", ""), ("forward", "forward"), ("backward", "backward")]
    for name, known in (("activation", tuple(ACTIVATIONS)), ("gates", GATE_FUNCTIONS)):
        fact = candidate.fact(name)
        if fact is not None and fact.certainty != CONFIRMED:
            said = f"{fact.value} *" if fact.known else CHOOSE
            found[name] = [(said, ""), *((one, one) for one in known if one != fact.value)]
    heads = [(printable(head.name), head.name) for head in candidate.heads]
    found["readout"] = [("that fits", ""), *heads, ("a new one", NEW), ("a probe", PROBED)]
    if not any(head.function for head in candidate.readouts):
        found["loss"] = [("as asked", ""), *((one, one) for one in LOSSES)]
    if not all(fact.certainty == CONFIRMED for head in candidate.readouts for fact in head.between):
        found["between"] = [("not known", ""), *((one, one) for one in BETWEEN)]
    pooling = candidate.fact("pooling")
    if pooling is not None and not pooling.known:
        found["pooling"] = [("not known", ""), *((one, one) for one in POOLINGS)]
    return found


def buttons(on_data: bool) -> str:
    """What the keys do, as markup, for the mouse."""
    data = "[@click=screen.data]d: data from a file …[/]"
    if on_data:
        data = "[@click=screen.data]d: other data …[/]   [@click=screen.none]n: no data[/]"
    return f"{data}   [@click=screen.take]enter: open the network[/]"
