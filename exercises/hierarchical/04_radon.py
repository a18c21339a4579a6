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

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "b8a92fad2cdd5415c4cf2ee22ff1435a", "grade": false, "grade_id": "radon-no-pooling-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
alpha_no = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "0919ba44ee9a8730f7e69f241170b112", "grade": true, "grade_id": "radon-no-pooling", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
answer("radon-no-pooling", alpha_no)

# %% [markdown]
# ## 4b An AIC (warm-up, 1 point)
#
# The AIC, by maximum likelihood, of the model with partial pooling, `log_radon ~ floor + (1|county)` in R's
# words. (`smf.mixedlm`, as in 1a; `method="powell"`.)

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "980396ed172b7eb5950ece663b690fcd", "grade": false, "grade_id": "radon-aic-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
aic_partial = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "af7e2885900a832f955db2c90f7834b1", "grade": true, "grade_id": "radon-aic", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
answer("radon-aic", aic_partial)

# %% [markdown]
# ## 4c Partial pooling (core, 3 points)
#
# Fit `log_radon ~ 1 + floor + (1|county)` in Bambi, with Bambi's own priors. Check the draws. What is the
# posterior mean of $\alpha$ of LACQUIPARLE?

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "702bd5ab58b1748e8631a00e3bda022f", "grade": false, "grade_id": "radon-partial-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model = ...
draws = ...
alpha_partial = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "f71ff6e06147335f7caa287fb18fb340", "grade": true, "grade_id": "radon-partial", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("radon-partial", alpha_partial, model=model, draws=draws)

# %% [markdown]
# ## 4d How far is it pulled? (core, 3 points)
#
# The posterior mean of LACQUIPARLE's **pooling factor**, as lecture 2 defines it: 0 is no pooling, 1 is
# complete pooling.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "3dc6d1ff40c1b728c4e225a023f8edaa", "grade": false, "grade_id": "radon-pooling-factor-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
factor = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "bb9edb1e7833d353c6e46d5578f256cb", "grade": true, "grade_id": "radon-pooling-factor", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("radon-pooling-factor", factor, model=model, draws=draws)

# %% [markdown]
# ## 4e Who is pulled, and why? (core, 2 points)
#
# Which counties move far, and which do not? Why is it sensible that they do? Name the three quantities
# that the pooling factor is made of, and say what each of them does. Five sentences; a figure helps.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "a6d451caa4bc53f9e65bea373fad628f", "grade": false, "grade_id": "pulled-figure", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Your code here

# %% [markdown] deletable=false nbgrader={"cell_type": "markdown", "checksum": "4586f9d31d5881880a9c399109aa3023", "grade": true, "grade_id": "who-is-pulled", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# *Your answer here.*

# %% [markdown]
# ## 4f Which county is worse? (core, 2 points)
#
# HENNEPIN (the county of Minneapolis) has more than a hundred houses in the data. What is
# $\Pr(\alpha_\text{LACQUIPARLE} > \alpha_\text{HENNEPIN})$?

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "4ee67d561a54111e97bbb5d0b7ecf889", "grade": false, "grade_id": "radon-probability-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
probability = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "36143963c5b0bce5c8754ce885b7ff24", "grade": true, "grade_id": "radon-probability", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("radon-probability", probability, model=model, draws=draws)

# %% [markdown]
# ## 4g For the health officer (core, 3 points)
#
# The county's health officer has seen the two measurements from LACQUIPARLE and asks whether to warn the
# whole county. The Environmental Protection Agency recommends action from 4 pCi/L. Answer in at most 150
# words, with numbers in pCi/L (the cell below may print them), and say what you would do next.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "c4d7ce5029b1f15e96028df26b20c67b", "grade": false, "grade_id": "officer-numbers", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Your code here

# %% [markdown] deletable=false nbgrader={"cell_type": "markdown", "checksum": "7cbfb330601609a9a9f46c4e3c5685c8", "grade": true, "grade_id": "officer-report", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# *Your answer here.*

# %% [markdown]
# ## 4h What the soil explains (stretch, 2 points)
#
# Add `log_uranium`, one value per county, to the model of 4c. What is the posterior mean of the standard
# deviation among counties now?

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "6c4c7a67dc766b2d175f5ab225a895df", "grade": false, "grade_id": "radon-uranium-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model_uranium = ...
draws_uranium = ...
sd_county = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "07f8d24ac119d5cdc66208b96585eedc", "grade": true, "grade_id": "radon-uranium", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("radon-uranium", sd_county, model=model_uranium, draws=draws_uranium)
