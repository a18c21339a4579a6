"""What the model solutions claim in words, held against their own numbers and the exact posterior.

Each solution is run once, as the script that it is; the tests look at its own objects.
"""

import runpy
from pathlib import Path

import numpy as np
import pytest

from qfc_helpers.draws import diagnose
from qfc_helpers.exact import ExactPosterior

FOLDER = Path(__file__).resolve().parent.parent / "solutions" / "hierarchical"


def run(name):
    return runpy.run_path(str(FOLDER / f"{name}.py"))


@pytest.fixture(scope="module")
def sensitivity():
    return run("01_prior_sensitivity")


@pytest.fixture(scope="module")
def derived():
    return run("02_derived_parameters")


@pytest.fixture(scope="module")
def hyper():
    return run("03_hyperdistributions")


@pytest.fixture(scope="module")
def radon():
    return run("04_radon")


def interval(drawn):
    return drawn.quantile([0.025, 0.975]).to_numpy()


# Exercise 1


def test_on_one_footing_the_order_of_aic_flips(sensitivity):
    reml, no = (sensitivity["aic"](sensitivity[name]).value for name in ("by_reml", "apart"))
    assert reml < no < sensitivity["aic_ml"]


def test_the_wide_prior_is_the_one_behind_the_slide(sensitivity):
    exact = {
        name: float(ExactPosterior.from_model(sensitivity[name]).mean(["alpha_j"])["alpha_j"][0])
        for name in ("model_slide", "model_wide")
    }
    error = 22.0 / np.sqrt(1355)  # the slide's own standard deviation and effective sample size
    assert abs(sensitivity["printed"] - exact["model_wide"]) < 3 * error
    assert abs(sensitivity["printed"] - exact["model_slide"]) > 8 * error
    # "a fifth of its posterior standard deviation"
    sd = float(ExactPosterior.from_model(sensitivity["model_slide"]).sd(["alpha_j"])["alpha_j"][0])
    shift = (exact["model_slide"] - exact["model_wide"]) / sd
    assert shift == pytest.approx(0.2, abs=0.04)


def test_our_own_priors_are_less_absurd_and_matter_in_the_upper_tail(sensitivity):
    assert sensitivity["negative"]["own"] < sensitivity["negative"]["slide"] / 2
    low, high = sensitivity["own_interval"]
    slide_low, slide_high = sensitivity["slide_interval"]
    assert abs(low - slide_low) < 5
    assert high < 0.6 * slide_high


def test_power_scaling_marks_what_the_model_answer_says(sensitivity):
    marks = sensitivity["together"]["diagnosis"]
    assert "strong prior" in marks["Intercept"]
    assert "conflict" in marks["1|population_sigma"]
    assert "conflict" in marks["sigma"]
    assert all("potential" not in marks[f"alpha_j[{j}]"] for j in (1, 2, 3))
    assert "potential" not in marks["length"]
    # each prior moves its own parameter most
    for name in sensitivity["priors_scaled"]:
        assert sensitivity["alone"][f"prior of {name}"].astype(float).idxmax() == name


def test_the_model_fits_but_predicts_negative_weights(sensitivity):
    assert sensitivity["inside"] == 9
    assert 0.02 < sensitivity["below_nothing"] < 0.1
    assert sensitivity["light"] > 0.2
    assert 0.2 < sensitivity["more"] < 0.8


def test_leave_one_out_cannot_choose_among_the_priors(sensitivity):
    table = sensitivity["table"]
    assert sensitivity["gap"] < table["standard error"].min() / 2
    assert sensitivity["off"] < 0.5
    assert table["largest k"].max() > 0.6
    assert (table["a population left out"] < table["exact"]).all()


def test_the_slope_does_not_depend_on_the_priors(sensitivity):
    slopes = [
        ExactPosterior.from_model(sensitivity[name]).marginal("length")
        for name in ("model_slide", "model_wide", "own_model")
    ]
    means = np.array([float(slope.mean()) for slope in slopes])
    assert np.ptp(means) < 0.4 * min(float(slope.sd()) for slope in slopes)
    assert all(float(slope.quantile(0.025)) > 0 for slope in slopes)


def test_the_two_curves_meet_at_a_hundred(sensitivity):
    sd, low, high = sensitivity["prior_sd"], *map(np.array, sensitivity["sweep"].values())
    apart = np.abs(high - low)
    assert apart[0] > 15
    assert apart[sd > 150].max() < 1
    assert apart[np.argmin(np.abs(sd - 15))] > 8


# Exercise 2


def test_the_difference_is_known_better_than_independent_intercepts_would_be(derived):
    assert 0.2 < derived["correlation"] < 0.6
    assert derived["spread"] < 0.85 * derived["if_independent"]


def test_the_biologist_is_told_the_truth(derived):
    exact = derived["exact"].prob_greater("2", "3")
    assert exact == pytest.approx(3 / 5, abs=0.02)
    low, high = derived["interval"]
    typical = derived["scorpions"]["weight"].mean()
    assert low / typical == pytest.approx(-0.5, abs=0.1)
    assert high / typical == pytest.approx(0.5, abs=0.15)
    # twenty more of each: a difference of two means of 23, given the slope
    sd_obs = float(derived["draws"]["posterior"]["sigma"].mean())
    assert sd_obs * np.sqrt(2 / 23) < derived["spread"] / 2


def test_a_share_at_the_means_is_not_the_mean_share(derived):
    assert derived["plugged"] - derived["variance_share"] > 0.05
    assert derived["share_low"] < 0.1
    assert derived["share_high"] > 0.9


# Exercise 3


def test_the_shortcuts_for_a_new_population_are_too_narrow(hyper):
    new = float(hyper["exact"].new_group().sd())
    assert float(hyper["alpha_new"].std()) == pytest.approx(new, rel=0.1)
    assert float(hyper["mu_draws"].std()) < new / 3
    assert float(hyper["sd_draws"].mean()) < 0.9 * new


def test_how_uncertain_a_new_population_is(hyper):
    low, high = interval(hyper["alpha_new"])
    weights = hyper["scorpions"]["weight"]
    assert (high - low) / np.ptp(weights) == pytest.approx(1.8, abs=0.15)  # "nearly twice"
    assert (high - low) / hyper["known_width"] == pytest.approx(3, abs=0.25)
    assert low < 0
    assert hyper["tail_share"] > 0.4  # "the long tails come from ..." a tenth of the draws


def test_three_groups_and_eighty_five(hyper):
    def relative(sd):
        return float(sd.std() / sd.mean())

    assert relative(hyper["sd_county"]) == pytest.approx(1 / 7, abs=0.02)
    assert relative(hyper["sd_draws"]) == pytest.approx(2 / 3, abs=0.08)

    def wider(name, sd):
        low, high = interval(hyper[name])
        return (high - low) / (2 * 1.96 * float(hyper[sd].mean()))

    assert wider("alpha_new_county", "sd_county") < 1.1
    assert wider("alpha_new", "sd_draws") == pytest.approx(1.28, abs=0.08)  # "a good quarter"
    assert float(hyper["alpha_county"].std()) < 0.8 * float(hyper["alpha_new_county"].std())


def test_a_scorpions_own_deviation_adds_little(hyper):
    known = interval(hyper["by_hand"])
    assert hyper["weight_interval"] == pytest.approx(known, abs=15)
    widths = [float(np.ptp(interval(hyper[name]))) for name in ("weight_new", "alpha_new")]
    assert widths[0] < 1.25 * widths[1]


# Exercise 4


def test_lacquiparle_falls_from_the_top_and_moves_farthest(radon):
    assert radon["rank"] == 1
    assert radon["rank_partial"] <= 3
    assert radon["houses"]["LACQUIPARLE"] == 2
    assert radon["moved"].abs().idxmax() == "LACQUIPARLE"
    assert radon["by_formula"] == pytest.approx(radon["alpha_partial"], abs=0.05)


def test_partial_pooling_has_the_lowest_aic(radon):
    assert radon["aic_partial"] < min(radon["others"].values())


def test_the_pooling_factor_falls_with_the_number_of_houses(radon):
    factor = radon["means_omega"]
    houses = radon["houses"].loc[factor.index]
    order = np.argsort(houses.to_numpy(), kind="stable")
    assert (np.diff(factor.to_numpy()[order]) <= 1e-12).all()
    assert factor[houses == 1].mean() == pytest.approx(0.83, abs=0.04)
    assert factor[houses > 100].max() < 0.1


def test_the_health_officer_is_told_the_truth(radon):
    report = radon["report"]
    typical = report.loc["typical basement of LACQUIPARLE"]
    alone = np.exp(radon["alpha_no"])
    assert alone / 4 == pytest.approx(4.8, abs=0.3)  # "nearly five times"
    assert typical["median (pCi/L)"] / alone == pytest.approx(1 / 3, abs=0.04)
    assert typical["Pr(above 4 pCi/L)"] > 0.9
    for end in ("from (2.5 %)", "to (97.5 %)"):
        factor = np.exp(abs(np.log(typical[end] / typical["median (pCi/L)"])))
        assert 1.6 < factor < 2
    single = report.loc["one basement of LACQUIPARLE"]
    assert 1 - single["Pr(above 4 pCi/L)"] == pytest.approx(1 / 4, abs=0.04)
    assert single["to (97.5 %)"] > 5 * 4


def test_uranium_explains_much_of_what_made_counties_different(radon):
    assert radon["sd_county"] < 0.6 * radon["without"]
    assert radon["omega_uranium"] > radon["factor"]


# All


@pytest.mark.parametrize(
    ("exercise", "names"),
    [
        ("sensitivity", ["draws_slide", "draws_wide", "own_draws"]),
        ("derived", ["draws"]),
        ("hyper", ["draws", "draws_radon"]),
        ("radon", ["draws", "draws_uranium"]),
    ],
)
def test_all_draws_are_fit_for_use(exercise, names, request):
    for name in names:
        assert diagnose(request.getfixturevalue(exercise)[name]).ok
