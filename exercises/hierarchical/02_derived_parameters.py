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

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "40ef10272f3a440f217814b12ca33d92", "grade": false, "grade_id": "alpha-means-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model = ...
draws = ...
alpha_means = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "9a69d698ef477b8192531a204ecf16a7", "grade": true, "grade_id": "alpha-means", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("alpha-means", alpha_means, model=model, draws=draws)

# %% [markdown]
# ## 2b The difference (core, 3 points)
#
# Make the difference $\alpha_2 - \alpha_3$ a **derived variable**: one value for each draw, in an array
# with the dimensions `chain` and `draw`. Store it among the draws too, as
# `draws.posterior["alpha_2_minus_alpha_3"]`, so that ArviZ can summarize it like any parameter.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "279371db74e65d1b211d3d56f9c880ef", "grade": false, "grade_id": "derived-difference-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
alpha_2_minus_alpha_3 = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "dc8aa868a4bd7e62f5c1e59d62d4055d", "grade": true, "grade_id": "derived-difference", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("derived-difference", alpha_2_minus_alpha_3, model=model, draws=draws)

# %% [markdown]
# ## 2c Its probability (core, 3 points)
#
# What is $\Pr(\alpha_2 > \alpha_3)$, given the data, the model and its priors? A number between 0 and 1,
# or what `prob_greater` returns.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "79304b294ee40221fc41e0f0437536a0", "grade": false, "grade_id": "derived-probability-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
probability = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "b86f159c986fa95116918e42da12f817", "grade": true, "grade_id": "derived-probability", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("derived-probability", probability, model=model, draws=draws)

# %% [markdown]
# ## 2d Its interval (core, 2 points)
#
# The **95 % equal-tailed interval** of $\alpha_2 - \alpha_3$: two numbers, lower and upper.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "36cbb8dcd22242fb2af0e89d7cb59356", "grade": false, "grade_id": "derived-interval-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
interval = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "21c2261ad9a9d93609a87e18e9ee1d29", "grade": true, "grade_id": "derived-interval", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("derived-interval", interval, model=model, draws=draws)

# %% [markdown]
# ## 2e For the biologist (core, 4 points)
#
# Your friend is a biologist, not a statistician, and asked: *are the scorpions of populations 2 and 3
# different?* Answer in at most 150 words, with numbers (the cell below may print them). Say what was
# compared, how sure we are, and what would help.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "454c393f7313c97f865fa0bea6ec5179", "grade": false, "grade_id": "biologist-numbers", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Your code here

# %% [markdown] deletable=false nbgrader={"cell_type": "markdown", "checksum": "a34a4f4ec85c66bb30a438fd77a15f36", "grade": true, "grade_id": "biologist-paragraph", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# *Your answer here.*

# %% [markdown]
# ## 2f Another derived parameter (stretch, 2 points)
#
# Which share of the variance lies *among* populations?
#
# $$\frac{\sigma_\alpha^2}{\sigma_\alpha^2 + \sigma^2}$$
#
# Compute it in each draw and give its posterior mean. (Not the share at the means of the two standard
# deviations. Try that, too, and see.)

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "422c91089a7b64989920c5c483af61f6", "grade": false, "grade_id": "variance-share-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
variance_share = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "c2e076847d845e0edaf6baa50f141282", "grade": true, "grade_id": "variance-share", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("variance-share", variance_share, model=model, draws=draws)
