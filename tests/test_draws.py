"""The verbs on posterior draws, held to the exact posterior.

Draws are independent ones from the exact posterior, so its closed-form answers are the truth for
whatever a verb computes from them. "Close" means within four Monte Carlo standard errors, ArviZ's
own, of the verb's result; the seeds are fixed.
"""

import math

import arviz as az
import bambi as bmb
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from exact_cases import SCORPIONS, four_effects, normal, scorpions, unbalanced
from scipy import stats

from qfc_helpers import draws as verbs
from qfc_helpers.exact import ExactPosterior

SAMPLE = ("chain", "draw")
BAMBIS = {"scorpions": scorpions, "unbalanced": unbalanced, "four_effects": four_effects}


@pytest.fixture(scope="module")
def models():
    return {name: make() for name, make in BAMBIS.items()}


@pytest.fixture(scope="module")
def exact(models):
    return {name: ExactPosterior.from_model(model) for name, model in models.items()}


@pytest.fixture(scope="module")
def all_draws(exact):
    return {
        name: posterior.sample(draws=1500, chains=4, random_seed=1)
        for name, posterior in exact.items()
    }


@pytest.fixture
def draws(all_draws):
    return all_draws["scorpions"].copy(deep=True)


@pytest.fixture
def posterior(draws):
    """The scorpions' posterior group, to be changed at will."""
    return draws["posterior"].to_dataset()


def tree(posterior):
    return xr.DataTree.from_dict({"posterior": posterior})


def assert_mean(result, truth, errors=4):
    z = (result.mean(SAMPLE) - np.asarray(truth)) / az.mcse(result, method="mean")
    assert float(np.abs(z).max()) < errors, z.to_numpy()


def assert_sd(result, truth, errors=4):
    z = (result.std(SAMPLE) - np.asarray(truth)) / az.mcse(result, method="sd")
    assert float(np.abs(z).max()) < errors, z.to_numpy()


def expectation(posterior, function):
    """Posterior mean of a function of the two standard deviations, on a fine grid."""
    sd_alpha, sd_obs = np.geomspace(1e-3, 3e3, 1500), np.geomspace(5, 200, 500)
    log_density = posterior.log_density(sd_alpha, sd_obs).to_numpy()
    assert log_density.shape == (1500, 500)
    # Weights of a grid even in the logarithms.
    weights = np.exp(log_density - log_density.max()) * np.outer(sd_alpha, sd_obs)
    return np.sum(weights * function(sd_alpha[:, None], sd_obs)) / weights.sum()


# alpha_j


@pytest.mark.parametrize("case", BAMBIS)
def test_group_intercepts_are_exact(case, all_draws, exact):
    alpha = verbs.group_intercepts(all_draws[case])
    assert_mean(alpha, exact[case].mean(["alpha_j"])["alpha_j"])
    assert_sd(alpha, exact[case].sd(["alpha_j"])["alpha_j"])


def test_group_intercepts_are_named_for_the_group(draws):
    alpha = verbs.group_intercepts(draws)
    assert alpha.name == "alpha_j"
    assert alpha.dims == ("chain", "draw", "population")
    assert alpha["population"].to_numpy().tolist() == ["1", "2", "3"]
    assert "population__factor_dim" not in alpha.coords
    expected = draws.posterior["Intercept"] + draws.posterior["1|population"][..., 1]
    np.testing.assert_array_equal(alpha.sel(population="2"), expected)


def test_results_go_through_arviz(draws):
    draws.posterior["alpha_j"] = verbs.group_intercepts(draws)
    table = az.summary(draws, var_names=["alpha_j"])
    assert list(table.index) == ["alpha_j[1]", "alpha_j[2]", "alpha_j[3]"]
    assert az.ess(verbs.icc(draws)) > 1000


def test_one_of_several_random_intercepts_is_chosen(posterior):
    posterior["1|year"] = (*("chain", "draw", "year__factor_dim"),), np.ones((4, 1500, 2))
    posterior["1|year_sigma"] = posterior["sigma"]
    posterior = posterior.assign_coords(year__factor_dim=[2001, 2002])
    with pytest.raises(
        ValueError, match=r"several random intercepts.*'population', 'year'.*group="
    ):
        verbs.group_intercepts(tree(posterior))
    alpha = verbs.group_intercepts(tree(posterior), group="year")
    assert alpha["year"].to_numpy().tolist() == ["2001", "2002"]
    xr.testing.assert_allclose(alpha[..., 0].drop_vars("year"), posterior["Intercept"] + 1)
    assert verbs.group_intercepts(tree(posterior), group="1|population").dims[-1] == "population"


def test_a_factor_whose_name_ends_in_sigma(posterior):
    posterior = posterior.rename(
        {
            "1|population": "1|my_sigma",
            "1|population_sigma": "1|my_sigma_sigma",
            "population__factor_dim": "my_sigma__factor_dim",
        }
    )
    assert verbs.group_intercepts(tree(posterior)).dims[-1] == "my_sigma"
    assert verbs.icc(tree(posterior)).name == "icc"


# The lecture's names


def test_lecture_names(draws):
    named = verbs.lecture_names(draws)
    assert set(named) == {"alpha_j", "mu_alpha", "sd_alpha", "sd_obs", "beta"}
    pairs = {"mu_alpha": "Intercept", "sd_alpha": "1|population_sigma", "sd_obs": "sigma"}
    for ours, bambis in pairs.items():
        np.testing.assert_array_equal(named[ours], draws.posterior[bambis])
    np.testing.assert_array_equal(named["beta"].sel(predictor="length"), draws.posterior["length"])
    assert all(values.dims[:2] == SAMPLE for values in named.values())


def test_lecture_names_label_categories(all_draws):
    beta = verbs.lecture_names(all_draws["four_effects"])["beta"]
    assert beta["predictor"].to_numpy().tolist() == ["a", "b", "a:b", "kind[q]", "kind[r]"]
    source = all_draws["four_effects"].posterior["kind"].sel(kind_dim="r")
    np.testing.assert_array_equal(beta.sel(predictor="kind[r]"), source)


def test_lecture_names_take_only_coefficients_for_slopes(draws, models):
    draws.posterior["alpha_j"] = verbs.group_intercepts(draws)
    draws.posterior["icc"] = verbs.icc(draws)
    models["scorpions"].predict(draws)  # adds mu, one value for each row
    assert verbs.lecture_names(draws)["beta"]["predictor"].to_numpy().tolist() == ["length"]


def test_lecture_names_without_predictor(posterior):
    assert "beta" not in verbs.lecture_names(tree(posterior.drop_vars("length")))


# Differences


def test_difference_is_exact(draws, exact):
    gap = verbs.difference(draws, "2", "1")
    truth = exact["scorpions"].difference("2", "1")
    assert gap.dims == SAMPLE
    assert_mean(gap, truth.mean())
    assert_sd(gap, truth.sd())
    np.testing.assert_allclose(gap, -verbs.difference(draws, 1, 2))


@pytest.mark.parametrize("pair", [("2", "3"), ("2", "1"), ("1", "3")])
def test_prob_greater_is_exact(pair, draws, exact):
    answer = verbs.prob_greater(draws, *pair)
    assert abs(answer.estimate - exact["scorpions"].prob_greater(*pair)) < 4 * answer.mcse
    assert float(answer) == answer.estimate
    reverse = verbs.prob_greater(draws, *reversed(pair))
    assert reverse.estimate == pytest.approx(1 - answer.estimate)


def test_the_standard_error_of_prob_greater_is_honest(exact):
    """Over 150 sets of draws the errors in units of mcse have variance 1 (chi-squared, 0.1 %)."""
    truth = exact["scorpions"].prob_greater("2", "3")
    rng = np.random.default_rng(3)
    z = []
    for _ in range(150):
        answer = verbs.prob_greater(exact["scorpions"].sample(50, 4, rng), "2", "3")
        z.append((answer.estimate - truth) / answer.mcse)
    total = np.square(z).sum()
    assert stats.chi2(150).ppf(0.0005) < total < stats.chi2(150).ppf(0.9995)


def test_correlated_draws_count_less(draws):
    """Each draw ten times over adds nothing: error and effective size stay (within 20 %)."""
    few = draws.isel(draw=slice(400))
    repeated = draws.isel(draw=np.repeat(np.arange(400), 10))
    once, again = (verbs.prob_greater(tree_, "2", "3") for tree_ in (few, repeated))
    assert again.estimate == pytest.approx(once.estimate)
    assert again.mcse == pytest.approx(once.mcse, rel=0.2)
    assert again.ess == pytest.approx(once.ess, rel=0.2)
    assert (once.draws, again.draws) == (1600, 16_000)


def test_prob_greater_prints_the_digits_that_it_knows():
    answer = verbs.Probability(0.61182, 0.00781, 3911.2, 4000, "alpha_2 > alpha_3")
    assert str(answer) == (
        "Pr(alpha_2 > alpha_3) = 0.6118 "
        "(Monte Carlo standard error 0.0078, effective sample size 3911)"
    )


def test_draws_that_all_agree_prove_no_certainty(draws):
    draws.posterior["1|population"] = draws.posterior["1|population"] + [-1e4, 0, 0]
    sure, never = verbs.prob_greater(draws, "2", "1"), verbs.prob_greater(draws, "1", "2")
    assert (sure.estimate, never.estimate) == (1, 0)
    assert math.isnan(sure.mcse)
    assert math.isnan(never.mcse)
    assert sure.ess == pytest.approx(6000, rel=0.15)
    assert str(sure).startswith("Pr(alpha_2 > alpha_1) = 1 (all 6000 draws agree; very likely")


@pytest.mark.parametrize(
    ("estimate", "ess", "text"),
    [
        (1.0, 6000, "1 (all 6000 draws agree; very likely above 0.99950)"),
        (0.0, 6000, "0 (all 6000 draws agree; very likely below 0.00050)"),
        (1.0, math.nan, "1 (all 6000 draws agree, too few to say more)"),
    ],
)
def test_draws_that_all_agree_are_printed_with_a_bound(estimate, ess, text):
    answer = verbs.Probability(estimate, math.nan, ess, 6000, "a > b")
    assert str(answer) == f"Pr(a > b) = {text}"


# A new group


def test_new_group_is_exact(draws, exact):
    alpha = verbs.new_group(draws, ["4", "5"], random_seed=1)
    truth = exact["scorpions"].new_group()
    assert alpha.dims == ("chain", "draw", "population")
    assert alpha["population"].to_numpy().tolist() == ["4", "5"]
    assert_mean(alpha, truth.mean())
    assert_sd(alpha, truth.sd())
    for prob in (0.055, 0.25, 0.5, 0.75, 0.945):
        error = az.mcse(alpha, method="quantile", prob=prob)
        z = (alpha.quantile(prob, SAMPLE) - float(truth.quantile(prob))) / error
        assert float(np.abs(z).max()) < 4


def test_new_groups_are_fresh_normals(draws):
    """Standardized offsets are independent standard Normals, also with the seed of the draws."""
    named = verbs.lecture_names(draws)
    alpha = verbs.new_group(draws, ["4", "5"], random_seed=1)
    z = (alpha - named["mu_alpha"]) / named["sd_alpha"]
    columns = {
        "4": z[..., 0],
        "5": z[..., 1],
        **{name: draws.posterior[name] for name in ("Intercept", "length", "sigma")},
        **{f"u{j}": draws.posterior["1|population"][..., j] for j in range(3)},
    }
    flat = np.column_stack([stats.rankdata(values) for values in columns.values()])
    size = flat.shape[0]
    for j in range(2):
        assert stats.kstest(z[..., j].to_numpy().ravel(), "norm").pvalue > 1e-3
        others = np.delete(np.corrcoef(flat.T)[j], j)
        assert np.abs(others).max() < 4 / np.sqrt(size)
        # Independent along the chain, and from chain to chain, too.
        for values in z[..., j].to_numpy():
            assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 4 / np.sqrt(1500)
    chains = np.corrcoef(z[..., 0].to_numpy())[np.triu_indices(4, 1)]
    assert np.abs(chains).max() < 4 / np.sqrt(1500)
    # No number of the streams that PyMC, nutpie or the exact posterior make of the same seed.
    for rng in (np.random.default_rng(1), *np.random.default_rng(1).spawn(4)):
        same = np.isin(z.round(9), rng.standard_normal(12_000).round(9))
        assert same.mean() < 0.001


def test_new_group_is_not_bambis_resampling(draws, models):
    """The gross difference that the docstring shows: half the spread, one pick for all groups."""
    rows = pd.DataFrame({"population": ["4", "5"], "length": [0.0, 0.0]})
    with pytest.warns(FutureWarning, match="sample_new_groups"):
        resampled = (
            models["scorpions"]
            .predict(draws, data=rows, sample_new_groups=True, inplace=False, random_seed=1)
            .posterior["mu"]
        )
    ours = verbs.new_group(draws, ["4", "5"], random_seed=1)
    assert (resampled.std(SAMPLE) / ours.std(SAMPLE).to_numpy() < 0.65).all()
    assert (resampled[..., 0] == resampled[..., 1]).all()
    assert not (ours[..., 0] == ours[..., 1]).any()


def test_a_new_group_keeps_its_draws_whatever_else_is_asked_for(draws, models):
    both = verbs.new_group(draws, ["4", "5"], random_seed=1)
    alone = verbs.new_group(draws, "5", random_seed=1)
    xr.testing.assert_identical(both.sel(population=["5"]), alone)
    other = verbs.new_group(draws, "6", random_seed=1)
    spread = draws.posterior["1|population_sigma"]
    standard = [
        ((a - draws.posterior["Intercept"]) / spread).to_numpy().ravel() for a in (alone, other)
    ]
    # Independent: a correlation of 6,000 pairs within 4 standard errors of zero.
    assert abs(np.corrcoef(*standard)[0, 1]) < 4 / np.sqrt(standard[0].size)
    rows = pd.DataFrame({"population": ["4"], "length": [10.0]})
    one, two = (
        verbs.predict_new_group(
            draws, models["scorpions"], rows.assign(population=label), random_seed=1
        )
        for label in ("4", "5")
    )
    assert not (one.to_numpy() == two.to_numpy()).any()


def test_new_group_repeats_with_its_seed_only(draws):
    first = verbs.new_group(draws, random_seed=1)
    xr.testing.assert_identical(first, verbs.new_group(draws, random_seed=1))
    assert not (first == verbs.new_group(draws, random_seed=2)).any()
    assert not (verbs.new_group(draws) == verbs.new_group(draws)).any()
    rng = np.random.default_rng(1)
    again, other = (verbs.new_group(draws, random_seed=rng) for _ in range(2))
    assert not (again == other).any()
    repeated = verbs.new_group(draws, random_seed=np.random.default_rng(1))
    xr.testing.assert_identical(repeated, again)


def test_new_group_needs_no_offsets(exact):
    draws = exact["scorpions"].sample(random_seed=1, group_effects=False)
    assert verbs.new_group(draws, random_seed=1).sizes["population"] == 1
    with pytest.raises(ValueError, match=r"no '1\|population'; they have"):
        verbs.group_intercepts(draws)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "at least one name"),
        (["a", "a"], "each name once"),
        (["4", 2], "'2' is in the data"),
        ("3", "'3' is in the data"),
    ],
)
def test_new_group_refuses_labels(labels, message, draws):
    with pytest.raises(ValueError, match=message):
        verbs.new_group(draws, labels)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_a_seed_that_is_none_is_refused(seed, draws):
    with pytest.raises(ValueError, match="random_seed="):
        verbs.new_group(draws, random_seed=seed)


# The response in a new group


def test_predicted_line_is_new_intercept_plus_slope(draws, models):
    rows = pd.DataFrame({"population": ["4", "5", "4"], "length": [0.0, 10.0, 10.0]})
    mean = verbs.predict_new_group(
        draws, models["scorpions"], rows, "response_params", random_seed=5
    )
    alpha = verbs.new_group(draws, ["4", "5"], random_seed=5)
    slope = draws.posterior["length"]
    assert mean.name == "mu"
    assert mean["population"].to_numpy().tolist() == ["4", "5", "4"]
    np.testing.assert_allclose(mean[..., 0], alpha[..., 0])
    np.testing.assert_allclose(mean[..., 1], alpha[..., 1] + 10 * slope)
    np.testing.assert_allclose(mean[..., 2], alpha[..., 0] + 10 * slope)


def test_predicted_response_is_exact(draws, models, exact):
    rows = pd.DataFrame({"length": [0.0, 0.0]})
    weight = verbs.predict_new_group(draws, models["scorpions"], rows, random_seed=5)
    mean = verbs.predict_new_group(
        draws, models["scorpions"], rows, "response_params", random_seed=5
    )
    assert weight.name == "weight"
    assert weight["population"].to_numpy().tolist() == ["new", "new"]
    # One new population, two animals: one mean, two residuals.
    np.testing.assert_array_equal(mean[..., 0], mean[..., 1])
    residual = (weight - mean) / draws.posterior["sigma"]
    for j in range(2):
        assert stats.kstest(residual[..., j].to_numpy().ravel(), "norm").pvalue > 1e-3
    both = residual.to_numpy().reshape(-1, 2)
    assert abs(np.corrcoef(both.T)[0, 1]) < 4 / np.sqrt(len(both))
    alpha = exact["scorpions"].new_group()
    noise = (exact["scorpions"].mean(["sigma"])["sigma"] ** 2).item()
    noise += (exact["scorpions"].sd(["sigma"])["sigma"] ** 2).item()
    assert_mean(weight, alpha.mean())
    assert_sd(weight, np.sqrt(alpha.sd() ** 2 + noise))


def test_prediction_uses_bambis_design(all_draws, models):
    """Interactions, categories, centering: the line of a known group, with its offset exchanged."""
    draws, model = all_draws["four_effects"], models["four_effects"]
    rows = pd.DataFrame({"a": [0.3, -1], "b": [9.0, 12], "kind": ["q", "p"], "g": [0, 0]})
    known = model.predict(draws, data=rows, inplace=False).posterior["mu"]
    known = known - draws.posterior["1|g"].sel(g__factor_dim="0", drop=True)
    line = verbs.predict_new_group(
        draws, model, rows.drop(columns="g"), "response_params", random_seed=2
    )
    offset = verbs.new_group(draws, random_seed=2) - draws.posterior["Intercept"]
    np.testing.assert_allclose(line, known + offset.to_numpy(), atol=1e-10)


def test_prediction_leaves_the_draws_alone(draws, models):
    before = draws.copy(deep=True)
    rows = pd.DataFrame({"length": [0.0, 10.0]})
    first, second = (
        verbs.predict_new_group(draws, models["scorpions"], rows, random_seed=5) for _ in range(2)
    )
    xr.testing.assert_identical(draws, before)
    xr.testing.assert_identical(first, second)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"lenght": [1.0]}, "no column 'length'; they have 'lenght'"),
        ({"length": [1.0, np.nan]}, r"1 row\(s\) of data have no finite prediction, first row 1"),
        ({"length": [1.0], "population": ["2"]}, "population '2' is in the data"),
        ({"length": [1.0], "population": [None]}, "missing label"),
        ({"length": []}, "no rows"),
    ],
)
def test_prediction_refuses_rows(rows, message, draws, models):
    with pytest.raises(ValueError, match=message):
        verbs.predict_new_group(draws, models["scorpions"], pd.DataFrame(rows))


def test_prediction_refuses_other_types(draws, models):
    rows = pd.DataFrame({"length": [1.0]})
    with pytest.raises(TypeError, match=r"model must be the bambi.Model.*got DataFrame"):
        verbs.predict_new_group(draws, rows, models["scorpions"])
    with pytest.raises(TypeError, match="data must be a pandas DataFrame, got dict"):
        verbs.predict_new_group(draws, models["scorpions"], {"length": [1.0]})
    with pytest.raises(ValueError, match="kind='mean'; expected 'response'"):
        verbs.predict_new_group(draws, models["scorpions"], rows, "mean")


@pytest.mark.parametrize(
    ("formula", "family", "message"),
    [
        ("weight ~ length + (1|population)", "poisson", "family 'poisson' with link 'log'"),
        (
            "weight ~ length + (length|population)",
            "gaussian",
            r"group terms '1\|population \(of mu",
        ),
        ("weight ~ length", "gaussian", "group terms nothing"),
    ],
)
def test_prediction_refuses_models(formula, family, message, draws):
    model = bmb.Model(formula, SCORPIONS.astype(int), family=family)
    with pytest.raises(ValueError, match=message):
        verbs.predict_new_group(draws, model, pd.DataFrame({"length": [1.0]}))


def test_prediction_refuses_the_draws_of_another_model(all_draws, models):
    with pytest.raises(ValueError, match=r"'1\|population' among the draws; expected 'g'"):
        verbs.predict_new_group(
            all_draws["unbalanced"], models["scorpions"], pd.DataFrame({"length": [1.0]})
        )


# Shares of variance, and pooling


def test_icc_is_exact(draws, exact):
    share = verbs.icc(draws)
    assert share.dims == SAMPLE
    assert_mean(share, expectation(exact["scorpions"], lambda a, s: a**2 / (a**2 + s**2)))


def test_icc_counts_all_random_intercepts(posterior):
    alone = verbs.icc(tree(posterior))
    posterior["1|year_sigma"] = posterior["1|population_sigma"]
    both = verbs.icc(tree(posterior), group="population")
    np.testing.assert_allclose(both, alone / (1 + alone))


def test_icc_refuses_varying_slopes(posterior):
    posterior["length|population_sigma"] = posterior["sigma"]
    with pytest.raises(ValueError, match=r"besides intercepts, 'length\|population_sigma'"):
        verbs.icc(tree(posterior))


def test_pooling_factor_is_exact(draws, exact):
    pull = verbs.pooling_factor(draws, SCORPIONS)
    assert pull.dims == ("chain", "draw", "population")
    assert pull["n_obs"].to_numpy().tolist() == [3, 3, 3]
    assert_mean(pull, expectation(exact["scorpions"], lambda a, s: a**-2 / (3 * s**-2 + a**-2)))


def test_pooling_factor_is_the_weight_of_the_common_mean(all_draws, exact, models):
    """E(alpha_j) = E[(1 - w)(ybar - beta xbar) + w mu_alpha]: groups of 1 to 20 rows, exactly."""
    draws, data = all_draws["unbalanced"], models["unbalanced"].data
    named = verbs.lecture_names(draws)
    pull = verbs.pooling_factor(draws, data)
    means = data.groupby("g", observed=True)[["x", "y"]].mean().to_xarray()
    own = means["y"] - named["beta"].sel(predictor="x", drop=True) * means["x"]
    average = (1 - pull) * own + pull * named["mu_alpha"]
    assert_mean(
        average.transpose("chain", "draw", "g"), exact["unbalanced"].mean(["alpha_j"])["alpha_j"]
    )
    by_size = pull.mean(SAMPLE).sortby("n_obs")
    assert by_size["n_obs"].to_numpy().tolist() == [1, 1, 1, 1, 2, 3, 4, 5, 8, 10, 15, 20]
    assert (by_size.diff("g") <= 1e-12).all()


def test_pooling_factor_at_its_limits(posterior):
    posterior["1|population_sigma"][0] = 0
    posterior["1|population_sigma"][1] = 1e9
    pull = verbs.pooling_factor(tree(posterior), SCORPIONS)
    assert (pull[0] == 1).all()
    assert (pull[1] < 1e-12).all()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SCORPIONS.iloc[:-1], "the data have 8 rows, the model was fitted to 9"),
        (SCORPIONS.assign(population=[1, 1, 1, 2, 2, 2, 2, 2, 2]), "'3' is in the draws but not"),
        (SCORPIONS.assign(population=[1, 1, 1, 2, 2, 2, 3, 3, 4]), "'4' is in the data but not"),
        (SCORPIONS.drop(columns="population"), "column 'population' is missing"),
    ],
)
def test_pooling_factor_refuses_other_data(data, message, draws):
    with pytest.raises(ValueError, match=message):
        verbs.pooling_factor(draws, data)


# Bad input, for all verbs

ALL_VERBS = {
    "group_intercepts": verbs.group_intercepts,
    "lecture_names": verbs.lecture_names,
    "difference": lambda draws: verbs.difference(draws, "2", "1"),
    "prob_greater": lambda draws: verbs.prob_greater(draws, "2", "1"),
    "new_group": verbs.new_group,
    "predict_new_group": lambda draws: verbs.predict_new_group(
        draws, scorpions(), pd.DataFrame({"length": [1.0]})
    ),
    "icc": verbs.icc,
    "pooling_factor": lambda draws: verbs.pooling_factor(draws, SCORPIONS),
    "diagnose": verbs.diagnose,
}


@pytest.mark.parametrize("verb", ALL_VERBS.values(), ids=ALL_VERBS)
def test_other_types_are_refused(verb, draws, exact):
    with pytest.raises(TypeError, match=r"got Model\. That is the model"):
        verb(bmb.Model("weight ~ length", SCORPIONS))
    with pytest.raises(TypeError, match=r"got Dataset.*such as draws and not draws\.posterior"):
        verb(draws["posterior"].to_dataset())
    with pytest.raises(TypeError, match=r"got ExactPosterior.*posterior\.sample"):
        verb(exact["scorpions"])
    with pytest.raises(TypeError, match=r"got NoneType\. Fit the model first"):
        verb(None)


@pytest.mark.parametrize("verb", ALL_VERBS.values(), ids=ALL_VERBS)
def test_parts_of_draws_are_refused(verb, draws):
    with pytest.raises(ValueError, match=r"no group 'posterior'.*Pass the whole"):
        verb(draws["posterior"])
    averaged = tree(draws["posterior"].to_dataset().mean("draw"))
    with pytest.raises(ValueError, match="no dimension 'draw'"):
        verb(averaged)


WITH_GROUPS = {name: verb for name, verb in ALL_VERBS.items() if name != "diagnose"}


@pytest.mark.parametrize("verb", WITH_GROUPS.values(), ids=WITH_GROUPS)
def test_models_without_random_intercept_are_refused(verb, posterior):
    pooled = posterior.drop_vars(["1|population", "1|population_sigma"])
    with pytest.raises(ValueError, match=r"no random intercept"):
        verb(tree(pooled))


def drop(*names):
    return lambda posterior: posterior.drop_vars(names)


def spoil(name, value):
    def change(posterior):
        changed = posterior[name].copy(deep=True)
        changed[0, 3] = value
        return posterior.assign({name: changed})

    return change


@pytest.mark.parametrize(
    ("verb", "change", "message"),
    [
        ("group_intercepts", drop("Intercept"), "no 'Intercept'.*write the formula with it"),
        ("new_group", drop("Intercept"), "no 'Intercept'"),
        ("icc", drop("sigma"), "no 'sigma'.*Gaussian model"),
        ("pooling_factor", drop("sigma"), "no 'sigma'"),
        ("new_group", drop("1|population_sigma"), r"no '1\|population_sigma'.*needs a hyperprior"),
        ("icc", drop("1|population_sigma"), "needs a hyperprior"),
        ("group_intercepts", spoil("Intercept", np.nan), r"'Intercept' has 1 draw\(s\) .*diagnose"),
        ("prob_greater", spoil("1|population", np.nan), r"has 3 draw\(s\) that are not finite"),
        ("icc", spoil("sigma", np.inf), "not finite"),
        (
            "group_intercepts",
            lambda p: p.assign({"1|population_mu": p["sigma"]}),
            "hyperprior on the mean.*Keep the mean in the intercept",
        ),
    ],
)
def test_draws_that_lack_something_are_refused(verb, change, message, posterior):
    with pytest.raises(ValueError, match=message):
        ALL_VERBS[verb](tree(change(posterior)))


def test_unknown_groups_are_refused(draws):
    with pytest.raises(ValueError, match=r"population '9' is not among.*'1', '2', '3'.*new_group"):
        verbs.difference(draws, "2", "9")
    with pytest.raises(ValueError, match="both '2'"):
        verbs.prob_greater(draws, "2", 2)
    with pytest.raises(ValueError, match=r"group='site' has no random intercept.*'population'"):
        verbs.icc(draws, group="site")


def test_bambi_still_names_a_hyperprior_on_the_groups_mean_as_expected():
    """The refusal above rests on Bambi's name for it."""
    model = bmb.Model(
        "weight ~ 0 + length + (1|population)",
        SCORPIONS,
        priors={
            "1|population": bmb.Prior(
                "Normal", mu=normal(50, 15), sigma=bmb.Prior("HalfNormal", sigma=100)
            )
        },
        noncentered=False,
    )
    model.build()
    assert "1|population_mu" in model.backend.model.named_vars
