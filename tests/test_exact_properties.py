"""What algebra says about the exact posterior, on data sets made by Hypothesis."""

import bambi as bmb
import numpy as np
import pandas as pd
import xarray as xr
from exact_cases import normal, varying
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qfc_helpers.exact import ExactPosterior, RandomInterceptLikelihood

# The quadrature's own tolerance is 1e-7; two runs on transformed data may differ by some of these.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}
EXAMPLES = settings(max_examples=15, deadline=None, derandomize=True)


@st.composite
def tables(draw):
    """Data of two to five groups of one to six rows, with one predictor."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=2, max_size=5))
    assume(sum(sizes) >= len(sizes) + 3)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    group = np.repeat(np.arange(len(sizes)), sizes)
    spread = draw(st.sampled_from([0.0, 0.3, 2.0]))
    x = rng.normal(0, 1, group.size)
    y = x + spread * rng.normal(0, 1, len(sizes))[group] + rng.normal(0, 1, group.size)
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})


numbers = st.floats(-50, 50).map(lambda v: round(v, 3))
factors = st.floats(0.02, 50).map(lambda v: round(v, 4))
families = st.sampled_from(["HalfNormal", "HalfCauchy", "HalfStudentT", "Exponential"])


def sd_prior(family, scale):
    arguments = {
        "HalfNormal": {"sigma": scale},
        "HalfCauchy": {"beta": scale},
        "HalfStudentT": {"nu": 4, "sigma": scale},
        "Exponential": {"lam": 1 / scale},
    }
    return bmb.Prior(family, **arguments[family])


def posterior(data, family="HalfNormal", mean=0.5, scale=1.0, slope_scale=1.0):
    """Priors that follow the units: `scale` those of the response, `slope_scale` of the slope."""
    priors = {
        "Intercept": normal(mean, 3 * scale),
        "x": normal(0, 2 * scale * slope_scale),
        "1|g": varying(sd_prior(family, 1.5 * scale)),
        "sigma": sd_prior("HalfNormal", 2 * scale),
    }
    model = bmb.Model("y ~ x + (1|g)", data, priors=priors, center_predictors=False)
    return ExactPosterior.from_model(model)


def both(exact):
    """Means and sds, stacked, so that one comparison serves."""
    return xr.concat([exact.mean(), exact.sd()], dim="moment")


@EXAMPLES
@given(tables(), families, numbers)
def test_shifting_the_response(data, family, shift):
    before = posterior(data, family)
    after = posterior(data.assign(y=data["y"] + shift), family, mean=0.5 + shift)
    moved = xr.DataArray([shift, 0], dims="moment")
    expected = both(before)
    for name in ("Intercept", "alpha_j"):
        expected[name] = expected[name] + moved
    xr.testing.assert_allclose(both(after), expected, **CLOSE)
    np.testing.assert_allclose(
        after.log_marginal_likelihood, before.log_marginal_likelihood, atol=1e-6
    )
    assert np.isclose(after.prob_greater("g0", "g1"), before.prob_greater("g0", "g1"), atol=1e-6)


@EXAMPLES
@given(tables(), families, factors)
def test_scaling_the_response(data, family, factor):
    before = posterior(data, family)
    scaled = data.assign(y=factor * data["y"])
    after = posterior(scaled, family, mean=0.5 * factor, scale=factor)
    xr.testing.assert_allclose(both(after) / factor, both(before), **CLOSE)
    expected = before.log_marginal_likelihood - len(data) * np.log(factor)
    np.testing.assert_allclose(after.log_marginal_likelihood, expected, atol=1e-6)
    q = [0.05, 0.5, 0.95]
    xr.testing.assert_allclose(after.quantile(q) / factor, before.quantile(q), **CLOSE)


@EXAMPLES
@given(tables(), families, factors)
def test_scaling_the_predictor(data, family, factor):
    before = posterior(data, family)
    scaled = data.assign(x=factor * data["x"])
    after = posterior(scaled, family, slope_scale=1 / factor)
    expected = both(before)
    expected["x"] = expected["x"] / factor
    xr.testing.assert_allclose(both(after), expected, **CLOSE)


@EXAMPLES
@given(tables(), numbers)
def test_shifting_a_centered_predictor(data, shift):
    """With centered predictors only the intercept notices, also under the slope's default prior.

    Bambi's default hyperprior does notice the mean of a predictor, so it is replaced.
    """
    priors = {"Intercept": normal(0, 5), "1|g": varying(bmb.Prior("HalfNormal", sigma=2))}

    def fit(table):
        return ExactPosterior.from_model(bmb.Model("y ~ x + (1|g)", table, priors=priors))

    before, after = fit(data), fit(data.assign(x=data["x"] + shift))
    same = ["x", "sigma"]
    xr.testing.assert_allclose(both(after)[same], both(before)[same], **CLOSE)
    expected = before.mean()["Intercept"] - shift * before.mean()["x"]
    np.testing.assert_allclose(after.mean()["Intercept"], expected, rtol=1e-5, atol=1e-4)


@EXAMPLES
@given(tables(), st.randoms(use_true_random=False))
def test_relabelling_the_groups(data, random):
    labels = sorted(data["g"].unique())
    renamed = random.sample(labels, len(labels))
    names = dict(zip(labels, renamed, strict=True))
    before, after = posterior(data), posterior(data.assign(g=data["g"].map(names)))
    expected = both(before)
    expected = expected.assign_coords(g__factor_dim=[names[v] for v in labels]).sortby(
        "g__factor_dim"
    )
    xr.testing.assert_allclose(both(after), expected, **CLOSE)


@EXAMPLES
@given(tables(), st.randoms(use_true_random=False))
def test_reordering_the_rows(data, random):
    order = random.sample(range(len(data)), len(data))
    before, after = posterior(data), posterior(data.iloc[order])
    xr.testing.assert_allclose(both(after), both(before), **CLOSE)
    np.testing.assert_allclose(after.loo(), before.loo().to_numpy()[order], **CLOSE)
    np.testing.assert_allclose(after.logo(), before.logo(), **CLOSE)


@EXAMPLES
@given(tables(), families, st.integers(0, 2**32 - 1))
def test_the_same_again(data, family, seed):
    one, two = posterior(data, family), posterior(data, family)
    xr.testing.assert_identical(both(one), both(two))
    xr.testing.assert_equal(
        one.sample(20, 2, seed).posterior.to_dataset(),
        two.sample(20, 2, seed).posterior.to_dataset(),
    )


@EXAMPLES
@given(tables(), families)
def test_what_any_distribution_obeys(data, family):
    exact = posterior(data, family)
    q = np.array([0.01, 0.25, 0.5, 0.75, 0.99])
    for name in exact.names:
        marginal = exact.marginal(name)
        values = marginal.quantile(q)
        assert (values.diff("quantile") > 0).all()
        for i, probability in enumerate(q):
            one = values.isel(quantile=i).to_numpy().ravel()
            reached = np.diag(np.atleast_2d(marginal.cdf(one).to_numpy().reshape(one.size, -1)))
            np.testing.assert_allclose(reached, probability, atol=1e-7)
    assert exact.error < 1e-7
    # A new group is less certain than the intercept, by the spread among groups.
    spread = exact.mean()["1|g_sigma"] ** 2 + exact.sd()["1|g_sigma"] ** 2
    np.testing.assert_allclose(
        exact.new_group().sd() ** 2, exact.sd()["Intercept"] ** 2 + spread, rtol=1e-6
    )


@EXAMPLES
@given(tables())
def test_evidence_is_a_chain_of_predictions(data):
    """log p(y) = log p(without the first row) + log p(first row | the others)."""
    assume(data["g"].iloc[1:].nunique() >= 2)
    assume(data["g"].iloc[1:].duplicated().any())
    whole, rest = posterior(data), posterior(data.iloc[1:])
    np.testing.assert_allclose(
        whole.loo()[0], whole.log_marginal_likelihood - rest.log_marginal_likelihood, atol=1e-6
    )


@EXAMPLES
@given(tables(), factors, numbers)
def test_likelihood_estimates_follow_the_units(data, factor, shift):
    def maximize(table):
        model = bmb.Model("y ~ x + (1|g)", table)
        return RandomInterceptLikelihood.from_model(model).maximize("REML")

    before, after = maximize(data), maximize(data.assign(y=factor * data["y"] + shift))
    np.testing.assert_allclose(after["sd_obs"] / factor, before["sd_obs"], rtol=1e-4)
    np.testing.assert_allclose(after["sd_alpha"] / factor, before["sd_alpha"], rtol=1e-3, atol=1e-4)
    slope = before["coefficient"].sel(term="x")
    np.testing.assert_allclose(
        after["coefficient"].sel(term="x") / factor, slope, rtol=1e-3, atol=1e-5
    )
