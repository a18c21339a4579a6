"""The questions of the exercises: what is asked, what is right, and what wrong answers mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from qfc_helpers import draws as verbs
from qfc_helpers.exact import ExactPosterior, RandomInterceptLikelihood

from ._forms import DrawsForm, IntervalForm, NumbersForm, Target
from ._specification import LECTURE_PRIORS, load

__all__ = ["QUESTIONS", "Question"]

SCORPIONS = "weight ~ 1 + length + (1|population)"
RADON = "log_radon ~ 1 + floor + (1|county)"
RADON_URANIUM = "log_radon ~ 1 + floor + log_uranium + (1|county)"
#: A county with a single house in the data, and one with more than a hundred.
SMALL_COUNTY, LARGE_COUNTY = "LACQUIPARLE", "HENNEPIN"
_WIDE_PRIORS = LECTURE_PRIORS | {"Intercept": [0.0, 100.0]}
#: What rounding may add to a mean, in posterior standard deviations, and to a probability.
_ROUNDING, _ROUNDING_PROBABILITY = 0.02, 0.005

TargetMaker = Callable[[ExactPosterior], Target]


@dataclass(frozen=True)
class Question:
    """One question.

    Parameters
    ----------
    id : str
        As in `answer`.
    asks : str
        What is asked, in words.
    form : NumbersForm, IntervalForm or DrawsForm
        What an answer looks like.
    truth : function
        The right value, from the exact posterior under the student's own priors.
    mistakes : dict
        What each misconception would give, by its id.
    data, formula : str
        The data set and the model; empty if no model is needed.
    priors : dict or None
        The priors that the task asks for; None if they are free.
    changed_priors : bool
        Whether the task is to take other priors than the lecture's.
    quantity : function or None
        Takes the posterior draws, returns the quantity's own; from these the Monte Carlo error.
    """

    id: str
    asks: str
    form: NumbersForm | IntervalForm | DrawsForm
    truth: TargetMaker
    mistakes: Mapping[str, TargetMaker] = field(default_factory=dict)
    data: str = ""
    formula: str = ""
    priors: Mapping[str, Any] | None = None
    changed_priors: bool = False
    quantity: Callable[[xr.DataTree], xr.DataArray] | None = None

    @property
    def needs_model(self) -> bool:
        """Whether the truth depends on a model and its priors."""
        return bool(self.formula)


# Targets


def _mean(pick: Callable[[ExactPosterior], Any]) -> TargetMaker:
    """Ask for posterior means of a quantity, or of several."""

    def target(posterior: ExactPosterior) -> Target:
        marginal = pick(posterior)
        sd = np.atleast_1d(marginal.sd())
        return Target(np.atleast_1d(marginal.mean()), sd, _ROUNDING * sd)

    return target


def _mean_of_sds(function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> TargetMaker:
    """Ask for the posterior mean of a function of sd_alpha and sd_obs."""

    def target(posterior: ExactPosterior) -> Target:
        mean = posterior.expectation(function)
        square = posterior.expectation(lambda a, e: (function(a, e) - mean) ** 2)
        sd = np.atleast_1d(np.sqrt(square))
        return Target(np.atleast_1d(mean), sd, _ROUNDING * sd)

    return target


def _probability(ask: Callable[[ExactPosterior], float]) -> TargetMaker:
    def target(posterior: ExactPosterior) -> Target:
        p = ask(posterior)
        return Target(np.array([p]), np.sqrt(p * (1 - p)), _ROUNDING_PROBABILITY)

    return target


def _distribution(
    pick: Callable[[ExactPosterior], Any], back: Callable = lambda value: value
) -> TargetMaker:
    """Ask for the distribution of a quantity, or of a transformation whose inverse is `back`."""
    return lambda posterior: Target(
        cdf=lambda values: np.asarray(pick(posterior).cdf(back(values))).ravel()
    )


def _fixed(value: Callable[[], float], tolerance: float) -> TargetMaker:
    """Ask for a number in which nothing is random."""
    return lambda _: Target(np.atleast_1d(value()), 0.0, tolerance)


def _moved(target: TargetMaker, change: Callable[[np.ndarray], np.ndarray]) -> TargetMaker:
    """Change the values of a target; the errors stay."""

    def moved(posterior: ExactPosterior) -> Target:
        right = target(posterior)
        return Target(change(right.values), right.unit, right.tolerance)

    return moved


def _resampled(posterior: ExactPosterior) -> Target:
    """One of the groups in the data, each as likely as the others."""
    groups = posterior.marginal("alpha_j")
    return Target(cdf=lambda values: groups.cdf(values).mean(groups.dims).to_numpy())


# Picks


def _alpha(label: str) -> Callable[[ExactPosterior], Any]:
    return lambda posterior: _One(posterior.marginal("alpha_j"), label)


def _offset(label: str, group: str) -> Callable[[ExactPosterior], Any]:
    return lambda posterior: _One(posterior.marginal(f"1|{group}"), label)


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

    def cdf(self, values: np.ndarray) -> xr.DataArray:
        return self._pick(self.marginal.cdf(values))


def _at_mean_length(posterior: ExactPosterior, values: np.ndarray) -> np.ndarray:
    """Shift intercepts to the mean predictor: what a centered intercept is."""
    return values + float(posterior.mean(["length"])["length"]) * load("scorpions")["length"].mean()


def _centered(pick: Callable[[ExactPosterior], Any]) -> TargetMaker:
    def target(posterior: ExactPosterior) -> Target:
        right = _mean(pick)(posterior)
        return Target(_at_mean_length(posterior, right.values), right.unit, right.tolerance)

    return target


def _unpaired(posterior: ExactPosterior) -> Target:
    """Describe alpha_2 - alpha_3 as if these were independent."""
    from scipy import stats

    groups = posterior.marginal("alpha_j")
    mean, sd = groups.mean().to_numpy(), groups.sd().to_numpy()
    return Target(cdf=stats.norm(mean[1] - mean[2], np.hypot(sd[1], sd[2])).cdf)


# Numbers without a posterior


def _aic(data: str, formula: str, method: str, counted: int = 0) -> Callable[[], float]:
    def value() -> float:
        import bambi as bmb

        model = bmb.Model(formula, load(data))
        fit = RandomInterceptLikelihood.from_model(model).maximize(method)
        parameters = fit["coefficient"].size + 2
        return float(-2 * fit["log_likelihood"] + 2 * (parameters + counted))

    return value


def _no_pooling() -> float:
    import statsmodels.formula.api as smf

    fit = smf.ols("log_radon ~ 0 + county + floor", load("radon")).fit()
    return float(fit.params[f"county[{SMALL_COUNTY}]"])


def _elpd(posterior: ExactPosterior) -> Target:
    value = float(posterior.loo().sum())
    # Importance sampling is approximate, with nine rows more than with many.
    return Target(np.array([value]), 0.0, 0.5)


def _no_pooling_target(_: ExactPosterior) -> Target:
    return Target(np.array([_no_pooling()]), 0.0, 0.02)


def _houses(label: str) -> int:
    return int((load("radon")["county"] == label).sum())


def _pull(a: np.ndarray, e: np.ndarray) -> np.ndarray:
    return e**2 / (e**2 + _houses(SMALL_COUNTY) * a**2)


def _pull_of_sds(a: np.ndarray, e: np.ndarray) -> np.ndarray:
    return e / (e + _houses(SMALL_COUNTY) * a)


# Quantities of draws


def _group(label: str, group: str) -> Callable[[xr.DataTree], xr.DataArray]:
    return lambda draws: verbs.group_intercepts(draws).sel({group: label})


def _gap(group_a: str, group_b: str) -> Callable[[xr.DataTree], xr.DataArray]:
    return lambda draws: verbs.difference(draws, group_a, group_b)


def _greater(group_a: str, group_b: str) -> Callable[[xr.DataTree], xr.DataArray]:
    return lambda draws: (verbs.difference(draws, group_a, group_b) > 0).astype(float)


def _parameter(name: str) -> Callable[[xr.DataTree], xr.DataArray]:
    return lambda draws: draws["posterior"][name]


def _pulls(draws: xr.DataTree) -> xr.DataArray:
    return verbs.pooling_factor(draws, load("radon")).sel(county=SMALL_COUNTY)


_LECTURE = {"data": "scorpions", "formula": SCORPIONS, "priors": LECTURE_PRIORS}
_RADON = {"data": "radon", "formula": RADON}
_square, _root = np.square, lambda values: np.sqrt(np.maximum(values, 0))
_difference_2_3 = lambda posterior: posterior.difference("2", "3")  # noqa: E731
_difference_3_2 = lambda posterior: posterior.difference("3", "2")  # noqa: E731


def _alpha_1(question_id: str, priors: Mapping[str, Any], words: str) -> Question:
    return Question(
        question_id,
        f"the posterior mean of alpha_1 under {words}",
        NumbersForm(),
        _mean(_alpha("1")),
        {
            "offset-for-alpha": _mean(_offset("1", "population")),
            "centered-intercept": _centered(_alpha("1")),
            "sign-reversed": _moved(_mean(_alpha("1")), np.negative),
        },
        data="scorpions",
        formula=SCORPIONS,
        priors=priors,
        quantity=_group("1", "population"),
    )


_ALL = (
    Question(
        "aic-ml",
        "the AIC of the partial-pooling model, by maximum likelihood",
        NumbersForm(),
        _fixed(_aic("scorpions", SCORPIONS, "ML"), 0.02),
        {
            "reml-aic": _fixed(_aic("scorpions", SCORPIONS, "REML"), 0.02),
            "sigma-not-counted": _fixed(_aic("scorpions", SCORPIONS, "ML", -1), 0.02),
        },
    ),
    _alpha_1("slide-alpha-1", LECTURE_PRIORS, "mu_alpha ~ Normal(50, 15)"),
    _alpha_1("wide-alpha-1", _WIDE_PRIORS, "mu_alpha ~ Normal(0, 100)"),
    Question(
        "own-sd-alpha-interval",
        "a 95 % interval of sd_alpha under your own priors",
        IntervalForm(),
        _distribution(lambda posterior: posterior.marginal("sd_alpha")),
        {
            "sd-for-variance": _distribution(
                lambda posterior: posterior.marginal("sd_alpha"), _root
            ),
        },
        data="scorpions",
        formula=SCORPIONS,
        changed_priors=True,
        quantity=_parameter("1|population_sigma"),
    ),
    Question(
        "loo",
        "the expected log predictive density, elpd_loo",
        NumbersForm(),
        _elpd,
        {
            "deviance-scale": _moved(_elpd, lambda value: -2 * value),
            "sign-reversed": _moved(_elpd, np.negative),
        },
        **_LECTURE,
    ),
    Question(
        "alpha-means",
        "the posterior means of alpha_1, alpha_2 and alpha_3",
        NumbersForm(3, "three numbers, one for each population"),
        _mean(lambda posterior: posterior.marginal("alpha_j")),
        {
            "offset-for-alpha": _mean(lambda posterior: posterior.marginal("1|population")),
            "centered-intercept": _centered(lambda posterior: posterior.marginal("alpha_j")),
        },
        quantity=verbs.group_intercepts,
        **_LECTURE,
    ),
    Question(
        "derived-difference",
        "draws of alpha_2 - alpha_3",
        DrawsForm(),
        _distribution(_difference_2_3),
        {"sign-reversed": _distribution(_difference_3_2), "unpaired-draws": _unpaired},
        **_LECTURE,
    ),
    Question(
        "derived-probability",
        "Pr(alpha_2 > alpha_3)",
        NumbersForm(1, "a probability"),
        _probability(lambda posterior: posterior.prob_greater("2", "3")),
        {"sign-reversed": _probability(lambda posterior: posterior.prob_greater("3", "2"))},
        quantity=_greater("2", "3"),
        **_LECTURE,
    ),
    Question(
        "derived-interval",
        "a 95 % interval of alpha_2 - alpha_3",
        IntervalForm(),
        _distribution(_difference_2_3),
        {"sign-reversed": _distribution(_difference_3_2)},
        quantity=_gap("2", "3"),
        **_LECTURE,
    ),
    Question(
        "variance-share",
        "the posterior mean of the share of variance among populations",
        NumbersForm(),
        _mean_of_sds(lambda a, e: a**2 / (a**2 + e**2)),
        {
            "sd-for-variance": _mean_of_sds(lambda a, e: a / (a + e)),
            "complement": _mean_of_sds(lambda a, e: e**2 / (a**2 + e**2)),
        },
        quantity=verbs.icc,
        **_LECTURE,
    ),
    Question(
        "mu-alpha",
        "the posterior mean of mu_alpha",
        NumbersForm(),
        _mean(lambda posterior: posterior.marginal("mu_alpha")),
        {"centered-intercept": _centered(lambda posterior: posterior.marginal("mu_alpha"))},
        quantity=_parameter("Intercept"),
        **_LECTURE,
    ),
    Question(
        "new-population",
        "draws of alpha for a population that was not observed",
        DrawsForm(),
        _distribution(lambda posterior: posterior.new_group()),
        {
            "mu-alpha-for-new-group": _distribution(lambda p: p.marginal("mu_alpha")),
            "resampled-groups": _resampled,
            "response-for-alpha": _distribution(lambda p: p.new_group(response=True)),
        },
        **_LECTURE,
    ),
    Question(
        "new-population-interval",
        "a 95 % interval of alpha for a population that was not observed",
        IntervalForm(),
        _distribution(lambda posterior: posterior.new_group()),
        {
            "mu-alpha-for-new-group": _distribution(lambda p: p.marginal("mu_alpha")),
            "resampled-groups": _resampled,
            "response-for-alpha": _distribution(lambda p: p.new_group(response=True)),
        },
        **_LECTURE,
    ),
    Question(
        "radon-new-county",
        "draws of alpha for a county that was not sampled",
        DrawsForm(),
        _distribution(lambda posterior: posterior.new_group()),
        {
            "mu-alpha-for-new-group": _distribution(lambda p: p.marginal("mu_alpha")),
            "resampled-groups": _resampled,
            "response-for-alpha": _distribution(lambda p: p.new_group(response=True)),
        },
        **_RADON,
    ),
    Question(
        "new-scorpion",
        "draws of the weight of one scorpion of length 10 from a new population",
        DrawsForm(),
        _distribution(lambda posterior: posterior.new_group({"length": 10}, response=True)),
        {
            "alpha-for-response": _distribution(lambda p: p.new_group({"length": 10})),
        },
        **_LECTURE,
    ),
    Question(
        "radon-no-pooling",
        f"the no-pooling estimate of alpha for {SMALL_COUNTY}",
        NumbersForm(),
        _no_pooling_target,
    ),
    Question(
        "radon-partial",
        f"the posterior mean of alpha for {SMALL_COUNTY}",
        NumbersForm(),
        _mean(_alpha(SMALL_COUNTY)),
        {
            "offset-for-alpha": _mean(_offset(SMALL_COUNTY, "county")),
            "no-pooling-for-partial": _no_pooling_target,
            "mu-alpha-for-alpha": _mean(lambda posterior: posterior.marginal("mu_alpha")),
        },
        quantity=_group(SMALL_COUNTY, "county"),
        **_RADON,
    ),
    Question(
        "radon-pooling-factor",
        f"the posterior mean of the pooling factor of {SMALL_COUNTY}",
        NumbersForm(),
        _mean_of_sds(_pull),
        {
            "complement": _mean_of_sds(lambda a, e: 1 - _pull(a, e)),
            "sd-for-variance": _mean_of_sds(_pull_of_sds),
        },
        quantity=_pulls,
        **_RADON,
    ),
    Question(
        "radon-uranium",
        "the posterior mean of sd_alpha with log_uranium in the model",
        NumbersForm(),
        _mean(lambda posterior: posterior.marginal("sd_alpha")),
        {
            "sd-for-variance": _mean_of_sds(lambda a, _: _square(a)),
            "predictor-missing": lambda _: _without_uranium(),
        },
        data="radon",
        formula=RADON_URANIUM,
        quantity=_parameter("1|county_sigma"),
    ),
    Question(
        "radon-probability",
        f"Pr(alpha_{SMALL_COUNTY} > alpha_{LARGE_COUNTY})",
        NumbersForm(1, "a probability"),
        _probability(lambda posterior: posterior.prob_greater(SMALL_COUNTY, LARGE_COUNTY)),
        {
            "sign-reversed": _probability(
                lambda posterior: posterior.prob_greater(LARGE_COUNTY, SMALL_COUNTY)
            )
        },
        quantity=_greater(SMALL_COUNTY, LARGE_COUNTY),
        **_RADON,
    ),
    Question(
        "radon-aic",
        "the AIC of the partial-pooling model, by maximum likelihood",
        NumbersForm(),
        _fixed(_aic("radon", RADON, "ML"), 0.05),
        {
            "reml-aic": _fixed(_aic("radon", RADON, "REML"), 0.05),
            "sigma-not-counted": _fixed(_aic("radon", RADON, "ML", -1), 0.05),
        },
    ),
)


def _without_uranium() -> Target:
    posterior = ExactPosterior.from_formula(RADON, load("radon"))
    return _mean(lambda p: p.marginal("sd_alpha"))(posterior)


#: All questions, by id.
QUESTIONS: dict[str, Question] = {question.id: question for question in _ALL}
