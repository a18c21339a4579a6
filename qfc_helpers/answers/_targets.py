"""What is right, and what mistakes give, from an exact posterior; and the draws of a quantity.

Target makers take the exact posterior under the student's priors and return a `Target`. Quantities
take the posterior draws and return those of what a question asks for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import bambi as bmb
import numpy as np
import statsmodels.formula.api as smf
import xarray as xr
from scipy import stats

from qfc_helpers import draws as verbs
from qfc_helpers.exact import ExactPosterior, RandomInterceptLikelihood

from ._forms import Target
from ._specification import load

__all__ = [
    "Quantity",
    "TargetMaker",
    "aic",
    "alpha",
    "at_mean_length",
    "changed",
    "distribution",
    "elpd",
    "gap",
    "gap_draws",
    "greater_draws",
    "group_draws",
    "least_squares",
    "mean",
    "mean_of_sds",
    "no_pooling",
    "number",
    "offset",
    "parameter_draws",
    "probability",
    "pull",
    "pull_draws",
    "resampled",
    "sds",
    "shifted",
    "unpaired",
]

TargetMaker = Callable[[ExactPosterior], Target]
Quantity = Callable[[xr.DataTree], xr.DataArray]
#: Picks a marginal distribution: mean(), sd() and cdf(values).
Pick = Callable[[ExactPosterior], Any]
OfSds = Callable[[np.ndarray, np.ndarray], np.ndarray]

#: What rounding may add to a mean, in posterior standard deviations, and to a probability.
_ROUNDING, _ROUNDING_PROBABILITY = 0.02, 0.005
#: Rounding of an AIC, and what two optimizers may differ by.
_TOLERANCE_AIC = 0.06
#: Importance sampling is approximate, with nine rows more than with many.
_TOLERANCE_ELPD = 0.5


# Posterior means


def mean(pick: Pick) -> TargetMaker:
    """Ask for the posterior mean of a quantity, or of several."""

    def target(posterior: ExactPosterior) -> Target:
        marginal = pick(posterior)
        sd = np.atleast_1d(marginal.sd())
        return Target(np.atleast_1d(marginal.mean()), sd, _ROUNDING * sd)

    return target


def mean_of_sds(function: OfSds) -> TargetMaker:
    """Ask for the posterior mean of a function of sd_alpha and sd_obs."""

    def target(posterior: ExactPosterior) -> Target:
        value = posterior.expectation(function)
        variance = posterior.expectation(lambda a, e: (function(a, e) - value) ** 2)
        sd = np.atleast_1d(np.sqrt(variance))
        return Target(np.atleast_1d(value), sd, _ROUNDING * sd)

    return target


def sds(function: Callable[[float, float], float], like: TargetMaker) -> TargetMaker:
    """Ask for a function of the two posterior means; errors are those of another target."""

    def target(posterior: ExactPosterior) -> Target:
        means = [posterior.marginal(name).mean().item() for name in ("sd_alpha", "sd_obs")]
        other = like(posterior)
        return Target(np.atleast_1d(function(*means)), other.unit, other.tolerance)

    return target


def changed(maker: TargetMaker, change: Callable[[np.ndarray], np.ndarray]) -> TargetMaker:
    """Change the values of a target; the errors stay."""

    def target(posterior: ExactPosterior) -> Target:
        right = maker(posterior)
        return Target(change(right.values), right.unit, right.tolerance)

    return target


def at_mean_length(pick: Pick) -> TargetMaker:
    """Ask for intercepts at the mean length: what centered intercepts are."""

    def target(posterior: ExactPosterior) -> Target:
        right, slope = mean(pick)(posterior), float(posterior.mean(["length"])["length"])
        moved = right.values + slope * load("scorpions")["length"].mean()
        return Target(moved, right.unit, right.tolerance)

    return target


# Probabilities and distributions


def probability(ask: Callable[[ExactPosterior], float]) -> TargetMaker:
    """Ask for a probability."""

    def target(posterior: ExactPosterior) -> Target:
        p = ask(posterior)
        return Target(np.array([p]), np.array([np.sqrt(p * (1 - p))]), _ROUNDING_PROBABILITY)

    return target


def distribution(pick: Pick, back: Callable[[np.ndarray], np.ndarray] | None = None) -> TargetMaker:
    """Ask for the distribution of a quantity, or of a transformation whose inverse is `back`."""

    def target(posterior: ExactPosterior) -> Target:
        marginal = pick(posterior)
        inverse = back or (lambda values: values)
        return Target(cdf=lambda values: np.asarray(marginal.cdf(inverse(values))).ravel())

    return target


def shifted(name: str, value: float) -> TargetMaker:
    """Ask for mu_alpha plus a coefficient times a value; nearly Normal."""

    def target(posterior: ExactPosterior) -> Target:
        center = float(posterior.new_group({name: value}).mean())
        total = float(posterior.new_group({name: value}).sd())
        among = posterior.expectation(lambda a, _: a**2)
        return Target(cdf=stats.norm(center, np.sqrt(max(total**2 - among, 1e-12))).cdf)

    return target


def resampled(shift: tuple[str, float] | None = None, *, response: bool = False) -> TargetMaker:
    """Ask for one of the groups in the data, each as likely as the others.

    With a predictor's name and value, for the response there: the groups' distributions moved and
    widened as if the rest were independent of them, which is near enough to tell mistakes apart.
    """

    def target(posterior: ExactPosterior) -> Target:
        groups = posterior.marginal("alpha_j")
        if shift is None and not response:
            return Target(cdf=lambda values: groups.cdf(values).mean(groups.dims).to_numpy())
        name, at = shift
        slope = posterior.marginal(name)
        more = posterior.expectation(lambda _, e: e**2) if response else 0.0
        means = groups.mean().to_numpy() + float(slope.mean()) * at
        normals = stats.norm(means, np.sqrt(groups.sd().to_numpy() ** 2 + more))
        return Target(cdf=lambda values: normals.cdf(np.asarray(values)[:, None]).mean(axis=1))

    return target


def unpaired(posterior: ExactPosterior) -> Target:
    """Describe alpha_2 - alpha_3 as if these were independent."""
    groups = posterior.marginal("alpha_j")
    means, widths = groups.mean().to_numpy(), groups.sd().to_numpy()
    return Target(cdf=stats.norm(means[1] - means[2], np.hypot(widths[1], widths[2])).cdf)


# Picks


def alpha(label: str) -> Pick:
    """Pick a group's intercept."""
    return lambda posterior: _One(posterior.marginal("alpha_j"), label)


def offset(label: str, group: str) -> Pick:
    """Pick a group's offset."""
    return lambda posterior: _One(posterior.marginal(f"1|{group}"), label)


def gap(group_a: str, group_b: str) -> Pick:
    """Pick the difference of two groups' intercepts."""
    return lambda posterior: posterior.difference(group_a, group_b)


@dataclass(frozen=True)
class _One:
    """One entry of a marginal distribution with several."""

    marginal: Any
    label: str

    def _pick(self, array: xr.DataArray) -> xr.DataArray:
        return array.sel({self.marginal.dims[0]: self.label})

    def mean(self) -> xr.DataArray:
        return self._pick(self.marginal.mean())

    def sd(self) -> xr.DataArray:
        return self._pick(self.marginal.sd())


# Numbers without draws


def number(value: float, tolerance: float) -> TargetMaker:
    """Ask for a number in which nothing is random."""
    return lambda _: Target(np.atleast_1d(value), 0.0, tolerance)


def aic(data: str, formula: str, method: Literal["ML", "REML"], uncounted: int = 0) -> TargetMaker:
    """Ask for an AIC on R's convention, or with some parameters left uncounted."""

    def target(_: ExactPosterior) -> Target:
        model = bmb.Model(formula, load(data))
        fit = RandomInterceptLikelihood.from_model(model).maximize(method)
        parameters = fit["coefficient"].size + 2 - uncounted
        value = float(-2 * fit["log_likelihood"] + 2 * parameters)
        return Target(np.array([value]), 0.0, _TOLERANCE_AIC)

    return target


def least_squares(formula: str, name: str) -> TargetMaker:
    """Ask for a coefficient of an ordinary regression on the radon data."""

    def target(_: ExactPosterior) -> Target:
        value = smf.ols(formula, load("radon")).fit().params[name]
        return Target(np.array([float(value)]), 0.0, 0.02)

    return target


def no_pooling(county: str) -> TargetMaker:
    """Ask for the no-pooling estimate of a county's intercept."""
    return least_squares("log_radon ~ 0 + county + floor", f"county[{county}]")


def elpd(posterior: ExactPosterior) -> Target:
    """Ask for the expected log predictive density by leave-one-out."""
    return Target(np.atleast_1d(float(posterior.loo().sum())), 0.0, _TOLERANCE_ELPD)


def pull(county: str, power: int = 2) -> OfSds:
    """Return the pooling factor of a county; with power 1, what standard deviations would give."""

    def function(a: np.ndarray, e: np.ndarray) -> np.ndarray:
        houses = int((load("radon")["county"] == county).sum())
        return e**power / (e**power + houses * a**power)

    return function


# Quantities of draws


def group_draws(label: str, group: str) -> Quantity:
    """Draws of a group's intercept."""
    return lambda draws: verbs.group_intercepts(draws).sel({group: label})


def gap_draws(group_a: str, group_b: str) -> Quantity:
    """Draws of a difference."""
    return lambda draws: verbs.difference(draws, group_a, group_b)


def greater_draws(group_a: str, group_b: str) -> Quantity:
    """One where group_a's intercept is the greater one, zero elsewhere."""
    return lambda draws: (verbs.difference(draws, group_a, group_b) > 0).astype(float)


def parameter_draws(name: str) -> Quantity:
    """Draws of a parameter."""
    return lambda draws: draws["posterior"][name]


def pull_draws(county: str) -> Quantity:
    """Draws of a county's pooling factor."""
    return lambda draws: verbs.pooling_factor(draws, load("radon")).sel(county=county)
