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
# # Exercise 3: Hyperdistributions
#
# The three populations are a sample from many. What do they tell us about one that nobody has measured?
# The answer is a distribution, the *posterior predictive hyperdistribution*, and it holds two kinds of
# uncertainty: populations differ, and we do not know well by how much. You compute it for scorpions,
# with three groups, and for radon, with 85.
#
# You need lectures 2 to 4. Allow an hour and a half. 17 points.
#
# Write your code where it says *Your code here*, replace each `...`, and run the cell below it: it
# tells at once whether the answer is right, and if not, what probably happened. Take any seed; answers
# are compared within their Monte Carlo error. Tasks left open do no harm. (More on this stands at the top
# of [exercise 1](01_prior_sensitivity.ipynb).)

# %%
import bambi as bmb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from qfc_helpers.answers import answer
from qfc_helpers.data import load_radon, load_scorpions
from qfc_helpers.draws import diagnose, group_intercepts, new_group, predict_new_group
from qfc_helpers.plots import plot_hyperdistribution
from qfc_helpers.theme import POOLING_COLORS, set_alt_text, use_qfc_theme

use_qfc_theme()

scorpions = load_scorpions()
radon = load_radon()
# How to sample: model.fit(**sampling). The seed is yours to choose.
sampling = {
    "inference_method": "nutpie",
    "draws": 2000,
    "chains": 4,
    "target_accept": 0.99,
    "random_seed": 2023,
}

# %% [markdown]
# ## 3a The mean of the hyperdistribution (warm-up, 1 point)
#
# Fit the lecture's scorpion model with the lecture's priors once more (lecture 2, or your own answer to
# 1b), and look at the diagnostics. What is the posterior mean of $\mu_\alpha$? A number.

# %% nbgrader={"grade": false, "grade_id": "mu-alpha-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model = ...
draws = ...
mu_alpha = ...
### BEGIN SOLUTION
random_intercepts = "weight ~ 1 + length + (1|population)"
hyperprior = bmb.Prior("HalfNormal", sigma=100.0)
priors = {
    "Intercept": bmb.Prior("Normal", mu=50, sigma=15.0),
    "1|population": bmb.Prior("Normal", mu=0, sigma=hyperprior),
    "length": bmb.Prior("Normal", mu=0, sigma=10.0),
    "sigma": bmb.Prior("HalfNormal", sigma=25.0),
}
model = bmb.Model(random_intercepts, scorpions, priors=priors, center_predictors=False)
draws = model.fit(**sampling)
print(diagnose(draws).check().summary)

mu_draws = draws["posterior"]["Intercept"]
mu_alpha = float(mu_draws.mean())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "mu-alpha", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
answer("mu-alpha", mu_alpha, model=model, draws=draws)

# %% [markdown]
# ## 3b A new population (core, 4 points)
#
# Draw $\alpha$ for a population that nobody has measured, one value for each posterior draw (dimensions
# `chain` and `draw`), and plot it together with the three $\alpha_j$: by yourself, or with
# `plot_hyperdistribution(alpha_new, groups)`, where `groups` is a data frame with the columns
# `estimate`, `lower` and `upper` and a row for each population. There is a cell for the figure below the
# verdict.
#
# Think before you look for a function: in each posterior draw you know $\mu_\alpha$ and $\sigma_\alpha$.
# What do they say about a population that is one more of the same kind?

# %% nbgrader={"grade": false, "grade_id": "new-population-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
alpha_new = ...
### BEGIN SOLUTION
rng = np.random.default_rng(4)
sd_draws = draws["posterior"]["1|population_sigma"]
alpha_new = mu_draws + sd_draws * rng.standard_normal(mu_draws.shape)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "new-population", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
answer("new-population", alpha_new, model=model, draws=draws)

# %% tags=["nbval-check-output"] nbgrader={"grade": false, "grade_id": "new-population-figure", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
alpha_j = group_intercepts(draws)
ends_j = alpha_j.quantile([0.055, 0.945], ["chain", "draw"])
three = {"estimate": alpha_j.mean(["chain", "draw"]), "lower": ends_j[0], "upper": ends_j[1]}
populations = [f"population {label}" for label in alpha_j["population"].to_numpy()]
ax = plot_hyperdistribution(alpha_new, pd.DataFrame(three, index=populations))
ax.set_xlabel(r"$\alpha$, with its 89 % intervals")
### END SOLUTION

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
by_verb = new_group(draws, random_seed=4)
display(
    Markdown(
        "**Discussion.** The hyperdistribution is $\\text{Normal}(\\mu_\\alpha, \\sigma_\\alpha^2)$, "
        "and each posterior draw has its own. Draw one value from each of them, and you have the "
        "posterior predictive hyperdistribution. `new_group(draws)` does this "
        f"(standard deviation {float(by_verb.std()):.0f}; by hand {float(alpha_new.std()):.0f}).\n\n"
        "Three shortcuts look similar and are not. *The posterior of $\\mu_\\alpha$* (standard "
        f"deviation {float(mu_draws.std()):.0f}) says where the **mean** of populations is, and no "
        "population has to sit on the mean. *One hyperdistribution with the posterior means of the two "
        f"parameters* (standard deviation {float(sd_draws.mean()):.0f}) forgets that they are not "
        "known, and has tails that are too short. *Bambi's* `sample_new_groups=True` picks one of "
        "the three old populations in each draw: with three groups, about half of the spread."
    )
)

# %% tags=["solution-only", "hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
from qfc_helpers.exact import ExactPosterior

grid = np.linspace(-150, 250, 400)
exact = ExactPosterior.from_model(model)
plugged = np.exp(-0.5 * ((grid - mu_alpha) / float(sd_draws.mean())) ** 2)
plugged /= float(sd_draws.mean()) * np.sqrt(2 * np.pi)

figure, ax = plt.subplots()
ax.hist(
    alpha_new.to_numpy().ravel(),
    np.arange(-150, 251, 8),
    density=True,
    color=POOLING_COLORS["partial"],
    alpha=0.45,
    edgecolor="white",
    label="a new population",
)
ax.plot(grid, plugged, color="#1A1A1A", linestyle="--", label="with parameters at their means")
ax.plot(
    grid,
    exact.density("mu_alpha", grid),
    color="#B5478F",
    linestyle=":",
    label=r"posterior of $\mu_\alpha$",
)
ax.set(xlabel=r"$\alpha$", yticks=[], xlim=(-150, 250), ylim=(0, 0.033))
ax.legend(loc="upper left", fontsize=13)
set_alt_text(
    figure,
    "Histogram of alpha of a new population, reaching from about -100 to 200. The posterior of "
    "mu_alpha is much narrower and higher; the normal curve with parameters at their means is lower "
    "in the middle and has shorter tails.",
)

# %% [markdown]
# ## 3c Its interval (core, 2 points)
#
# The **95 % equal-tailed interval** of $\alpha$ for the new population: two numbers.

# %% nbgrader={"grade": false, "grade_id": "new-population-interval-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
interval = ...
### BEGIN SOLUTION
interval = alpha_new.quantile([0.025, 0.975]).to_numpy()
print(interval.round(0))
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "new-population-interval", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("new-population-interval", interval, model=model, draws=alpha_new)


# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
def width(drawn):
    """Width of the 95 % interval."""
    return float(np.diff(drawn.quantile([0.025, 0.975]).to_numpy())[0])


known_width = np.mean([width(values) for _, values in alpha_j.groupby("population")])
plugged_width = 2 * 1.96 * float(sd_draws.mean())
largest = float(sd_draws.quantile(0.9))
in_tails = (alpha_new < interval[0]) | (alpha_new > interval[1])
tail_share = float((sd_draws > largest).to_numpy()[in_tails.to_numpy()].mean())
below_nothing = float((alpha_new < 0).mean())
display(
    Markdown(
        f"**Numbers for the next answer.** 95 % intervals: a new population {interval[0]:.0f} to "
        f"{interval[1]:.0f}, {width(alpha_new):.0f} wide; $\\mu_\\alpha$ {width(mu_draws):.0f} wide; "
        f"an observed population {known_width:.0f} wide on average; with the parameters held at their "
        f"posterior means {plugged_width:.0f} wide. {tail_share:.0%} of the draws outside the interval "
        f"come from the tenth of the posterior with the largest $\\sigma_\\alpha$ (above "
        f"{largest:.0f}). Pr(intercept below zero) = {below_nothing:.0%}; the nine weights run from "
        f"{scorpions['weight'].min():.0f} to {scorpions['weight'].max():.0f}."
    )
)

# %% [markdown]
# ## 3d How uncertain? (core, 3 points)
#
# How uncertain are we about the intercept of a population that nobody has measured, and **why**? Compare
# with an observed population. Which part of the uncertainty would more scorpions of the same three
# populations remove, which part more populations, and which part nothing? At most 150 words.

# %% [markdown] nbgrader={"grade": true, "grade_id": "how-uncertain", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer** (numbers: the paragraph above).
#
# So uncertain that the prediction is of little use: the interval is nearly twice as wide as the whole range
# of the nine weights, and it holds negative intercepts. It is about three times as wide as that of an
# observed population. Three things add up. Populations differ; this is what $\sigma_\alpha$ measures,
# and no amount of data removes it, since a new population is a new draw. We do not know
# $\sigma_\alpha$: three populations allow almost any value, and the long tails come from the draws in which
# it is large. And we do not know $\mu_\alpha$ exactly. The second and third part shrink with more
# *populations*. More scorpions of the same three would tell us those three intercepts better, and hardly
# anything about a fourth. In the tails it is the prior of $\sigma_\alpha$ that speaks.
#
# **Rubric**
#
# - 1 point: gives the size of the uncertainty and compares it with an observed population or with the
#   data.
# - 1 point: tells the variation among populations from not knowing the hyperparameters.
# - 1 point: says that more populations help, more scorpions of the same ones hardly, and that a part
#   always stays.

# %% [markdown]
# ## 3e A new county (core, 3 points)
#
# Now with 85 groups. Minnesota has 87 counties, the data hold 85. Fit
#
# `log_radon ~ 1 + floor + (1|county)`
#
# with Bambi's own priors, and draw $\alpha$ (the mean log radon in basements) for a county that was not
# sampled. Dimensions `chain` and `draw`, as before.

# %% nbgrader={"grade": false, "grade_id": "radon-new-county-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model_radon = ...
draws_radon = ...
alpha_new_county = ...
### BEGIN SOLUTION
model_radon = bmb.Model("log_radon ~ 1 + floor + (1|county)", data=radon)
draws_radon = model_radon.fit(**sampling)
print(diagnose(draws_radon).check().summary)

alpha_new_county = new_group(draws_radon, "not sampled", random_seed=4).squeeze("county", drop=True)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "radon-new-county", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("radon-new-county", alpha_new_county, model=model_radon, draws=draws_radon)

# %% tags=["solution-only", "hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
alpha_county = group_intercepts(draws_radon).mean(["chain", "draw"])
figure, axes = plt.subplots(ncols=2, figsize=(12, 4.8))
shown = (
    (
        axes[0],
        alpha_new,
        alpha_j.mean(["chain", "draw"]),
        "3 populations of scorpions",
        (-150, 250),
    ),
    (axes[1], alpha_new_county, alpha_county, "85 counties", (0.2, 2.8)),
)
for ax, drawn, means, title, limits in shown:
    ax.hist(
        drawn.to_numpy().ravel(),
        np.linspace(*limits, 50),
        density=True,
        color=POOLING_COLORS["partial"],
        alpha=0.45,
        edgecolor="white",
    )
    ax.plot(means, np.zeros(means.size), "|", color="black", markersize=26, markeredgewidth=1.5)
    ax.set(title=title, xlabel=r"$\alpha$ of a new group", yticks=[], xlim=limits)
axes[0].annotate("bars: observed groups", (-140, 0.0105), fontsize=14)
set_alt_text(
    figure,
    "Two histograms of alpha for a new group, with the posterior means of the observed groups as bars "
    "on the axis. For the scorpions the histogram is far wider than its three bars. For the counties "
    "the 85 bars cover the middle of the histogram, not its tails.",
)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
sd_county = draws_radon["posterior"]["1|county_sigma"]
table = {}
for name, sd, new, means in (
    ("3 populations", sd_draws, alpha_new, alpha_j.mean(["chain", "draw"])),
    ("85 counties", sd_county, alpha_new_county, alpha_county),
):
    table[name] = {
        "sd_alpha: posterior sd, relative to its mean": f"{float(sd.std() / sd.mean()):.0%}",
        "width, relative to parameters held at their means": (
            f"{width(new) / (2 * 1.96 * float(sd.mean())):.0%}"
        ),
        "sd of the observed groups' means, relative to a new group's": (
            f"{float(means.std(ddof=1) / new.std()):.0%}"
        ),
    }
display(pd.DataFrame(table))

# %% [markdown]
# ## 3f Three groups and eighty-five (core, 2 points)
#
# Compare the two posterior predictive hyperdistributions. What is different, and what is still uncertain
# with 85 groups? Would the *observed* counties' posterior means, as a histogram, do instead? Five
# sentences.

# %% [markdown] nbgrader={"grade": true, "grade_id": "three-and-eighty-five", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# **Model answer** (numbers: the table above).
#
# With 85 counties $\sigma_\alpha$ is known to about a seventh of its value, with three populations only to
# two thirds. So for counties the predictive distribution is practically one normal distribution with the
# parameters at their means, and nearly all of its width is real variation among counties: more counties
# would not make it narrower. For scorpions the interval is a good quarter wider than with the parameters
# at their means, and the long tails are our ignorance of the hyperparameters. A histogram of the counties' posterior means would be too narrow, since
# each of them was pulled towards the mean: shrunken estimates vary less than the true intercepts. And
# whether a county belongs to the same kind at all (exchangeability) no number of counties can tell.
#
# **Rubric**
#
# - 1 point: with 85 groups the hyperparameters are known well, so what is left is variation among
#   groups; with three it is mostly ignorance.
# - 1 point: posterior means of observed groups are shrunken and would be too narrow; or names
#   exchangeability as what remains assumed.

# %% [markdown]
# ## 3g One scorpion (stretch, 2 points)
#
# Somebody brings a scorpion of length 10 from a population that nobody has measured. What could it weigh?
# Draws of its **weight**, dimensions `chain` and `draw`.

# %% nbgrader={"grade": false, "grade_id": "new-scorpion-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
weight_new = ...
### BEGIN SOLUTION
one = pd.DataFrame({"population": ["unknown"], "length": [10.0]})
weight_new = predict_new_group(draws, model, one, random_seed=4).squeeze("__obs__", drop=True)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "new-scorpion", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("new-scorpion", weight_new, model=model, draws=draws)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
slope, sd_obs = (draws["posterior"][name] for name in ("length", "sigma"))
by_hand = alpha_new + 10 * slope + sd_obs * rng.standard_normal(sd_obs.shape)
weight_interval = weight_new.quantile([0.025, 0.975]).to_numpy()
display(
    Markdown(
        "**Discussion.** By hand: the new population's intercept, plus ten times the slope of the same "
        "draw, plus a scorpion's own deviation from the line, Normal(0, $\\sigma$). The 95 % interval "
        f"is {weight_interval[0]:.0f} to {weight_interval[1]:.0f} (by hand "
        f"{float(by_hand.quantile(0.025)):.0f} to {float(by_hand.quantile(0.975)):.0f}). "
        f"{float((weight_new < 0).mean()):.0%} of these scorpions weigh less than nothing. Compare "
        "the width with that of 3c: the scorpion's own deviation adds little to what we do not "
        "know about its population. An honest prediction, and a useless one; both words matter."
    )
)
