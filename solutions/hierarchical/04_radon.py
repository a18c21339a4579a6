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
# # Exercise 4: Radon
#
# Pooling over many groups, with real data: 919 houses in 85 counties of Minnesota. Who is pulled towards
# the others, how far, and why? And what do you tell somebody who has to act on it?
#
# You need lecture 3. Allow an hour and a half. 17 points.
#
# Write your code where it says *Your code here*, replace each `...`, and run the cell below it: it
# tells at once whether the answer is right, and if not, what probably happened. Take any seed; answers
# are compared within their Monte Carlo error. Tasks left open do no harm. (More on this stands at the top
# of [exercise 1](01_prior_sensitivity.ipynb).)
#
# Most questions are about **LACQUIPARLE** ("the lake which speaks"), a county with few houses in the data.

# %%
import bambi as bmb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from IPython.display import Markdown, display

from qfc_helpers.answers import answer
from qfc_helpers.data import load_radon
from qfc_helpers.draws import diagnose, group_intercepts, icc, pooling_factor, prob_greater
from qfc_helpers.frequentist import aic
from qfc_helpers.frequentist import group_intercepts as estimated_intercepts
from qfc_helpers.theme import POOLING_COLORS, set_alt_text, use_qfc_theme

use_qfc_theme()

radon = load_radon()
# How to sample: model.fit(**sampling). The seed is yours to choose.
sampling = {
    "inference_method": "nutpie",
    "draws": 2000,
    "chains": 4,
    "target_accept": 0.9,
    "random_seed": 2023,
}

# %% [markdown]
# ## 4a No pooling (warm-up, 1 point)
#
# Fit one intercept per county and a common slope of `floor` by least squares
# (`log_radon ~ 0 + county + floor`). What is the intercept of LACQUIPARLE? How many houses is it made of?

# %% nbgrader={"grade": false, "grade_id": "radon-no-pooling-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
alpha_no = ...
### BEGIN SOLUTION
least_squares = smf.ols("log_radon ~ 0 + county + floor", radon).fit()
intercepts_no = estimated_intercepts(least_squares)
alpha_no = intercepts_no["LACQUIPARLE"]
display(radon[radon["county"] == "LACQUIPARLE"])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "radon-no-pooling", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
answer("radon-no-pooling", alpha_no)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
houses = radon["county"].value_counts(sort=False)
rank = int(intercepts_no.rank(ascending=False)["LACQUIPARLE"])
display(
    Markdown(
        f"**Discussion.** {alpha_no:.2f}, that is {np.exp(alpha_no):.0f} pCi/L, from "
        f"{houses['LACQUIPARLE']} houses. Of 85 counties it is number {rank}. Would you ring the health "
        "officer because of two houses?"
    )
)

# %% [markdown]
# ## 4b An AIC (warm-up, 1 point)
#
# The AIC, by maximum likelihood, of the model with partial pooling, `log_radon ~ floor + (1|county)` in R's
# words. (`smf.mixedlm`, as in 1a; `method="powell"`.)

# %% nbgrader={"grade": false, "grade_id": "radon-aic-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
aic_partial = ...
### BEGIN SOLUTION
mixed = smf.mixedlm("log_radon ~ floor", radon, groups="county")
aic_partial = aic(mixed.fit(reml=False, method="powell")).value
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "radon-aic", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
answer("radon-aic", aic_partial)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
others = {
    "no pooling": aic(least_squares).value,
    "complete pooling": aic(smf.ols("log_radon ~ floor", radon).fit()).value,
}
display(
    Markdown(
        f"**Discussion.** {aic_partial:.1f}, against "
        + " and ".join(f"{value:.1f} for {name}" for name, value in others.items())
        + ". With 85 groups partial pooling wins clearly; all three are by maximum likelihood, so they "
        "may be compared."
    )
)

# %% [markdown]
# ## 4c Partial pooling (core, 3 points)
#
# Fit `log_radon ~ 1 + floor + (1|county)` in Bambi, with Bambi's own priors. Check the draws. What is the
# posterior mean of $\alpha$ of LACQUIPARLE?

# %% nbgrader={"grade": false, "grade_id": "radon-partial-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model = ...
draws = ...
alpha_partial = ...
### BEGIN SOLUTION
model = bmb.Model("log_radon ~ 1 + floor + (1|county)", data=radon)
draws = model.fit(**sampling)
print(diagnose(draws).check().summary)

alpha_j = group_intercepts(draws)
alpha_partial = float(alpha_j.sel(county="LACQUIPARLE").mean())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "radon-partial", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("radon-partial", alpha_partial, model=model, draws=draws)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
means_partial = alpha_j.mean(["chain", "draw"]).to_series()
mu = float(draws["posterior"]["Intercept"].mean())
rank_partial = int(means_partial.rank(ascending=False)["LACQUIPARLE"])
display(
    Markdown(
        f"**Discussion.** {alpha_partial:.2f}: from number {rank} to number {rank_partial}. The mean of "
        f"all counties is {mu:.2f}. What two houses say counts, but only so much."
    )
)

# %% [markdown]
# ## 4d How far is it pulled? (core, 3 points)
#
# The posterior mean of LACQUIPARLE's **pooling factor**, as lecture 2 defines it: 0 is no pooling, 1 is
# complete pooling.

# %% nbgrader={"grade": false, "grade_id": "radon-pooling-factor-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
factor = ...
### BEGIN SOLUTION
omega = pooling_factor(draws, radon)
factor = float(omega.sel(county="LACQUIPARLE").mean())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "radon-pooling-factor", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("radon-pooling-factor", factor, model=model, draws=draws)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
by_formula = (1 - factor) * alpha_no + factor * mu
display(
    Markdown(
        f"**Discussion.** It gives up {factor:.0%} of its distance to the mean. Check: "
        f"{1 - factor:.2f} · {alpha_no:.2f} + {factor:.2f} · {mu:.2f} = {by_formula:.2f}, and the "
        f"posterior mean is {alpha_partial:.2f}. The posterior mean of the factor is an average over what "
        "we do not know about the two standard deviations, and the two slopes differ a little; that is "
        "why it is not the same to the last digit."
    )
)

# %% tags=["solution-only", "hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
means_omega = omega.mean(["chain", "draw"]).to_series()
moved = means_partial - intercepts_no
rng = np.random.default_rng(1)
figure, axes = plt.subplots(ncols=2, figsize=(12, 5.2))
spread = houses.to_numpy() * np.exp(rng.uniform(-0.06, 0.06, houses.size))
axes[0].plot(spread, means_omega[houses.index], "o", color=POOLING_COLORS["partial"], markersize=6)
axes[0].set(xscale="log", xlabel="houses in the county", ylabel="pooling factor", ylim=(0, 1))
axes[0].set_xticks([1, 2, 5, 10, 20, 50, 100], [1, 2, 5, 10, 20, 50, 100])
axes[0].minorticks_off()
for low, high, marker, color in (
    (0, 4, "s", "#1A1A1A"),
    (4, 14, "o", "#B5478F"),
    (14, 999, "^", "#56606B"),
):
    some = houses[(houses > low) & (houses <= high)].index
    label = f"{low + 1} to {high} houses" if high < 999 else f"{low + 1} houses or more"
    axes[1].plot(
        intercepts_no[some] - mu, moved[some], marker, color=color, markersize=7, label=label
    )
ends = np.array([-1.6, 1.8])
axes[1].plot(ends, -ends, color="black", linestyle="--", linewidth=1.5)
axes[1].annotate("complete pooling", (-1.5, 1.55), fontsize=13)
axes[1].axhline(0, color="black", linestyle=":", linewidth=1.5)
axes[1].annotate("no pooling", (-1.6, -0.12), fontsize=13)
where = (intercepts_no["LACQUIPARLE"] - mu, moved["LACQUIPARLE"])
axes[1].annotate(
    "LACQUIPARLE",
    where,
    (-0.75, -1.3),
    fontsize=13,
    arrowprops={"arrowstyle": "-", "color": "black"},
)
axes[1].set(
    xlabel="no pooling: distance from the mean",
    ylabel="moved by",
    xlim=(-1.7, 1.9),
    ylim=(-1.5, 1.8),
)
axes[1].legend(fontsize=13, loc="upper right")
set_alt_text(
    figure,
    "Left: the pooling factor falls with the number of houses, from about 0.8 at one house to below "
    "0.1 at a hundred. Right: how far each county moved against its distance from the mean without "
    "pooling. Small counties lie nearer to the line of complete pooling, large ones near zero; LACQUIPARLE, "
    "small and far away, moved farthest down.",
)

# %% [markdown]
# ## 4e Who is pulled, and why? (core, 2 points)
#
# Which counties move far, and which do not? Why is it sensible that they do? Name the three quantities
# that the pooling factor is made of, and say what each of them does. Five sentences; a figure helps.

# %% nbgrader={"grade": false, "grade_id": "pulled-figure", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
print(moved.abs().sort_values(ascending=False).head(3).round(2))
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "who-is-pulled", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# **Model answer** (figure and numbers: above).
#
# A county moves far if it has *few houses* and is *far from the mean*; one alone is not enough. A county with
# a hundred houses stays where it is, however unusual, and a county with one house near the mean has
# nowhere to go. The pooling factor depends on the number of houses $n_j$ (more houses: less pooling), on
# $\sigma$, the variation among houses of one county (noisier houses: more pooling), and on
# $\sigma_\alpha$, the variation among counties (more different counties: less pooling). It does not depend on
# the county's own value. This is sensible because a mean of two houses is easily extreme by luck, and the
# other counties tell how extreme counties really are.
#
# **Rubric**
#
# - 1 point: small *and* unusual; separates the factor (share of the way) from the distance (the way).
# - 1 point: names the three quantities with the right direction of each.

# %% [markdown]
# ## 4f Which county is worse? (core, 2 points)
#
# HENNEPIN (the county of Minneapolis) has more than a hundred houses in the data. What is
# $\Pr(\alpha_\text{LACQUIPARLE} > \alpha_\text{HENNEPIN})$?

# %% nbgrader={"grade": false, "grade_id": "radon-probability-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
probability = ...
### BEGIN SOLUTION
probability = prob_greater(draws, "LACQUIPARLE", "HENNEPIN")
print(probability)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "radon-probability", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("radon-probability", probability, model=model, draws=draws)

# %% [markdown]
# ## 4g For the health officer (core, 3 points)
#
# The county's health officer has seen the two measurements from LACQUIPARLE and asks whether to warn the
# whole county. The Environmental Protection Agency recommends action from 4 pCi/L. Answer in at most 150
# words, with numbers in pCi/L (the cell below may print them), and say what you would do next.

# %% nbgrader={"grade": false, "grade_id": "officer-numbers", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
typical = np.exp(alpha_j.sel(county="LACQUIPARLE"))
noise = draws["posterior"]["sigma"] * rng.standard_normal(typical.shape)
one_house = np.exp(alpha_j.sel(county="LACQUIPARLE") + noise)
all_counties = np.exp(alpha_j)
rows = {
    "typical basement of LACQUIPARLE": typical,
    "one basement of LACQUIPARLE": one_house,
    "typical basement of HENNEPIN": all_counties.sel(county="HENNEPIN"),
}
report = pd.DataFrame(
    {
        name: {
            "median (pCi/L)": float(value.median()),
            "from (2.5 %)": float(value.quantile(0.025)),
            "to (97.5 %)": float(value.quantile(0.975)),
            "Pr(above 4 pCi/L)": float((value > 4).mean()),
        }
        for name, value in rows.items()
    }
).T
display(report.round(2))
print("no pooling:", round(float(np.exp(alpha_no)), 1), "pCi/L")
### END SOLUTION

# %% [markdown] nbgrader={"grade": true, "grade_id": "officer-report", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Model answer** (numbers: the table above).
#
# Two houses were measured, and both are high; taken alone they would make yours the worst county of the
# state, with nearly five times the action level of 4 pCi/L. Two houses are easily high by chance, so we
# also looked at how counties differ in general. Then a typical basement in your county has a third of what
# the two houses suggest. That is very probably still above the action level, but uncertain by a factor
# of nearly two either way. And people live in houses, not in averages: single houses vary so much that
# one basement in four would be below the level, and some would be many times above. So do not tell people that
# they live in the worst county. Do tell them to measure: it is cheap, and the only way to know about a
# house. Twenty houses drawn at random would show how your county stands.
#
# **Rubric**
#
# - 1 point: an estimate with its uncertainty in pCi/L, not on the log scale, and not the no-pooling one
#   alone.
# - 1 point: tells the county's typical house from a single house.
# - 1 point: advice that follows, in plain words.

# %% [markdown]
# ## 4h What the soil explains (stretch, 2 points)
#
# Add `log_uranium`, one value per county, to the model of 4c. What is the posterior mean of the standard
# deviation among counties now?

# %% nbgrader={"grade": false, "grade_id": "radon-uranium-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model_uranium = ...
draws_uranium = ...
sd_county = ...
### BEGIN SOLUTION
model_uranium = bmb.Model("log_radon ~ 1 + floor + log_uranium + (1|county)", data=radon)
draws_uranium = model_uranium.fit(**sampling)
print(diagnose(draws_uranium).check().summary)

sd_county = float(draws_uranium["posterior"]["1|county_sigma"].mean())
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "radon-uranium", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("radon-uranium", sd_county, model=model_uranium, draws=draws_uranium)

# %% tags=["solution-only", "hide-input"] jupyter={"source_hidden": true}
without = float(draws["posterior"]["1|county_sigma"].mean())
omega_uranium = float(pooling_factor(draws_uranium, radon).sel(county="LACQUIPARLE").mean())
display(
    Markdown(
        f"**Discussion.** {sd_county:.2f} instead of {without:.2f}. The share of the remaining variance "
        f"that lies among counties falls from {float(icc(draws).mean()):.0%} to "
        f"{float(icc(draws_uranium).mean()):.0%}: much of what made counties different was their soil. "
        f"LACQUIPARLE's pooling factor rises from {factor:.2f} to {omega_uranium:.2f}, and that is "
        "good news, not bad: it is now pulled to what counties *with its soil* have, and those are a "
        "better guide than all of Minnesota."
    )
)
