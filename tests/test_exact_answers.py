"""The exact posterior's answers against brute force, and its draws against its answers."""

import arviz as az
import bambi as bmb
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from exact_cases import (
    SCORPIONS,
    BruteForce,
    four_effects,
    normal,
    scorpion_priors,
    scorpions,
    unbalanced,
    varying,
)
from scipy import stats

from qfc_helpers.exact import ExactPosterior
from qfc_helpers.exact.priors import scale_prior

# What the posterior promises by default, of probabilities as well as of moments.
ACCURACY = 1e-7
SD_OBS_PRIOR = stats.halfnorm(scale=25).logpdf
DESIGN = np.column_stack([np.ones(9), SCORPIONS["length"]])
# Bambi's prior, its log density from SciPy, and the range in which it has all but 1e-13 of the
# posterior.
HYPERPRIORS = {
    "HalfNormal": (bmb.Prior("HalfNormal", sigma=100), stats.halfnorm(scale=100), (1e-13, 900)),
    "HalfCauchy": (bmb.Prior("HalfCauchy", beta=25), stats.halfcauchy(scale=25), (1e-13, 3e5)),
    "HalfStudentT": (bmb.Prior("HalfStudentT", nu=3, sigma=20), None, (1e-13, 1e5)),
    "Exponential": (bmb.Prior("Exponential", lam=0.02), stats.expon(scale=50), (1e-13, 2000)),
    "Gamma": (bmb.Prior("Gamma", alpha=2, beta=0.1), stats.gamma(2, scale=10), (1e-8, 500)),
    "Gamma by moments": (
        bmb.Prior("Gamma", mu=20, sigma=10),
        stats.gamma(4, scale=5),
        (1e-5, 300),
    ),
    "InverseGamma": (
        bmb.Prior("InverseGamma", alpha=2, beta=30),
        stats.invgamma(2, scale=30),
        (0.3, 1e6),
    ),
    "LogNormal": (
        bmb.Prior("LogNormal", mu=3, sigma=0.5),
        stats.lognorm(0.5, scale=np.exp(3)),
        (0.2, 1500),
    ),
    "Weibull": (
        bmb.Prior("Weibull", alpha=1.5, beta=40),
        stats.weibull_min(1.5, scale=40),
        (1e-9, 500),
    ),
    "Uniform": (bmb.Prior("Uniform", lower=0, upper=100), stats.uniform(0, 100), (1e-13, 100)),
    "Uniform away from zero": (
        bmb.Prior("Uniform", lower=5, upper=60),
        stats.uniform(5, 55),
        (5, 60),
    ),
    "any other, by PyMC": (
        bmb.Prior("TruncatedNormal", mu=20, sigma=10, lower=0),
        stats.truncnorm(-2, np.inf, loc=20, scale=10),
        (1e-9, 110),
    ),
}


def half_t(nu, sigma):
    return lambda x: np.log(2) + stats.t(nu, scale=sigma).logpdf(x)


def log_density_of(name):
    if name == "HalfStudentT":  # SciPy has none
        return half_t(3, 20)
    return HYPERPRIORS[name][1].logpdf


def brute_scorpions(name="HalfNormal", rows=slice(None), obs_range=(2.5, 280)):
    return BruteForce(
        SCORPIONS["weight"][rows],
        DESIGN[rows],
        SCORPIONS["population"][rows],
        [50, 0],
        [15, 10],
        log_density_of(name),
        SD_OBS_PRIOR,
        HYPERPRIORS[name][2],
        obs_range,
    )


@pytest.fixture(scope="module")
def posterior():
    return ExactPosterior.from_model(scorpions())


@pytest.fixture(scope="module")
def brute():
    return brute_scorpions()


# Moments and probabilities, hyperprior by hyperprior


@pytest.mark.parametrize("name", HYPERPRIORS)
def test_moments_under_each_hyperprior(name):
    exact = ExactPosterior.from_model(scorpions(sd_alpha=HYPERPRIORS[name][0]))
    expected = brute_scorpions(name)
    forms = {"Intercept": [1, 0, 0, 0, 0], "length": [0, 1, 0, 0, 0]}
    mean, sd = exact.mean(), exact.sd()
    assert exact.error < ACCURACY
    assert np.isclose(
        exact.log_marginal_likelihood, expected.log_marginal_likelihood, rtol=0, atol=ACCURACY
    )
    for term, form in forms.items():
        np.testing.assert_allclose([mean[term], sd[term]], expected.linear(form)[:2], rtol=1e-6)
    for j in range(3):
        effect = np.eye(5)[2 + j]
        found = [mean["1|population"][j], sd["1|population"][j]]
        np.testing.assert_allclose(found, expected.linear(effect)[:2], rtol=1e-6)
        found = [mean["alpha_j"][j], sd["alpha_j"][j]]
        np.testing.assert_allclose(found, expected.linear(effect + forms["Intercept"])[:2], 1e-6)
    # A heavy tail's second moment converges slowly in the brute-force rule's fixed range.
    found = [mean["1|population_sigma"], sd["1|population_sigma"]]
    np.testing.assert_allclose(found, expected.scale(expected.sd_alpha), rtol=1e-5)
    np.testing.assert_allclose(
        [mean["sigma"], sd["sigma"]], expected.scale(expected.sd_obs), rtol=1e-6
    )


@pytest.mark.parametrize("name", HYPERPRIORS)
def test_prior_densities_are_pymcs(name):
    import pymc as pm

    prior = HYPERPRIORS[name][0]
    read = scale_prior(prior, "sd")
    values = np.geomspace(5.001, 59, 40)
    expected = pm.logp(getattr(pm, prior.name).dist(**prior.args), values).eval()
    # PyMC's constants are in part of single precision.
    np.testing.assert_allclose(read.log_density(values), expected, rtol=1e-7)


def test_quantiles_and_cdf(posterior, brute):
    q = np.array([0.001, 0.05, 0.5, 0.9, 0.999])
    for name, form in (
        ("Intercept", [1, 0, 0, 0, 0]),
        ("length", [0, 1, 0, 0, 0]),
    ):
        _, _, means, sds = brute.linear(form)
        values = posterior.marginal(name).quantile(q)
        reached = [brute.weights @ stats.norm.cdf(v, means, sds) for v in values.to_numpy()]
        np.testing.assert_allclose(reached, q, atol=ACCURACY)
        np.testing.assert_allclose(
            posterior.marginal(name).cdf(values.to_numpy()), q, atol=ACCURACY
        )
    _, _, means, sds = brute.linear([1, 0, 0, 1, 0])
    values = posterior.quantile(q, "alpha_j")["alpha_j"].isel(population__factor_dim=1)
    reached = [brute.weights @ stats.norm.cdf(v, means, sds) for v in values.to_numpy()]
    np.testing.assert_allclose(reached, q, atol=ACCURACY)


@pytest.mark.parametrize("name", ["sigma", "1|population_sigma"])
def test_standard_deviations_between_the_nodes(posterior, name):
    """Cdf, quantile and density of the standard deviations agree with integrals cut off there."""
    marginal = posterior.marginal(name)
    for value in (26.0, 60.0):
        ends = {
            "1|population_sigma": ((1e-13, value), (2.5, 280)),
            "sigma": ((1e-13, 900), (min(2.5, value / 4), value)),
        }[name]
        below = BruteForce(
            SCORPIONS["weight"],
            DESIGN,
            SCORPIONS["population"],
            [50, 0],
            [15, 10],
            log_density_of("HalfNormal"),
            SD_OBS_PRIOR,
            *ends,
        )
        expected = np.exp(below.log_marginal_likelihood - posterior.log_marginal_likelihood)
        assert marginal.cdf(value) == pytest.approx(expected, abs=ACCURACY)
    q = np.array([0.01, 0.3, 0.97])
    values = marginal.quantile(q).to_numpy()
    np.testing.assert_allclose(marginal.cdf(values), q, atol=ACCURACY)
    step = 1e-3 * values
    slope = (marginal.cdf(values + step).to_numpy() - marginal.cdf(values - step).to_numpy()) / (
        2 * step
    )
    np.testing.assert_allclose(marginal.density(values), slope, rtol=1e-4)


def test_densities_integrate_to_one(posterior):
    for name in posterior.names:
        density = posterior.density(name)
        area = density.integrate("value")
        # The default grid leaves out 0.001; a group effect's density has a spike at zero.
        assert ((area > 0.998) & (area < 1.0001)).all()


def test_density_of_a_coefficient(posterior, brute):
    _, _, means, sds = brute.linear([0, 1, 0, 0, 0])
    values = np.array([-1.0, 2.5, 5.0])
    expected = [brute.weights @ stats.norm.pdf(v, means, sds) for v in values]
    np.testing.assert_allclose(posterior.density("length", values), expected, rtol=1e-7)


def test_probability_that_one_group_is_greater(posterior, brute):
    for a, b in (("1", "2"), ("2", "3"), ("3", "1")):
        form = np.zeros(5)
        form[[1 + int(a), 1 + int(b)]] = 1, -1
        _, _, means, sds = brute.linear(form)
        expected = brute.weights @ stats.norm.sf(0, means, sds)
        assert posterior.prob_greater(a, b) == pytest.approx(expected, abs=ACCURACY)
        assert posterior.prob_greater(b, a) == pytest.approx(1 - expected, abs=ACCURACY)


def test_group_labels_need_not_be_strings(posterior):
    assert posterior.prob_greater(2, 3) == posterior.prob_greater("2", "3")


def test_new_group(posterior, brute):
    _, _, means, sds = brute.linear([1, 0, 0, 0, 0])
    sds = np.hypot(sds, brute.sd_alpha)
    new = posterior.new_group()
    mean = brute.weights @ means
    assert new.mean() == pytest.approx(mean, rel=1e-7)
    variance = brute.weights @ (sds**2 + (means - mean) ** 2)
    assert new.sd() == pytest.approx(np.sqrt(variance), rel=1e-6)
    for q in (0.05, 0.5, 0.95):
        value = float(new.quantile(q))
        assert brute.weights @ stats.norm.cdf(value, means, sds) == pytest.approx(q, abs=ACCURACY)
    expected = brute.weights @ stats.norm.pdf(70, means, sds)
    assert new.density([70.0]).item() == pytest.approx(expected, rel=1e-7)


def test_joint_density_of_the_standard_deviations(posterior, brute):
    """At any point: likelihood times priors over the evidence, all three computed afresh."""
    tau, sigma = 30.0, 20.0
    group = SCORPIONS["population"].to_numpy()
    covariance = (
        DESIGN @ np.diag([225, 100]) @ DESIGN.T
        + tau**2 * (group[:, None] == group)
        + sigma**2 * np.eye(9)
    )
    expected = (
        stats.multivariate_normal(DESIGN @ [50, 0], covariance).logpdf(SCORPIONS["weight"])
        + stats.halfnorm(scale=100).logpdf(tau)
        + SD_OBS_PRIOR(sigma)
        - brute.log_marginal_likelihood
    )
    found = posterior.log_density([tau, 50.0], [10.0, sigma])
    assert found.dims == ("sd_alpha", "sd_obs")
    assert found.sel(sd_alpha=tau, sd_obs=sigma) == pytest.approx(expected, abs=ACCURACY)
    assert posterior.log_density([-1.0], [20.0]).item() == -np.inf


# Leaving out


def test_leave_one_out(posterior):
    loo = posterior.loo()
    for i in (0, 5, 8):
        rest = brute_scorpions(rows=np.arange(9) != i)
        expected = posterior.log_marginal_likelihood - rest.log_marginal_likelihood
        assert loo[i] == pytest.approx(expected, abs=1e-6)


def test_leave_one_group_out(posterior):
    logo = posterior.logo()
    group = SCORPIONS["population"].to_numpy()
    for label in ("1", "2", "3"):
        rest = brute_scorpions(rows=group != int(label))
        expected = posterior.log_marginal_likelihood - rest.log_marginal_likelihood
        found = logo.sel(population__factor_dim=label)
        # Two groups are left, so the brute-force rule loses more of a longer tail.
        assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("make", [unbalanced, four_effects])
def test_leaving_out_is_refitting(make):
    """The short way (dividing by the prediction at each node) and a new integral agree."""
    exact = ExactPosterior.from_model(make())
    group = exact._model.group
    rows = np.arange(group.size)
    loo, logo = exact.loo(), exact.logo()
    for i in (0, 3, group.size - 1):
        assert loo[i] == pytest.approx(exact._refit(rows != i), abs=1e-6)
        j = group[i]
        assert logo[j] == pytest.approx(exact._refit(group != j), abs=1e-6)


def test_leaving_out_an_outlier():
    """Without a gross outlier the posterior lies elsewhere: it is integrated anew there."""
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"g": np.repeat(np.arange(20), 20), "y": rng.normal(0, 0.01, 400)})
    data.loc[7, "y"] = 100.0
    exact = ExactPosterior.from_model(bmb.Model("y ~ 1 + (1|g)", data))
    refit = exact._refit(np.arange(400) != 7)
    assert exact.loo()[7] == pytest.approx(refit, rel=1e-9)


# What is read off the model


def test_centered_default_priors():
    """Bambi's default priors are for centered predictors; the intercept comes back uncentered."""
    model = four_effects()
    exact = ExactPosterior.from_model(model)
    common = model.parameters["mu"].design.common
    design = np.asarray(common.design_matrix, dtype=float)
    terms = model.parameters["mu"].common_terms.values()
    intercept = model.parameters["mu"].intercept_term.prior.args
    mean = np.r_[intercept["mu"], np.concatenate([np.ravel(t.prior.args["mu"]) for t in terms])]
    sd = np.r_[intercept["sigma"], np.concatenate([np.ravel(t.prior.args["sigma"]) for t in terms])]
    centers = design[:, 1:].mean(axis=0)
    centered = np.column_stack([np.ones(len(design)), design[:, 1:] - centers])
    hyper = model.parameters["mu"].group_specific_terms["1|g"].prior.args["sigma"].args["sigma"]
    scale = model.parameters["sigma"].prior.args
    expected = BruteForce(
        model.response_term.data,
        centered,
        model.data["g"],
        mean,
        sd,
        stats.halfnorm(scale=hyper).logpdf,
        half_t(float(scale["nu"]), float(scale["sigma"])),
        (1e-7, 30),
        (0.4, 4),
        panels=5,
    )
    effects = np.zeros(8)
    slopes = np.eye(6)[1:]
    found_mean, found_sd = exact.mean(), exact.sd()
    uncentered = np.r_[1.0, -centers, effects]
    np.testing.assert_allclose(
        [found_mean["Intercept"], found_sd["Intercept"]], expected.linear(uncentered)[:2], 1e-6
    )
    uncentered[-1] = 1
    found = found_mean["alpha_j"][-1], found_sd["alpha_j"][-1]
    np.testing.assert_allclose(found, expected.linear(uncentered)[:2], rtol=1e-6)
    flat = np.concatenate(
        [np.ravel(found_mean[name]) for name in model.parameters["mu"].common_terms]
    )
    expected_flat = [expected.linear(np.r_[slope, effects])[0] for slope in slopes]
    np.testing.assert_allclose(flat, expected_flat, rtol=1e-6)
    assert exact.mean("kind")["kind"].dims == ("kind_dim",)


def test_a_posterior_with_mass_at_zero():
    """Groups that do not differ: the groups' standard deviation piles up at zero."""
    data = pd.DataFrame({"y": [-1.0, 1, 2, -1.1, 1.2, 1.9, -1, 1.1, 2], "g": list("aaabbbccc")})
    priors = {
        "Intercept": normal(0, 3),
        "1|g": varying(bmb.Prior("HalfCauchy", beta=2)),
        "sigma": bmb.Prior("Exponential", lam=1),
    }
    exact = ExactPosterior.from_model(bmb.Model("y ~ 1 + (1|g)", data, priors=priors))
    expected = BruteForce(
        data["y"],
        np.ones((9, 1)),
        data["g"],
        [0],
        [3],
        stats.halfcauchy(scale=2).logpdf,
        stats.expon().logpdf,
        (1e-13, 1e5),
        (0.1, 30),
    )
    assert exact.log_marginal_likelihood == pytest.approx(
        expected.log_marginal_likelihood, abs=ACCURACY
    )
    below = expected.weights[expected.sd_alpha < 1e-3].sum()
    assert 0 < below < 2e-3
    assert exact.marginal("1|g_sigma").cdf(1e-3) == pytest.approx(below, rel=0.15)
    np.testing.assert_allclose(
        [exact.mean()["1|g_sigma"], exact.sd()["1|g_sigma"]],
        expected.scale(expected.sd_alpha),
        rtol=1e-5,
    )


def test_only_singletons():
    """One row in each group: only the sum of the two variances is seen; a curved, thin ridge."""
    rng = np.random.default_rng(5)
    y = rng.normal(0, 2, 12)
    data = pd.DataFrame({"y": y, "g": np.arange(12)})
    priors = {
        "Intercept": normal(0, 3),
        "1|g": varying(bmb.Prior("HalfNormal", sigma=3)),
        "sigma": bmb.Prior("HalfNormal", sigma=2),
    }
    exact = ExactPosterior.from_model(bmb.Model("y ~ 1 + (1|g)", data, priors=priors))
    expected = BruteForce(
        y,
        np.ones((12, 1)),
        data["g"],
        [0],
        [3],
        stats.halfnorm(scale=3).logpdf,
        stats.halfnorm(scale=2).logpdf,
        (1e-12, 30),
        (1e-6, 30),
        panels=12,
    )
    mean, sd = exact.mean(), exact.sd()
    assert exact.log_marginal_likelihood == pytest.approx(
        expected.log_marginal_likelihood, abs=1e-5
    )
    np.testing.assert_allclose(
        [mean["sigma"], sd["sigma"]], expected.scale(expected.sd_obs), rtol=1e-5
    )
    np.testing.assert_allclose(
        [mean["1|g"][3], sd["1|g"][3]], expected.linear(np.eye(13)[4])[:2], rtol=1e-5
    )


def test_two_peaks():
    """A hyperprior at odds with the data: either the groups differ or the residuals are large."""
    y = np.array([-1.0, -0.9, 1.2, 1.1, 0.4, 0.5, -0.6, -0.5, 0.1, 0.05])
    data = pd.DataFrame({"y": y, "g": np.repeat(np.arange(5), 2)})
    priors = {
        "Intercept": normal(0, 0.5),
        "1|g": varying(bmb.Prior("Exponential", lam=20)),
        "sigma": bmb.Prior("HalfNormal", sigma=0.5),
    }
    exact = ExactPosterior.from_model(bmb.Model("y ~ 1 + (1|g)", data, priors=priors))
    sd_obs = exact.marginal("sigma")
    first, valley, second = sd_obs.density([0.07, 0.2, 0.7]).to_numpy()
    assert valley < 0.5 * min(first, second)
    assert 0.4 < sd_obs.cdf(0.2) < 0.6
    expected = BruteForce(
        y,
        np.ones((10, 1)),
        data["g"],
        [0],
        [0.5],
        stats.expon(scale=0.05).logpdf,
        stats.halfnorm(scale=0.5).logpdf,
        (1e-10, 3),
        (0.015, 5),
        panels=20,
    )
    assert exact.log_marginal_likelihood == pytest.approx(
        expected.log_marginal_likelihood, abs=ACCURACY
    )
    found = [exact.mean()["sigma"], exact.sd()["sigma"]]
    np.testing.assert_allclose(found, expected.scale(expected.sd_obs), rtol=1e-6)
    assert sd_obs.cdf(0.2) == pytest.approx(expected.weights[expected.sd_obs < 0.2].sum(), abs=1e-3)
    draws = exact.sample(5000, 4, 1).posterior["sigma"]
    share = (draws < 0.2).mean().item()
    assert abs(share - float(sd_obs.cdf(0.2))) < 4 * 0.5 / np.sqrt(20_000)


HARD = {
    "scorpions": scorpions,
    "unbalanced": unbalanced,
    "a heavy tail": lambda: scorpions(sd_alpha=HYPERPRIORS["HalfCauchy"][0]),
    "a prior that ends": lambda: scorpions(sd_alpha=HYPERPRIORS["Uniform"][0]),
    "a steep prior": lambda: scorpions(sd_alpha=HYPERPRIORS["InverseGamma"][0]),
}


def all_answers(posterior, reference):
    """Every kind of answer, on a scale on which one is a lot; probabilities at fixed points."""
    mean, sd = posterior.mean(), posterior.sd()
    sds = reference.sd()
    new, quantiles = posterior.new_group(), (0.01, 0.1, 0.5, 0.9, 0.99)
    answers = {
        "evidence": posterior.log_marginal_likelihood,
        "loo": posterior.loo().to_numpy(),
        "logo": posterior.logo().to_numpy(),
        "new mean": new.mean() / reference.new_group().sd(),
        "new sd": np.log(new.sd()),
        "new cdf": new.cdf(reference.new_group().quantile(quantiles)),
    }
    for name in posterior.names:
        answers[f"mean {name}"] = mean[name] / sds[name]
        answers[f"sd {name}"] = np.log(sd[name])
        points = np.ravel(reference.marginal(name).quantile(quantiles))
        near_zero = np.array([0, 0.001, 0.01]) * float(sds[name].max())
        answers[f"cdf {name}"] = posterior.marginal(name).cdf([*points, *near_zero])
    return {name: np.asarray(answer) for name, answer in answers.items()}


@pytest.mark.parametrize("case", HARD)
def test_no_answer_is_further_off_than_the_error_says(case):
    tight = ExactPosterior.from_model(HARD[case](), tolerance=1e-12)
    assert tight.error < 1e-12
    expected = all_answers(tight, tight)
    for tolerance in (1e-3, 1e-7):
        loose = ExactPosterior.from_model(HARD[case](), tolerance=tolerance)
        assert 1e-12 < loose.error < tolerance
        for name, found in all_answers(loose, tight).items():
            off = np.abs(found - expected[name]).max()
            assert off <= loose.error, f"{name} is off by {off:.1e}, error says {loose.error:.1e}"


def test_offset_terms():
    data = SCORPIONS.assign(shift=np.linspace(-5, 30, 9))
    priors = scorpion_priors()
    with_offset = bmb.Model(
        "weight ~ length + offset(shift) + (1|population)",
        data,
        priors=priors,
        center_predictors=False,
    )
    without = bmb.Model(
        "left ~ length + (1|population)",
        data.assign(left=data["weight"] - data["shift"]),
        priors=priors,
        center_predictors=False,
    )
    a, b = ExactPosterior.from_model(with_offset), ExactPosterior.from_model(without)
    xr.testing.assert_allclose(a.mean(), b.mean())
    assert a.log_marginal_likelihood == pytest.approx(b.log_marginal_likelihood)
    draws = a.sample(100, 1, 1, log_likelihood=True)
    assert draws.observed_data["weight"].to_numpy().tolist() == data["weight"].tolist()
    expected = b.sample(100, 1, 1, log_likelihood=True).log_likelihood["left"]
    np.testing.assert_allclose(draws.log_likelihood["weight"], expected)


def test_without_an_intercept():
    priors = {"length": normal(0, 10), "1|population": varying(bmb.Prior("HalfNormal", sigma=100))}
    priors["sigma"] = bmb.Prior("HalfNormal", sigma=25)
    model = bmb.Model("weight ~ 0 + length + (1|population)", SCORPIONS, priors=priors)
    exact = ExactPosterior.from_model(model)
    expected = BruteForce(
        SCORPIONS["weight"],
        DESIGN[:, 1:],
        SCORPIONS["population"],
        [0],
        [10],
        log_density_of("HalfNormal"),
        SD_OBS_PRIOR,
        (1e-13, 900),
        (2.5, 280),
    )
    mean = exact.mean()
    assert mean["length"] == pytest.approx(expected.linear([1, 0, 0, 0])[0], rel=1e-7)
    xr.testing.assert_allclose(mean["alpha_j"], mean["1|population"])
    assert exact.new_group().mean() == 0


def test_aliases():
    model = scorpions()
    model.set_alias({"length": "beta", "1|population": "u", "sigma": "sd_obs", "weight": "w"})
    exact = ExactPosterior.from_model(model)
    model.build()
    variables = {variable.name for variable in model.backend.model.unobserved_RVs}
    assert set(exact.names) == variables - {"u_offset", "mu"} | {"alpha_j"}
    draws = exact.sample(10, 1, 1)
    assert draws.posterior["u"].dims == ("chain", "draw", "u__factor_dim")
    assert list(draws.observed_data.data_vars) == ["w"]


def test_the_lectures_names(posterior):
    for lecture, name in (
        ("mu_alpha", "Intercept"),
        ("sd_alpha", "1|population_sigma"),
        ("sd_obs", "sigma"),
    ):
        assert posterior.marginal(lecture).mean() == posterior.marginal(name).mean()


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ x + (1|g)",
        "y ~ (1|g) + x",
        "y ~ 1 + (1 | g)",
        "y ~ (1|g)",
        "y ~ 0 + x + (1|g)",
        "y ~ x * kind + offset(x2) + (1|g)",
        "np.log(y + 20) ~ x + (1|g)",
    ],
)
def test_from_formula_is_from_model(formula):
    rng = np.random.default_rng(9)
    data = pd.DataFrame({"g": np.tile([10, 9, 1], 20), "x": rng.normal(2, 1, 60)})
    data["y"] = data["x"] + data["g"] / 5 + rng.normal(0, 1, 60)
    data["x2"], data["kind"] = data["x"] ** 2, np.resize(["p", "q"], 60)
    for table in (
        data,
        data.assign(g=data["g"].astype(str)),
        data.assign(g=pd.Categorical(data["g"], categories=[9, 10, 1], ordered=True)),
        data.assign(g=pd.Categorical(data["g"], categories=[9, 10, 1])),
    ):
        a = ExactPosterior.from_model(bmb.Model(formula, table))
        b = ExactPosterior.from_formula(formula, table)
        xr.testing.assert_allclose(a.mean(), b.mean())
        assert a.log_marginal_likelihood == pytest.approx(b.log_marginal_likelihood)
        xr.testing.assert_equal(
            a.sample(20, 2, 1).posterior.to_dataset().drop_attrs(),
            b.sample(20, 2, 1).posterior.to_dataset().drop_attrs(),
        )


def test_from_formula_takes_bambis_options():
    data = SCORPIONS.assign(population=SCORPIONS["population"].astype(object))
    data.loc[0, "length"] = np.nan
    data.loc[4, "population"] = None
    options = {"priors": scorpion_priors(), "center_predictors": False, "dropna": True}
    complete = data.dropna().astype({"population": int})
    formula = "weight ~ length + (1|population)"
    a = ExactPosterior.from_formula(formula, data, **options)
    b = ExactPosterior.from_formula(formula, complete, **options)
    xr.testing.assert_allclose(a.mean(), b.mean())


def test_many_groups_need_little_memory():
    """20,000 groups in 100,000 rows: a table of rows by groups would hold 16 GB."""
    import tracemalloc

    rng = np.random.default_rng(10)
    group = np.r_[np.arange(20_000), rng.integers(0, 20_000, 80_000)]
    data = pd.DataFrame({"g": group, "x": rng.normal(0, 1, group.size)})
    effect = rng.normal(0, 0.5, 20_000)
    data["y"] = 1 + 2 * data["x"] + effect[group] + rng.normal(0, 1, group.size)
    tracemalloc.start()
    exact = ExactPosterior.from_formula("y ~ x + (1|g)", data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6
    assert exact.error < ACCURACY
    names = ["x", "1|g_sigma", "sigma"]
    for name, truth in zip(names, (2, 0.5, 1), strict=True):
        score = (exact.mean(names)[name] - truth) / exact.sd(names)[name]
        assert abs(score) < 4


# Draws


def test_draws_follow_the_posterior(posterior):
    """Kolmogorov-Smirnov tests of 20,000 draws, each at the level 0.001; seven of them."""
    draws = posterior.sample(5000, 4, random_seed=11)
    columns = az.extract(draws).drop_vars(["sample", "chain", "draw"])
    for name in columns.data_vars:
        marginal = posterior.marginal(name)
        for j, values in enumerate(columns[name].to_numpy().reshape(marginal.size, -1)):
            grid = np.sort(values)[::40]  # the cdf is interpolated between every fortieth draw
            cdf = marginal.cdf(grid).to_numpy().reshape(grid.size, -1)[:, j]
            transforms = np.interp(values, np.r_[grid, values.max()], np.r_[cdf, 1.0])
            assert stats.kstest(transforms, "uniform").pvalue > 0.001, name


def test_draws_are_jointly_right(posterior):
    """Correlations, too: of the standard deviations, and of intercept and group effect."""
    draws = posterior.sample(10_000, 4, random_seed=12)
    draws = draws.posterior.to_dataset().stack(s=("chain", "draw"))  # noqa: PD013
    x, y, weights = posterior._rule.nodes()
    expected = np.average(
        (x - np.average(x, weights=weights)) * (y - np.average(y, weights=weights)),
        weights=weights,
    )
    log_group, log_obs = np.log(draws["1|population_sigma"]), np.log(draws["sigma"])
    products = (log_group - log_group.mean()) * (log_obs - log_obs.mean())
    assert abs(products.mean() - expected) < 4 * products.std() / np.sqrt(products.size)
    alpha = draws["Intercept"] + draws["1|population"]
    z = (alpha.mean("s") - posterior.mean()["alpha_j"]) / (alpha.std("s") / 200)
    assert (abs(z) < 4).all()
    np.testing.assert_allclose(alpha.std("s"), posterior.sd()["alpha_j"], rtol=0.04)


def test_draws_are_independent(posterior):
    draws = posterior.sample(2000, 4, random_seed=13)
    summary = az.summary(draws, round_to="none")
    # Of independent draws the effective number is the number, within the estimate's noise.
    assert summary["ess_bulk"].between(6800, 9200).all()
    assert summary["r_hat"].max() < 1.005


def test_the_same_seed_gives_the_same_draws(posterior):
    again = ExactPosterior.from_model(scorpions())
    one, two = posterior.sample(100, 2, 5), again.sample(100, 2, 5)
    xr.testing.assert_equal(one.posterior.to_dataset(), two.posterior.to_dataset())
    other = posterior.sample(100, 2, 6)
    assert not np.array_equal(one.posterior["sigma"], other.posterior["sigma"])


def test_draws_say_how_they_were_made(posterior):
    statistics = posterior.sample(10, 2, 1).sample_stats
    assert "independent" in statistics.attrs["method"]
    assert statistics.attrs["integration_error"] == posterior.error
    assert not {"diverging", "tree_depth", "energy"} & set(statistics.data_vars)


def test_log_likelihood_is_bambis(posterior):
    model = scorpions()
    draws = posterior.sample(30, 2, 1, log_likelihood=True)
    expected = posterior.sample(30, 2, 1)
    assert "log_likelihood" not in expected.children
    model.build()
    model.compute_log_likelihood(expected)
    found, expected = draws["log_likelihood"], expected["log_likelihood"]
    assert set(expected.attrs) <= set(found.attrs)
    xr.testing.assert_allclose(
        found.to_dataset().drop_attrs(), expected.to_dataset().drop_attrs(), rtol=1e-10
    )


def test_loo_agrees_with_arviz():
    """PSIS-LOO estimates from draws what loo() computes, where its Pareto k is small."""
    exact = ExactPosterior.from_model(unbalanced())
    estimate = az.loo(exact.sample(5000, 4, 3, log_likelihood=True), pointwise=True)
    good = estimate.pareto_k.to_numpy() < 0.5
    assert good.sum() >= 65
    difference = (estimate.elpd_i - exact.loo()).to_numpy()
    assert (np.abs(difference[good]) < 0.02).all()


def test_bambi_predicts_from_the_draws(posterior):
    model = scorpions()
    draws = posterior.sample(200, 2, 1)
    new = pd.DataFrame({"length": [5.0, 10.0], "population": [1, 3]})
    model.predict(draws, data=new)
    alpha = draws.posterior["Intercept"] + draws.posterior["1|population"]
    expected = alpha.sel(population__factor_dim="3") + 10 * draws.posterior["length"]
    np.testing.assert_allclose(draws.posterior["mu"].isel(__obs__=1), expected)
    model.predict(draws, kind="response", random_seed=1)
    assert draws.posterior_predictive["weight"].shape == (2, 200, 9)


def test_draws_without_group_effects(posterior):
    draws = posterior.sample(10, 2, 1, group_effects=False).posterior
    assert list(draws.data_vars) == ["Intercept", "length", "sigma", "1|population_sigma"]


def test_summary_names_what_arviz_names(posterior):
    table = posterior.summary()
    assert list(table.columns) == ["mean", "sd", "5%", "25%", "50%", "75%", "95%"]
    assert table.loc["alpha_j[2]", "mean"] == posterior.mean()["alpha_j"].to_numpy()[1]
    assert posterior.quantile(0.05).sizes.get("quantile") is None
    assert posterior.quantile([0.05]).sizes["quantile"] == 1


def test_a_heavy_tail_keeps_its_share_of_the_variance():
    """Two groups, HalfCauchy: far nodes have weights below 1e-15 and a share of the sd of 0.2 %."""
    data = pd.DataFrame({"y": [0.1, 1.2, 0.3, 1.4, 2.2, 1.1], "g": list("aaabbb")})
    priors = {
        "Intercept": bmb.Prior("Normal", mu=0, sigma=1e6),
        "1|g": bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfCauchy", beta=1)),
        "sigma": bmb.Prior("HalfNormal", sigma=1),
    }
    posterior = ExactPosterior.from_model(
        bmb.Model("y ~ 1 + (1|g)", data, priors=priors, center_predictors=False)
    )
    # By hand: integrate the surface itself, on logarithmic grids far into the tail.
    log_sd_alpha, log_sd_obs = np.linspace(-25, 25, 2501), np.linspace(-6, 3, 400)
    surface = posterior.log_density(np.exp(log_sd_alpha), np.exp(log_sd_obs))
    weight = np.exp(surface + log_sd_alpha[:, None] + log_sd_obs).to_numpy().sum(axis=1)
    mean = np.average(np.exp(log_sd_alpha), weights=weight)
    sd = np.sqrt(np.average((np.exp(log_sd_alpha) - mean) ** 2, weights=weight))
    assert float(posterior.mean()["1|g_sigma"]) == pytest.approx(mean, rel=1e-6)
    assert float(posterior.sd()["1|g_sigma"]) == pytest.approx(sd, rel=1e-5)


def test_leaving_out_the_only_row_that_knows_a_coefficient():
    """Its leverage is one to seven digits: differences lose them, integrating afresh does not."""
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"y": rng.normal(size=12), "g": list("aaabbbcccddd")})
    data["only"] = (np.arange(12) == 4).astype(float)
    priors = {"only": bmb.Prior("Normal", mu=0, sigma=1e7)}
    model = bmb.Model("y ~ 1 + only + (1|g)", data, priors=priors, center_predictors=False)
    posterior = ExactPosterior.from_model(model)
    refit = [posterior._refit(np.arange(12) != i) for i in (3, 4)]
    np.testing.assert_allclose(posterior.loo()[3:5], refit, atol=1e-6)


def test_leaving_out_groups_works_where_each_has_one_row():
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"y": rng.normal(size=6), "x": rng.normal(size=6), "g": list("abcdef")})
    posterior = ExactPosterior.from_model(bmb.Model("y ~ x + (1|g)", data))
    np.testing.assert_allclose(posterior.logo()[0], posterior._refit(np.arange(6) != 0), atol=1e-6)


def test_no_variation_among_groups_is_on_the_surface():
    """The density at sd_alpha = 0 is the limit from above, not a hole."""
    data = pd.DataFrame({"y": [0.1, 1.2, 0.3, 1.4, 2.2, 1.1], "g": list("aaabbb")})
    surface = ExactPosterior.from_model(bmb.Model("y ~ 1 + (1|g)", data)).log_density(
        [0.0, 1e-9], [0.5, 1.0]
    )
    np.testing.assert_allclose(surface[0], surface[1], atol=1e-6)


@pytest.mark.parametrize("name", ["HalfNormal", "HalfCauchy", "Exponential", "Uniform"])
def test_density_at_zero_is_the_limit(name):
    exact = ExactPosterior.from_model(scorpions(sd_alpha=HYPERPRIORS[name][0]))
    at_zero, beside = exact.density("sd_alpha", [0, 1e-4]).to_numpy()
    assert at_zero > 1e-4
    assert at_zero == pytest.approx(beside, rel=1e-4)
    # The same from the joint density: integrated over sd_obs, at sd_alpha = 0.
    sd_obs = np.geomspace(2, 500, 4001)
    joint = np.exp(exact.log_density([0], sd_obs)).integrate("sd_obs").item()
    assert at_zero == pytest.approx(joint, rel=1e-5)
    assert exact.density("sd_obs", [0]).item() == 0


def test_density_at_the_ends_of_a_prior():
    exact = ExactPosterior.from_model(scorpions(sd_alpha=HYPERPRIORS["Uniform away from zero"][0]))
    found = exact.density("sd_alpha", [4, 5, 5.0001, 59.9999, 60, 61]).to_numpy()
    assert found[[0, 5]].tolist() == [0, 0]
    assert found[1] == pytest.approx(found[2], rel=1e-4)
    assert found[4] == pytest.approx(found[3], rel=1e-4)
    vanishing = ExactPosterior.from_model(scorpions(sd_alpha=HYPERPRIORS["Gamma"][0]))
    assert vanishing.density("sd_alpha", [0]).item() == 0


def test_leaving_out_singletons_needs_no_refit(monkeypatch):
    """Where every group has one row, only the sum of the variances is known."""
    rng = np.random.default_rng(22)
    data = pd.DataFrame({"x": rng.normal(size=60), "g": np.arange(60)})
    data["y"] = 1 + data["x"] + rng.normal(size=60)
    exact = ExactPosterior.from_formula("y ~ x + (1|g)", data)
    refitted = [exact._refit(np.arange(60) != i) for i in range(5)]
    monkeypatch.setattr(ExactPosterior, "_refit", None)
    np.testing.assert_allclose(exact.loo()[:5], refitted, rtol=0, atol=1e-6)
    np.testing.assert_allclose(exact.logo()[:5], refitted, rtol=0, atol=1e-6)


def test_a_row_that_cannot_be_left_out_is_named():
    """Without row 2, the rest fits perfectly: three points, one line, one group in twos."""
    data = pd.DataFrame({"y": [1.0, 1, 5, 2, 2], "g": list("aaabb")})
    exact = ExactPosterior.from_formula("y ~ 1 + (1|g)", data)
    with pytest.raises(ValueError, match=r"Without row 2 of the data"):
        exact.loo()
