"""The questions of the exercises: what is asked, what is right, and what wrong answers mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qfc_helpers import draws as verbs
from qfc_helpers.exact import ExactPosterior
from qfc_helpers.frequentist import aic as read_aic

from . import _targets as ask
from ._forms import DrawsForm, Form, IntervalForm, NumbersForm
from ._specification import LECTURE_PRIORS, load
from ._targets import Quantity, TargetMaker

__all__ = ["QUESTIONS", "Question"]

SCORPIONS = "weight ~ 1 + length + (1|population)"
RADON = "log_radon ~ 1 + floor + (1|county)"
RADON_URANIUM = "log_radon ~ 1 + floor + log_uranium + (1|county)"
#: A county with two houses in the data, and one with more than a hundred.
SMALL_COUNTY, LARGE_COUNTY = "LACQUIPARLE", "HENNEPIN"
_WIDE_PRIORS = LECTURE_PRIORS | {"Intercept": [0.0, 100.0]}
_PROBABILITY = NumbersForm(1, "a probability", 0, 1)


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
    special : function or None
        Turns what only this question takes into numbers, before anything else is tried.
    """

    id: str
    asks: str
    form: Form
    truth: TargetMaker
    mistakes: Mapping[str, TargetMaker] = field(default_factory=dict)
    data: str = ""
    formula: str = ""
    priors: Mapping[str, Any] | None = None
    changed_priors: bool = False
    quantity: Quantity | None = None
    special: Callable[[Any], Any] | None = None

    @property
    def needs_draws(self) -> bool:
        """Whether an answer cannot be judged without the draws that it comes from."""
        return self.quantity is not None or isinstance(self.form, IntervalForm)


_LECTURE = {"data": "scorpions", "formula": SCORPIONS, "priors": LECTURE_PRIORS}
_RADON = {"data": "radon", "formula": RADON}


def _new_group(posterior: ExactPosterior) -> Any:
    return posterior.new_group()


def _mu_alpha(posterior: ExactPosterior) -> Any:
    return posterior.marginal("mu_alpha")


def _sd_alpha(posterior: ExactPosterior) -> Any:
    return posterior.marginal("sd_alpha")


def _all_alphas(posterior: ExactPosterior) -> Any:
    return posterior.marginal("alpha_j")


def _fitted_aic(value: Any) -> Any:
    """Take a fitted model for its AIC, and statsmodels' nan after REML for what it is."""
    if type(value).__name__ == "MixedLMResultsWrapper":
        return read_aic(value)
    return value


def _aic(question_id: str, data: str, formula: str) -> Question:
    return Question(
        question_id,
        f"the AIC of {formula}, by maximum likelihood",
        NumbersForm(names="an AIC (statsmodels has none after REML: nan)"),
        ask.aic(data, formula, "ML"),
        {
            "reml-aic": ask.aic(data, formula, "REML"),
            "sigma-not-counted": ask.aic(data, formula, "ML", uncounted=1),
        },
        special=_fitted_aic,
    )


def _alpha_1(question_id: str, priors: Mapping[str, Any], words: str) -> Question:
    right = ask.mean(ask.alpha("1"))
    return Question(
        question_id,
        f"the posterior mean of alpha_1 under {words}",
        NumbersForm(),
        right,
        {
            "offset-for-alpha": ask.mean(ask.offset("1", "population")),
            "centered-intercept": ask.at_mean_length(ask.alpha("1")),
            "sign-reversed": ask.changed(right, np.negative),
        },
        data="scorpions",
        formula=SCORPIONS,
        priors=priors,
        quantity=ask.group_draws("1", "population"),
    )


_NEW_GROUP_MISTAKES = {
    "mu-alpha-for-new-group": ask.distribution(_mu_alpha),
    "resampled-groups": ask.resampled(),
    "response-for-alpha": ask.distribution(lambda posterior: posterior.new_group(response=True)),
}
_SHARE = ask.mean_of_sds(lambda a, e: a**2 / (a**2 + e**2))

_PRIOR_SENSITIVITY = (
    _aic("aic-ml", "scorpions", SCORPIONS),
    _alpha_1("slide-alpha-1", LECTURE_PRIORS, "mu_alpha ~ Normal(50, 15)"),
    _alpha_1("wide-alpha-1", _WIDE_PRIORS, "mu_alpha ~ Normal(0, 100)"),
    Question(
        "own-sd-alpha-interval",
        "an equal-tailed 95 % interval of sd_alpha under your own priors",
        IntervalForm(),
        ask.distribution(_sd_alpha),
        {"sd-for-variance": ask.distribution(_sd_alpha, lambda v: np.sqrt(np.maximum(v, 0)))},
        data="scorpions",
        formula=SCORPIONS,
        changed_priors=True,
        quantity=ask.parameter_draws("1|population_sigma"),
    ),
    Question(
        "loo",
        "the expected log predictive density by leave-one-out, elpd_loo",
        NumbersForm(),
        ask.elpd,
        {
            "deviance-scale": ask.changed(ask.elpd, lambda value: -2 * value),
            "sign-reversed": ask.changed(ask.elpd, np.negative),
        },
        **_LECTURE,
    ),
)

_DERIVED_PARAMETERS = (
    Question(
        "alpha-means",
        "the posterior means of alpha_1, alpha_2 and alpha_3",
        NumbersForm(3, "three numbers, one for each population"),
        ask.mean(_all_alphas),
        {
            "offset-for-alpha": ask.mean(lambda posterior: posterior.marginal("1|population")),
            "centered-intercept": ask.at_mean_length(_all_alphas),
        },
        quantity=verbs.group_intercepts,
        **_LECTURE,
    ),
    Question(
        "derived-difference",
        "draws of alpha_2 - alpha_3",
        DrawsForm(),
        ask.distribution(ask.gap("2", "3")),
        {
            "sign-reversed": ask.distribution(ask.gap("3", "2")),
            "unpaired-draws": ask.unpaired,
            "other-groups": ask.distribution(ask.gap("2", "1")),
        },
        **_LECTURE,
    ),
    Question(
        "derived-probability",
        "Pr(alpha_2 > alpha_3)",
        _PROBABILITY,
        ask.probability(lambda posterior: posterior.prob_greater("2", "3")),
        {
            "sign-reversed": ask.probability(lambda posterior: posterior.prob_greater("3", "2")),
            "other-groups": ask.probability(lambda posterior: posterior.prob_greater("2", "1")),
        },
        quantity=ask.greater_draws("2", "3"),
        **_LECTURE,
    ),
    Question(
        "derived-interval",
        "an equal-tailed 95 % interval of alpha_2 - alpha_3",
        IntervalForm(),
        ask.distribution(ask.gap("2", "3")),
        {"sign-reversed": ask.distribution(ask.gap("3", "2"))},
        quantity=ask.gap_draws("2", "3"),
        **_LECTURE,
    ),
    Question(
        "variance-share",
        "the posterior mean of the share of variance among populations",
        NumbersForm(1, "a share", 0, 1),
        _SHARE,
        {
            "sd-for-variance": ask.mean_of_sds(lambda a, e: a / (a + e)),
            "complement": ask.mean_of_sds(lambda a, e: e**2 / (a**2 + e**2)),
            "plug-in": ask.sds(lambda a, e: a**2 / (a**2 + e**2), like=_SHARE),
        },
        quantity=verbs.icc,
        **_LECTURE,
    ),
)

_HYPERDISTRIBUTIONS = (
    Question(
        "mu-alpha",
        "the posterior mean of mu_alpha",
        NumbersForm(),
        ask.mean(_mu_alpha),
        {"centered-intercept": ask.at_mean_length(_mu_alpha)},
        quantity=ask.parameter_draws("Intercept"),
        **_LECTURE,
    ),
    Question(
        "new-population",
        "draws of alpha for a population that was not observed",
        DrawsForm(),
        ask.distribution(_new_group),
        _NEW_GROUP_MISTAKES,
        **_LECTURE,
    ),
    Question(
        "new-population-interval",
        "an equal-tailed 95 % interval of alpha for a population that was not observed",
        IntervalForm(),
        ask.distribution(_new_group),
        _NEW_GROUP_MISTAKES,
        **_LECTURE,
    ),
    Question(
        "radon-new-county",
        "draws of alpha for a county that was not sampled",
        DrawsForm(),
        ask.distribution(_new_group),
        # Resampling 85 counties gives nearly the hyperdistribution: it cannot be told apart.
        {name: make for name, make in _NEW_GROUP_MISTAKES.items() if name != "resampled-groups"},
        **_RADON,
    ),
    Question(
        "new-scorpion",
        "draws of the weight of one scorpion of length 10 from a new population",
        DrawsForm(),
        ask.distribution(lambda posterior: posterior.new_group({"length": 10}, response=True)),
        {
            "alpha-for-response": ask.distribution(lambda p: p.new_group({"length": 10})),
            "resampled-groups": ask.resampled(("length", 10), response=True),
            "mu-alpha-for-new-group": ask.shifted("length", 10),
        },
        **_LECTURE,
    ),
)

_PULL = ask.mean_of_sds(ask.pull(SMALL_COUNTY))

_RADON_COUNTIES = (
    Question(
        "radon-no-pooling",
        f"the no-pooling estimate of alpha for {SMALL_COUNTY}",
        NumbersForm(),
        ask.no_pooling(SMALL_COUNTY),
        {
            "treatment-contrast": ask.least_squares(
                "log_radon ~ county + floor", f"county[T.{SMALL_COUNTY}]"
            )
        },
    ),
    Question(
        "radon-partial",
        f"the posterior mean of alpha for {SMALL_COUNTY}",
        NumbersForm(),
        ask.mean(ask.alpha(SMALL_COUNTY)),
        {
            "offset-for-alpha": ask.mean(ask.offset(SMALL_COUNTY, "county")),
            "no-pooling-for-partial": ask.no_pooling(SMALL_COUNTY),
            "mu-alpha-for-alpha": ask.mean(_mu_alpha),
        },
        quantity=ask.group_draws(SMALL_COUNTY, "county"),
        **_RADON,
    ),
    Question(
        "radon-pooling-factor",
        f"the posterior mean of the pooling factor of {SMALL_COUNTY}",
        NumbersForm(1, "a pooling factor", 0, 1),
        _PULL,
        {
            "complement": ask.changed(_PULL, lambda value: 1 - value),
            "sd-for-variance": ask.mean_of_sds(ask.pull(SMALL_COUNTY, power=1)),
        },
        quantity=ask.pull_draws(SMALL_COUNTY),
        **_RADON,
    ),
    Question(
        "radon-uranium",
        "the posterior mean of sd_alpha with log_uranium in the model",
        NumbersForm(),
        ask.mean(_sd_alpha),
        {
            "sd-for-variance": ask.mean_of_sds(lambda a, _: a**2),
            "predictor-missing": lambda _: ask.mean(_sd_alpha)(
                ExactPosterior.from_formula(RADON, load("radon"))
            ),
        },
        data="radon",
        formula=RADON_URANIUM,
        quantity=ask.parameter_draws("1|county_sigma"),
    ),
    Question(
        "radon-probability",
        f"Pr(alpha_{SMALL_COUNTY} > alpha_{LARGE_COUNTY})",
        _PROBABILITY,
        ask.probability(lambda posterior: posterior.prob_greater(SMALL_COUNTY, LARGE_COUNTY)),
        {
            "sign-reversed": ask.probability(
                lambda posterior: posterior.prob_greater(LARGE_COUNTY, SMALL_COUNTY)
            )
        },
        quantity=ask.greater_draws(SMALL_COUNTY, LARGE_COUNTY),
        **_RADON,
    ),
    _aic("radon-aic", "radon", RADON),
)

#: All questions, by id, exercise by exercise.
QUESTIONS: dict[str, Question] = {
    question.id: question
    for question in (
        *_PRIOR_SENSITIVITY,
        *_DERIVED_PARAMETERS,
        *_HYPERDISTRIBUTIONS,
        *_RADON_COUNTIES,
    )
}
