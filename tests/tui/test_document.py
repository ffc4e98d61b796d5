"""One document is behind every form of the report: its cells carry the record's numbers, and text shows them all."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from writing import record

import core
from core.bptt.parameter_groups import groupings
from tui.report.document import (
    Block,
    Bullets,
    Cell,
    Column,
    Definitions,
    Document,
    Figure,
    Lines,
    Paragraph,
    Row,
    Section,
    Table,
)
from tui.report.formats.json import document_json
from tui.report.formats.text import document_text
from tui.report.json_values import size
from tui.report.lag_lines import lag_lines
from tui.report.palette import SERIES
from tui.report.trace_document import About, trace_document
from tui.report.training_document import comparison_document, training_document

CASES: dict[str, dict[str, Any]] = {
    "vanilla": {},
    "lstm": {"cell": "lstm", "hidden_size": 4, "timesteps": 20},
    "truncated": {"k1": 2, "k2": 5, "timesteps": 30},
    "exact zeros": {"gain": 0.0, "timesteps": 8},
}


@cache
def trace(case: str) -> core.Trace:
    return core.run(core.Experiment(**CASES[case]))


@cache
def document(case: str) -> Document:
    return trace_document(trace(case), about=About("A name", "what happens"))


def tables(of: Document) -> list[Table]:
    return [block for block in of.blocks if isinstance(block, Table)]


def rows(table: Table) -> dict[str, Row]:
    return {row.label.split()[-1]: row for part in table.parts for row in part}


@pytest.mark.parametrize("case", CASES)
def test_the_cells_carry_the_records_own_numbers(case: str) -> None:
    found = record(trace(case))
    ways = [by for by in groupings(trace(case).network) if by != "parameter"]
    for by, table in zip(ways, tables(document(case)), strict=False):
        names = [column.name for column in table.columns]
        told = found["parameter_groups"][by] if len(ways) > 1 else found["parameters"]
        for label, row in rows(table).items():
            for name, cell in zip(names, row.cells, strict=True):
                if name not in told or cell.value is None:
                    continue
                if row.unit == "log2":
                    known = told[name]["typical"]["log2"][int(label)]
                    assert cell.value == (-math.inf if known is None else known)
                elif row.label == "per step" and math.isfinite(cell.value):
                    assert cell.value == told[name]["rate"]["log2_per_step"]
                elif row.label in ("horizon", "half-life", "doubling"):
                    key = {"half-life": "half_life", "doubling": "doubling_time"}.get(row.label, row.label)
                    assert cell.value == told[name]["rate"][key]


@pytest.mark.parametrize("case", CASES)
def test_every_key_of_the_record_is_a_sections_and_no_other_sections(case: str) -> None:
    told = [key for section in document(case).sections for key in section.record]
    assert len(set(told)) == len(told)
    assert list(record(trace(case))) == told
    made = json.loads(document_json(document(case)))
    assert {*made} == {*told, "provenance"} and made["sentences"] == document(case).record["sentences"]


def test_the_command_that_opens_a_report_again_stands_on_one_line_in_any_terminal() -> None:
    for width in (40, 80):
        assert f"\nrnn-tui --setup {'c' * 150}\n" in document_text(
            replace(document("vanilla"), setup="c" * 150), width=width
        )


def test_a_section_is_all_that_a_fact_more_needs() -> None:
    for whole in (document("vanilla"), training_document(trained(), None, None)):
        of = replace(whole, setup="")
        assert document_text(whole) == f"{document_text(of)}\nrnn-tui --setup {whole.setup}\n"
        more = replace(of, sections=(*of.sections, Section((Paragraph("It is 7."),), {"seven": 7})))
        assert document_text(more) == document_text(of) + "\nIt is 7.\n"
        assert more.record == of.record | {"seven": 7}
        assert json.loads(document_json(more))["seven"] == 7


def test_words_and_record_of_a_section_are_made_of_the_same_values() -> None:
    of = document("lstm")
    (findings,) = (section for section in of.sections if "sentences" in section.record)
    (bullets,) = findings.blocks
    assert isinstance(bullets, Bullets) and list(bullets.texts) == findings.record["sentences"]
    assert (of.subject, of.headline) == (of.record["what"], of.record["headline"])
    for key, kinds in {"parameters": [Table, Table, Figure], "truncation": [], "theory": [Definitions]}.items():
        (section,) = (section for section in of.sections if key in section.record)
        assert [type(block) for block in section.blocks] == kinds


def test_what_truncation_loses_is_the_records_too() -> None:
    (table,) = (one for one in tables(document("truncated")) if one.columns[0].name == "thrown")
    found = record(trace("truncated"))["truncation"]
    for label, row in rows(table).items():
        told = found["parameters"].get(label) or found[label]
        lost, cosine, length = (cell.value for cell in row.cells)
        assert told["lost_share"] == size(lost)
        assert (cosine, length) == (told["cosine"], told["length"]["log2"])


@pytest.mark.parametrize("case", CASES)
def test_text_shows_every_word_and_cell_where_there_is_room(case: str) -> None:
    of = document(case)
    text = " ".join(document_text(of, width=129).split())
    for block in of.blocks:
        assert all(" ".join(words.split()) in text for words in _words(block))
    assert text.startswith(" ".join((of.title, of.subject, of.headline)))


def _words(block: Block) -> list[str]:
    match block:
        case Paragraph():
            return [f"{block.name}: {block.text}"]
        case Bullets() | Lines():
            return list(block.texts)
        case Table():
            lines = [" ".join((row.label, *(cell.text for cell in row.cells))) for part in block.parts for row in part]
            return [block.caption, block.note, *lines]
        case Figure():
            return [block.caption]
        case Definitions():
            return [block.caption, *(name for name, _ in block.entries)]


def test_optional_columns_give_way_where_it_is_narrow_and_a_rule_parts_a_table() -> None:
    columns = (Column("a", SERIES["W_aa"]), Column("b"), Column("c", optional=True), Column("d", optional=True))
    row = Row("row", tuple(Cell(text) for text in "1234"))
    table = Table("caption", columns, ((row,), (row,)), "note")
    wide = document_text(Document("", "s", "h", (Section((table,)),)), width=80).splitlines()
    assert wide[2:] == [
        "",
        "caption",
        " " * 10 + "".join(f"{name:>11}" for name in ("● a", "b", "c", "d")),
        f"{'row':<10}" + "".join(f"{text:>11}" for text in "1234"),
        "─" * 54,
        f"{'row':<10}" + "".join(f"{text:>11}" for text in "1234"),
        "note",
    ]
    narrow = document_text(Document("", "s", "h", (Section((table,)),)), width=49)
    assert narrow.splitlines()[5].split() == ["row", "1", "2"]


def test_a_figure_stands_beside_the_tables_that_are_before_it() -> None:
    of = document("vanilla")
    before = [block for block in of.blocks if not isinstance(block, Figure)]
    figures = [block for block in of.blocks if isinstance(block, Figure)]
    apart = replace(of, sections=(Section((*before, *figures)),))

    def row_of_lag_0(one: Document, width: int) -> str:
        return next(line for line in document_text(one, width=width).splitlines() if line.startswith("lag 0"))

    assert "│" in row_of_lag_0(of, 130)
    assert "│" not in row_of_lag_0(of, 129)
    assert "│" not in row_of_lag_0(apart, 130)


@pytest.mark.parametrize("case", CASES)
def test_a_document_leaves_the_process(case: str) -> None:
    again = pickle.loads(pickle.dumps(document(case)))
    assert document_text(again, width=140) == document_text(document(case), width=140)


def test_the_lines_of_single_parameters_are_the_whole_profile() -> None:
    found, shown = record(trace("lstm")), trace("lstm")
    lines = {line.name: line for line in lag_lines(shown)}
    assert list(lines) == list(shown.network.parameters) == list(found["parameters"])
    for name, line in lines.items():
        assert line.recurrent == (name not in shown.network.readout.uses)
        assert line.typical.tolist() == shown.lags.typical(name).tolist()
        assert line.losses.tolist() == json.loads(json.dumps(found))["parameters"][name]["typical"]["losses"]


# Training


@cache
def trained() -> core.TrainingHistory:
    history = core.TrainingHistory(core.Experiment(timesteps=8, hidden_size=3, training_steps=20, clip="norm"))
    for step in core.train(history.experiment):
        history.add(step)
    return history


def test_the_cells_of_a_training_are_its_own_numbers() -> None:
    history = trained()
    (table,) = tables(training_document(history, None, None))
    assert [column.name for column in table.columns] == ["loss", "metric", "‖g‖", "clipped", "ρ(W_aa)"]
    found, last = training_document(history, None, None).record, 0
    for step, row in rows(table).items():
        loss, _, norm, clipped, radius = (cell.value for cell in row.cells)
        place = int(step)
        assert radius == found["spectral_radius"]["W_aa"][found["spectral_radius"]["steps"].index(place)]
        if place == 0:
            assert (loss, norm, clipped) == (None, None, None)
        else:
            assert loss == pytest.approx(sum(found["loss"][last:place]) / (place - last))
            assert (norm, clipped) == (found["log2_gradient"][place - 1], found["log2_clipped"][place - 1])
        last = place


def test_a_comparison_has_a_row_for_each_remedy_and_says_what_is_missing() -> None:
    experiment = core.Experiment(timesteps=8, hidden_size=3, training_steps=4)
    compared = list(core.compare(experiment, only=["vanilla", "lstm"]))
    of = comparison_document(experiment, compared, interrupted=True)
    (table,) = tables(of)
    assert [cell.value for cell in table.parts[0][1].cells] == [
        compared[1].metric,
        *(one and one.rate.log2_per_step for one in (compared[1].before, compared[1].after)),
        None,
        4,
    ]
    narrow = document_text(of, width=80)
    assert max(map(len, narrow.splitlines())) == 79, "the widest columns give way"
    text = document_text(of, width=100)
    assert "(a, c)" in text and f"were not trained to their end.\n\nrnn-tui --setup {of.setup}\n" in text
    for block in of.blocks:
        assert all(" ".join(words.split()) in " ".join(text.split()) for words in _words(block))
