# ---
# jupyter:
#   jupytext:
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

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "b4553ade590c36dcef36556caddea0a5", "grade": false, "grade_id": "aic-ml-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
aic_ml = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "0aeeb44d10d71b95f63631aa4bf872a3", "grade": true, "grade_id": "aic-ml", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
answer("aic-ml", aic_ml)

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

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "824fd190bd62a79a474abd920eff78b5", "grade": false, "grade_id": "slide-alpha-1-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model_slide = ...
draws_slide = ...
alpha_1_slide = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "a8a612e49250f16087879ecbb78e0778", "grade": true, "grade_id": "slide-alpha-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("slide-alpha-1", alpha_1_slide, model=model_slide, draws=draws_slide)

# %% [markdown]
# ## 1c One prior exchanged (core, 2 points)
#
# Exchange $\mu_\alpha \sim \text{Normal}(50, 15^2)$ for $\mu_\alpha \sim \text{Normal}(0, 100^2)$ and
# leave the rest. Fit again. What is the posterior mean of $\alpha_1$ now?

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "9e439293d524d470889060c371eb8de8", "grade": false, "grade_id": "wide-alpha-1-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model_wide = ...
draws_wide = ...
alpha_1_wide = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "030eb2814b5c3b6a573463f84451819c", "grade": true, "grade_id": "wide-alpha-1", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("wide-alpha-1", alpha_1_wide, model=model_wide, draws=draws_wide)

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

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "963c5de6c330183d047bfff5d77225bd", "grade": false, "grade_id": "own-sd-alpha-interval-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
own_model = ...
own_draws = ...
own_interval = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "c0855fc5859b8e00b20e5b4050200cc6", "grade": true, "grade_id": "own-sd-alpha-interval", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("own-sd-alpha-interval", own_interval, model=own_model, draws=own_draws)

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

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "a821631d4ff2a6d741730fe8db88cf9b", "grade": false, "grade_id": "power-scaling-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Your code here

# %% [markdown]
# Which parameters does the summary mark, and what does each mark mean? Which prior is behind it? Does
# a value below the usual threshold prove that the prior does not matter? (Compare with what happened to
# $\alpha_1$ in 1c.) Five sentences.

# %% [markdown] deletable=false nbgrader={"cell_type": "markdown", "checksum": "f01941f9c6472631c865f28b53fb74d3", "grade": true, "grade_id": "power-scaling", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# *Your answer here.*

# %% [markdown]
# ## 1f Posterior predictive check (core, 2 points)
#
# Does the model produce data that look like ours? Draw nine new weights for each posterior draw
# (`model_slide.predict(draws_slide, kind="response")` adds them to `draws_slide`) and compare them
# with the nine that we have, in a figure (`az.plot_ppc_interval`, `az.plot_ppc_dist`, `az.plot_ppc_tstat`)
# and with one question of your own that matters to a biologist.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "8d36669770e7e213f37ea1697856d1d5", "grade": false, "grade_id": "predictive-check-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Your code here

# %% [markdown]
# Does the model describe the nine scorpions? Where does it not? Would you have found out with nine
# scorpions if it did not? Five sentences.

# %% [markdown] deletable=false nbgrader={"cell_type": "markdown", "checksum": "db4e68e46f6ff0134cb02a70ddfa29f5", "grade": true, "grade_id": "predictive-check", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# *Your answer here.*

# %% [markdown]
# ## 1g Leave-one-out (core, 2 points)
#
# How well would the lecture's model predict a scorpion that it has not seen? Compute `elpd_loo` of
# `model_slide` with `az.loo` and put the number (or the whole result) into `loo_slide`. It needs the
# log-likelihood in the draws, see 1e. Look at the Pareto $k$ before you use it.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "c86adaf85405c45417c06261cc966152", "grade": false, "grade_id": "loo-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
loo_slide = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "012a75bcbe547d4622e0c71a1e3bf723", "grade": true, "grade_id": "loo", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("loo", loo_slide, model=model_slide, draws=draws_slide)

# %% [markdown]
# ## 1h The report (core, 4 points)
#
# A colleague wants to use the lecture's fit in a stock assessment. Report in at most 250 words what you
# found: which estimates depend on the priors and how much, which do not, whether the model describes
# the data, how well it predicts, and what you recommend. Numbers with their uncertainty; code may print
# them into the cell below.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "a5d651aeb9d6a7c909db53f2ebb1f24e", "grade": false, "grade_id": "report-numbers", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Your code here

# %% [markdown] deletable=false nbgrader={"cell_type": "markdown", "checksum": "5442a03824b1c7c99690d0ad8108d9c5", "grade": true, "grade_id": "prior-report", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# *Your answer here.*

# %% [markdown]
# ## 1i How far can a prior push? (stretch, 2 points)
#
# Two priors are two points of a curve. `ExactPosterior.from_model(model)` computes the posterior without
# sampling, in a fraction of a second: `exact.mean(["alpha_j"])["alpha_j"]` has its three intercepts. Draw
# $\alpha_1$ against the standard deviation of $\mu_\alpha$'s prior, from very sure to very vague, for a prior
# centered at 0 and for one centered at 50. From where on does it no longer matter?

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "47c9fb05d8887b011313743c9505a16d", "grade": false, "grade_id": "prior-sweep-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Your code here

# %% [markdown]
# What does the curve say? And why does $\alpha_1$ stop moving, although $\mu_\alpha$ itself does not?
# Three sentences.

# %% [markdown] deletable=false nbgrader={"cell_type": "markdown", "checksum": "4e8b06cd2019ec7851d1b073ca297daf", "grade": true, "grade_id": "prior-sweep", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# *Your answer here.*
