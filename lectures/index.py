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
# | [From R](from_r.md) | every R call of the original lecture beside its Python twin | to look things up |
#
# **How to use a notebook.** Click into a cell and press <kbd>Shift</kbd>+<kbd>Enter</kbd>: it runs,
# and the next one is selected. Run from top to bottom. Then change something (a weight, a prior) and
# run it again: that is what notebooks are for. Work on a copy (*File, Duplicate Notebook*), so that
# the original stays. If you did change it: `git checkout lectures` brings it back, **without** your
# changes.
#
# **The first fit takes longest** (some ten seconds), because the model is compiled. After that it
# takes a few seconds.
#
# **Something does not work?** Open a terminal here (*File, New, Terminal*) and run
# `python -m qfc_helpers.doctor`. It says what is wrong and how to mend it.
