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
# # Exercise 2: Derived parameters
#
# A biologist asks whether the scorpions of populations 2 and 3 are "different" in some way. Neither a
# table of coefficients nor a test answers that. Draws from a posterior do: compute in each draw
# whatever the question is about, and you have draws of the answer.
#
# You need lecture 2. Allow an hour. 16 points.
#
# Write your code where it says *Your code here*, replace each `...`, and run the cell below it: it
# tells at once whether the answer is right, and if not, what probably happened. Take any seed; answers
# are compared within their Monte Carlo error. Tasks left open do no harm. (More on this stands at the top
# of [exercise 1](01_prior_sensitivity.ipynb).)

# %%
import arviz as az
import bambi as bmb
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display

from qfc_helpers.answers import answer
from qfc_helpers.data import load_scorpions
from qfc_helpers.draws import diagnose, difference, group_intercepts, icc, prob_greater
from qfc_helpers.theme import POOLING_COLORS, set_alt_text, use_qfc_theme

use_qfc_theme()

scorpions = load_scorpions()
# How to sample: model.fit(**sampling). The seed is yours to choose.
sampling = {
    "inference_method": "nutpie",
    "draws": 2000,
    "chains": 4,
    "target_accept": 0.99,
    "random_seed": 2023,
}

# %% [markdown]
# ## 2a The three intercepts (warm-up, 2 points)
#
# Fit the lecture's model once more, with the lecture's priors (lecture 2, or your own answer to 1b).
# Check the draws with `diagnose`. The answer: the posterior means of $\alpha_1$, $\alpha_2$ and
# $\alpha_3$, as an array of three numbers.

# %% nbgrader={"grade": false, "grade_id": "alpha-means-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model = ...
draws = ...
alpha_means = ...
### BEGIN SOLUTION
priors = {
    "Intercept": bmb.Prior("Normal", mu=50, sigma=15.0),
    "1|population": bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=100.0)),
    "length": bmb.Prior("Normal", mu=0, sigma=10.0),
    "sigma": bmb.Prior("HalfNormal", sigma=25.0),
}
random_intercepts = "weight ~ 1 + length + (1|population)"
model = bmb.Model(random_intercepts, scorpions, priors=priors, center_predictors=False)
draws = model.fit(**sampling)
print(diagnose(draws).check().summary)

alpha_j = group_intercepts(draws)
alpha_means = alpha_j.mean(["chain", "draw"])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "alpha-means", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("alpha-means", alpha_means, model=model, draws=draws)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
display(
    Markdown(
        "**Discussion.** The means are "
        + ", ".join(f"{mean:.1f}" for mean in alpha_means.to_numpy())
        + ". Each $\\alpha_j$ is the mean $\\mu_\\alpha$ plus the population's offset, added *in each "
        "draw*. For the means it makes no difference whether you add before or after averaging. For "
        "everything else in this exercise it does."
    )
)

# %% [markdown]
# ## 2b The difference (core, 3 points)
#
# Make the difference $\alpha_2 - \alpha_3$ a **derived variable**: one value for each draw, in an array
# with the dimensions `chain` and `draw`. Store it among the draws too, as
# `draws.posterior["alpha_2_minus_alpha_3"]`, so that ArviZ can summarize it like any parameter.

# %% nbgrader={"grade": false, "grade_id": "derived-difference-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
alpha_2_minus_alpha_3 = ...
### BEGIN SOLUTION
alpha_2_minus_alpha_3 = alpha_j.sel(population="2", drop=True) - alpha_j.sel(
    population="3", drop=True
)
draws.posterior["alpha_2_minus_alpha_3"] = alpha_2_minus_alpha_3
display(az.summary(draws, var_names=["alpha_2_minus_alpha_3"]))
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "derived-difference", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("derived-difference", alpha_2_minus_alpha_3, model=model, draws=draws)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
by_verb = difference(draws, "2", "3")
assert np.allclose(by_verb, alpha_2_minus_alpha_3)
alone = alpha_j.std(["chain", "draw"])
correlation = np.corrcoef(*(alpha_j.sel(population=p).to_numpy().ravel() for p in ("2", "3")))[0, 1]
spread = float(alpha_2_minus_alpha_3.std())
if_independent = float(np.hypot(alone.sel(population="2"), alone.sel(population="3")))
display(
    Markdown(
        "**Discussion.** `difference(draws, '2', '3')` does the same in one call. Why draw by draw? "
        f"The two intercepts are correlated ({correlation:+.2f}): both hang on the same slope and the "
        "same mean. Whenever the slope is steeper, both intercepts are lower, and the difference "
        f"does not notice. So it is known better (standard deviation {spread:.0f}) than two "
        f"independent intercepts would let you think ({if_independent:.0f})."
    )
)

# %% tags=["solution-only", "hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
figure, axes = plt.subplots(ncols=2, figsize=(12, 5))
drawn_2, drawn_3 = (alpha_j.sel(population=p)[:, ::4].to_numpy().ravel() for p in ("2", "3"))
axes[0].scatter(drawn_3, drawn_2, s=10, color=POOLING_COLORS["partial"], alpha=0.35, linewidth=0)
axes[0].axline((0, 0), slope=1, color="black", linestyle="--", linewidth=1.5)
axes[0].set(
    xlabel=r"$\alpha_3$", ylabel=r"$\alpha_2$", xlim=(-30, 130), ylim=(-30, 130), aspect="equal"
)
axes[0].annotate(r"$\alpha_2 > \alpha_3$", (-22, 112))
edges = np.arange(-100, 121, 5)
gap = alpha_2_minus_alpha_3.to_numpy().ravel()
axes[1].hist(gap[gap <= 0], edges, color="#B4BAC1", edgecolor="white", label="not positive")
axes[1].hist(
    gap[gap > 0],
    edges,
    color=POOLING_COLORS["partial"],
    edgecolor="white",
    hatch="//",
    label="positive",
)
axes[1].axvline(0, color="black", linestyle="--", linewidth=1.5)
axes[1].set(xlabel=r"$\alpha_2 - \alpha_3$", yticks=[], xlim=(-75, 95))
axes[1].legend()
set_alt_text(
    figure,
    "Left: draws of alpha_2 against alpha_3, an upward cloud along the diagonal; rather more than half "
    "of it lies above. Right: histogram of the difference with a sharp peak at zero; the part above "
    "zero, hatched, is the larger one.",
)

# %% [markdown]
# ## 2c Its probability (core, 3 points)
#
# What is $\Pr(\alpha_2 > \alpha_3)$, given the data, the model and its priors? A number between 0 and 1,
# or what `prob_greater` returns.

# %% nbgrader={"grade": false, "grade_id": "derived-probability-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
probability = ...
### BEGIN SOLUTION
probability = prob_greater(draws, "2", "3")
print(probability)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "derived-probability", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("derived-probability", probability, model=model, draws=draws)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
from qfc_helpers.exact import ExactPosterior

exact = ExactPosterior.from_model(model)
z = float(alpha_2_minus_alpha_3.mean() / alpha_2_minus_alpha_3.std())
display(
    Markdown(
        f"**Discussion.** It is the share of draws in which the difference is positive: "
        f"`(alpha_2_minus_alpha_3 > 0).mean()`, {probability.estimate:.3f} with a Monte Carlo error of "
        f"{probability.mcse:.3f}. Two digits mean something, the third does not. (The exact posterior "
        f"gives {exact.prob_greater('2', '3'):.3f}.)\n\n"
        "It is *not* a p-value. A p-value asks how surprising the data would be if there were no "
        "difference; this number asks how probable a positive difference is after we saw them. It is "
        f"not a measure of size either: the difference is {z:.1f} posterior standard deviations "
        "from zero, and its sign would be just as uncertain if it were a tenth of that, measured ten "
        "times as well."
    )
)

# %% [markdown]
# ## 2d Its interval (core, 2 points)
#
# The **95 % equal-tailed interval** of $\alpha_2 - \alpha_3$: two numbers, lower and upper.

# %% nbgrader={"grade": false, "grade_id": "derived-interval-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
interval = ...
### BEGIN SOLUTION
interval = alpha_2_minus_alpha_3.quantile([0.025, 0.975]).to_numpy()
print(interval.round(1))
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "derived-interval", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("derived-interval", interval, model=model, draws=draws)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
near = float((abs(alpha_2_minus_alpha_3) < 10).mean())
display(
    Markdown(
        f'**Discussion.** From {interval[0]:.0f} to {interval[1]:.0f}. The interval answers "how '
        'different?", the probability answers "which is larger?". The biologist probably wants a third '
        "thing: *does the difference matter?* For that the biologist has to say what would matter. If "
        "a difference of less than 10 is nothing (a seventh of a mean weight, say), then the posterior "
        f'probability of "practically the same" is {near:.0%}. Such a range is called a region of '
        "practical equivalence; `az.ci_in_rope` knows it too. (ArviZ's own default is an 89 % interval: "
        "say which one you report.)"
    )
)

# %% [markdown]
# ## 2e For the biologist (core, 4 points)
#
# Your friend is a biologist, not a statistician, and asked: *are the scorpions of populations 2 and 3
# different?* Answer in at most 150 words, with numbers (the cell below may print them). Say what was
# compared, how sure we are, and what would help.

# %% nbgrader={"grade": false, "grade_id": "biologist-numbers", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
low, high = interval
display(
    Markdown(
        f"Posterior mean of the difference {float(alpha_2_minus_alpha_3.mean()):.0f}; 95 % interval "
        f"{low:.0f} to {high:.0f}; probability that population 2 is heavier at the same length "
        f"{probability.estimate:.2f}; "
        f"observed weights from {scorpions['weight'].min():.0f} to {scorpions['weight'].max():.0f}."
    )
)
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "biologist-paragraph", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **Model answer** (numbers: the line above).
#
# We compared scorpions of the *same length*, because longer scorpions are heavier and the populations
# differ in length. At the same length, population 2 is a little heavier than population 3 in our best
# estimate, but we cannot tell: the probability that it is heavier at all is about three in five, not
# much better than a coin. The difference may well be zero. It may also be half of a typical weight, in
# either direction, so we have *not* shown that the populations are the same. All this rests on three
# scorpions from each population, and on two assumptions: weight grows with length at the same rate
# everywhere, and the three populations are a sample of similar ones, which draws their estimates together.
# Some twenty more scorpions from each of the two would tell the difference more than twice as
# precisely. Before you measure them: which difference would matter?
#
# **Rubric**
#
# - 1 point: says what was compared: the weight at the same length.
# - 1 point: direction and probability, correctly read (not as a p-value, not "no difference").
# - 1 point: size with its uncertainty, in units or as a share of a typical weight.
# - 1 point: plain words, an assumption or limit (nine scorpions, common slope, priors, pooling), and what
#   would help.

# %% [markdown]
# ## 2f Another derived parameter (stretch, 2 points)
#
# Which share of the variance lies *among* populations?
#
# $$\frac{\sigma_\alpha^2}{\sigma_\alpha^2 + \sigma^2}$$
#
# Compute it in each draw and give its posterior mean. (Not the share at the means of the two standard
# deviations. Try that, too, and see.)

# %% nbgrader={"grade": false, "grade_id": "variance-share-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
variance_share = ...
### BEGIN SOLUTION
share = icc(draws)
variance_share = float(share.mean())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "variance-share", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("variance-share", variance_share, model=model, draws=draws)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
sd_among = draws["posterior"]["1|population_sigma"]
sd_within = draws["posterior"]["sigma"]
plugged = float(sd_among.mean()) ** 2
plugged /= plugged + float(sd_within.mean()) ** 2
share_low, share_high = share.quantile([0.025, 0.975]).to_numpy()
display(
    Markdown(
        f"**Discussion.** The posterior mean is {variance_share:.2f}. Squaring the mean standard "
        f"deviations gives {plugged:.2f}: a curved function of the mean is not the mean of the function "
        f"(Jensen's inequality). The 95 % interval reaches from {share_low:.2f} to {share_high:.2f}, "
        "which is nearly everything that a share can be. Three populations cannot tell how much "
        "populations differ. Any single number would hide that."
    )
)
