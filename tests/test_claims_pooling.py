"""What lecture 1 claims, in numbers and in words, held against R and against the exact answer.

The lecture itself is run once, as the script that it is; the tests look at its own objects.
"""

import json
import runpy
import warnings
from pathlib import Path

import arviz as az
import bambi as bmb
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
import xarray as xr

from qfc_helpers.draws import diagnose, group_intercepts
from qfc_helpers.exact import ExactPosterior, RandomInterceptLikelihood
from qfc_helpers.frequentist import aic, standard_deviations
from qfc_helpers.plots import pooling_lines

ROOT = Path(__file__).resolve().parent.parent
LME4 = json.loads((ROOT / "tests" / "reference" / "lme4.json").read_text("utf-8"))["scorpions"]


@pytest.fixture(scope="module")
def lecture():
    return runpy.run_path(str(ROOT / "lectures" / "01_pooling.py"))


def test_the_original_table_is_reproduced(lecture):
    """R prints five decimals: 88.22643, 95.11368, 85.08788."""
    for fit, key in [
        ("fit_no", "no_pooling"),
        ("fit_complete", "complete_pooling"),
        ("fit_partial", "partial_reml"),
    ]:
        assert round(aic(lecture[fit]).value, 5) == pytest.approx(LME4[key]["AIC"], abs=6e-6)


def test_on_the_same_footing_the_order_flips(lecture):
    table = lecture["table"]
    assert list(table.index) == ["no pooling", "partial pooling", "complete pooling"]
    expected = LME4["partial_ml"]["AIC"] - LME4["no_pooling"]["AIC"]
    assert table.loc["partial pooling", "delta"] == pytest.approx(expected, rel=1e-4)


def test_the_small_sample_correction_reverses_the_order(lecture):
    """Burnham and Anderson (2002), chapter 2, for n = 9: k = 5, 4, 3 add 20, 10, 4.8."""
    table = lecture["table"]
    np.testing.assert_allclose(table["AICc"] - table["AIC"], [20, 10, 4.8], rtol=1e-12)
    assert list(table["AICc"].sort_values().index) == list(table.index)[::-1]


def test_leave_one_out_is_right_where_a_formula_knows_the_answer(lecture):
    """Least squares: the error of a hidden observation is its residual / (1 - leverage)."""
    for name in ("no", "complete"):
        fit = lecture[f"fit_{name}"]
        exact = fit.resid / (1 - fit.get_influence().hat_matrix_diag)
        found = lecture["errors"].query("pooling == @name")["error"]
        np.testing.assert_allclose(found, exact, rtol=1e-8)
        assert lecture["typical"][name] == pytest.approx(np.sqrt(np.mean(exact**2)))


def test_nine_scorpions_cannot_rank_the_models(lecture):
    """No pair of assumptions differs by two standard errors of the paired squared errors."""
    squared = lecture["squared"]
    for one, other in [("complete", "no"), ("complete", "partial"), ("no", "partial")]:
        difference = squared[one] - squared[other]
        assert abs(difference.mean()) < 2 * difference.sem()
    assert squared["complete"].mean() > squared["no"].mean()


def test_without_pooling_the_intercepts_still_share_slope_and_sd(lecture):
    """Heavier scorpions elsewhere move alpha_1 through the slope, and only through it."""
    changed = lecture["scorpions"].copy()
    changed.loc[[5, 8], "weight"] += 60
    fit = smf.ols("weight ~ 0 + population + length", changed).fit()
    assert abs(fit.params["population[1]"] - lecture["fit_no"].params["population[1]"]) > 20
    own = changed[changed["population"] == "1"]
    at_slope = (own["weight"] - fit.params["length"] * own["length"]).mean()
    assert fit.params["population[1]"] == pytest.approx(at_slope)


def test_each_partial_intercept_lies_between_its_own_and_the_mean(lecture):
    intercepts = lecture["intercepts"]
    mean = lecture["fit_partial"].fe_params["Intercept"]
    own, partial = intercepts["no pooling"], intercepts["partial pooling"]
    assert ((partial - own) * (mean - own) > 0).all()
    assert ((partial - mean).abs() < (own - mean).abs()).all()
    assert (partial - own).abs().idxmax() == (own - mean).abs().idxmax() == "1"


@pytest.mark.parametrize(("sd_alpha", "assumption"), [(1e-6, "complete"), (1e6, "no")])
def test_partial_pooling_contains_the_other_two(lecture, sd_alpha, assumption):
    """Estimates given the standard deviations, by generalized least squares in full."""
    scorpions = lecture["scorpions"]
    z = pd.get_dummies(scorpions["population"]).to_numpy(float)
    x = np.column_stack([np.ones(9), scorpions["length"]])
    y = scorpions["weight"].to_numpy()
    v = sd_alpha**2 * z @ z.T + 25.0**2 * np.eye(9)
    beta = np.linalg.solve(x.T @ np.linalg.solve(v, x), x.T @ np.linalg.solve(v, y))
    alpha = beta[0] + sd_alpha**2 * z.T @ np.linalg.solve(v, y - x @ beta)
    fit = {"complete": lecture["fit_complete"], "no": lecture["fit_no"]}[assumption]
    lines = pooling_lines(fit, "length", ["1", "2", "3"])
    np.testing.assert_allclose(alpha, lines["intercept"], rtol=1e-4)
    np.testing.assert_allclose(beta[1], lines["slope"].iloc[0], rtol=1e-4)


def test_statsmodels_default_optimizer_stops_a_little_early(lecture):
    model = smf.mixedlm("weight ~ 1 + length", lecture["scorpions"], groups="population")
    error = abs(standard_deviations(model.fit()) / [*LME4["partial_reml"]["sdcor"].values()] - 1)
    powell = standard_deviations(lecture["fit_partial"])
    error_powell = abs(powell / [*LME4["partial_reml"]["sdcor"].values()] - 1)
    assert error["sd_alpha"] > 1e-5 > error_powell["sd_alpha"]


def test_ml_estimates_of_sd_alpha_are_too_small_on_average(lecture):
    """Thirty data sets of six groups; one-sided, two standard errors."""
    rng = np.random.default_rng(5)
    estimates = []
    for _ in range(30):
        group = np.repeat(list("abcdef"), 8)
        y = np.repeat(rng.normal(scale=32, size=6), 8) + rng.normal(scale=25, size=48)
        frame = pd.DataFrame({"y": y, "group": group})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = smf.mixedlm("y ~ 1", frame, groups="group").fit(reml=False, method="powell")
            estimates.append(standard_deviations(fit)["sd_alpha"])
    standard_error = np.std(estimates, ddof=1) / np.sqrt(len(estimates))
    assert np.mean(estimates) < 32 - 2 * standard_error


def test_partial_pooling_wins_where_the_truth_is_known(lecture):
    error = lecture["typical_error"]
    assert (error["partial"] < error["no"]).all()
    assert (error["partial"] < error["complete"]).all()
    gain = lecture["gain"]
    assert gain.idxmax() == 1


def test_the_gain_is_what_theory_says(lecture):
    """Knowing mean, slope and variances, the error ratio is sqrt(shrinkage factor).

    The lecture's 100 populations per size estimate a ratio of two root mean squares with a relative
    standard error of about 0.05 (paired, by bootstrap over populations); the tolerance is four.
    """
    n = np.arange(1, 7)
    sd_alpha, sd_obs = LME4["partial_reml"]["sdcor"].values()
    theory = 1 - np.sqrt(sd_alpha**2 / (sd_alpha**2 + sd_obs**2 / n))
    squared = lecture["squared_error"]
    sizes = lecture["scorpions_each"]
    rng = np.random.default_rng(1)
    for size, expected in zip(n, theory, strict=True):
        rows = squared[sizes == size]
        resampled = [
            np.sqrt(sample["partial"].sum() / sample["no"].sum())
            for sample in (
                rows.sample(len(rows), replace=True, random_state=rng) for _ in range(200)
            )
        ]
        assert abs(lecture["gain"][size] - expected) < 4 * np.std(resampled), size


def test_with_three_populations_there_is_no_such_gain(lecture):
    """The lecture's own design from the same truth, 400 data sets, REML by the exact likelihood.

    "No pooling does as well": its mean squared error is not larger by two standard errors.
    """
    rng = np.random.default_rng(7)
    scorpions = lecture["scorpions"]
    z = pd.get_dummies(scorpions["population"]).to_numpy(float)
    difference = []
    for _ in range(400):
        alpha = rng.normal(lecture["mu_alpha"], lecture["sd_alpha"], 3)
        y = z @ alpha + lecture["beta"] * scorpions["length"] + rng.normal(0, lecture["sd_obs"], 9)
        data = scorpions.assign(weight=y)
        model = bmb.Model("weight ~ 1 + length + (1|population)", data, center_predictors=False)
        fit = RandomInterceptLikelihood.from_model(model).maximize("REML")
        partial = float(fit["coefficient"].sel(term="Intercept")) + fit["group_effect"].to_numpy()
        no = np.linalg.lstsq(np.column_stack([z, scorpions["length"]]), y, rcond=None)[0][:3]
        difference.append(np.mean((no - alpha) ** 2) - np.mean((partial - alpha) ** 2))
    assert np.mean(difference) < 2 * np.std(difference) / np.sqrt(len(difference))


def test_the_same_seed_gives_the_lectures_draws_again(lecture):
    again = lecture["model_partial"].fit(**lecture["sampling"], progressbar=False)
    xr.testing.assert_equal(
        again["posterior"].to_dataset(), lecture["draws_partial"]["posterior"].to_dataset()
    )


def test_no_fit_of_the_lecture_hides_a_problem(lecture):
    for name in ("draws_no", "draws_complete", "draws_partial"):
        assert diagnose(lecture[name]).ok


@pytest.fixture(scope="module")
def exact(lecture):
    return ExactPosterior.from_model(lecture["model_partial"])


def test_the_draws_agree_with_the_exact_posterior(lecture, exact):
    """Means of the intercepts and of the slope, within four Monte Carlo standard errors."""
    truth = exact.mean()
    alpha = group_intercepts(lecture["draws_partial"])
    slope = lecture["draws_partial"]["posterior"]["length"]
    mcse_alpha = az.mcse(alpha.to_dataset())["alpha_j"].to_numpy()
    mcse_slope = float(az.mcse(slope.to_dataset())["length"])
    off = alpha.mean(["chain", "draw"]).to_numpy() - truth["alpha_j"].to_numpy()
    assert (np.abs(off) < 4 * mcse_alpha).all()
    assert abs(float(slope.mean()) - float(truth["length"])) < 4 * mcse_slope


def test_the_prior_on_mu_alpha_makes_the_difference(lecture, exact):
    """Exactly: with the lecture's prior alpha_1 is far from lmer's, with a wide one it is close."""
    model = lecture["model_partial"]
    wide = bmb.Model(
        "weight ~ 1 + length + (1|population)",
        lecture["scorpions"],
        priors={
            "Intercept": bmb.Prior("Normal", mu=0, sigma=100),
            "1|population": bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=100)),
            **lecture["shared"],
        },
        center_predictors=False,
    )
    assert str(model.formula) == str(wide.formula)
    lmer = LME4["partial_reml"]["coef_intercepts"][0]
    with_prior = float(exact.mean()["alpha_j"][0])
    without = float(ExactPosterior.from_model(wide).mean()["alpha_j"][0])
    assert with_prior - lmer > 4
    assert abs(without - lmer) < 1.5
