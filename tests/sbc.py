"""Simulation-based calibration: are posteriors right on average over the prior?

Parameters come from the prior, data from the parameters, a posterior from the data. If posterior
and sampler are right, the rank of the true parameter among the posterior's draws is uniform, and
an interval of probability p covers it with probability p.

References
----------
Talts, Betancourt, Simpson, Vehtari and Gelman (2018), Validating Bayesian inference algorithms with
simulation-based calibration, arXiv:1804.06788.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import bambi as bmb
import numpy as np
import pandas as pd
from exact_cases import normal, varying
from scipy import stats

from qfc_helpers.exact import ExactPosterior
from qfc_helpers.exact.reading import read_model

QUANTITIES = ("sd_alpha", "sd_obs", "slope", "alpha_1", "alpha_new")
# 99 draws: ranks 0 to 99, in 20 bins of five.
N_DRAWS = 99
N_BINS = 20


@dataclass(frozen=True)
class Design:
    """The fixed part of the simulations: unbalanced groups, one predictor, one set of priors."""

    sizes: tuple[int, ...] = (1, 2, 3, 3, 5)
    sd_intercept: float = 2.0
    sd_slope: float = 1.0
    sd_alpha: float = 1.0
    sd_obs: float = 1.0

    @property
    def group(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def predictor(self) -> np.ndarray:
        return np.random.default_rng(0).normal(1, 1, self.group.size)


@dataclass(frozen=True)
class Calibration:
    """Ranks (0 to 99) and probability integral transforms of the truth, one column a quantity."""

    ranks: pd.DataFrame
    transforms: pd.DataFrame

    def p_values(self) -> pd.Series:
        """p-values of chi-squared tests that ranks are uniform over 20 bins."""
        bins = self.ranks // ((N_DRAWS + 1) // N_BINS)
        return bins.apply(
            lambda column: stats.chisquare(np.bincount(column, minlength=N_BINS)).pvalue
        )

    def coverage(self, probability: float) -> pd.Series:
        """Share of equal-tailed intervals that hold the truth."""
        return (abs(self.transforms - 0.5) < probability / 2).mean()


def simulate(design: Design, rng: np.random.Generator) -> tuple[dict[str, float], np.ndarray]:
    """Draw parameters from their priors and a response given the parameters."""
    intercept = rng.normal(0, design.sd_intercept)
    slope = rng.normal(0, design.sd_slope)
    sd_alpha = abs(rng.normal(0, design.sd_alpha))
    sd_obs = abs(rng.normal(0, design.sd_obs))
    alpha = rng.normal(intercept, sd_alpha, len(design.sizes) + 1)
    mean = alpha[design.group] + slope * design.predictor
    truth = {
        "sd_alpha": sd_alpha,
        "sd_obs": sd_obs,
        "slope": slope,
        "alpha_1": alpha[1],
        "alpha_new": alpha[-1],
    }
    return truth, rng.normal(mean, sd_obs)


def exact_posterior(design: Design) -> Callable[[np.ndarray], ExactPosterior]:
    """Return the function that computes the posterior of a response.

    The model is read off Bambi once; only the response changes between simulations.
    """
    data = pd.DataFrame({"x": design.predictor, "g": design.group})
    data["y"] = np.linspace(-1, 1, len(data))
    priors = {
        "Intercept": normal(0, design.sd_intercept),
        "x": normal(0, design.sd_slope),
        "1|g": varying(bmb.Prior("HalfNormal", sigma=design.sd_alpha)),
        "sigma": bmb.Prior("HalfNormal", sigma=design.sd_obs),
    }
    model = read_model(bmb.Model("y ~ x + (1|g)", data, priors=priors, center_predictors=False))
    return lambda y: ExactPosterior(replace(model, response=y), tolerance=1e-4)


def calibrate(
    design: Design, posterior: Callable[[np.ndarray], ExactPosterior], size: int, seed: int
) -> Calibration:
    """Run the simulations: the design draws the truth, the posterior has to find it."""
    ranks, transforms = [], []
    for child in np.random.SeedSequence(seed).spawn(size):
        rng = np.random.default_rng(child)
        truth, y = simulate(design, rng)
        fit = posterior(y)
        draws = _draws(fit, rng)
        ranks.append({name: int((draws[name] < truth[name]).sum()) for name in QUANTITIES})
        transforms.append(_transforms(fit, truth))
    return Calibration(pd.DataFrame(ranks), pd.DataFrame(transforms))


def _draws(fit: ExactPosterior, rng: np.random.Generator) -> dict[str, np.ndarray]:
    draws = fit.sample(N_DRAWS, 1, rng).posterior
    intercept, sd_alpha = draws["Intercept"].to_numpy(), draws["1|g_sigma"].to_numpy()
    return {
        "sd_alpha": sd_alpha,
        "sd_obs": draws["sigma"].to_numpy(),
        "slope": draws["x"].to_numpy(),
        "alpha_1": intercept + draws["1|g"].to_numpy()[..., 1],
        "alpha_new": rng.normal(intercept, sd_alpha),
    }


def _transforms(fit: ExactPosterior, truth: dict[str, float]) -> dict[str, float]:
    """Return the exact cdf at the truth."""
    marginals = {
        "sd_alpha": fit.marginal("1|g_sigma"),
        "sd_obs": fit.marginal("sigma"),
        "slope": fit.marginal("x"),
        "alpha_1": fit.marginal("alpha_j"),
        "alpha_new": fit.new_group(),
    }
    values = {name: marginals[name].cdf(truth[name]) for name in QUANTITIES}
    values["alpha_1"] = values["alpha_1"].isel(g__factor_dim=1)
    return {name: float(value) for name, value in values.items()}
