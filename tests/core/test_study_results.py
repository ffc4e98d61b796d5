"""A study says what its networks have in common, each ± for what it is, and is written as tables, arrays and JSON."""

from __future__ import annotations

import copy
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest

import core
from core.study.over_seeds import over_seeds
from core.study.quantities import QUANTITIES

GRID = core.grid(core.Experiment(timesteps=30, seed=0), gain="0.5,1", cell="rnn,gru", seeds=3)


@pytest.fixture(scope="module")
def study() -> core.Study:
    return core.sweep(GRID)


def test_values_stand_where_their_network_is(study: core.Study) -> None:
    rates, errors = study.values("rate"), study.errors("rate")
    assert rates.shape == errors.shape == (2, 2, 3)
    for place, (i, j, seed) in enumerate(np.ndindex(2, 2, 3)):
        experiment = core.Experiment(timesteps=30, gain=(0.5, 1)[i], cell=("rnn", "gru")[j], seed=seed, data_seed=seed)
        trace = core.run(experiment)
        assert rates[i, j, seed] == pytest.approx(trace.lags.state_rate.log2_per_step, rel=1e-12)
        assert errors[i, j, seed] == pytest.approx(trace.lags.state_rate.standard_error, rel=1e-11)
        assert study.values("loss")[i, j, seed] == pytest.approx(trace.tape.loss, rel=1e-12)
        summary = study.summary(place)
        assert summary is not None and summary.fingerprint == core.fingerprint(experiment)
    radius = max(core.spectral_radii(core.make_network(GRID.experiment_at(11))).values())
    assert study.values("spectral_radius").ravel()[11] == pytest.approx(radius, rel=1e-12)
    assert not rates.flags.writeable
    assert np.isnan(study.values("rate", "W_aa")[:, 1]).all(), "a GRU has no such line"
    with pytest.raises(ValueError, match="'speed' was given, allowed is rate, horizon"):
        study.values("speed")


def test_each_uncertainty_is_told_for_what_it_is(study: core.Study) -> None:
    found = study.over_seeds("rate")
    rates, errors = (values.reshape(4, 3) for values in (study.values("rate"), study.errors("rate")))
    for one, own, error in zip(found, rates, errors, strict=True):
        assert one.count == 3 and one.missing == 0
        assert one.mean == pytest.approx(own.mean())
        assert one.deviation == pytest.approx(np.sqrt(np.sum((own - own.mean()) ** 2) / 2))
        assert one.standard_error == pytest.approx(one.deviation / math.sqrt(3))
        assert one.quantiles == pytest.approx(np.quantile(own, (0.05, 0.25, 0.5, 0.75, 0.95)))
        assert one.of_one_network == np.median(error)
    assert found[0].words["standard_error"] == "of the mean over 3 seeds"
    assert found[0].words["of_one_network"] == "of one network"


def test_the_mean_over_seeds_of_the_default_is_that_of_its_networks_one_by_one() -> None:
    factors = [core.state_rate(core.run(core.Experiment(seed=s, data_seed=s)).lags).log2_per_step for s in range(20)]
    (one,) = core.ensemble(core.Experiment(seed=0), seeds=20).over_seeds()
    assert one.mean == pytest.approx(np.mean(factors))
    assert np.mean(np.exp2(factors)) == pytest.approx(0.674, abs=0.001)
    assert np.std(np.exp2(factors), ddof=1) == pytest.approx(0.123, abs=0.001)


@pytest.mark.parametrize(
    ("values", "count", "median", "high"),
    [
        ([1.0, math.inf, 3.0], 3, 3.0, math.inf),
        ([math.nan, math.nan], 0, math.nan, math.nan),
        ([5.0], 1, 5.0, 5.0),
        ([math.inf, math.inf], 2, math.inf, math.inf),
    ],
)
def test_a_horizon_beyond_the_last_lag_has_its_place_among_the_others(
    values: list[float], count: int, median: float, high: float
) -> None:
    found = over_seeds(np.array(values), np.full(len(values), math.nan))
    assert (found.count, found.missing) == (count, len(values) - count)
    assert found.median == median or (math.isnan(median) and math.isnan(found.median))
    assert found.quantiles[-1] == high or math.isnan(high)
    assert math.isnan(found.of_one_network)
    assert math.isnan(found.standard_error) == (count < 2 or math.inf in values)


def test_regimes_are_counted(study: core.Study) -> None:
    for point, found in zip(study.points, study.regimes(), strict=True):
        regimes = [core.run(GRID.experiment_at(n)).lags.state_rate.regime for n in point.networks]
        assert found == {regime: regimes.count(regime) for regime in regimes}


def test_a_row_has_everything_of_its_network(study: core.Study) -> None:
    columns, rows = study.rows()
    assert len(rows) == 12 and all(len(row) == len(columns) for row in rows)
    table = [dict(zip(columns, row, strict=True)) for row in rows]
    for place, row in enumerate(table):
        experiment, summary = GRID.experiment_at(place), study.summary(place)
        assert summary is not None
        assert {name: row[name] for name in ("gain", "cell", "seed", "data_seed")} == {
            name: getattr(experiment, name) for name in ("gain", "cell", "seed", "data_seed")
        }
        assert row["rate_state"] == summary.lines[0].log2_per_step
        assert row["horizon_state"] == summary.lines[0].horizon
        assert row["loss"] == summary.loss and row["fingerprint"] == summary.fingerprint
        assert row["failure"] is None
    assert table[0]["rate_W_aa"] is not None and table[3]["rate_W_aa"] is None


def test_a_row_of_a_failure_says_why() -> None:
    missing = core.grid(core.Experiment(task="text", text_file="nowhere"), gain="1,2", vary="data")
    study = core.sweep(missing)
    columns, rows = study.rows()
    assert [dict(zip(columns, row, strict=True))["failure"][:8] for row in rows] == ["refused:"] * 2
    assert study.over_seeds()[0].count == 0
    json.dumps(study.record(), allow_nan=False)
    assert study.arrays()["failed"].all()


def test_the_record_is_plain_json(study: core.Study) -> None:
    record = json.loads(json.dumps(study.record(), allow_nan=False))
    assert record == study.record()
    assert [one["summary"]["lines"][0]["log2_per_step"] for one in record["networks"]] == study.values(
        "rate"
    ).ravel().tolist()
    assert record["points"][3]["values"] == {"gain": 1.0, "cell": "gru"}
    assert record["points"][3]["rate"]["mean"] == study.over_seeds()[3].mean
    assert record["complete"] and record["experiment"] == GRID.experiment.model_dump()


def test_the_arrays_have_the_shape_of_the_grid(study: core.Study) -> None:
    arrays = study.arrays()
    assert arrays["axes"].tolist() == ["gain", "cell"]
    assert arrays["axis_0"].tolist() == [0.5, 1.0] and arrays["axis_1"].tolist() == ["rnn", "gru"]
    assert np.array_equal(arrays["rate_state"], study.values("rate"))
    assert np.array_equal(arrays["rate_error_state"], study.errors("rate"))
    plain = [name for name, one in QUANTITIES.items() if not one.by_line]
    assert all(arrays[name].shape == (2, 2, 3) for name in plain)


def test_a_study_leaves_the_process_and_is_short_to_print(study: core.Study) -> None:
    again = pickle.loads(pickle.dumps(study))
    assert again.outcomes == study.outcomes and again.grid == study.grid
    assert copy.deepcopy(study).record() == study.record()
    assert repr(study) == "Study((2, 2, 3) networks: 12 of 12 tried, 0 failed)"


def test_a_part_of_a_study_is_a_study(study: core.Study) -> None:
    some = core.Study(GRID, {place: one for place, one in study.outcomes.items() if place != 4})
    assert not some.complete and study.complete
    assert np.isnan(some.values("rate").ravel()[4])
    assert some.over_seeds()[1].missing == 1
    assert len(some.rows()[1]) == 11


def test_it_is_a_dataset_of_xarray_where_that_is_there(study: core.Study) -> None:
    xarray = pytest.importorskip("xarray")
    found = study.to_xarray()
    assert isinstance(found, xarray.Dataset)
    assert dict(found.sizes) == {"gain": 2, "cell": 2, "seeds": 3}
    assert found["rate_state"].sel(gain=1.0, cell="gru", seeds=2) == study.values("rate")[1, 1, 2]
    assert found.attrs["timesteps"] == 30 and found.attrs["version"] == study.version
    drawn = core.sweep(core.grid(core.Experiment(timesteps=8), gain="1:2:random", draws=3)).to_xarray()
    assert drawn["gain"].dims == ("draw",)


def test_without_xarray_it_says_what_to_do(study: core.Study, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match="pip install xarray"):
        study.to_xarray()


@pytest.mark.parametrize("vary", ["both", "weights", "data"])
def test_a_row_has_the_seeds_that_its_network_was_drawn_with(vary: Any) -> None:
    grid = core.grid(core.Experiment(timesteps=6, hidden_size=2, seed=5, data_seed=9), seeds=3, vary=vary)
    columns, rows = core.sweep(grid).rows()
    for place, row in enumerate(rows):
        named, experiment = dict(zip(columns, row, strict=True)), grid.experiment_at(place)
        assert (named["seed"], named["data_seed"]) == (experiment.seed, experiment.data_seed)
