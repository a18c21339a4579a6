"""The likelihood without priors against R's lme4, to 1e-4 (relative, and absolute for logLik)."""

import json
from pathlib import Path

import bambi as bmb
import numpy as np
import pandas as pd
import pytest
from exact_cases import SCORPIONS, four_effects, radon, scorpions
from scipy import stats

from qfc_helpers.exact import RandomInterceptLikelihood

LME4 = json.loads((Path(__file__).parent / "reference" / "lme4.json").read_text())
CASES = {
    "scorpions, REML": (scorpions, "REML", LME4["scorpions"]["partial_reml"]),
    "scorpions, ML": (scorpions, "ML", LME4["scorpions"]["partial_ml"]),
    "radon, REML": (radon, "REML", LME4["radon"]["intercepts_reml"]),
}


@pytest.mark.parametrize("case", CASES)
def test_estimates_are_lmers(case):
    make, method, expected = CASES[case]
    fit = RandomInterceptLikelihood.from_model(make()).maximize(method)
    sds = {("Residual" in name): value for name, value in expected["sdcor"].items()}
    assert fit["sd_alpha"].item() == pytest.approx(sds[False], rel=1e-4)
    assert fit["sd_obs"].item() == pytest.approx(sds[True], rel=1e-4)
    assert fit["log_likelihood"].item() == pytest.approx(expected["logLik"], abs=1e-4)
    for name, value in expected["fixef"].items():
        term = "Intercept" if name == "(Intercept)" else name
        assert fit["coefficient"].sel(term=term).item() == pytest.approx(value, rel=1e-4)
        error = expected["fixef_se"][name]
        assert fit["standard_error"].sel(term=term).item() == pytest.approx(error, rel=1e-4)
    assert not fit.attrs["singular"]


def test_group_effects_are_lmers():
    fit = RandomInterceptLikelihood.from_model(scorpions()).maximize("REML")
    np.testing.assert_allclose(
        fit["group_effect"], LME4["scorpions"]["partial_reml"]["ranef"], rtol=1e-4
    )
    fit = RandomInterceptLikelihood.from_model(radon()).maximize("REML")
    intercepts = fit["coefficient"].sel(term="Intercept") + fit["group_effect"]
    for county, value in LME4["radon"]["intercepts_reml"]["coef_intercepts_first5"].items():
        assert intercepts.sel(county__factor_dim=county).item() == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("make", [scorpions, four_effects])
def test_no_point_of_the_surface_is_higher_than_the_estimate(make, method):
    likelihood = RandomInterceptLikelihood.from_model(make())
    fit = likelihood.maximize(method)
    grid = np.linspace(0.9, 1.1, 21)
    surface = likelihood.log_likelihood(
        grid * fit["sd_alpha"].item(), grid * fit["sd_obs"].item(), method
    )
    assert surface.dims == ("sd_alpha", "sd_obs")
    assert surface.max().item() == pytest.approx(fit["log_likelihood"].item(), abs=1e-9)
    assert np.unravel_index(surface.argmax(), surface.shape) == (10, 10)


def test_maximum_likelihood_is_the_density_at_the_best_coefficients():
    """With dense covariances: generalized least squares, then the multivariate Normal density."""
    sd_alpha, sd_obs = 20.0, 30.0
    group = SCORPIONS["population"].to_numpy()
    y, x = SCORPIONS["weight"].to_numpy(), np.column_stack([np.ones(9), SCORPIONS["length"]])
    covariance = sd_alpha**2 * (group[:, None] == group) + sd_obs**2 * np.eye(9)
    information = x.T @ np.linalg.solve(covariance, x)
    best = np.linalg.solve(information, x.T @ np.linalg.solve(covariance, y))
    expected = stats.multivariate_normal(x @ best, covariance).logpdf(y)
    likelihood = RandomInterceptLikelihood.from_model(scorpions())
    assert likelihood.log_likelihood(sd_alpha, sd_obs, "ML").item() == pytest.approx(expected)
    restricted = expected + np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(information)[1]
    assert likelihood.log_likelihood(sd_alpha, sd_obs).item() == pytest.approx(restricted)


def test_a_singular_fit_is_at_zero_and_says_so():
    data = pd.DataFrame({"y": [1.0, 5, 2, 4, 3, 3.1], "g": list("aabbcc")})
    likelihood = RandomInterceptLikelihood.from_model(bmb.Model("y ~ 1 + (1|g)", data))
    fit = likelihood.maximize("REML")
    assert fit.attrs["singular"]
    assert fit["sd_alpha"] == 0
    assert fit["sd_obs"].item() == pytest.approx(data["y"].std(ddof=1))
    assert (fit["group_effect"] == 0).all()
    assert likelihood.maximize("ML")["sd_obs"].item() == pytest.approx(data["y"].std(ddof=0))


def test_priors_do_not_matter():
    one = RandomInterceptLikelihood.from_model(scorpions((50, 15))).maximize()
    two = RandomInterceptLikelihood.from_model(scorpions((0, 100))).maximize()
    assert one["sd_alpha"].item() == pytest.approx(two["sd_alpha"].item())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((-1.0, 1.0, "ML"), "sd_alpha=-1.0"),
        ((1.0, 0.0, "ML"), "sd_obs=0.0"),
        ((1.0, np.nan, "ML"), "sd_obs=nan"),
        ((1.0, 1.0, "ml"), "'ML' or 'REML'"),
    ],
)
def test_bad_input(arguments, text):
    likelihood = RandomInterceptLikelihood.from_model(scorpions())
    with pytest.raises(ValueError, match=text):
        likelihood.log_likelihood(*arguments)


def test_what_the_likelihood_cannot_tell_is_refused():
    rng = np.random.default_rng(2)
    single = pd.DataFrame({"y": rng.normal(size=6), "g": list("abcdef")})
    with pytest.raises(ValueError, match="each of the 6 groups has one row only"):
        RandomInterceptLikelihood.from_model(bmb.Model("y ~ 1 + (1|g)", single))
    alpha = np.repeat(rng.normal(0, 3, size=6), 4)
    perfect = pd.DataFrame({"y": alpha + 1e-6 * rng.normal(size=24)})
    perfect["g"] = np.repeat(list("abcdef"), 4)
    likelihood = RandomInterceptLikelihood.from_model(bmb.Model("y ~ 1 + (1|g)", perfect))
    with pytest.raises(ValueError, match="fits the rows of each group all but perfectly"):
        likelihood.maximize()
