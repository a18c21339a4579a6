"""Misconceptions that wrong answers show, each with a hint and a place in the lectures."""

from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["MISCONCEPTIONS", "Misconception", "Pointer"]


@dataclass(frozen=True)
class Pointer:
    """A heading in a lecture.

    Parameters
    ----------
    lecture : str
        The notebook's name without extension.
    heading : str
        As it stands there.
    """

    lecture: str
    heading: str

    @property
    def text(self) -> str:
        """Where to look, in words."""
        return f"lecture {int(self.lecture[:2])}, “{self.heading.replace('`', '')}”"

    @property
    def link(self) -> str:
        """The link from a notebook of the exercises; JupyterLab's anchors are the headings."""
        anchor = quote(self.heading.replace(" ", "-").replace("`", ""))
        return f"../../lectures/{self.lecture}.ipynb#{anchor}"


@dataclass(frozen=True)
class Misconception:
    """One misconception.

    Parameters
    ----------
    id : str
        A short name, for reports.
    message : str
        What the answer seems to be instead.
    hint : str
        How to go on, without the answer.
    pointer : Pointer
        Where the lectures speak of it.
    """

    id: str
    message: str
    hint: str
    pointer: Pointer


_SUMMARIES = Pointer("02_shrinkage", "Posterior summaries beside `lmer()`")
_LINE_BY_LINE = Pointer("02_shrinkage", "The same in Bambi, line by line")
_AIC = Pointer("01_pooling", "Two kinds of likelihood")
_NEW_HOUSE = Pointer("03_radon", "A warning: `sample_new_groups`")
_DIAGNOSTICS = Pointer("02_shrinkage", "What each line means")
_POOLING_FACTOR = Pointer("02_shrinkage", "Shrinkage as a formula")
_PANELS = Pointer("03_radon", "The classic pair of panels")
_LOO = Pointer("03_radon", "Leave one house out")

_ALL = (
    Misconception(
        "sign-reversed",
        "This is what the opposite direction gives.",
        "Say in words what a positive (or a larger) value means here, and whether that is what was "
        "asked.",
        _SUMMARIES,
    ),
    Misconception(
        "offset-for-alpha",
        "This is the group's offset (Bambi's 1|group), not its intercept alpha.",
        "Bambi stores how far each group lies from the common mean. alpha_j is the mean plus that "
        "offset; draws.group_intercepts adds them draw by draw.",
        _LINE_BY_LINE,
    ),
    Misconception(
        "mu-alpha-for-new-group",
        "This is the posterior of mu_alpha, the mean of the hyperdistribution: too narrow for a "
        "new group.",
        "A new group does not sit on the mean. It varies around it with sd_alpha, as the old ones "
        "do; draws.new_group adds that.",
        _NEW_HOUSE,
    ),
    Misconception(
        "resampled-groups",
        "These draws are the old groups over again (what sample_new_groups=True gives).",
        "A new group is not one of the groups you have. Draw it from Normal(mu_alpha, sd_alpha), "
        "afresh in each draw; draws.new_group does.",
        _NEW_HOUSE,
    ),
    Misconception(
        "response-for-alpha",
        "This has the residual in it: it predicts single observations, not alpha.",
        "The question is about the group's intercept. Leave sd_obs out.",
        _NEW_HOUSE,
    ),
    Misconception(
        "alpha-for-response",
        "This is the mean of a new group there, without the residual of a single observation.",
        "One animal (or one house) also differs from its group's line, by sd_obs; "
        "draws.predict_new_group adds it.",
        _NEW_HOUSE,
    ),
    Misconception(
        "sd-for-variance",
        "A standard deviation and a variance seem to be exchanged.",
        "Check what is squared. Shares of variance are made of squares; Bambi's parameters are "
        "standard deviations.",
        _POOLING_FACTOR,
    ),
    Misconception(
        "centered-intercept",
        "This is a centered intercept: the response at the mean of the predictor.",
        "alpha is the response where the predictor is zero, which is how Bambi reports it.",
        _LINE_BY_LINE,
    ),
    Misconception(
        "centered-prior",
        "Your model centers its predictors, so that its prior of the intercept is for a scorpion "
        "of mean length. The task's prior is for length zero.",
        "Give the model center_predictors=False.",
        _LINE_BY_LINE,
    ),
    Misconception(
        "reml-aic",
        "This AIC comes from REML, which cannot be compared with models of other fixed effects.",
        "Fit by maximum likelihood: reml=False.",
        _AIC,
    ),
    Misconception(
        "sigma-not-counted",
        "One parameter seems not to be counted in this AIC.",
        "R counts the residual standard deviation, statsmodels does not. frequentist.aic follows "
        "R.",
        _AIC,
    ),
    Misconception(
        "interval-level",
        "This interval has another probability than the one asked for: ArviZ's intervals are 89 % "
        "unless told otherwise, other programs take 94 or 90 %.",
        "Ask for the probability in so many words: prob=0.95, or the quantiles 0.025 and 0.975 of "
        "the very draws that you pass.",
        _SUMMARIES,
    ),
    Misconception(
        "unequal-tails",
        "This interval has the right probability, but not the same on either side (a highest "
        "density interval?).",
        "Equal-tailed means 2.5 % below and 2.5 % above: the quantiles 0.025 and 0.975.",
        _SUMMARIES,
    ),
    Misconception(
        "too-few-draws",
        "There are too few effective draws to tell right from wrong.",
        "Look at what diagnose says. Divergences: fit with target_accept=0.99. None: draw more "
        "(tune=1000, draws=1000, chains=4, then twice as many).",
        _DIAGNOSTICS,
    ),
    Misconception(
        "unpaired-draws",
        "The spread is that of two quantities drawn independently of each other.",
        "The two alphas of one draw belong together. Subtract draw by draw, never after shuffling "
        "or from two summaries.",
        _SUMMARIES,
    ),
    Misconception(
        "deviance-scale",
        "This is on the deviance scale, as AIC is.",
        "elpd is a sum of log densities; larger is better.",
        _LOO,
    ),
    Misconception(
        "no-pooling-for-partial",
        "This is the no-pooling estimate: what the county's own houses say, alone.",
        "Partial pooling also listens to the other counties.",
        _PANELS,
    ),
    Misconception(
        "mu-alpha-for-alpha",
        "This is the mean of all groups, not this one's.",
        "Select the group: group_intercepts(draws).sel(county=...).",
        _PANELS,
    ),
    Misconception(
        "complement",
        "This is the other part of the whole.",
        "Which of the two is asked for? A pooling factor of 1 is complete pooling; a share of "
        "variance among groups of 1 means that observations in a group do not differ.",
        _POOLING_FACTOR,
    ),
    Misconception(
        "other-groups",
        "This compares other groups than the task does.",
        "Check the labels of both groups.",
        _SUMMARIES,
    ),
    Misconception(
        "plug-in",
        "This is computed from the posterior means of the two standard deviations.",
        "A function of means is not the mean of the function. Compute it in each draw, then "
        "average; draws.icc and draws.pooling_factor do the first step.",
        _POOLING_FACTOR,
    ),
    Misconception(
        "treatment-contrast",
        "This is the difference from the first county, not the county's own intercept.",
        "Leave the common intercept out of the formula: 0 + county.",
        Pointer("03_radon", "Three assumptions, three formulas"),
    ),
    Misconception(
        "predictor-missing",
        "This is the value without the predictor that the task adds.",
        "Fit the model with log_uranium, and take the parameter from that fit.",
        Pointer("03_radon", "A predictor for counties: uranium"),
    ),
)
#: All of them, by id.
MISCONCEPTIONS: dict[str, Misconception] = {entry.id: entry for entry in _ALL}
