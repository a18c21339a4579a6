# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Hierarchical (mixed-effects) models
#
# ## 1. Pooling: none, complete, partial
#
# After the lecture of Christopher Cahill, FW 891, 25 September 2023
#
# Quantitative Fisheries Center, Michigan State University

# %% [markdown] slideshow={"slide_type": "notes"}
# > Gray paragraphs like this one are speaker notes; on slides only the speaker sees them. The
# > lecture takes about 40 minutes. Every number on it is computed by the cell beside it: change a
# > weight in the data, run the notebook again, and the numbers change too. (The sentences around
# > them speak of these nine scorpions.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where we are going
#
# - One important extension of every model you have met so far. It takes several lectures.
# - One small example, fitted twice: the frequentist way and the Bayesian way.
# - The same model in words, in algebra and in code.
# - What it gives you, and what it costs.
# - When it helps, and when it does not.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## What you need
#
# You know linear regression: an intercept, a slope, a residual standard deviation.
#
# If Bayes is new to you, here is all that this lecture uses:
#
# - A **prior** says what you think about a parameter before you see the data.
# - The **posterior** says what you think afterwards.
# - A sampler gives us the posterior as a heap of **draws**. A mean of draws is an estimate, their
#   spread is the uncertainty. That is all.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A model of many names
#
# The *polyonymous* model (Greek: many-named). All of these are the same thing:
#
# - mixed-effects models (fixed effects + random effects)
# - multilevel models
# - hierarchical models
# - partial-pooling models
#
# Ours could also be called a *random-intercepts model*. Pick a name, expect your reviewer to
# pick another.

# %% [markdown] slideshow={"slide_type": "notes"}
# > The original slide says "polynomous". The word we want is polyonymous. A polynomial is another
# > lecture.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The tools

# %% slideshow={"slide_type": "-"}
import bambi as bmb
import numpy as np
import pandas as pd
import seaborn as sns
import statsmodels.formula.api as smf
from IPython.display import Markdown, display

from qfc_helpers.data import load_scorpions
from qfc_helpers.draws import diagnose
from qfc_helpers.frequentist import (
    aic,
    compare_aic,
    group_intercepts,
    standard_deviations,
)
from qfc_helpers.plots import plot_groups, plot_pooling, pooling_lines
from qfc_helpers.theme import POOLING_COLORS, set_alt_text, use_qfc_theme

use_qfc_theme()

# %% [markdown] slideshow={"slide_type": "notes"}
# > Bambi writes a Bayesian model as a formula, as lme4 does in R. statsmodels has R's `lm` (`ols`)
# > and `lmer` (`mixedlm`). Whoever comes from R finds every call translated in `from_r.md`.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # Three assumptions about groups

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Nine scorpions
#
# Emperor scorpions from three populations. How does weight depend on length?

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
scorpions = load_scorpions()
# scorpions.loc[0, "weight"] = 60  # try it later: remove the first "#"
scorpions.T

# %% [markdown] slideshow={"slide_type": "notes"}
# > The data are invented, and the lecture that invented them states no units. If somebody asks:
# > the heaviest real emperor scorpions weigh some tens of grams.

# %% slideshow={"slide_type": "subslide"} tags=["output-only", "nbval-check-output"]
ax = plot_groups(scorpions, x="length", y="weight", group="population")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## What does this plot suggest?
#
# Take a minute before you read on.

# %% [markdown] slideshow={"slide_type": "fragment"}
# - Weight tends to rise with length. A line is a first guess.

# %% [markdown] slideshow={"slide_type": "fragment"}
# - Population 1 lies lower than the other two: perhaps each population has its own intercept?

# %% [markdown] slideshow={"slide_type": "fragment"}
# - Three scorpions per population is very little.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The simplest model that knows about populations
#
# $$\text{weight}_i = \alpha_{j(i)} + \beta \cdot \text{length}_i + \varepsilon_i$$
#
# $$\varepsilon_i \sim \text{Normal}(0, \sigma^2)$$
#
# - $i$ counts scorpions, $j(i)$ is the population of scorpion $i$.
# - Each population $j$ has its own intercept $\alpha_j$. All share one slope $\beta$.
# - What is left over comes from a normal distribution with mean zero.

# %% [markdown] slideshow={"slide_type": "fragment"}
# | algebra | our words | Bambi's name |
# | --- | --- | --- |
# | $\alpha_j$ | `alpha_j`, intercept of population $j$ | `Intercept` + `1\|population` |
# | $\mu_\alpha$, $\sigma_\alpha$ | `mu_alpha`, `sd_alpha`: mean and spread of the $\alpha_j$ | `Intercept`, `1\|population_sigma` |
# | $\beta$ | `beta`, the slope | `length` |
# | $\sigma$ | `sd_obs`, the residual standard deviation | `sigma` |

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What do we assume about the three intercepts?
#
# **Assumption 1, no pooling.** These are the only three populations that we care about. The
# intercepts have nothing to do with each other: each $\alpha_j$ may be anything. (Slope and residual
# standard deviation are still shared.)

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Assumption 2, complete pooling.** These are really one population. There is one $\alpha$.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Assumption 3, partial pooling.** These three are a sample of the many populations that we could
# have studied. The $\alpha_j$ differ, but they are relatives: they come from one distribution,
# and we want to learn about that distribution too.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Ask for a show of hands before assumption 3. Most people choose 1. Then ask: and if you had one
# > single scorpion of population 3?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Assumptions 1 and 2 in algebra
#
# No pooling:
#
# $$\text{weight}_i = \alpha_{j(i)} + \beta \cdot \text{length}_i + \varepsilon_i,
# \qquad \varepsilon_i \sim \text{Normal}(0, \sigma^2)$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# Complete pooling, which is ordinary regression:
#
# $$\text{weight}_i = \alpha + \beta \cdot \text{length}_i + \varepsilon_i,
# \qquad \varepsilon_i \sim \text{Normal}(0, \sigma^2)$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Assumption 3 in algebra
#
# $$\text{weight}_i = \alpha_{j(i)} + \beta \cdot \text{length}_i + \varepsilon_i$$
#
# $$\varepsilon_i \sim \text{Normal}(0, \sigma^2)$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# $$\alpha_j \sim \text{Normal}(\mu_\alpha, \sigma_\alpha^2)$$
#
# This third line is the **only** difference between treating $\alpha_j$ as a fixed effect and
# treating it as a random effect. It makes $\alpha_j$ random.

# %% [markdown] slideshow={"slide_type": "fragment"}
# It also contains the other two: $\sigma_\alpha = 0$ is complete pooling, and
# $\sigma_\alpha \to \infty$ is no pooling. Partial pooling lets the data say where between the
# two we are.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Say the last point slowly. It is the whole lecture. In code, mu_alpha is Bambi's `Intercept` and
# > sd_alpha is `1|population_sigma`.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # The same three in code
#
# First the frequentist way, then the Bayesian way.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In code, the frequentist way
#
# R's `lm` is `smf.ols`, R's `lmer` is `smf.mixedlm`.

# %% slideshow={"slide_type": "-", "lines": "1-2|4-5|7-10|all"}
# assumption 1: no pooling
fit_no = smf.ols("weight ~ 0 + population + length", scorpions).fit()

# assumption 2: complete pooling
fit_complete = smf.ols("weight ~ 1 + length", scorpions).fit()

# assumption 3: partial pooling
fit_partial = smf.mixedlm(
    "weight ~ 1 + length", scorpions, groups="population"
).fit(method="powell")

# %% [markdown] slideshow={"slide_type": "notes"}
# > Two traps. `0 +` (R also writes `- 1`) drops the common intercept, so that each population gets
# > its own. And `method="powell"`: statsmodels' default stops a little early on these data, and
# > `lbfgs` reports success at a wrong place on the radon data of lecture 3.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## The intercepts that they find

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
intercepts = pd.DataFrame(
    {
        "no pooling": group_intercepts(fit_no),
        "partial pooling": group_intercepts(fit_partial),
        "complete pooling": fit_complete.params["Intercept"],
    }
)
intercepts.round(2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Read each row from left to right. Partial pooling is a compromise: every population keeps its
# own intercept, and gives up some of its eccentricity.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In code, the Bayesian way
#
# The formulas stay. What comes on top are the priors, one for each unknown.

# %% slideshow={"slide_type": "-"}
# what all three models share
shared = {
    "length": bmb.Prior("Normal", mu=0, sigma=10),  # beta
    "sigma": bmb.Prior("HalfNormal", sigma=25),  # sd_obs
}

# assumption 1: no pooling
model_no = bmb.Model(
    "weight ~ 0 + population + length",
    scorpions,
    priors={"population": bmb.Prior("Normal", mu=50, sigma=100), **shared},
    center_predictors=False,
)

# %% slideshow={"slide_type": "subslide"}
# assumption 2: complete pooling
model_complete = bmb.Model(
    "weight ~ 1 + length",
    scorpions,
    priors={"Intercept": bmb.Prior("Normal", mu=50, sigma=15), **shared},
    center_predictors=False,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > `center_predictors=False`: Bambi would subtract the mean length, and a prior on the intercept
# > would then speak of a scorpion of mean length. Our priors speak of length zero, as in the
# > algebra. A scorpion of length zero is a mathematical animal.

# %% slideshow={"slide_type": "subslide", "lines": "all|3|6|7-11|12|all"}
# assumption 3: partial pooling
model_partial = bmb.Model(
    "weight ~ 1 + length + (1|population)",
    scorpions,
    priors={
        "Intercept": bmb.Prior("Normal", mu=50, sigma=15),  # mu_alpha
        "1|population": bmb.Prior(
            "Normal",
            mu=0,
            sigma=bmb.Prior("HalfNormal", sigma=100),  # sd_alpha
        ),
        **shared,
    },
    center_predictors=False,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `(1|population)` reads "an intercept that varies by population". Bambi and lme4 write
# $\alpha_j = \mu_\alpha + \text{offset}_j$ with
# $\text{offset}_j \sim \text{Normal}(0, \sigma_\alpha^2)$: the same line as before.

# %% [markdown] slideshow={"slide_type": "notes"}
# > The priors of assumption 3 are those of the Stan program in the next lecture. For assumption 1 the
# > prior of each alpha_j has the fixed standard deviation 100, wide enough to leave each population
# > to itself. The next lecture asks how much these choices matter. (With three groups: a lot.)

# %% slideshow={"slide_type": "subslide"}
sampling = {
    "inference_method": "nutpie",
    "draws": 2000,
    "chains": 4,
    "target_accept": 0.99,
    "random_seed": 891,
}
draws_no = model_no.fit(**sampling)
draws_complete = model_complete.fit(**sampling)
draws_partial = model_partial.fit(**sampling)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The first fit compiles for a few seconds. The pink line that names the parameters is no error, and
# > "grad evals" in the progress table count the sampler's steps. The seed makes the draws repeatable: the same numbers
# > tomorrow, and on the slides.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## May we trust the draws?
#
# Never look at an estimate before this question.

# %% slideshow={"slide_type": "-"}
diagnose(draws_partial)

# %% [markdown] slideshow={"slide_type": "notes"}
# > What each line means is a subject of the next lecture. For now: everything has to be in order,
# > and it is.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"] jupyter={"source_hidden": true}
assert all(
    diagnose(draws).ok for draws in (draws_no, draws_complete, draws_partial)
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # Which model is best?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Compare the models: the table of the original lecture

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
for name, fit in [
    ("no pooling", fit_no),
    ("complete pooling", fit_complete),
    ("partial pooling", fit_partial),
]:
    print(f"{name:17}", aic(fit))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Smaller is better, so partial pooling wins. Or does it? Look at the brackets.

# %% [markdown] slideshow={"slide_type": "notes"}
# > These are the three numbers that R's AIC prints for lm, lm and lmer. Give people a moment to find
# > the problem.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Two kinds of likelihood
#
# - The AIC of `lm` uses the maximum likelihood (**ML**): how probable are all nine weights?
# - `lmer`'s default is the restricted maximum likelihood (**REML**): how probable is what is left
#   of the nine weights once the fixed effects are taken out?
#
# These are probabilities of different things. It is like comparing a time over 100 m with a time
# over 80 m. So our helper refuses:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
try:
    aic(fit_no) < aic(fit_partial)
except ValueError as refusal:
    print(refusal)

# %% [markdown] slideshow={"slide_type": "notes"}
# > REML is a good idea for estimating standard deviations: ML estimates of sd_alpha are too small on
# > average. It is no good for comparing models with different fixed effects. R's
# > `AIC()` does not stop you; lme4's `anova()` is wiser and refits with ML first.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## The same distance for all: ML

# %% slideshow={"slide_type": "-"} tags=["output-apart", "nbval-check-output"]
fit_partial_ml = smf.mixedlm(
    "weight ~ 1 + length", scorpions, groups="population"
).fit(reml=False, method="powell")

table = compare_aic(
    {
        "no pooling": fit_no,
        "complete pooling": fit_complete,
        "partial pooling": fit_partial_ml,
    }
)
table.round(2)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
display(
    Markdown(
        f"On the same footing **{table.index[0]}** is first, and partial pooling "
        f"is {table.loc['partial pooling', 'delta']:.1f} behind."
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## A footing for nine scorpions
#
# AIC's penalty of two per parameter is right for large samples. With $n$ observations and $k$
# parameters, the small-sample correction adds $2k(k+1)/(n-k-1)$ (Burnham and Anderson 2002):

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
n, k = len(scorpions), table["parameters"]
table["AICc"] = table["AIC"] + 2 * k * (k + 1) / (n - k - 1)
table[["parameters", "AIC", "AICc"]].round(1)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
order = list(table["AICc"].sort_values().index)
change = (
    "Now the order is exactly reversed"
    if order == list(table.index[::-1])
    else "With the correction"
)
display(
    Markdown(
        f"{change}: **{order[0]}** is first and {order[-1]} last. When a small "
        "correction decides, the data do not carry a ranking."
    )
)

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Burnham, K. P. and Anderson, D. R. (2002). *Model selection and multimodel inference*, 2nd edition.
# Springer.

# %% [markdown] slideshow={"slide_type": "notes"}
# > And what is the number of parameters of a mixed model? We counted four. One could also count the
# > three intercepts, or something in between. It is a question with a literature.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Is that the question we meant?
#
# AIC estimates how well a model predicts *new data*. But which new data?
#
# - No pooling: new scorpions from **these** three populations. It knows no others.
# - Partial pooling: its likelihood averages over all $\alpha_j$ that the distribution may give (the
#   $\alpha_j$ are "integrated out"), so it is about scorpions from **new** populations. That is
#   harder to predict, which is one reason why it scores worse.
#
# To compare them we have to ask both the same thing. For example: hide one scorpion, fit the model
# to the other eight, and predict the hidden one from its own population.


# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Vaida, F. and Blanchard, S. (2005). Conditional Akaike information for mixed-effects models.
# *Biometrika* 92:351-370.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Vaida and Blanchard (2005, Biometrika 92:351-370) call the two questions marginal and conditional,
# > and derive an AIC for the second. Leave-one-out needs no theory, only a loop.


# %% slideshow={"slide_type": "subslide"}
def fit_each(data):
    """Fit the three assumptions to some data."""
    mixed = smf.mixedlm("weight ~ 1 + length", data, groups="population")
    return {
        "no": smf.ols("weight ~ 0 + population + length", data).fit(),
        "complete": smf.ols("weight ~ 1 + length", data).fit(),
        "partial": mixed.fit(method="powell"),
    }


# %% slideshow={"slide_type": "subslide"}
def leave_one_out(data):
    """Prediction error of each assumption for each hidden scorpion."""
    populations = list(data["population"].cat.categories)
    errors = []
    for i, hidden in data.iterrows():
        for name, fit in fit_each(data.drop(i)).items():
            line = pooling_lines(fit, "length", populations).loc[
                hidden["population"]
            ]
            prediction = line["intercept"] + line["slope"] * hidden["length"]
            errors.append((name, hidden["weight"] - prediction))
    return pd.DataFrame(errors, columns=["pooling", "error"])


# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
errors = leave_one_out(scorpions)
typical = errors.groupby("pooling", sort=False)["error"].agg(
    lambda error: np.sqrt(np.mean(error**2))
)
typical.round(1).rename("typical error (root mean square)").to_frame()

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
squared = pd.DataFrame(
    {
        name: (group["error"] ** 2).to_numpy()
        for name, group in errors.groupby("pooling")
    }
)
versus_no = (squared["complete"] - squared["no"]).agg(["mean", "sem"])
unclear = abs(versus_no["mean"]) < 2 * versus_no["sem"]
display(
    Markdown(
        f"No pooling and partial pooling are {abs(typical['no'] - typical['partial']):.1f} apart. "
        "Complete pooling looks worse, but from scorpion to scorpion the difference in squared "
        f"error to no pooling is {versus_no['mean']:.0f} with a standard error of "
        f"{versus_no['sem']:.0f}"
        + (
            ": even that may be luck. The honest answer to *which model is best?* is: nine "
            "scorpions cannot say."
            if unclear
            else "."
        )
    )
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # What partial pooling does

# %% [markdown] slideshow={"slide_type": "slide"}
# ## No pooling against partial pooling

# %% slideshow={"slide_type": "-"} tags=["output-only", "nbval-check-output", "readme-figure"]
ax = plot_pooling(
    scorpions,
    x="length",
    y="weight",
    group="population",
    no=fit_no,
    partial=fit_partial,
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > In the R code of the original slide stands `predict(fit_partial, level = 0)`. That argument
# > belongs to another package (nlme) and lme4 ignores it, so the lines are those of each population.
# > That is what the figure wants to show, and what we draw.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## What is going on here?

# %% slideshow={"slide_type": "-"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
mean = fit_partial.fe_params["Intercept"]
moves = intercepts["partial pooling"] - intercepts["no pooling"]
farthest = (intercepts["no pooling"] - mean).abs().idxmax()
display(
    Markdown(
        f"The solid lines (partial pooling) have moved from the dashed ones (no pooling) towards "
        f"the overall mean, $\\mu_\\alpha = {mean:.1f}$:\n\n"
        + "\n".join(
            f"- population {population}: from {intercepts.loc[population, 'no pooling']:.1f} to "
            f"{intercepts.loc[population, 'partial pooling']:.1f} ({move:+.1f})"
            for population, move in moves.items()
        )
        + f"\n\nPopulation {farthest} is the farthest from the mean and moves the most. This is "
        "called **shrinkage**."
    )
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Each population has only three noisy scorpions. An extreme intercept is partly a real difference
# and partly luck. Partial pooling takes back the part that is probably luck.

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Gelman, A. and Hill, J. (2007). *Data analysis using regression and multilevel/hierarchical
# models*, chapter 12. Cambridge University Press.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## The Bayesian lines are relatives of these

# %% slideshow={"slide_type": "-"} tags=["output-only", "nbval-check-output"]
ax = plot_pooling(
    scorpions,
    x="length",
    y="weight",
    group="population",
    no=draws_no,
    complete=draws_complete,
    partial=draws_partial,
)

# %% slideshow={"slide_type": "fragment"} tags=["beside", "hide-input"] jupyter={"source_hidden": true}
bayes = pooling_lines(draws_partial, "length", list(intercepts.index))
display(
    Markdown(
        f"Posterior means of $\\beta$: {bayes['slope'].iloc[0]:.2f} with partial pooling; the "
        f"frequentist fit has {fit_partial.fe_params['length']:.2f}. The intercept of population 1 "
        f"is {bayes['intercept'].iloc[0]:.1f} here and "
        f"{intercepts.loc['1', 'partial pooling']:.1f} there. That is not the sampler's error. It "
        "is the prior on $\\mu_\\alpha$, and with three populations it has a say."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The next lecture takes this apart: the same model under two priors, and the exact answer beside
# > both.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it help? Let us play where we know the truth
#
# We make up 600 populations, with one to six scorpions each, and hide their true intercepts. Which
# assumption finds them best?

# %% slideshow={"slide_type": "-"}
rng = np.random.default_rng(891)
scorpions_each = np.tile([1, 2, 3, 4, 5, 6], 100)
names = [f"{j:03d}" for j in range(len(scorpions_each))]
sd_alpha, sd_obs = standard_deviations(fit_partial)
mu_alpha, beta = fit_partial.fe_params
true_alpha = pd.Series(rng.normal(mu_alpha, sd_alpha, len(names)), index=names)

simulated = pd.DataFrame({"population": np.repeat(names, scorpions_each)})
simulated["length"] = rng.uniform(1, 22, size=len(simulated))
simulated["weight"] = (
    true_alpha[simulated["population"]].to_numpy()
    + beta * simulated["length"]
    + rng.normal(0, sd_obs, len(simulated))
)
simulated["population"] = simulated["population"].astype("category")

# %% [markdown] slideshow={"slide_type": "notes"}
# > The made-up truth is what the mixed model found in the nine scorpions: the same mean, slope and
# > standard deviations.

# %% slideshow={"slide_type": "subslide"}
found = pd.DataFrame(
    {
        name: pooling_lines(fit, "length", names)["intercept"]
        for name, fit in fit_each(simulated).items()
    }
)
squared_error = found.sub(true_alpha, axis="index") ** 2
typical_error = np.sqrt(squared_error.groupby(scorpions_each).mean())

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
ax = sns.lineplot(
    typical_error,
    palette=dict(POOLING_COLORS),
    style_order=["partial", "no", "complete"],
    markers=["o", "s", "^"],
    markersize=11,
    linewidth=3,
    legend=False,
)
for name, error in typical_error.iloc[-1].items():
    ax.annotate(
        f"{name} pooling",
        (6, error),
        xytext=(14, 0),
        textcoords="offset points",
        va={"no": "bottom", "partial": "top"}.get(name, "center"),
        annotation_clip=False,
    )
ax.set(
    xlabel="scorpions in the population",
    ylabel="typical error of $\\alpha_j$",
    ylim=(0, None),
    xlim=(0.8, 7.6),
    xticks=range(1, 7),
)
set_alt_text(
    ax,
    "Typical error of the estimated intercepts against the number of scorpions in the population, "
    "one line per pooling assumption. Partial pooling has the smallest error everywhere; its lead "
    "over no pooling is largest for populations with a single scorpion. Complete pooling stays "
    "bad, however many scorpions there are.",
)

# %% slideshow={"slide_type": "fragment"} tags=["beside", "hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
gain = 1 - typical_error["partial"] / typical_error["no"]
display(
    Markdown(
        f"For the populations with a single scorpion, partial pooling's error is {gain[1]:.0%} "
        f"smaller than no pooling's; for those with six, {gain[6]:.0%}. Nobody told it how much to "
        "pool: it found that out from the 600 populations."
    )
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# With 600 populations $\sigma_\alpha$ is well known. With three it is not, and this gain is not to
# be expected: repeat the game with three populations of three, and no pooling does about as well.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Take home
#
# - Three assumptions about groups: no, complete, and partial pooling.
# - One line of algebra makes the difference, $\alpha_j \sim \text{Normal}(\mu_\alpha,
#   \sigma_\alpha^2)$.
# - Partial pooling shrinks what is extreme *and* poorly known towards the mean.
# - It helps the most with **many groups** and **few data in some of them**. That is where most of us
#   work.
# - Compare models on the same footing: the same data, the same kind of likelihood, the same
#   question. And do not ask nine scorpions to rank models.
#
# Next: [shrinkage](02_shrinkage.ipynb), and the same model in Stan's words.
