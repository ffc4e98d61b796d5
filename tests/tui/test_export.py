"""What is exported is what the trace holds, to the last bit; a file is whole or not there, and no other is lost."""

from __future__ import annotations

import csv
import errno
import json
import math
import os
import re
import stat
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.segment import Segment
from rich.style import Style
from writing import written

import core
from core import Batch, Experiment, Network, Trace
from core.settings.provenance import Provenance
from tui.report import atomic_files as files
from tui.report.atomic_files import ExportError
from tui.report.curves import log2_curve
from tui.report.formats import format_named
from tui.report.formats.csv import COLUMNS
from tui.report.formats.names import suggested_name
from tui.report.formats.svg import picture

SMALL = {"hidden_size": 4, "timesteps": 12}


MADE = Provenance("rnn-tui 0", "3", "2", "blas 1", "2026-01-31T12:00:00Z", "rnn-tui <a> & 'b, c'")


@cache
def trace(**settings: str | int | float) -> Trace:
    return core.run(Experiment(**{**SMALL, **settings}))


def silent() -> Trace:
    """Every state is zero, and so is every contribution of W_aa and W_ax."""
    return trace(input_gain=0.0)


def overflowing() -> Trace:
    found = trace(activation="relu", initializer="identity", gain=1e6, timesteps=80)
    assert found.tape.overflow_step is not None
    return found


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def one_line(error: pytest.ExceptionInfo[ExportError]) -> str:
    message = str(error.value)
    assert message.isprintable()
    return message


# CSV


@pytest.mark.parametrize("make", [trace, silent, overflowing], ids=["plain", "silent", "overflowing"])
def test_the_csv_file_has_every_parameter_and_lag_to_the_last_bit(make, tmp_path):
    shown = make()
    table = rows(written("csv", shown, tmp_path / "a.csv"))
    lags = len(shown.lags.scored)
    assert [(row["parameter"], int(row["lag"])) for row in table] == [
        (name, lag) for name in (*shown.network.parameters, "x") for lag in range(lags)
    ]
    for row in table:
        name, lag = row["parameter"], int(row["lag"])
        for curve in ("typical", "summed"):
            values = log2_curve(shown.lags, name, curve)
            if values[lag] == -np.inf:
                assert (row[f"{curve}_log2"], row[f"{curve}_log10"]) == ("", "")
                assert row[f"{curve}_exactly_zero"] == "true"
            else:
                assert float(row[f"{curve}_log2"]) == values[lag]
                assert float(row[f"{curve}_log10"]) == pytest.approx(values[lag] * math.log10(2), rel=1e-15)
                assert row[f"{curve}_exactly_zero"] == "false"


def test_the_csv_file_tells_an_exact_zero_from_a_small_number(tmp_path):
    by_name = {row["parameter"]: row for row in rows(written("csv", silent(), tmp_path / "a.csv")) if row["lag"] == "3"}
    assert by_name["W_aa"]["typical_exactly_zero"] == "true"
    assert by_name["b_a"]["typical_exactly_zero"] == "false"
    assert by_name["W_y"]["summed_exactly_zero"] == "true"


@pytest.mark.parametrize("make", [trace, silent, overflowing, lambda: trace(timesteps=1)])
def test_no_cell_of_the_csv_file_is_a_number_that_a_spreadsheet_cannot_read(make, tmp_path):
    for row in rows(written("csv", make(), tmp_path / "a.csv")):
        assert row.pop("what") and row.pop("made_by"), "texts"
        for cell in row.values():
            assert not re.search("nan|inf", cell, re.IGNORECASE)


def test_the_csv_file_repeats_rate_horizon_and_regime_where_there_are_any(tmp_path):
    shown = trace(timesteps=30, gain=0.3)
    assert shown.lags.rate("W_ax").horizon is not None
    for row in rows(written("csv", shown, tmp_path / "a.csv")):
        whole = (row["rate_log2_per_step"], row["rate_log2_standard_error"], row["horizon"], row["regime"])
        if row["parameter"] in ("W_y", "b_y"):
            assert whole == ("", "", "", "")
            continue
        rate = shown.lags.input_rate if row["parameter"] == "x" else shown.lags.rate(row["parameter"])
        horizon = "" if rate.horizon is None else str(rate.horizon)
        assert whole == (repr(rate.log2_per_step), repr(rate.standard_error), horizon, rate.regime)


def test_the_csv_file_is_a_header_and_rows_and_nothing_else(tmp_path):
    text = written("csv", trace(), tmp_path / "a.csv").read_bytes()
    lines = text.decode("utf-8").split("\n")
    assert lines[0] == ",".join(COLUMNS)
    assert lines[-1] == ""
    assert {len(row) for row in csv.reader(lines[:-1])} == {len(COLUMNS)}
    assert len(lines) == 2 + 6 * 12, "no cell is on several lines"


# NPZ


@pytest.mark.parametrize("make", [trace, silent, overflowing], ids=["plain", "silent", "overflowing"])
def test_the_npz_file_holds_the_whole_profile(make, tmp_path):
    shown = make()
    lags = shown.lags
    with np.load(written("npz", shown, tmp_path / "a.npz"), allow_pickle=False) as found:
        assert list(found["parameters"]) == list(shown.network.parameters)
        for name in shown.network.parameters:
            np.testing.assert_array_equal(found[f"log2_norm_{name}"], lags.log2_norm[name])
            np.testing.assert_array_equal(found[f"log2_typical_{name}"], lags.typical(name))
            np.testing.assert_array_equal(found[f"typical_losses_{name}"], lags.averaged(name))
            np.testing.assert_array_equal(found[f"log2_summed_{name}"], lags.log2_summed[name])
            assert found[f"log2_gradient_{name}"] == shown.gradients.log2_norm(name)
        np.testing.assert_array_equal(found["log2_input_norm"], lags.log2_input_norm)
        np.testing.assert_array_equal(found["log2_typical_x"], lags.input_curve("typical"))
        np.testing.assert_array_equal(found["log2_summed_x"], lags.input_curve("summed"))
        at_input = np.ldexp(found["input_gradient_mantissa"], found["input_gradient_exponent"])
        np.testing.assert_array_equal(at_input, shown.gradients.inputs)
        assert found["initial_state_gradient_mantissa"].shape == shown.tape.states[0].shape
        np.testing.assert_array_equal(found["log2_state_norm"], lags.log2_state_norm)
        np.testing.assert_array_equal(found["losses"], shown.tape.losses)
        np.testing.assert_array_equal(found["scored"], lags.scored)
        assert found["residual"] == lags.residual
        assert found["overflow_step"] == (shown.tape.overflow_step or 0)
        assert Experiment(**json.loads(str(found["experiment"]))) == shown.experiment


def test_the_npz_file_has_the_rates_that_there_are_and_no_nan(tmp_path):
    shown = trace(timesteps=30, gain=0.3)
    assert shown.lags.rate("W_ax").horizon is not None
    with np.load(written("npz", shown, tmp_path / "a.npz")) as found:
        rate = shown.lags.rate("W_ax")
        assert found["log2_rate_W_ax"] == rate.log2_per_step
        assert found["log2_rate_error_W_ax"] == rate.standard_error
        assert found["horizon_W_ax"] == rate.horizon
        assert not {"log2_rate_W_y", "log2_rate_error_b_y", "horizon_W_y"}.intersection(found.files)
        assert not any(np.isnan(found[key]).any() for key in found.files if found[key].dtype.kind == "f")


@pytest.mark.parametrize("settings", [{}, {"timesteps": 2}, {"activation": "relu", "bias": -5.0}], ids=str)
def test_the_npz_file_has_what_was_measured_of_the_jacobians(tmp_path, settings):
    shown = trace(**settings)
    measured = core.dynamics_of(shown.tape)
    with np.load(written("npz", shown, tmp_path / "a.npz", dynamics=measured)) as found:
        assert found["jacobian_step"] == measured.profile.step
        assert np.array_equal(found["jacobian_lags"], measured.profile.lags)
        assert np.array_equal(found["log2_singular_values"], measured.profile.log2_singular_values)
        assert np.array_equal(found["eigenvalues"], measured.spectrum.eigenvalues)
        assert np.array_equal(found["lyapunov_exponents"], measured.lyapunov.exponents)
        finite = np.isfinite(measured.lyapunov.exponents)
        errors = measured.lyapunov.standard_errors[finite]
        assert ("lyapunov_standard_errors" in found.files) == (not np.isnan(errors).any())
        assert not any(np.isnan(found[key]).any() for key in found.files if found[key].dtype.kind == "f")
    with np.load(written("npz", shown, tmp_path / "b.npz")) as found:
        assert "jacobian_step" not in found.files


@pytest.mark.parametrize(
    "settings",
    [{}, {"initial_state": 1.0, "batch_size": 3}, {"readout": "softmax", "scored": "last"}],
    ids=["plain", "batch", "classes"],
)
def test_the_npz_file_is_enough_to_make_the_same_trace_again(settings, tmp_path):
    shown = trace(**settings)
    with np.load(written("npz", shown, tmp_path / "a.npz")) as found:
        experiment = Experiment(**json.loads(str(found["experiment"])))
        parameters = {str(name): found[str(name)] for name in found["parameters"]}
        network = Network(experiment.cell, parameters, experiment.activation, experiment.readout)
        batch = Batch(found["inputs"], found["targets"], found["scored"], found["initial_state"])
    again = core.run(experiment, network=network, batch=batch)
    for name in parameters:
        np.testing.assert_array_equal(again.lags.log2_norm[name], shown.lags.log2_norm[name])


def test_the_same_trace_gives_the_same_bytes(tmp_path):
    for kind in ("csv", "npz", "toml"):
        first, second = (written(kind, trace(), tmp_path / str(n), made=MADE) for n in (1, 2))
        assert first.read_bytes() == second.read_bytes()


# TOML and SVG


def test_the_experiment_is_read_back_equal(tmp_path):
    shown = trace(gain=1.25, readout="sigmoid", seed=7)
    assert Experiment.load(written("toml", shown, tmp_path / "a.toml")) == shown.experiment


def test_a_picture_is_an_svg_with_its_text_and_colors(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    lines = [[Segment("δ⟨3⟩ <&> ", Style.parse("#d55e00")), Segment("W_aa")], [Segment("─" * 20)]]
    path = written("chart", trace(), tmp_path / "a.svg", chart=picture(lines, 20, "a title & more"))
    text = path.read_text(encoding="utf-8")
    said = "".join(ElementTree.fromstring(text).itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert "a title & more" in said
    assert "δ⟨3⟩ <&> " in said
    assert "#d55e00" in text


# Names


def suggested(of: Trace, kind: str) -> str:
    return suggested_name(of, format_named(kind))


def test_a_suggested_name_says_what_is_in_the_file():
    assert suggested(core.run(Experiment()), "csv") == "rnn-sunspots-gain0.9.csv"
    assert suggested(trace(gain=2, activation="relu"), "chart") == "rnn-sunspots-gain2-relu-n4-T12-chart.svg"
    assert suggested(trace(task="noise", seed=3), "npz") == "rnn-noise-gain0.9-n4-T12-seed3.npz"
    assert suggested(trace(initializer="orthogonal"), "toml") == "rnn-sunspots-gain0.9-orthogonal-n4-T12.toml"


def test_suggested_names_tell_the_presets_apart_and_fit_every_file_system():
    experiments = [preset.experiment for preset in core.presets().values()]
    names = [suggested(core.run(experiment), "screen") for experiment in experiments]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9.+-]{1,100}", name) for name in names)
    assert "-step20" in suggested(core.run(Experiment(**SMALL), training_step=20), "npz")


@pytest.mark.parametrize(
    ("given", "meant"),
    [("a", "a.csv"), ("a.csv", "a.csv"), ("a.CSV", "a.CSV"), ("gain0.9", "gain0.9.csv"), ("a.txt", "a.txt.csv")],
)
def test_a_missing_suffix_is_added(given, meant, tmp_path):
    assert written("csv", trace(), tmp_path / given) == tmp_path / meant
    assert names(tmp_path) == {meant}


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert written("toml", trace(), "~/a") == tmp_path / "a.toml"
    assert names(tmp_path) == {"a.toml"}


# Nothing is lost, and nothing half written


def test_a_file_that_is_there_is_kept_unless_overwriting_is_asked_for(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("mine")
    with pytest.raises(ExportError) as error:
        written("toml", trace(), path)
    assert "exists already" in one_line(error)
    assert path.read_text() == "mine"
    written("toml", trace(), path, overwrite=True)
    assert Experiment.load(path) == trace().experiment
    assert names(tmp_path) == {"a.toml"}


def test_a_file_that_appears_at_the_last_moment_is_kept(tmp_path, monkeypatch):
    path = tmp_path / "a.toml"
    path.write_text("somebody else's")
    monkeypatch.setattr(files, "existing", lambda _: None)
    with pytest.raises(ExportError) as error:
        written("toml", trace(), path)
    assert "exists already" in one_line(error)
    assert path.read_text() == "somebody else's"
    assert names(tmp_path) == {"a.toml"}


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("interruption", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_everything_as_it_was(overwrite, interruption, tmp_path, monkeypatch):
    path = tmp_path / "a.toml"
    if overwrite:
        path.write_text("mine")

    def fail(*_: object) -> None:
        raise interruption

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises((ExportError, KeyboardInterrupt)):
        written("toml", trace(), path, overwrite=overwrite)
    assert names(tmp_path) == ({"a.toml"} if overwrite else set())
    assert not overwrite or path.read_text() == "mine"


def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path, monkeypatch):
    real = open

    def full(path, mode):
        file = real(path, mode)
        monkeypatch.setattr(files, "open", real, raising=False)

        class Full:
            def __enter__(self):
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, data: bytes) -> None:
                file.write(data[:10])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return Full()

    monkeypatch.setattr(files, "open", full, raising=False)
    with pytest.raises(ExportError) as error:
        written("toml", trace(), tmp_path / "a.toml")
    assert "the disk is full; make room" in one_line(error)
    assert names(tmp_path) == set()


def test_overwriting_through_a_link_keeps_the_link_and_the_rights(tmp_path):
    kept, link = tmp_path / "kept.toml", tmp_path / "link.toml"
    kept.write_text("old")
    kept.chmod(0o640)
    link.symlink_to(kept)
    written("toml", trace(), link, overwrite=True)
    assert link.is_symlink()
    assert Experiment.load(kept) == trace().experiment
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640


def test_a_link_to_nothing_counts_as_a_file(tmp_path):
    link = tmp_path / "link.toml"
    link.symlink_to(tmp_path / "gone.toml")
    with pytest.raises(files.ExistsAlreadyError, match="exists already"):
        written("toml", trace(), link)
    written("toml", trace(), link, overwrite=True)
    assert names(tmp_path) == {"link.toml", "gone.toml"}


def test_a_new_file_has_the_rights_that_any_new_file_has(tmp_path):
    (tmp_path / "plain").touch()
    path = written("toml", trace(), tmp_path / "a")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


# What cannot be written is said in one line


def test_a_place_that_cannot_be_written_is_told_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder.csv").mkdir()
    os.mkfifo("pipe.csv")
    os.mkfifo("pipe")
    Path("loop.csv").symlink_to("loop.csv")
    before = names(tmp_path)
    for given, wrong in {
        "": "no file name was given; type one",
        "   ": "no file name was given",
        "folder.csv": "a folder; add a file name",
        "folder": "a folder; add a file name",
        "new/": "a folder; add a file name",
        ".": "a folder; add a file name",
        ".csv": "a suffix alone; add a name",
        "no/such/a.csv": "there is no folder no/such; create it first",
        "file/a.csv": "file is not a folder; choose another place",
        "pipe.csv": "not an ordinary file; choose another name",
        "pipe": "pipe: not an ordinary file; choose another name",
        "/dev/null": "/dev/null: not an ordinary file; choose another name",
        "loop.csv": "a link that leads back to itself",
        "a" * 300: "the name is too long; shorten it",
        "~nobody-of-this-name/a": "no such user's folder; write the whole path",
        "a\0b": "not a file name; leave out the character",
        "new\nline/a.csv": "new?line/a.csv: there is no folder new?line",
    }.items():
        for overwrite in (False, True):
            with pytest.raises(ExportError) as error:
                written("csv", trace(), given, overwrite=overwrite)
            assert wrong in one_line(error), given
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        (errno.EACCES, "permission denied; choose a folder that you may write to"),
        (errno.EROFS, "a read-only place; choose another"),
        (errno.EDQUOT, "your share of the disk is full"),
        (errno.EIO, f"cannot be written: {os.strerror(errno.EIO)}; choose another place"),
    ],
)
def test_what_the_system_refuses_is_told_with_what_to_do(number, wrong, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files, "open", refuse, raising=False)
    with pytest.raises(ExportError) as error:
        written("csv", trace(), tmp_path / "a.csv")
    assert wrong in one_line(error)
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    ("protected", "wrong"),
    [("a.csv", "write-protected; choose another name"), ("", "the folder cannot be written to; choose another")],
)
def test_a_protected_file_or_folder_is_left_alone(protected, wrong, tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("mine")
    monkeypatch.setattr(files.os, "access", lambda place, _: Path(place) != tmp_path / protected)
    with pytest.raises(ExportError) as error:
        written("csv", trace(), path, overwrite=True)
    assert wrong in one_line(error)
    assert path.read_text() == "mine"


def test_nothing_is_worked_out_for_a_place_that_cannot_be_written(tmp_path):
    def never() -> bytes:
        raise AssertionError

    (tmp_path / "a").touch()
    with pytest.raises(ExportError):
        files.write_whole(never, tmp_path / "a", overwrite=False)
