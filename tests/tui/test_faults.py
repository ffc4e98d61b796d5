"""`rnn-tui diagnose` and the tab Why say what core finds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from driving import NARROW, Drive, explorer, text_of
from test_cli import out_of
from textual.widgets import Static

import core
from core.claims.diagnosis import KINDS
from core.dynamics.random_steps import random_step_factor
from core.settings.setup_code import setup_code
from tui import cli
from tui.explorer.actions.settings import change
from tui.explorer.help import help_text
from tui.explorer.panels.diagnosis import DiagnosisPanel
from tui.report.diagnosis_document import HEALTHY, diagnosis_document
from tui.report.formats.text import document_text
from tui.report.words.because import because
from tui.report.words.reference import reference_group

SMALL = core.Experiment(hidden_size=8, timesteps=60, gain=0.2)


def test_it_says_what_is_found_and_what_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diagnose", "--hidden-size", "8", "--timesteps", "60", "--gain", "0.2"]) == 0
    out, err = out_of(capsys)
    assert err == ""
    trace = core.run(SMALL)
    found = core.diagnose(trace)
    assert out == document_text(diagnosis_document(trace, found))
    for place, one in enumerate(found.findings, 1):
        assert f"{place}. {one.kind}" in out
        assert one.remedy in " ".join(out.split())
    assert out.endswith(f"\nrnn-tui --setup {setup_code(SMALL)}\n"), "as every report does"


def test_the_first_sentence_says_what_the_rate_rests_on_in_the_cells_own_words() -> None:
    trace = core.run(core.Experiment())
    largest = np.linalg.norm(trace.network.parameters["W_aa"], 2)
    slope = np.mean(1 - np.tanh(trace.tape.preactivations) ** 2)
    said = because(trace)
    assert said.startswith("Why it vanishes: each step back multiplies the gradient by W_aaᵀ")
    assert f"×{largest:.3g} (σ_max)" in said and f"φ', {slope:.3g} on average" in said and "×0.672" in said
    assert said in " ".join(document_text(diagnosis_document(trace, core.diagnose(trace))).split())
    assert f"make about ×{random_step_factor(trace.tape):.3g} of a gradient" in said, "what carries the conclusion"
    lstm = core.run(core.Experiment(cell="lstm"))
    gated = because(lstm)
    kept = 2 ** (core.direct_path(lstm.tape).log2_rms[20] / 20)
    assert (
        "over 20 steps the direct path leaves ×" in gated
        and f"rms ∏ f⟨r⟩, the root mean square over units), ×{kept:.3g}" in gated
    )
    assert abs(np.log2(kept) - lstm.profile().rate(reference_group(lstm)).log2_per_step) < 0.15
    leaky = because(core.run(core.Experiment(leak=0.1)))
    assert "0.9 on average" in leaky and "units that keep most" not in leaky, "all keep the same"
    assert "past the matrices, by f, 0." in gated and "σ_max" not in gated
    assert because(core.run(core.Experiment(timesteps=1))) == "", "there is no rate to explain"
    gru = because(core.run(core.preset("gru")))
    assert "gradient of all b_·. It is that of all b_·, which reads 1 at every step: that of all W_·a " in gru
    assert "reads 1" not in said, "of a rate of W_aa's there is nothing to explain"
    one_unit, open_wide = core.Experiment(cell="gru", hidden_size=1), core.Experiment(cell="lstm", forget_bias=30.0)
    for alike in (one_unit, open_wide):
        assert "past the matrices" in because(core.run(alike))
        assert "units that keep most" not in because(core.run(alike)), "there is no unit that keeps more than another"


def test_it_ends_with_that_these_are_numbers_of_one_seed() -> None:
    """The GRU of the default seed is the 95th of 100: a cell compared with another by one seed tells too much."""
    trace = core.run(core.Experiment(cell="gru"))
    told = " ".join(document_text(diagnosis_document(trace, core.diagnose(trace))).split())
    assert "All these numbers are of one seed" in told and "M on the tab Lags shows where 20 seeds lie." in told
    given = core.run(network=trace.network, batch=trace.batch)
    assert "one seed" not in document_text(diagnosis_document(given, core.diagnose(given))), "no settings make it"


def test_its_json_has_every_file_and_every_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    traces = [core.run(SMALL), core.run(core.Experiment(seed=0))]
    files = [str(tmp_path / f"{name}.npz") for name in "ab"]
    for trace, file in zip(traces, files, strict=True):
        core.save_trace(trace, file)
    assert cli.main(["diagnose", *files, "--json"]) == 0
    record = json.loads(out_of(capsys)[0])
    assert record["format"] == 1
    assert record["provenance"]["program"].startswith("rnn-tui")
    assert [one["file"] for one in record["networks"]] == ["a.npz", "b.npz"]
    for trace, told in zip(traces, record["networks"], strict=True):
        found = core.diagnose(trace)
        assert [(one["kind"], one["weight"]) for one in told["findings"]] == [
            (one.kind, one.weight) for one in found.findings
        ]
        numbers = [number["value"] for one in told["findings"] for number in one["numbers"]]
        assert numbers == [number.value for one in found.findings for number in one.evidence]


@pytest.mark.parametrize(
    ("kinds", "status"), [("vanishing", 1), ("any", 1), ("float32,recurrent-matrix", 1), ("dead-units,exploding", 0)]
)
def test_its_status_says_whether_something_was_found_that_may_not_be(
    kinds: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--hidden-size", "8", "--timesteps", "60", "--gain", "0.2"]
    assert cli.main(["diagnose", *arguments, "--fail-on", kinds]) == status
    out_of(capsys)


def test_a_kind_that_there_is_none_of_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diagnose", "--fail-on", "sadness"]) == 2
    _, err = out_of(capsys)
    assert "'sadness' was given, allowed is any, exploding" in err


def test_every_kind_is_explained() -> None:
    for kind in KINDS:
        assert f"**{kind}**" in help_text("diagnosis")
        assert f"| `{kind}` |" in (Path(__file__).parents[2] / "docs" / "diagnosis.md").read_text(encoding="utf-8")


@explorer(SMALL, size=NARROW, only="work")
async def test_the_tab_says_what_is_wrong_with_what_is_shown(drive: Drive) -> None:
    await drive.press("7")
    panel = drive.one(DiagnosisPanel)
    await drive.until(lambda: not panel.is_looking)
    headline, findings = panel.query(Static)
    assert text_of(headline).strip() == "2 findings: recurrent matrix, vanishing"
    lines = text_of(findings).splitlines()
    assert lines[0].startswith("Why it vanishes: each step back")
    found = next(place for place, line in enumerate(lines) if line.startswith("1. recurrent matrix, W_aa"))
    parts = (" " * 10, "found", "numbers", "try", "may explain")
    assert all(line.startswith(parts) for line in lines[found + 1 : found + 8] if line)
    change(drive.screen, core.Experiment(seed=0))
    await drive.settled()
    await drive.until(lambda: not panel.is_looking)
    assert text_of(headline).strip().lower() == HEALTHY
