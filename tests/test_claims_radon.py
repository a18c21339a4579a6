"""What lecture 3 claims, held against R's lme4, the exact posterior, and quadrature of its own.

The lecture itself is run once, as the script that it is; the tests look at its own objects.
"""

import json
import runpy
from pathlib import Path

import arviz as az
import numpy as np
import pymc as pm
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from qfc_helpers.draws import diagnose

ROOT = Path(__file__).resolve().parent.parent
LME4 = json.loads((ROOT / "tests" / "reference" / "lme4_radon.json").read_text())


@pytest.fixture(scope="module")
def lecture():
    return runpy.run_path(str(ROOT / "lectures" / "03_radon.py"))


# The frequentist columns against lme4


@pytest.mark.parametrize(
    ("fit", "model"),
    [
        ("fit_partial", "intercepts"),
        ("fit_uranium", "uranium"),
        ("lmer_independent", "slopes_independent"),
        ("lmer_correlated", "slopes_correlated"),
    ],
)
def test_the_frequentist_fits_are_lme4s(lecture, fit, model):
    """Relative to 1e-3: half a unit of the third digit that the lecture shows."""
    fit, expected = lecture[fit], LME4[model]["REML"]
    assert fit.llf == pytest.approx(expected["logLik"], abs=1e-4)
    np.testing.assert_allclose(fit.fe_params, list(expected["fixef"].values()), rtol=1e-3)
    deviations = dict(expected["sdcor"])
    correlation = deviations.pop("county (Intercept) floor", 0.0)
    found = np.sqrt([*np.diag(fit.cov_re), fit.scale])
    np.testing.assert_allclose(found, list(deviations.values()), rtol=1e-3)
    if fit.cov_re.shape == (2, 2):
        rho = fit.cov_re.iloc[0, 1] / found[:2].prod()
        assert rho == pytest.approx(correlation, abs=1e-3)


def test_powell_says_converged_below_the_maximum(lecture):
    fit = lecture["fit_slopes"]("powell")
    assert fit.converged
    assert fit.llf < LME4["slopes_correlated"]["REML"]["logLik"] - 0.01


def test_no_optimizer_wins_always_and_converged_means_little(lecture):
    """Each misses lme4's maximum somewhere, and only once says so."""
    keys = ["intercepts", "uranium", "slopes_correlated"]
    best = np.array([LME4[key]["REML"]["logLik"] for key in keys])
    missed, silent = {}, {}
    for method, fits in lecture["fits"].items():
        reached = np.array([fit.llf for fit in fits.values()])
        missed[method] = ~(np.abs(reached - best) < 1e-3)
        # Finite and lower is not the maximum; finite and higher does not exist.
        assert (reached[np.isfinite(reached)] < best[np.isfinite(reached)] + 1e-3).all()
        silent[method] = missed[method] & [fit.converged for fit in fits.values()]
    assert missed["powell"].tolist() == silent["powell"].tolist() == [False, False, True]
    assert missed["bfgs"].tolist() == [False, True, False]
    assert not silent["bfgs"].any()
    assert silent["lbfgs"].tolist() == [True, True, False]
    assert np.isinf([fit.llf for fit in lecture["fits"]["lbfgs"].values()][:2]).all()


def test_powell_ignores_that_the_covariance_is_held_at_zero(lecture):
    fit = lecture["fit_slopes"]("powell", free=lecture["independent"])
    assert fit.llf == pytest.approx(lecture["fits"]["powell"]["(1 + floor | county)"].llf)
    assert abs(fit.cov_re.iloc[0, 1]) > 0.01


# One formula, three priors


def test_the_confined_priors_are_the_three_assumptions(lecture):
    """Against least squares: one intercept, or 85."""
    radon = lecture["radon"]
    no = smf.ols("log_radon ~ 0 + county + floor", radon).fit()
    alpha = lecture["no"].mean(["alpha_j"])["alpha_j"].to_numpy()
    np.testing.assert_allclose(alpha, no.params.iloc[:85], atol=0.01)
    sd = lecture["no"].sd(["alpha_j"])["alpha_j"].to_numpy()
    np.testing.assert_allclose(sd, no.bse.iloc[:85], rtol=0.01)
    complete = smf.ols("log_radon ~ 1 + floor", radon).fit()
    assert lecture["mu_complete"] == pytest.approx(complete.params["Intercept"], abs=1e-3)


def test_the_data_are_as_described(lecture):
    radon, houses = lecture["radon"], lecture["houses"]
    assert (len(radon), len(houses), houses.min(), houses.max()) == (919, 85, 1, 116)
    assert (houses == 1).sum() == 3
    assert (houses > 100).sum() == 2
    assert radon.groupby("county", observed=True)["log_uranium"].nunique().max() == 1


# Who moves


def test_the_most_extreme_counties_are_small_without_pooling(lecture):
    alpha, houses = lecture["alpha_no"]["estimate"], lecture["houses"]
    extremes = alpha.sort_values().index[[0, 1, -2, -1]]
    assert (houses[extremes] <= 10).all()
    assert houses[alpha.idxmax()] == 2
    far = (alpha - lecture["posterior"].loc["mu_alpha", "mean"]).abs().sort_values()
    assert set(lecture["five"].index) == set(far.index[-5:])
    assert (houses[far.index[-5:]] <= 4).sum() >= 4, "nearly all extreme counties are small"
    assert lecture["lowest"] == lecture["alpha_partial"]["estimate"].idxmin() == "LAKE"


def test_the_weighted_average_is_what_partial_pooling_does(lecture):
    """The slide's formula is at fixed parameters; means over the posterior differ by a little."""
    moves = lecture["moves"]
    mu = lecture["posterior"].loc["mu_alpha", "mean"]
    weight = moves["pooling factor"]
    formula = (1 - weight) * moves["no pooling"] + weight * mu
    assert (formula - moves["partial pooling"]).abs().max() < 0.05


def test_small_and_unusual_counties_move_far(lecture):
    moves = lecture["moves"]
    assert lecture["farthest"] == "LACQUIPARLE"
    assert moves.loc["STLOUIS", "moved by"] == pytest.approx(0, abs=0.05)
    assert abs(moves.loc[lecture["still"], "moved by"]) < 0.15
    assert abs(moves.loc["MURRAY", "moved by"]) > 0.5


def test_intervals_shrink_most_where_houses_are_few(lecture):
    shorter, houses = lecture["shorter"], lecture["houses"]
    assert shorter[houses <= 2].mean() > 0.4
    assert shorter[houses >= 100].mean() < 0.05


# Uranium


def test_uranium_halves_sd_alpha_and_leaves_sd_obs(lecture):
    drop = lecture["drop"].xs("posterior mean", axis=1, level=1)
    for row, key in [("sd_alpha", "county (Intercept)"), ("sd_obs", "Residual")]:
        for column, model in [("without uranium", "intercepts"), ("with uranium", "uranium")]:
            expected = LME4[model]["REML"]["sdcor"][key]
            assert drop.loc[row, column] == pytest.approx(expected, rel=0.03)
    county, within = drop.to_numpy()
    assert county[1] < 0.5 * county[0]
    assert within[1] == pytest.approx(within[0], rel=0.01)


def test_what_uranium_takes_is_known_roughly(lecture):
    """Other draws; their 20,000 leave the ends of the interval uncertain by less than 0.01."""
    sd_with, sd_without = (
        lecture[name].sample(5000, random_seed=seed)["posterior"]["1|county_sigma"]
        for name, seed in (("with_uranium", 1), ("partial", 2))
    )
    low, high = (1 - (sd_with / sd_without) ** 2).quantile([0.055, 0.945]).to_numpy()
    assert lecture["taken_low"] == pytest.approx(low, abs=0.03)
    assert lecture["taken_high"] == pytest.approx(high, abs=0.015)
    assert 0.7 < float(lecture["taken"].mean()) < 0.8


# Varying slopes against quadrature: all but the standard deviations and rho in closed form


def grid_posterior(*arguments):
    """Posterior means of sd_alpha, sd_beta, rho and sd_obs."""
    weight, points = grid_weights(*arguments)
    return weight @ points


def grid_weights(radon, fixed_prior, centered, log_prior, axes):
    """Posterior weights of sd_alpha, sd_beta, rho and sd_obs on a grid of midpoints.

    Shares nothing with the samplers: per county the marginal likelihood of two correlated effects
    by the matrix determinant lemma, then the two fixed effects integrated out.
    """
    y, floor = radon["log_radon"].to_numpy(), radon["floor"].to_numpy(float)
    x = np.column_stack([np.ones(len(y)), floor])
    codes = radon["county"].cat.codes.to_numpy()
    a = np.array([x[codes == j].T @ x[codes == j] for j in range(85)])
    b = np.array([x[codes == j].T @ y[codes == j] for j in range(85)])
    shift = np.array([[1, -floor.mean()], [0, 1]]) if centered else np.eye(2)
    mean, sd = fixed_prior
    grids = np.meshgrid(*axes, indexing="ij")
    points = np.stack([grid.ravel() for grid in grids], axis=1)
    log_density = np.empty(len(points))
    for start in range(0, len(points), 4000):
        part = points[start : start + 4000]
        sd_a, sd_b, rho, s = part.T
        cross = rho * sd_a * sd_b
        sigma = np.array([[sd_a**2, cross], [cross, sd_b**2]]).transpose(2, 0, 1)[:, None]
        m = s[:, None, None, None] ** 2 * np.eye(2) + a @ sigma
        solved_a, solved_b = np.linalg.solve(m, a), np.linalg.solve(m, b[..., None])
        information = shift.T @ solved_a.sum(axis=1) @ shift
        score = (shift.T @ solved_b.sum(axis=1))[..., 0]
        quadratic = y @ y / s**2 - ((b[:, None] @ sigma @ solved_b).sum((1, 2, 3))) / s**2
        log_det = (len(y) - 2 * 85) * np.log(s**2) + np.log(np.linalg.det(m)).sum(axis=1)
        precision = information + np.diag(sd**-2.0)
        right = score + mean / sd**2
        best = np.linalg.solve(precision, right[..., None])[..., 0]
        log_det_fixed = np.linalg.slogdet(precision)[1]
        fixed = (right * best).sum(axis=1) - log_det_fixed
        log_density[start : start + 4000] = -0.5 * (log_det + quadratic) + 0.5 * fixed
        log_density[start : start + 4000] += log_prior(sd_a, sd_b, rho, s)
    weight = np.exp(log_density - log_density.max())
    weight /= weight.sum()
    edge = max(
        weight.reshape(grids[0].shape).take(end, axis=k).sum()
        for k, axis in enumerate(axes)
        for end in ((-1,) if k == 1 else (0, -1))
        if len(axis) > 1 and k != 2
    )
    assert edge < 1e-3, "the grid cuts off the posterior"
    return weight, points


def midpoints(low, high, size):
    width = (high - low) / size
    return low + width * (np.arange(size) + 0.5)


def assert_means(posterior, names, expected):
    """Four Monte Carlo standard errors, and 0.002 for the grid."""
    for name, value in zip(names, expected, strict=True):
        mcse = float(az.mcse(posterior[[name]])[name])
        assert abs(float(posterior[name].mean()) - value) < 4 * mcse + 0.002, name


NAMES = ["sd_alpha", "sd_beta", "sd_obs"]


def test_bambis_varying_slope_has_independent_effects(lecture):
    """The draws are those of the model without a correlation, with Bambi's own priors."""
    model = lecture["model_slopes"]
    effects = model.parameters["mu"]
    (hyper,) = (term.prior.args["sigma"] for n, term in _group_terms(model) if n == "1|county")
    (hyper_b,) = (term.prior.args["sigma"] for n, term in _group_terms(model) if n != "1|county")
    common = [effects.intercept_term, effects.common_terms["floor"]]
    mean = np.array([float(np.ravel(term.prior.args["mu"])[0]) for term in common])
    sd = np.array([float(np.ravel(term.prior.args["sigma"])[0]) for term in common])
    noise = model.marginal_parameters["sigma"].prior.args

    def log_prior(sd_a, sd_b, rho, s):
        return (
            stats.halfnorm.logpdf(sd_a, scale=hyper.args["sigma"])
            + stats.halfnorm.logpdf(sd_b, scale=hyper_b.args["sigma"])
            + stats.t.logpdf(s, df=noise["nu"], scale=noise["sigma"])
        )

    axes = [midpoints(0.12, 0.6, 24), midpoints(0, 1, 32), np.zeros(1), midpoints(0.64, 0.81, 12)]
    expected = grid_posterior(lecture["radon"], (mean, sd), True, log_prior, axes)
    assert_means(lecture["post_slopes"], NAMES, expected[[0, 1, 3]])


def _group_terms(model):
    return list(model.parameters["mu"].group_specific_terms.items())


def test_the_correlated_model_is_the_one_on_the_slide(lecture):
    def log_prior(sd_a, sd_b, rho, s):
        return (
            stats.halfnorm.logpdf(sd_a, scale=2.2)
            + stats.halfnorm.logpdf(sd_b, scale=5.5)
            + np.log(1 - rho**2)
            + stats.t.logpdf(s, df=4, scale=0.8)
        )

    axes = [
        midpoints(0.12, 0.65, 18),
        midpoints(0, 1.1, 24),
        midpoints(-1, 1, 16),
        midpoints(0.64, 0.81, 8),
    ]
    prior = (np.array([1.3, 0.0]), np.array([2.2, 5.5]))
    expected = grid_posterior(lecture["radon"], prior, False, log_prior, axes)
    assert_means(lecture["post_correlated"], ["sd_alpha", "sd_beta", "rho", "sd_obs"], expected)


def test_for_two_effects_the_lkj_prior_is_a_beta_prior():
    """PyMC's LKJCorr has the Cholesky factor for its value; of two effects, rho is an entry."""
    rhos = np.array([-0.9, -0.3, 0.0, 0.5])
    lkj = [
        pm.logp(pm.LKJCorr.dist(n=2, eta=2), np.array([[1, 0], [rho, np.sqrt(1 - rho**2)]])).eval(
            mode="FAST_COMPILE"
        )
        for rho in rhos
    ]
    np.testing.assert_allclose(np.diff(lkj), np.diff(stats.beta(2, 2).logpdf((1 + rhos) / 2)))


def test_nobody_knows_the_sign_of_the_correlation(lecture):
    rho = lecture["post_correlated"]["rho"]
    assert lecture["rho_low"] < 0 < lecture["rho_high"]
    assert 0.05 < float((rho > 0).mean()) < 0.5
    # "We learned little": what is left of the prior's interval is more than half of it.
    prior = lecture["prior_high"] - lecture["prior_low"]
    assert 0.5 * prior < lecture["rho_high"] - lecture["rho_low"] < 0.85 * prior
    half = stats.beta(2, 2).cdf((1 + lecture["prior_high"]) / 2)
    assert half == pytest.approx(0.945)


def test_lmers_correlation_is_the_peak_under_a_flat_prior_and_the_prior_moves_the_mean_little(
    lecture,
):
    def log_prior(sd_a, sd_b, rho, s):
        return stats.halfnorm.logpdf(sd_a, scale=2.2) + stats.halfnorm.logpdf(sd_b, scale=5.5)

    axes = [
        midpoints(0.12, 0.65, 16),
        midpoints(0, 1.2, 24),
        midpoints(-1, 1, 40),
        midpoints(0.64, 0.81, 6),
    ]
    prior = (np.array([1.3, 0.0]), np.array([2.2, 5.5]))
    weight, points = grid_weights(lecture["radon"], prior, False, log_prior, axes)
    marginal = weight.reshape([len(axis) for axis in axes]).sum(axis=(0, 1, 3))
    flat_mean, lmer = float(weight @ points[:, 2]), lecture["rho_lmer"]
    assert axes[2][marginal.argmax()] == pytest.approx(lmer, abs=0.05)
    mean = float(lecture["post_correlated"]["rho"].mean())
    assert lmer < flat_mean < mean
    assert mean - flat_mean < 0.5 * (mean - lmer), "the prior is the smaller part of the distance"


def test_counties_without_first_floors_borrow_their_slope(lecture):
    """Independent: all the same, within Monte Carlo error. Correlated: falling with alpha_j."""
    none = lecture["upstairs"].to_numpy() == 0
    assert none.sum() == 25
    slopes = lecture["post_slopes"]["beta_j"].mean(["chain", "draw"]).to_numpy()
    mcse = az.mcse(lecture["post_slopes"][["beta_j"]])["beta_j"].to_numpy()
    common = float(lecture["post_slopes"]["mu_beta"].mean())
    assert (np.abs(slopes - common)[none] < 5 * mcse[none]).all()
    centers = lecture["post_correlated"][["alpha_j", "beta_j"]].mean(["chain", "draw"])
    correlation = np.corrcoef(centers["alpha_j"][none], centers["beta_j"][none])[0, 1]
    assert correlation < -0.9


def test_no_fit_of_the_lecture_hides_a_problem(lecture):
    """All parameters were checked where they were sampled (or the lecture would have stopped)."""
    source = (ROOT / "lectures" / "03_radon.py").read_text()
    for name in ("draws_slopes", "draws_correlated"):
        assert f"diagnose({name}).check()" in source
        reported = [n for n in lecture[name].posterior if "sigma" in n or n[:2] in ("sd", "mu")]
        assert diagnose(lecture[name], var_names=[*reported]).ok


# Comparison


def test_loo_is_right_where_no_k_is_bad(lecture):
    table = lecture["table_loo"]
    off = (table["az.loo"] - table["exact"]).abs()
    for name in ("complete pooling", "partial pooling", "with uranium"):
        assert table.loc[name, "houses with bad k"] == 0
        assert off[name] < 0.5
    assert table.loc["no pooling", "houses with bad k"] > 0
    assert off["no pooling"] > 2


def test_the_houses_that_are_alone_make_most_of_the_error(lecture):
    error, alone = lecture["error_each"], lecture["alone"]
    assert alone.sum() == 3
    assert error[alone].sum() > 0.5 * error.sum() > 0
    result = lecture["loo"]["no pooling"]
    assert (np.asarray(result.pareto_k)[alone] > result.good_k).all()


def test_house_and_county_left_out_say_different_things(lecture):
    house = lecture["scores"]["leave one house out"]
    county = lecture["scores"]["leave one county out"]
    assert house.loc["no pooling", "elpd"] > house.loc["complete pooling", "elpd"]
    assert county.loc["no pooling", "elpd"] < county.loc["complete pooling", "elpd"] - 100
    # For a known county, neither difference is clearly larger than its error.
    assert 0 < lecture["better"] < 2 * lecture["better_error"]
    assert lecture["worse"] < -3 * lecture["worse_error"]
    each = lecture["no"].loo() - lecture["complete"].loo()
    assert lecture["better"] == pytest.approx(float(each.sum()))
    assert lecture["better_error"] == pytest.approx(float(each.std(ddof=1)) * np.sqrt(919))
    # But its slope is certain, and in units of its error uranium gains more where a county is new.
    assert lecture["slope_uranium"]["mean"] > 5 * lecture["slope_uranium"]["sd"]
    assert house.loc["with uranium", "elpd"] / house.loc["with uranium", "error"] < 2
    assert county.loc["with uranium", "elpd"] / county.loc["with uranium", "error"] > 3


def test_a_varying_slope_does_not_pay(lecture):
    assert abs(lecture["gain_slope"]) < 4
    assert abs(lecture["gain_rho"]) < 4


# Prediction


def test_predictions_have_the_exact_spread(lecture):
    """Mean and variance by quadrature; within five standard errors of 4000 independent draws."""
    partial, draws = lecture["partial"], lecture["in_new"].to_numpy().ravel()
    new = partial.new_group()
    within = (
        partial.mean(["sigma"])["sigma"].item() ** 2 + partial.sd(["sigma"])["sigma"].item() ** 2
    )
    sd = np.sqrt(float(new.sd()) ** 2 + within)
    assert abs(draws.mean() - float(new.mean())) < 5 * sd / np.sqrt(draws.size)
    assert draws.std() == pytest.approx(sd, rel=5 / np.sqrt(2 * draws.size))
    assert within / sd**2 > 0.5, "most of the interval is among houses"


def test_known_counties_are_predicted_from_their_own_intercept(lecture):
    alpha = lecture["alpha_partial"]["estimate"]
    for name, draws in zip(
        ["STLOUIS", "LACQUIPARLE"], list(lecture["predicted"].values())[:2], strict=True
    ):
        error = float(draws.std()) / np.sqrt(draws.size)
        assert abs(float(draws.mean()) - alpha[name]) < 5 * error


def test_resampled_counties_are_identical_and_drawn_ones_are_not(lecture):
    told = lecture["warning"]
    old, new = told.loc["sample_new_groups=True"], told.loc["new_group"]
    assert old["sd of their difference"] == 0
    assert abs(new["correlation of two"]) < 0.2
    exact = float(lecture["partial"].new_group().sd())
    assert new["sd of one new county"] == pytest.approx(exact, rel=0.06)
    assert old["sd of one new county"] == pytest.approx(exact, rel=0.1)
