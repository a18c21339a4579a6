"""What lecture 4 claims, held against other routes to the same numbers.

The lecture itself is run once, as the script that it is; the tests look at its own objects.
"""

import runpy
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from qfc_helpers.draws import diagnose

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "lectures" / "04_hyperdistributions.py"


@pytest.fixture(scope="module")
def lecture():
    return runpy.run_path(str(SOURCE))


# What a random effect is


def test_the_integral_by_hand_is_the_likelihood_of_statsmodels(lecture):
    assert lecture["log_likelihood"] == pytest.approx(lecture["lmer_ml"].llf, abs=1e-6)


def test_draws_and_integral_agree_and_the_peak_is_elsewhere(lecture):
    """Within five standard errors of 4000 independent draws."""
    table, draws = lecture["by_both"], lecture["draws_scorpions"]["posterior"].dataset
    for name, row in table.iterrows():
        error = float(draws[name].std()) / np.sqrt(draws[name].size)
        assert abs(row["mean of draws"] - row["integrated"]) < 5 * error
    sd_alpha = table.loc["1|population_sigma"]
    assert sd_alpha["lmer (ML)"] < 0.7 * sd_alpha["integrated"]


def test_new_names_move_nothing(lecture):
    """To a millionth of the smallest posterior standard deviation of an intercept."""
    for moved, exact in [("moved", "exact_scorpions"), ("moved_radon", "exact_radon")]:
        sd = float(lecture[exact].sd(["alpha_j"])["alpha_j"].min())
        assert lecture[moved] < 1e-6 * sd


def test_the_comparison_does_exchange_the_names(lecture):
    seen = []

    def remember(data):
        seen.append(data["population"].astype(str).to_list())
        return lecture["scorpion_model"](data)

    rng = np.random.default_rng(891)
    lecture["largest_change"](remember, lecture["scorpions"], "population", rng)
    before, after = seen
    assert before != after
    assert set(before) == set(after)


def test_a_renamed_group_takes_its_estimate_along(lecture):
    """The comparison above could not fail if the names were not exchanged."""
    alpha = lecture["alpha_by_name"](lecture["model_scorpions"])
    renamed = lecture["scorpions"].copy()
    names = renamed["population"].cat.categories
    renamed["population"] = renamed["population"].map(dict(zip(names, names[::-1], strict=True)))
    after = lecture["alpha_by_name"](lecture["scorpion_model"](renamed))
    assert (alpha - after).abs().max() > 10
    np.testing.assert_allclose(alpha.to_numpy(), after.to_numpy()[::-1], rtol=1e-6)


# A new group


def test_the_hyperdistribution_is_the_total_of_two_variances(lecture):
    """Var(alpha_new) = Var(mu_alpha) + E(sd_alpha^2)."""
    for name in ("scorpions", "radon"):
        exact = lecture[f"exact_{name}"]
        sd_alpha = exact.marginal("sd_alpha")
        total = float(exact.marginal("mu_alpha").sd()) ** 2
        total += float(sd_alpha.sd()) ** 2 + float(sd_alpha.mean()) ** 2
        assert float(exact.new_group().sd()) == pytest.approx(np.sqrt(total), rel=1e-4)


def test_picking_old_groups_fails_with_three_and_hardly_with_85(lecture):
    spread = lecture["spread"]
    few, many = spread.to_numpy()
    assert few[2] < 0.65 * few[0]
    assert many[2] > 0.9 * many[0]
    # Fresh draws have the spread; heavy tails with 3 groups, so 10 %.
    assert few[1] == pytest.approx(few[0], rel=0.1)
    assert many[1] == pytest.approx(many[0], rel=0.05)


# Benefits


def test_the_fast_lmer_is_statsmodels(lecture):
    """To 1e-3: statsmodels' own error."""
    radon = lecture["radon"]
    fit = smf.mixedlm("log_radon ~ 1 + floor", radon, groups="county").fit(method="powell")
    fast = lecture["fit_radon"]
    np.testing.assert_allclose(fast["coefficient"], fit.fe_params, rtol=1e-3)
    assert float(fast["sd_alpha"]) == pytest.approx(np.sqrt(fit.cov_re.iloc[0, 0]), rel=1e-3)
    theirs = np.array([effect.iloc[0] for effect in fit.random_effects.values()])
    np.testing.assert_allclose(fast["group_effect"], theirs, atol=1e-3)


def test_the_universe_is_found_by_a_random_sample_only(lecture):
    """A standard error of the mean of 20 lakes is 5 / sqrt(20), about 1.1; ten fish add little."""
    designed = lecture["designed"]
    truth = designed.loc["all 500 lakes (the truth)", "median"]
    assert abs(designed.loc["20 lakes at random", "median"] - truth) < 3.5
    assert designed.loc["20 where people catch big ones", "from (5.5 %)"] > truth + 3


def test_robin_hood_gives_to_the_poor_and_costs_the_unusual(lecture):
    gain, poor = lecture["gain"], lecture["by_unusual"]
    assert gain.loc[3] > 0.15
    assert abs(gain.loc[40]) < 0.05
    ratio = (poor["partial"] / poor["no"]).to_numpy()
    assert (ratio[1:4] < 0.9).all()
    assert (ratio[[0, 4]] > 1.05).all()


def test_robin_hoods_gain_is_significant(lecture):
    """Paired over 300 replicates: squared errors of three-year stocks, at least 5 errors away."""
    poor = slice(0, 3)
    squares = [(lecture[f"error_{name}"][:, poor] ** 2).mean(axis=1) for name in ("no", "partial")]
    difference = squares[0] - squares[1]
    assert difference.mean() > 5 * difference.std(ddof=1) / np.sqrt(300)


def test_without_pooling_the_error_is_that_of_a_mean(lecture):
    """Each stock's mean has the standard deviation 0.8 / sqrt(n); 300 replicates, so 10 %."""
    expected = 0.8 / np.sqrt(lecture["by_years"].index.to_numpy())
    np.testing.assert_allclose(lecture["by_years"]["no"], expected, rtol=0.1)


def test_no_pooling_overfits_and_partial_pooling_predicts_best(lecture):
    fitted, each = lecture["fitted"], lecture["each"]
    assert fitted["seen"].idxmin() == "no pooling"
    assert (each["partial pooling"] < each["no pooling"]).all()
    assert (each["partial pooling"] < each["complete pooling"]).all()
    assert lecture["wins"] == len(each) == 10
    assert fitted.loc["no pooling", "hidden"] == pytest.approx(
        fitted.loc["complete pooling", "hidden"], rel=0.03
    )


def test_hidden_houses_are_hidden_and_every_county_is_seen(lecture):
    hidden, shuffled = lecture["hidden"], lecture["shuffled"]
    assert set(shuffled.loc[~hidden, "county"]) == set(lecture["radon"]["county"])
    assert not set(shuffled.index[hidden]) & set(shuffled.index[~hidden])
    assert 0.4 < hidden.mean() < 0.5


# Reasons


def test_in_a_balanced_design_the_mixed_model_is_the_test_of_lake_means(lecture):
    """REML of statsmodels, for data whose lakes differ (so that no variance is zero)."""
    rng = np.random.default_rng(1)
    lakes = rng.normal(0, 1, (10, 1))
    y = lakes + rng.normal(0, 1, (10, 20))
    stocked = np.arange(10) < 5
    data = pd.DataFrame(
        {"y": y.ravel(), "stocked": np.repeat(stocked, 20) * 1.0, "g": np.repeat(range(10), 20)}
    )
    fit = smf.mixedlm("y ~ stocked", data, groups="g").fit(method="powell")
    means = y.mean(axis=1)
    expected = stats.ttest_ind(means[stocked], means[~stocked])
    found = fit.fe_params["stocked"] / fit.bse["stocked"]
    assert found == pytest.approx(expected.statistic, rel=1e-3)
    alone = smf.mixedlm("y ~ 1", data, groups="g").fit(method="powell")
    assert alone.bse["Intercept"] == pytest.approx(stats.sem(means), rel=1e-3)


def test_pseudoreplication_has_the_error_that_theory_has(lecture):
    """Within four Monte Carlo standard errors.

    The naive test divides by the wrong variance: of a difference of means, 2 (0.25 + 1/20) / 5
    instead of about 2 (0.25 + 1) / 100, so that its alarms are those of a normal variable
    that is wider.
    """
    naive, mixed = lecture["false_alarms"].values()
    error = np.sqrt(0.05 * 0.95 / lecture["repeats"])
    assert abs(mixed - 0.05) < 4 * error
    within = 1 + 0.25 * 0.8  # of the 0.25 among lakes, 4/5 stay inside a treatment
    wider = np.sqrt((0.25 + 1 / 20) / 5 / (within / 100))
    expected = 2 * stats.norm.sf(1.96 / wider)
    assert abs(naive - expected) < 4 * np.sqrt(expected * (1 - expected) / 2000)
    naive_interval, interval = lecture["covered"].values()
    assert abs(interval - 0.95) < 4 * error
    assert naive_interval < 0.7


def test_partial_pooling_has_the_smallest_standard_error(lecture):
    balance = lecture["balance"]
    best = 1 / np.sqrt((1 / lecture["variance"]).sum())  # Gauss and Markov
    assert balance.loc["partial pooling", "standard error"] == pytest.approx(best)
    assert balance["standard error"].idxmin() == "partial pooling"
    # lmer's own, which also has to estimate the effect of floor
    own = float(lecture["fit_radon"]["standard_error"][0])
    assert balance.loc["partial pooling", "standard error"] == pytest.approx(own, rel=0.06)
    assert lecture["claimed"] < 0.5 * lecture["true_error"]


def test_icc_is_lmers_share(lecture):
    fit = lecture["fit_radon"]
    share = float(fit["sd_alpha"] ** 2 / (fit["sd_alpha"] ** 2 + fit["sd_obs"] ** 2))
    low, middle, high = lecture["partition"].loc["ICC"]
    assert low < share < high
    assert middle == pytest.approx(share, abs=0.01)


def test_a_new_county_is_far_less_certain_than_the_mean(lecture):
    assert lecture["widths"].iloc[1] > 4 * lecture["widths"].iloc[0]


def test_averages_are_less_certain_and_see_another_floor(lecture):
    assert (lecture["ratio"] > 1.1).loc[["floor", "log_uranium"]].all()
    step = lecture["slopes"].xs("estimate", axis=1, level=1).loc["floor"]
    assert step["averages"] - step["all houses"] > 0.2


def test_ridge_is_the_mixed_model(lecture):
    assert lecture["largest"] < 1e-9


# Why fixed


def test_few_groups_leave_sd_alpha_to_the_hyperprior(lecture):
    excess = lecture["excess"]
    assert excess.loc[3] > 1
    assert 0.1 < excess.loc[10] < 0.5
    assert (excess.loc[[30, 100]] < 0.06).all()
    assert (np.diff(excess.to_numpy()) < 0).all()
    width = lecture["how_few"][1, "high"] - lecture["how_few"][1, "low"]
    assert width.loc[3] > 4 * width.loc[100]


def test_a_common_mean_is_biased_where_groups_differ_by_kind(lecture):
    """Theory: one mean pools with variance 0.36 + 1; the gap to it is 1."""
    pull = (1 / 1.36) / (2 / 1.44 + 1 / 1.36)
    free, dammed = lecture["first"]
    assert dammed == pytest.approx(pull, abs=0.05)
    assert free == pytest.approx(-pull, abs=0.05)
    for kind, error in zip(
        lecture["second"], lecture["bias_error"]["a mean for each kind"], strict=True
    ):
        assert abs(kind) < 4 * error


def test_offsets_know_uranium_until_they_are_told(lecture):
    assert lecture["correlation"]["without uranium"] > 0.4
    assert abs(lecture["correlation"]["with uranium"]) < 0.1


# The state-space model, against quadrature: all but the two standard deviations in closed form


@pytest.fixture(scope="module")
def moose_exact(lecture):
    """Posterior means and variances on a grid of midpoints; shares nothing with the sampler."""
    y = lecture["log_count"]
    years = len(y)
    # log_n = design @ (start, r, steps)
    steps = np.tril(np.ones((years, years - 1)), -1)
    design = np.column_stack([np.ones(years), np.arange(years), steps])
    prior_mean = np.r_[4.5, np.zeros(years)]
    grids = np.meshgrid(midpoints(0, 0.7, 90), midpoints(0.15, 0.45, 60), indexing="ij")
    pairs = np.column_stack([grid.ravel() for grid in grids])
    log_weight, means, variances, log_n = [], [], [], []
    for process, obs in pairs:
        prior_variance = np.r_[1, 0.2**2, np.full(years - 1, process**2)]
        precision = np.diag(1 / prior_variance) + y.shape[1] * design.T @ design / obs**2
        right = prior_mean / prior_variance + design.T @ y.sum(axis=1) / obs**2
        best = np.linalg.solve(precision, right)
        quadratic = (y**2).sum() / obs**2 + (prior_mean**2 / prior_variance).sum() - right @ best
        log_det = np.linalg.slogdet(precision)[1] + np.log(prior_variance).sum()
        log_weight.append(
            -0.5 * (quadratic + log_det)
            - y.size * np.log(obs)
            + stats.halfnorm.logpdf([process, obs], scale=0.3).sum()
        )
        means.append(best[1])
        variances.append(np.linalg.inv(precision)[1, 1])
        log_n.append(design @ best)
    weight = np.exp(np.array(log_weight) - max(log_weight))
    weight /= weight.sum()
    square = weight.reshape(grids[0].shape)
    assert max(square[-1].sum(), square[:, 0].sum(), square[:, -1].sum()) < 1e-4, "grid too small"
    return {
        "r": weight @ means,
        "sd_process": weight @ pairs[:, 0],
        "sd_obs": weight @ pairs[:, 1],
        "log_n": weight @ np.array(log_n),
        "sd of r": np.sqrt(
            weight @ (np.array(variances) + np.array(means) ** 2) - (weight @ means) ** 2
        ),
    }


def midpoints(low, high, size):
    width = (high - low) / size
    return low + width * (np.arange(size) + 0.5)


@pytest.mark.parametrize("name", ["r", "sd_process", "sd_obs"])
def test_the_sampler_found_the_exact_posterior(lecture, moose_exact, name):
    """Four Monte Carlo standard errors, and 0.0005 for the grid."""
    draws = lecture["posterior_moose"][[name]]
    error = float(az.mcse(draws)[name])
    assert abs(float(draws[name].mean()) - moose_exact[name]) < 4 * error + 5e-4


def test_the_population_is_the_exact_one_in_every_year(lecture, moose_exact):
    """Five Monte Carlo standard errors: there are 30 years."""
    draws = lecture["posterior_moose"][["log_n"]]
    error = az.mcse(draws)["log_n"].to_numpy()
    difference = draws["log_n"].mean(["chain", "draw"]).to_numpy() - moose_exact["log_n"]
    assert (np.abs(difference) < 5 * error + 5e-4).all()


def test_the_spread_of_r_is_the_exact_one(lecture, moose_exact):
    assert float(lecture["posterior_moose"]["r"].std()) == pytest.approx(
        moose_exact["sd of r"], rel=0.1
    )


def test_no_problem_is_hidden(lecture):
    """All parameters were checked where they were sampled (or the lecture would have stopped)."""
    assert "diagnose(draws_moose).check()" in SOURCE.read_text()
    assert diagnose(lecture["draws_moose"], var_names=["r", "sd_process", "sd_obs", "log_n"]).ok


def test_the_model_sees_through_the_fog(lecture):
    assert lecture["inside"] >= 24  # of 30; 89 % are 27, its standard deviation below 2
    assert lecture["rmse_model"] < lecture["rmse_count"]


def test_face_value_takes_miscounts_for_catastrophes(lecture):
    """Theory: a difference of two mean counts has variance 0.15^2 + 2 * 0.25^2 / 3.

    Of 29 differences the standard deviation has a relative error of some 13 %.
    """
    table = lecture["face_value"]
    naive, _, truth = table["process noise"]
    expected = np.sqrt(0.15**2 + 2 * 0.25**2 / 3)
    assert naive == pytest.approx(expected, rel=0.35)
    assert lecture["low_sd"] < truth < lecture["high_sd"] < naive
    risk = table["Pr(a fifth is gone next year)"].to_numpy()
    assert abs(risk[1] - risk[2]) < 0.5 * abs(risk[0] - risk[2])
