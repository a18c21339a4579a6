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

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "f59b98cd4521bdd39c5a191a37814669", "grade": false, "grade_id": "mu-alpha-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model = ...
draws = ...
mu_alpha = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "0fcac7343098f2c5d66e7001ab975117", "grade": true, "grade_id": "mu-alpha", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
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

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "f24f17709f6370600b657e39f5026aad", "grade": false, "grade_id": "new-population-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
alpha_new = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "9a90a2210fd152d5d0641c40e592b086", "grade": true, "grade_id": "new-population", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
answer("new-population", alpha_new, model=model, draws=draws)

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "4a7736d9448217cd640b369039787a9e", "grade": false, "grade_id": "new-population-figure", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["nbval-check-output"]
# Your code here

# %% [markdown]
# ## 3c Its interval (core, 2 points)
#
# The **95 % equal-tailed interval** of $\alpha$ for the new population: two numbers.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "6465ddc7d19139773b6788ce499bc142", "grade": false, "grade_id": "new-population-interval-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
interval = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "aa47b53f414bcf89862e52f51d02e98f", "grade": true, "grade_id": "new-population-interval", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("new-population-interval", interval, model=model, draws=alpha_new)

# %% [markdown]
# ## 3d How uncertain? (core, 3 points)
#
# How uncertain are we about the intercept of a population that nobody has measured, and **why**? Compare
# with an observed population. Which part of the uncertainty would more scorpions of the same three
# populations remove, which part more populations, and which part nothing? At most 150 words.

# %% [markdown] deletable=false nbgrader={"cell_type": "markdown", "checksum": "1522c4ce972a42b742d5ba13ea147a62", "grade": true, "grade_id": "how-uncertain", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# *Your answer here.*

# %% [markdown]
# ## 3e A new county (core, 3 points)
#
# Now with 85 groups. Minnesota has 87 counties, the data hold 85. Fit
#
# `log_radon ~ 1 + floor + (1|county)`
#
# with Bambi's own priors, and draw $\alpha$ (the mean log radon in basements) for a county that was not
# sampled. Dimensions `chain` and `draw`, as before.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "8ac59875d934cfd1b5d10620b7b283f5", "grade": false, "grade_id": "radon-new-county-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
model_radon = ...
draws_radon = ...
alpha_new_county = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "cec9a7aee3b79f9480be9db46da710a6", "grade": true, "grade_id": "radon-new-county", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
answer("radon-new-county", alpha_new_county, model=model_radon, draws=draws_radon)

# %% [markdown]
# ## 3f Three groups and eighty-five (core, 2 points)
#
# Compare the two posterior predictive hyperdistributions. What is different, and what is still uncertain
# with 85 groups? Would the *observed* counties' posterior means, as a histogram, do instead? Five
# sentences.

# %% [markdown] deletable=false nbgrader={"cell_type": "markdown", "checksum": "608d4c211ad041cfc30c0367b1db9d27", "grade": true, "grade_id": "three-and-eighty-five", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# *Your answer here.*

# %% [markdown]
# ## 3g One scorpion (stretch, 2 points)
#
# Somebody brings a scorpion of length 10 from a population that nobody has measured. What could it weigh?
# Draws of its **weight**, dimensions `chain` and `draw`.

# %% deletable=false nbgrader={"cell_type": "code", "checksum": "786d05e6c2062f0e78598e125715315f", "grade": false, "grade_id": "new-scorpion-work", "locked": false, "schema_version": 3, "solution": true, "task": false}
weight_new = ...
# Your code here

# %% deletable=false editable=false nbgrader={"cell_type": "code", "checksum": "324542ee11fbbdf8fb8f8a38048460ef", "grade": true, "grade_id": "new-scorpion", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
answer("new-scorpion", weight_new, model=model, draws=draws)
