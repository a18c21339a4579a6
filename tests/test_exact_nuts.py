"""The exact posterior against long runs of NUTS (Bambi with nutpie), on five models.

Tolerance: four Monte Carlo standard errors of the NUTS run, ArviZ's own, for each of mean, sd and
five quantiles of every parameter. Over the 940 comparisons made here, a correct implementation
exceeds that somewhere with a probability of some 5 %; the seeds are fixed.
"""

import arviz as az
import numpy as np
import pytest
import xarray as xr
from exact_cases import four_effects, radon, scorpions, unbalanced

from qfc_helpers.exact import ExactPosterior

QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]
CASES = {
    "scorpions, mu_alpha ~ Normal(50, 15)": lambda: scorpions(mu_alpha=(50, 15)),
    "scorpions, mu_alpha ~ Normal(0, 100)": lambda: scorpions(mu_alpha=(0, 100)),
    "radon": radon,
    "unbalanced, with singletons": unbalanced,
    "four common effects": four_effects,
}


# One test for each model, not one for each question, so that parallel workers do not repeat runs.
@pytest.mark.parametrize("case", CASES)
def test_against_nuts(case):
    model = CASES[case]()
    before = repr(model)
    exact = ExactPosterior.from_model(model)
    assert repr(model) == before
    assert not model.built
    small = case != "radon"
    draws = model.fit(
        inference_method="nutpie",
        draws=12_000 if small else 3000,
        tune=2000 if small else 1000,
        chains=4,
        cores=2,
        random_seed=7,
        nuts={"target_accept": 0.99 if small else 0.9},
        progressbar=False,
    )
    check_run_is_fit_to_compare_with(draws)
    check_every_moment_and_quantile(exact, draws)
    check_draws_have_the_shape_of_a_fit(exact, draws)


def z_scores(exact_value, draws, method, **options):
    """Differences in Monte Carlo standard errors."""
    posterior = draws.posterior.to_dataset()
    error = az.mcse(draws.posterior, method=method, **options)
    if method == "quantile":
        estimate = posterior.quantile(options["prob"], dim=("chain", "draw"))
    else:
        estimate = getattr(posterior, {"mean": "mean", "sd": "std"}[method])(dim=("chain", "draw"))
    return {
        f"{method} {name}": np.abs((exact_value[name] - estimate[name]) / error[name]).max().item()
        for name in draws.posterior.data_vars
    }


def check_every_moment_and_quantile(exact, draws):
    names = list(draws.posterior.data_vars)
    scores = z_scores(exact.mean(names), draws, "mean") | z_scores(exact.sd(names), draws, "sd")
    for q in QUANTILES:
        found = z_scores(exact.quantile(q, names), draws, "quantile", prob=q)
        scores |= {f"{q} {name}": score for name, score in found.items()}
    too_far = {name: score for name, score in scores.items() if not score < 4}
    assert not too_far


def check_run_is_fit_to_compare_with(draws):
    summary = az.summary(draws, round_to="none")
    assert summary["r_hat"].max() < 1.01
    assert summary["ess_bulk"].min() > 2000
    assert draws.sample_stats["diverging"].mean() < 1e-4


def check_draws_have_the_shape_of_a_fit(exact, draws):
    own = exact.sample(draws=50, chains=2, random_seed=1)
    assert list(own.children) == list(draws.children)
    ours, theirs = own.posterior, draws.posterior
    assert list(ours.data_vars) == list(theirs.data_vars)
    for name, variable in theirs.data_vars.items():
        assert ours[name].dims == variable.dims
        assert ours[name].dtype == variable.dtype
    assert set(ours.coords) == set(theirs.coords)
    for name, coordinate in theirs.coords.items():
        if name not in ("chain", "draw"):
            assert ours[name].dtype == coordinate.dtype
            assert ours[name].values.tolist() == coordinate.values.tolist()
    xr.testing.assert_identical(
        own.observed_data.to_dataset().drop_attrs(), draws.observed_data.to_dataset().drop_attrs()
    )
    assert set(theirs.attrs) - set(ours.attrs) == {"tuning_steps"}
    rows = az.summary(own, round_to="none").index
    assert list(rows) == list(az.summary(draws, round_to="none").index)
    assert list(exact.summary(list(theirs.data_vars)).index) == list(rows)
