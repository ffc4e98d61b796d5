"""What a file tells of a recurrent part, fact by fact, and where each of them stands or what it was inferred from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.sources.facts import CONFIRMED, INFERRED, UNKNOWN, Fact
from core.sources.functions import activation_of, gates_of
from core.sources.gathered import Gathered
from core.sources.layers import RecurrentLayer
from core.sources.merging import CONCATENATED, FACTORS, MULTIPLIED, mode_of, multiplied
from core.sources.surroundings import Embedding, Head

Stack = Sequence[tuple[RecurrentLayer, ...]]


def shape_facts(stack: Stack, kind: str) -> list[Fact]:
    """The cell, layers, directions, units, inputs and numbers, and where each of them stands."""
    first = stack[0][0]
    matrix = f"{first.names['recurrent']} of shape {first.arrays['recurrent'].shape}"
    parts = list(dict.fromkeys(one.part for each in stack for one in each))
    guessed = any(each[0].reads_guessed for each in stack[1:])
    joined = f"{', '.join(parts)}: the order of the layers" + (" and their sizes" if guessed else "")
    names = joined if len(parts) > 1 else "the names of the weights"
    units = " and ".join(dict.fromkeys(str(each[0].hidden_size) for each in stack))
    facts = [
        _cell(first, matrix),
        Fact("layers", str(len(stack)), INFERRED if len(parts) > 1 and guessed else CONFIRMED, names),
        Fact("directions", _directions(stack), CONFIRMED, "the names of the weights"),
        *_merged(stack),
        Fact("units", units, CONFIRMED, matrix),
        Fact("inputs", str(first.input_size), CONFIRMED, first.names["input"]),
    ]
    if "projection" in first.arrays:
        facts.append(Fact("projected to", str(first.output_size), CONFIRMED, first.names["projection"]))
    sizes = sorted({array.dtype.itemsize * 8 for each in stack for one in each for array in one.arrays.values()})
    told = " and ".join(f"float{size}" for size in sizes)
    return [*facts, Fact("numbers", told if sizes == [64] else f"{told}, widened to float64", CONFIRMED, kind)]


def _cell(layer: RecurrentLayer, matrix: str) -> Fact:
    kind = str(layer.told.get("class", ""))
    if layer.guess:
        return Fact("cell", layer.cell, INFERRED, layer.guess)
    if kind:
        return Fact("cell", layer.cell, CONFIRMED, f"class {kind.rpartition('.')[2]} of {layer.part}")
    return Fact("cell", layer.cell, INFERRED, matrix)


def _directions(stack: Stack) -> str:
    found = {"backward" if one.backward else "forward": None for each in stack for one in each}
    return " and ".join(sorted(found, reverse=True))


def _merged(stack: Stack) -> list[Fact]:
    """How two directions are put together, where they are not side by side."""
    modes = list(dict.fromkeys(mode for mode in map(mode_of, stack) if mode != CONCATENATED))
    if not modes:
        return []
    known = all(mode in FACTORS for mode in modes)
    told = "; a matrix that reads this stands here twice, once for each direction" if known else ""
    told = "; the read-out multiplies the two" if modes == [MULTIPLIED] and multiplied(stack[-1]) else told
    return [Fact("together by", f"{' and '.join(modes)}{told}", CONFIRMED, "merge_mode of the configuration")]


def function_facts(stack: Stack) -> list[Fact]:
    """φ, the function of the gates, and where a GRU resets; of each layer or direction that has another one too."""
    first = stack[0][0]
    facts = _functions(first)
    for number, each in enumerate(stack, start=1):
        for one in each:
            others = [fact for fact, known in zip(_functions(one), facts, strict=False) if fact.value != known.value]
            which = f"layer {number}" if len(stack) > 1 else "the backward direction"
            facts += [Fact(f"{fact.name} of {which}", fact.value, fact.certainty, fact.source) for fact in others]
    return facts


def _functions(layer: RecurrentLayer) -> list[Fact]:
    gates = gates_of(layer)
    facts = [activation_of(layer), *([] if gates is None else [gates])]
    return [*facts, _reset(layer)] if layer.cell == "gru" else facts


def _reset(layer: RecurrentLayer) -> Fact:
    if layer.resets_after is None:
        return Fact("reset", "", UNKNOWN, "before or after the recurrent matrix: there are no biases that would tell")
    value = "after the matrix" if layer.resets_after else "before the matrix"
    if layer.guess:
        return Fact("reset", value, INFERRED, "what a GRU with two biases has in PyTorch")
    source = {"torch": "the only one that the library has", "onnx": "linear_before_reset of the node"}
    return Fact("reset", value, CONFIRMED, source.get(layer.convention, "the shape of the bias, or the configuration"))


def inputs_fact(layer: RecurrentLayer, embedding: Embedding | None) -> Fact:
    """What makes the inputs of the lowest layer."""
    if embedding is not None:
        said = f"{embedding.name} of shape {embedding.array.shape}, by its name and its columns"
        return Fact("embedding", f"{embedding.ids} ids", INFERRED, said)
    if layer.reads:
        certainty = INFERRED if layer.reads_guessed else CONFIRMED
        return Fact("inputs are", f"what {layer.reads} makes", certainty, "the order of the layers")
    return Fact("inputs are", "", UNKNOWN, f"how the {layer.input_size} inputs are made does not stand in the file")


def readout_facts(
    heads: Sequence[Head], width: int, merged: Mapping[str, str], together: Gathered | None
) -> list[Fact]:
    """The read-outs that fit, and what is behind the likeliest.

    Args:
        heads: The read-outs.
        width: How many numbers they read.
        merged: Those that would fit, but read this part put together with others → what that is.
        together: Which one reads several layers.
    """
    if not heads:
        said = "; ".join(f"{name} reads {what}" for name, what in merged.items())
        read_together = "" if together is None else f"{together.said}; readout {together.head.name} takes it"
        return [
            Fact("read-out", "", UNKNOWN, said or read_together or f"no matrix in the file reads {width} numbers"),
            Fact("loss", "", UNKNOWN, "weights do not tell it"),
        ]
    names = ", ".join(f"{head.name} ({head.outputs} outputs)" for head in heads[:4])
    more = f" and {len(heads) - 4} more" if len(heads) > 4 else ""
    said = f"matrices that read {width} numbers, the likeliest name first"
    facts = [Fact("read-out", f"{names}{more}", INFERRED, said), *heads[0].between]
    told = heads[0].function
    if told:
        return [*facts, Fact("g", told, CONFIRMED, f"activation of {heads[0].name}")]
    return [*facts, Fact("loss", "", UNKNOWN, "weights do not tell it")]
