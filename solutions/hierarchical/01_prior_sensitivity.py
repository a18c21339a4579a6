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

# %% [markdown]
# # Exercise 1: Prior sensitivity and model evaluation
#
# A fit is not finished when the sampler stops. How much of the answer came from the data, and how
# much did we put in? Does the model describe scorpions? How well would it predict the next one? You
# find out, and then you write it down for somebody who has to rely on it.
#
# You need lectures 1 and 2. Allow about two hours. 20 points.
#
# **How it works**
#
# - Write your code where it says *Your code here*, and replace each `...` above it. Then run the cell
#   below, which you cannot edit: it tells you at once whether the answer is right, and if not, what
#   probably happened. You may try as often as you like.
# - Nobody needs to get the same random draws as anybody else. Answers are compared within their
#   Monte Carlo error, so take any seed.
# - Tasks that you skip do no harm: the notebook runs from top to bottom at any time and says what is
#   still open.
# - Written answers: double-click *Your answer here*, write, and press <kbd>Shift</kbd>+<kbd>Enter</kbd>.
# - To hand in: *Run All Cells*, look at the verdicts once more, save, hand in this one file.

# %%
import logging

import arviz as az
import bambi as bmb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from IPython.display import Markdown, display

from qfc_helpers.answers import answer
from qfc_helpers.data import load_scorpions
from qfc_helpers.draws import diagnose, group_intercepts
from qfc_helpers.exact import ExactPosterior
from qfc_helpers.frequentist import aic
from qfc_helpers.theme import POOLING_COLORS, set_alt_text, use_qfc_theme

use_qfc_theme()
# PyMC names everything that it draws; we know.
logging.getLogger("pymc.sampling.forward").setLevel(logging.WARNING)

scorpions = load_scorpions()
# How to sample, for every fit below: model.fit(**sampling). The seed is yours to choose.
sampling = {
    "inference_method": "nutpie",
    "draws": 2000,
    "chains": 4,
    "target_accept": 0.99,
    "random_seed": 2023,
}

# %% [markdown]
# ## 1a An AIC that may be compared (warm-up, 1 point)
#
# Lecture 1 showed an AIC table in which one number did not belong. Fit the partial-pooling model
#
# $$\text{weight}_i = \alpha_{j(i)} + \beta \cdot \text{length}_i + \varepsilon_i,
# \qquad \alpha_j \sim \text{Normal}(\mu_\alpha, \sigma_\alpha^2)$$
#
# the frequentist way (`smf.mixedlm(...).fit(method="powell", ...)`), so that its AIC may be compared
# with that of an ordinary regression. Put the number into `aic_ml`; `aic(fit).value` counts parameters
# as R does.

# %% nbgrader={"grade": false, "grade_id": "aic-ml-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
aic_ml = ...
### BEGIN SOLUTION
mixed = smf.mixedlm("weight ~ 1 + length", scorpions, groups="population")
partial_ml = mixed.fit(reml=False, method="powell")
aic_ml = aic(partial_ml).value
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "aic-ml", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
answer("aic-ml", aic_ml)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
by_reml = smf.mixedlm("weight ~ 1 + length", scorpions, groups="population").fit(method="powell")
apart = smf.ols("weight ~ 0 + population + length", scorpions).fit()
display(
    Markdown(
        f"**Discussion.** `fit()` uses REML unless told otherwise, and gives {aic(by_reml).value:.2f}. "
        f"That looks better than the {aic(apart).value:.2f} of no pooling. It is the likelihood of "
        "something else: of what is left of the weights after the line was taken out. With "
        f"`reml=False` both numbers are about the nine weights, and partial pooling has "
        f"{aic_ml:.2f}. The order flips."
    )
)

# %% [markdown]
# ## 1b The lecture's model (core, 2 points)
#
# Write the model of lecture 2 in Bambi, with the priors of its Stan program,
#
# $$\mu_\alpha \sim \text{Normal}(50, 15^2), \quad \sigma_\alpha \sim \text{Half-Normal}(100^2), \quad
# \beta \sim \text{Normal}(0, 10^2), \quad \sigma \sim \text{Half-Normal}(25^2)$$
#
# and `center_predictors=False`, so that the prior of $\mu_\alpha$ speaks of length zero. (Stan and
# Bambi want the standard deviations: 15, 100, 10, 25.) Fit it with `model_slide.fit(**sampling)`,
# **look at `diagnose(draws_slide)` before anything else**, and give the posterior mean of
# $\alpha_1$, the intercept of population 1, as a number.
#
# *You will need more models of this kind. A function that takes the priors and returns the model saves
# typing.*

# %% nbgrader={"grade": false, "grade_id": "slide-alpha-1-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model_slide = ...
draws_slide = ...
alpha_1_slide = ...
### BEGIN SOLUTION
random_intercepts = "weight ~ 1 + length + (1|population)"


def scorpion_model(mu_alpha, sd_alpha, beta=("Normal", 0, 10), sd_obs=25):
    """The random-intercepts model for given priors; sd_alpha and sd_obs are half-normal scales."""
    hyperprior = bmb.Prior("HalfNormal", sigma=sd_alpha)
    priors = {
        "Intercept": bmb.Prior("Normal", mu=mu_alpha[0], sigma=mu_alpha[1]),
        "1|population": bmb.Prior("Normal", mu=0, sigma=hyperprior),
        "length": bmb.Prior(beta[0], mu=beta[1], sigma=beta[2]),
        "sigma": bmb.Prior("HalfNormal", sigma=sd_obs),
    }
    return bmb.Model(random_intercepts, scorpions, priors=priors, center_predictors=False)


model_slide = scorpion_model(mu_alpha=(50, 15), sd_alpha=100)
draws_slide = model_slide.fit(**sampling)
print(diagnose(draws_slide).check().summary)

alpha_slide = group_intercepts(draws_slide)
alpha_1_slide = float(alpha_slide.sel(population="1").mean())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "slide-alpha-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("slide-alpha-1", alpha_1_slide, model=model_slide, draws=draws_slide)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
offset_1 = float(draws_slide["posterior"]["1|population"][..., 0].mean())
display(
    Markdown(
        f"**Discussion.** The posterior mean of $\\alpha_1$ is {alpha_1_slide:.1f} "
        f"(± {float(az.mcse(alpha_slide.sel(population='1'), method='mean')):.1f} Monte Carlo "
        "error, so the second digit is not ours to discuss). Two things go wrong easily here. Bambi's "
        f"`1|population` is the *offset* from $\\mu_\\alpha$, not the intercept: its mean is "
        f"{offset_1:.1f}. `group_intercepts` adds $\\mu_\\alpha$, draw by draw. And with Bambi's "
        "own centering the prior of 50 ± 15 would be about a scorpion of *average* length, which is "
        "another model."
    )
)

# %% [markdown]
# ## 1c One prior exchanged (core, 2 points)
#
# Exchange $\mu_\alpha \sim \text{Normal}(50, 15^2)$ for $\mu_\alpha \sim \text{Normal}(0, 100^2)$ and
# leave the rest. Fit again. What is the posterior mean of $\alpha_1$ now?

# %% nbgrader={"grade": false, "grade_id": "wide-alpha-1-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model_wide = ...
draws_wide = ...
alpha_1_wide = ...
### BEGIN SOLUTION
model_wide = scorpion_model(mu_alpha=(0, 100), sd_alpha=100)
draws_wide = model_wide.fit(**sampling)
print(diagnose(draws_wide).check().summary)

alpha_wide = group_intercepts(draws_wide)
alpha_1_wide = float(alpha_wide.sel(population="1").mean())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "wide-alpha-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("wide-alpha-1", alpha_1_wide, model=model_wide, draws=draws_wide)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
printed = 7.66  # on the slide of the original lecture
shift = alpha_1_slide - alpha_1_wide
alpha_1_sd = float(alpha_slide.sel(population="1").std())
display(
    Markdown(
        f"**Discussion.** One line of the priors moved $\\alpha_1$ by {shift:.1f}. Compared with its "
        f"posterior standard deviation of {alpha_1_sd:.0f} that is small. Compared with the Monte "
        "Carlo error it is huge, so it is no accident of sampling. The slide of the original lecture "
        f"prints {printed}. Which of the two priors had been used for it? The wide one fits "
        f"({alpha_1_wide:.1f}), the one on the slide does not ({alpha_1_slide:.1f}). Somebody had "
        "changed a prior and not the slide. It happens to all of us, and with three groups it "
        "shows."
    )
)

# %% [markdown]
# ## 1d Your own priors (core, 3 points)
#
# Would you have chosen these priors? Lecture 2 drew from them: a third of the imaginary scorpions
# weighed less than nothing. Choose better ones, for all four parameters:
#
# - a Normal for $\mu_\alpha$ and for $\beta$
# - for $\sigma_\alpha$ and $\sigma$ whatever lives on the positive numbers: `HalfNormal`,
#   `HalfStudentT`, `Exponential`, `Gamma`, ...
#
# Think of what you would believe *before* you see the nine weights. Draw from your priors
# (`own_model.build()`, then `own_model.prior_predictive(draws=2000)`) and change them until you can
# stand by what comes out. **Then** fit. The answer is the **95 % equal-tailed interval** of
# $\sigma_\alpha$: two numbers, lower and upper.

# %% nbgrader={"grade": false, "grade_id": "own-sd-alpha-interval-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
own_model = ...
own_draws = ...
own_interval = ...
### BEGIN SOLUTION
own_model = scorpion_model(mu_alpha=(40, 25), sd_alpha=30, beta=("Normal", 3, 2), sd_obs=20)
own_model.build()
own_prior = own_model.prior_predictive(draws=2000, random_seed=7)

own_draws = own_model.fit(**sampling)
print(diagnose(own_draws).check().summary)

sd_alpha = own_draws["posterior"]["1|population_sigma"]
own_interval = sd_alpha.quantile([0.025, 0.975]).to_numpy()
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "own-sd-alpha-interval", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("own-sd-alpha-interval", own_interval, model=own_model, draws=own_draws)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
slide_sd_alpha = draws_slide["posterior"]["1|population_sigma"]
slide_interval = slide_sd_alpha.quantile([0.025, 0.975]).to_numpy()
model_slide.build()
slide_prior = model_slide.prior_predictive(draws=2000, random_seed=7)
negative = {
    name: float((drawn["prior_predictive"]["weight"] < 0).mean())
    for name, drawn in (("slide", slide_prior), ("own", own_prior))
}
display(
    Markdown(
        "**Discussion.** Yours will differ; here is how ours came about. Longer scorpions are heavier, "
        "so the slope is probably positive. Weights of this size make it implausible that the "
        "intercepts of two populations are hundreds apart, so a half-normal of scale 30 does for "
        "$\\sigma_\\alpha$. A scorpion of length zero should weigh little, but nobody has seen one: "
        "40 ± 25. With the lecture's priors "
        f"{negative['slide']:.0%} of the imaginary scorpions have negative weight, with ours "
        f"{negative['own']:.0%}. That is still too many; a normal distribution cannot do much better, "
        "because it knows no lower end.\n\n"
        f"The interval of $\\sigma_\\alpha$ is {own_interval[0]:.0f} to {own_interval[1]:.0f}; with "
        f"the lecture's priors it is {slide_interval[0]:.0f} to {slide_interval[1]:.0f}. "
        "The upper end is where three groups have nothing to say, so the prior decides."
    )
)

# %% tags=["solution-only", "hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
figure, ax = plt.subplots()
ends = np.linspace(0, 160, 200)
for exact, label, color, style in (
    (ExactPosterior.from_model(model_slide), "the lecture's priors", "#56606B", "--"),
    (ExactPosterior.from_model(own_model), "our own", POOLING_COLORS["partial"], "-"),
):
    density = exact.density("sd_alpha", ends)
    ax.plot(ends, density, color=color, linestyle=style, label=label)
ax.set(xlabel=r"$\sigma_\alpha$", ylabel="posterior density", xlim=(0, 160), ylim=(0, None))
ax.legend()
set_alt_text(
    figure,
    "Posterior densities of sd_alpha under the lecture's priors and under our own. Both have their "
    "peak between 20 and 35; the lecture's has a much longer tail to the right.",
)

# %% [markdown]
# ## 1e Power-scaling (core, 2 points)
#
# One exchanged prior is one experiment. Power-scaling makes many small ones: raise a prior to a power a
# little above and below one (a bit stronger, a bit weaker), and see how much the posterior moves,
# without fitting again. `az.psense_summary` does it, and does the same with the likelihood. It needs
# to know each draw's prior and likelihood:
#
# ```python
# model_slide.compute_log_prior(draws_slide)
# model_slide.compute_log_likelihood(draws_slide)
# draws_slide.posterior["alpha_j"] = group_intercepts(draws_slide)
# az.psense_summary(draws_slide, var_names=..., prior_var_names=...)
# ```
#
# `var_names` are the parameters that may move. `prior_var_names` are the priors to be scaled: all
# four of them are `["Intercept", "1|population_sigma", "length", "sigma"]`; take one alone to see what
# it does alone. (`alpha_j` is no prior of its own here: it follows from the others.)

# %% nbgrader={"grade": false, "grade_id": "power-scaling-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
model_slide.compute_log_prior(draws_slide)
model_slide.compute_log_likelihood(draws_slide)
draws_slide.posterior["alpha_j"] = alpha_slide

priors_scaled = ["Intercept", "1|population_sigma", "length", "sigma"]
watched = [*priors_scaled, "alpha_j"]
together = az.psense_summary(draws_slide, var_names=watched, prior_var_names=priors_scaled)
display(together)
### END SOLUTION

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
logging.getLogger("arviz_stats").setLevel(logging.ERROR)  # its notice stands above already
alone = pd.DataFrame(
    {
        f"prior of {name}": az.psense_summary(
            draws_slide, var_names=watched, prior_var_names=[name]
        )["prior"]
        for name in priors_scaled
    }
)
alone.astype(float).round(3)

# %% [markdown]
# Which parameters does the summary mark, and what does each mark mean? Which prior is behind it? Does
# a value below the usual threshold prove that the prior does not matter? (Compare with what happened to
# $\alpha_1$ in 1c.) Five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "power-scaling", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The summary marks three of the hyperparameters and none of the three intercepts.
# $\mu_\alpha$ (`Intercept`) has a *strong prior and a weak likelihood*: three populations hardly say
# where the mean of all populations lies, so its posterior is mostly its prior, Normal(50, 15).
# $\sigma_\alpha$ and $\sigma$ are marked as *potential prior-data conflict*, which means only that both
# the prior and the data pull at them; both half-normals have their peak at zero, where the data do not
# want to be. Scaled alone, each prior moves mainly its own parameter. The three $\alpha_j$ stay below
# the threshold although 1c moved $\alpha_1$ visibly: power-scaling looks at *small* changes of the
# prior we have, whereas 1c changed it a lot, in center and width. A value below the threshold says
# "not sensitive to this prior being a little wider or narrower", and no more.
#
# **Rubric**
#
# - 1 point: names the marked parameters and says what a mark means: prior sensitivity with weak
#   likelihood for $\mu_\alpha$; prior and likelihood both pulling for a conflict.
# - 1 point: says that the method is local, so that a low value does not prove that another prior
#   would give the same answer; refers to 1c.

# %% [markdown]
# ## 1f Posterior predictive check (core, 2 points)
#
# Does the model produce data that look like ours? Draw nine new weights for each posterior draw
# (`model_slide.predict(draws_slide, kind="response")` adds them to `draws_slide`) and compare them
# with the nine that we have, in a figure (`az.plot_ppc_interval`, `az.plot_ppc_dist`, `az.plot_ppc_tstat`)
# and with one question of your own that matters to a biologist.

# %% nbgrader={"grade": false, "grade_id": "predictive-check-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
model_slide.predict(draws_slide, kind="response")
replicated = draws_slide["posterior_predictive"]["weight"]

low, high = replicated.quantile([0.055, 0.945], ["chain", "draw"]).to_numpy()
inside = int(((low <= scorpions["weight"]) & (scorpions["weight"] <= high)).sum())
below_nothing = float((replicated < 0).mean())
print(f"{inside} of {len(scorpions)} weights lie inside their 89 % intervals.")
print(f"{below_nothing:.1%} of the replicated weights are negative.")
### END SOLUTION

# %% tags=["solution-only", "hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
plot = az.plot_ppc_interval(
    draws_slide,
    visuals={
        "trunk": {"color": POOLING_COLORS["partial"]},
        "twig": {"color": POOLING_COLORS["partial"]},
        "prediction_markers": {"color": POOLING_COLORS["partial"]},
        "observed_markers": {"color": "black", "marker": "X", "size": 90},
    },
    figure_kwargs={"figsize": (10, 5)},
)
(panel,) = plot.viz["figure"].item().axes
panel.axhline(0, color="black", linestyle=":", linewidth=1.5)
panel.set(xlabel="scorpion (0 to 2: population 1)", ylabel="weight")
set_alt_text(
    plot,
    "Posterior predictive intervals of the nine weights with the observed weights as crosses. All "
    "crosses lie inside their intervals. Intervals of the light scorpions of "
    "population 1 reach below zero.",
)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
own_range = scorpions.groupby("population", observed=True)["weight"].mean()
means = replicated.groupby(
    replicated["__obs__"].copy(data=scorpions["population"].cat.codes).rename("population")
).mean("__obs__")
range_replicated = means.max("population") - means.min("population")
more = float((range_replicated >= np.ptp(own_range)).mean())
light = float((replicated[..., 0] < 0).mean())
display(
    Markdown(
        f"**Numbers for the answer.** {inside} of the {len(scorpions)} weights lie inside their 89 % interval. The "
        f"means of the heaviest and of the lightest population are {np.ptp(own_range):.0f} apart; "
        f"{more:.0%} of the replicated data sets have them at least as far apart. The lightest "
        f"scorpions are the trouble: the model gives the first of them a negative weight in "
        f"{light:.0%} of the draws, and {below_nothing:.0%} of all replicated weights are negative."
    )
)

# %% [markdown]
# Does the model describe the nine scorpions? Where does it not? Would you have found out with nine
# scorpions if it did not? Five sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "predictive-check", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** The nine weights lie inside their predictive intervals, and the differences among
# the populations are reproduced as well: in this respect the model could have made our data. It fails
# where a biologist would look first, for it predicts scorpions of negative weight, above all small ones of
# population 1 (the numbers stand above). A normal distribution has no lower end; weights on the log scale,
# or a Gamma family, would repair that. With nine scorpions the check has little power: intervals this
# wide are hard to fall out of. And the model has seen the very weights that it is asked to predict, so
# the check is on the kind side; leave-one-out is stricter.
#
# **Rubric**
#
# - 1 point: compares a stated feature of replicated and observed data and reads the comparison
#   correctly.
# - 1 point: names a limit: negative weights, the little power of nine observations, or the double use
#   of the data. One of them is enough.

# %% [markdown]
# ## 1g Leave-one-out (core, 2 points)
#
# How well would the lecture's model predict a scorpion that it has not seen? Compute `elpd_loo` of
# `model_slide` with `az.loo` and put the number (or the whole result) into `loo_slide`. It needs the
# log-likelihood in the draws, see 1e. Look at the Pareto $k$ before you use it.

# %% nbgrader={"grade": false, "grade_id": "loo-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
loo_slide = ...
### BEGIN SOLUTION
loo_slide = az.loo(draws_slide, pointwise=True)
print(loo_slide)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "loo", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("loo", loo_slide, model=model_slide, draws=draws_slide)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
import warnings

model_wide.compute_log_likelihood(draws_wide)
own_model.compute_log_likelihood(own_draws)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # on Pareto k; it is in the table
    loo_wide = az.loo(draws_wide, pointwise=True)
    loo_own = az.loo(own_draws, pointwise=True)
compared = {
    "the lecture's priors": (model_slide, loo_slide),
    "wide": (model_wide, loo_wide),
    "our own": (own_model, loo_own),
}
truth = {name: ExactPosterior.from_model(model) for name, (model, _) in compared.items()}
table = pd.DataFrame(
    {
        "elpd_loo": {name: loo.elpd for name, (_, loo) in compared.items()},
        "exact": {name: float(exact.loo().sum()) for name, exact in truth.items()},
        "standard error": {name: loo.se for name, (_, loo) in compared.items()},
        "largest k": {name: float(loo.pareto_k.max()) for name, (_, loo) in compared.items()},
        "a population left out": {name: float(exact.logo().sum()) for name, exact in truth.items()},
    }
)
table.round(2)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
gap = np.ptp(table["elpd_loo"])
off = (table["elpd_loo"] - table["exact"]).abs().max()
display(
    Markdown(
        f"**Discussion.** The largest $k$ of the three fits is {table['largest k'].max():.2f}. Near and "
        "above the limit that `az.loo` prints, one should check, and here we can: the exact "
        f"leave-one-out stands beside it, and differs by at most {off:.1f}. The three sets of priors "
        f"differ by {gap:.1f} in their score, far less than the standard error of any. Nine scorpions cannot "
        "tell you which priors are right, and a better score is no reason to choose one: that would "
        "be using the data twice. Mind also what was left out: *one scorpion of a known population*. "
        "The last column leaves out a whole population, which is the harder question, and the one "
        "that a new population will ask (exercise 3)."
    )
)

# %% [markdown]
# ## 1h The report (core, 4 points)
#
# A colleague wants to use the lecture's fit in a stock assessment. Report in at most 250 words what you
# found: which estimates depend on the priors and how much, which do not, whether the model describes
# the data, how well it predicts, and what you recommend. Numbers with their uncertainty; code may print
# them into the cell below.

# %% nbgrader={"grade": false, "grade_id": "report-numbers", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
labels = ["lecture", "wide", "own"]
fits = dict(zip(labels, [draws_slide, draws_wide, own_draws], strict=True))
rows = {}
for label, fit in fits.items():
    drawn = fit["posterior"].dataset
    named = {
        "alpha_1": group_intercepts(fit).sel(population="1"),
        "beta": drawn["length"],
        "mu_alpha": drawn["Intercept"],
        "sd_alpha": drawn["1|population_sigma"],
    }
    rows[label] = {
        name: "{:.1f} ({:.1f} to {:.1f})".format(
            float(value.mean()), *value.quantile([0.025, 0.975]).to_numpy()
        )
        for name, value in named.items()
    }
display(pd.DataFrame(rows).rename_axis("posterior mean (95 % interval)"))
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "prior-report", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Model answer** (numbers: the table above, and those of 1f and 1g).
#
# We refitted the random-intercepts model under three sets of priors. All fits passed their diagnostics.
#
# *What does not depend on the priors:* the slope. Its posterior mean hardly moves from one set to the
# next, and its interval excludes zero under each of them: longer scorpions are heavier.
#
# *What does:* everything about the population of populations. The mean $\mu_\alpha$ mostly repeats its
# prior, as power-scaling confirms, and the upper end of $\sigma_\alpha$'s interval roughly follows the
# scale of its prior. The intercepts stand between: $\alpha_1$ moves by a fifth of its posterior
# standard deviation when the prior of $\mu_\alpha$ is exchanged.
#
# *Fit:* all nine weights lie inside their predictive intervals, but the model predicts negative weights
# for small scorpions. With nine animals the check could only have found gross errors.
#
# *Prediction:* leave-one-out scores of the three sets differ by much less than their standard error. The
# data cannot choose among the priors.
#
# *Recommendation:* use the slope. Report intercepts together with the priors, under two sets at least. Do
# not use $\mu_\alpha$ or $\sigma_\alpha$ for statements about other populations: three are too
# few. Measure more populations rather than more scorpions of the same three. Model log weights.
#
# **Rubric**
#
# - 1 point: says which estimates depend on the priors and by how much, with uncertainty.
# - 1 point: says which do not (the slope).
# - 1 point: reports fit and prediction correctly, with their limits (nine observations, three groups).
# - 1 point: a recommendation that follows from the findings, in words that a colleague can use.

# %% [markdown]
# ## 1i How far can a prior push? (stretch, 2 points)
#
# Two priors are two points of a curve. `ExactPosterior.from_model(model)` computes the posterior without
# sampling, in a fraction of a second: `exact.mean(["alpha_j"])["alpha_j"]` has its three intercepts. Draw
# $\alpha_1$ against the standard deviation of $\mu_\alpha$'s prior, from very sure to very vague, for a prior
# centered at 0 and for one centered at 50. From where on does it no longer matter?

# %% nbgrader={"grade": false, "grade_id": "prior-sweep-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
prior_sd = np.geomspace(2, 300, 12)
sweep = {
    center: [
        float(
            ExactPosterior.from_model(scorpion_model((center, sd), 100)).mean(["alpha_j"])[
                "alpha_j"
            ][0]
        )
        for sd in prior_sd
    ]
    for center in (0, 50)
}
### END SOLUTION

# %% tags=["solution-only", "hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
figure, ax = plt.subplots()
for (center, means_1), marker, color in zip(
    sweep.items(), ("o", "s"), ("#1A1A1A", "#B5478F"), strict=True
):
    ax.plot(prior_sd, means_1, marker=marker, color=color, label=f"prior centered at {center}")
ax.axvline(15, color="black", linestyle=":", linewidth=1.5)
ax.annotate("the lecture's 15", (16, -4.2), ha="left")
ax.set(
    xscale="log",
    xlabel=r"standard deviation of the prior of $\mu_\alpha$",
    ylabel=r"posterior mean of $\alpha_1$",
)
ax.set_xticks([2, 5, 10, 20, 50, 100, 200], [2, 5, 10, 20, 50, 100, 200])
ax.minorticks_off()
ax.legend(loc="upper right")
set_alt_text(
    figure,
    "Posterior mean of alpha_1 against the standard deviation of the prior of mu_alpha, for priors "
    "centered at 0 and 50. The two curves start far apart and meet at large standard deviations.",
)

# %% [markdown]
# What does the curve say? And why does $\alpha_1$ stop moving, although $\mu_\alpha$ itself does not?
# Three sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "prior-sweep", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# **Model answer.** For a narrow prior the two centers pull $\alpha_1$ to different values; from a standard
# deviation of about 100 on (several times the distance between the populations) the curves run together
# and a still wider prior changes nothing. $\alpha_1$ is tied to its own three scorpions, and a vague
# $\mu_\alpha$ is tied to the three intercepts in turn, so that there is an end to how far it can go. The
# lecture's 15 lies where the center still matters: it is an opinion, and one has to say so.
#
# **Rubric**
#
# - 1 point: a correct curve for two centers, and from where on they agree.
# - 1 point: explains that with a vague prior the data of the populations take over.
