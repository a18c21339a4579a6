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
# # Hierarchical models, in Python
#
# Welcome. You know regression; you need not know Bayes. Start with lecture 1.
#
# | | what it is about | time |
# | --- | --- | --- |
# | **[Lecture 1: Pooling](01_pooling.ipynb)** | three assumptions about groups, in words, algebra and code | 40 minutes |
# | **[Lecture 2: Shrinkage](02_shrinkage.ipynb)** | the model in Stan's words, priors, diagnostics, and what partial pooling does | 60 minutes |
# | **[Lecture 3: Radon](03_radon.ipynb)** | 919 houses in 85 counties: who is pulled, group-level predictors, varying slopes | 60 minutes |
# | **[Lecture 4: Hyperdistributions](04_hyperdistributions.ipynb)** | what a random effect is, what it is good for, and when not to use one | 60 minutes |
# | **Exercises [1](../exercises/hierarchical/01_prior_sensitivity.ipynb), [2](../exercises/hierarchical/02_derived_parameters.ipynb), [3](../exercises/hierarchical/03_hyperdistributions.ipynb), [4](../exercises/hierarchical/04_radon.ipynb)** | prior sensitivity, derived parameters, hyperdistributions, radon; each answer is checked at once | 1 to 2 hours each |
# | [From R](from_r.md) | every R call of the original lecture beside its Python twin | to look things up |
#
# **How to use a notebook.** Click into a cell and press <kbd>Shift</kbd>+<kbd>Enter</kbd>: it runs,
# and the next one is selected. Run from top to bottom. Then change something (a weight, a prior) and
# run it again: that is what notebooks are for. Work on a copy, so that the original stays: right-click the notebook in the
# list on the left, *Duplicate*, and open the copy from there. If you did change the original (saving
# is enough), `git checkout lectures` brings it back, **without** your changes; do this before
# `git pull`.
#
# **Exercises.** Open one from the table and write where it says *Your code here*. The cell below tells at
# once whether the answer is right, and if not, what probably happened. Exercise 1 says how it works. To
# hand in: run all cells, save, and hand in that one `.ipynb` file, under its own name. Do work in the
# original here (not in a copy), and keep it safe before you `git pull`.
#
# **The first fit takes longest** (some ten seconds), because the model is compiled. After that it
# takes a few seconds.
#
# **Something does not work?** Open a terminal in the course's folder and run `make doctor` (with
# conda: `conda activate hierarchical-models`, then `python -m qfc_helpers.doctor`). It says what is
# wrong and how to mend it.
