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

# %% [markdown] slideshow={"slide_type": "slide"}
# # Hierarchical (mixed-effects) models
#
# ## 2. Shrinkage, and the model from the inside
#
# After the lecture of Christopher Cahill, FW 891, 25 September 2023
#
# Quantitative Fisheries Center, Michigan State University

# %% [markdown] slideshow={"slide_type": "notes"}
# > About 50 minutes. The middle part, on divergences, is the one that students remember when their
# > own model misbehaves at midnight. Do not rush it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where we are
#
# Last time: three populations of scorpions, three assumptions about their intercepts. Partial
# pooling says that the intercepts are relatives:
#
# $$\alpha_j \sim \text{Normal}(\mu_\alpha, \sigma_\alpha^2)$$
#
# Today:
#
# - what this line did to the estimates, and why
# - the same model in Stan and in Bambi, prior by prior
# - how to see that a sampler is in trouble, and what to do
# - why this example is not as easy as it looks

# %% slideshow={"slide_type": "skip"}
import arviz as az
import bambi as bmb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
import xarray as xr
from IPython.display import Markdown, display

from qfc_helpers.data import load_radon, load_scorpions
from qfc_helpers.draws import diagnose, lecture_names, pooling_factor
from qfc_helpers.exact import ExactPosterior, RandomInterceptLikelihood
from qfc_helpers.frequentist import (
    fixed_effects,
    group_intercepts,
    standard_deviations,
)
from qfc_helpers.plots import (
    explore_shrinkage,
    plot_pooling,
    plot_posterior_vs_point,
    plot_standard_deviations,
)
from qfc_helpers.theme import POOLING_COLORS, set_alt_text, use_qfc_theme

use_qfc_theme()
scorpions = load_scorpions()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"] jupyter={"source_hidden": true}
import logging

# PyMC names everything that it draws; we know.
logging.getLogger("pymc.sampling.forward").setLevel(logging.WARNING)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What partial pooling did to the lines

# %% slideshow={"slide_type": "-"} tags=["output-only", "nbval-check-output"]
fit_no = smf.ols("weight ~ 0 + population + length", scorpions).fit()
fit_partial = smf.mixedlm(
    "weight ~ 1 + length", scorpions, groups="population"
).fit(method="powell")

ax = plot_pooling(
    scorpions,
    x="length",
    y="weight",
    group="population",
    no=fit_no,
    partial=fit_partial,
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
spread = {
    name: np.ptp(group_intercepts(fit))
    for name, fit in [("no", fit_no), ("partial", fit_partial)]
}
display(
    Markdown(
        f"The lines moved towards each other. The largest and the smallest intercept are "
        f"{spread['no']:.0f} apart with no pooling and {spread['partial']:.0f} apart with partial "
        "pooling. This is **shrinkage**."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Nothing moved *out*. Ask why not. (The mean lies between the lines, and each goes there.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Another example of shrinkage: radon
#
# Radon in the houses of Minnesota's counties. How high is a typical house in each county? (`floor`
# says where it was measured: 0 in the basement, 1 on the first floor.)

# %% slideshow={"slide_type": "-"} tags=["output-apart", "nbval-check-output"]
radon = load_radon()
counties = pd.DataFrame(
    {
        "houses": radon["county"].value_counts(sort=False),
        "no pooling": group_intercepts(
            smf.ols("log_radon ~ 0 + county + floor", radon).fit()
        ),
        "partial pooling": group_intercepts(
            smf.mixedlm("log_radon ~ 1 + floor", radon, groups="county").fit(
                method="powell"
            )
        ),
    }
)
counties.head(4).round(2)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
size = pd.cut(
    counties["houses"],
    [0, 4, 14, np.inf],
    labels=["1 to 4 houses", "5 to 14 houses", "15 houses or more"],
)
figure, axes = plt.subplots(ncols=3, sharey=True, figsize=(12, 5.6))
for ax, (label, some) in zip(
    axes, counties.groupby(size, observed=True), strict=True
):
    both = some[["no pooling", "partial pooling"]].to_numpy().T
    ax.plot([0, 1], both, color="#999999", linewidth=1.2)
    ax.plot(np.zeros(len(some)), both[0], "s", color=POOLING_COLORS["no"], ms=6)
    ax.plot(
        np.ones(len(some)), both[1], "o", color=POOLING_COLORS["partial"], ms=6
    )
    ax.set(
        title=f"{label}\n({len(some)} counties)",
        xlim=(-0.35, 1.35),
        xticks=[0, 1],
        xticklabels=["no\npooling", "partial\npooling"],
    )
axes[0].set_ylabel("log radon of the county")
set_alt_text(
    figure,
    "Three panels of lines from each county's estimate without pooling to that with partial "
    "pooling. Counties with up to four houses converge strongly, those with 5 to 14 less, and "
    "those with 15 or more stay nearly where they are.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The same idea, on 85 groups. Counties with few houses can move a lot, counties with many houses
# stay where they are. Nobody told the model which counties to distrust.

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Gelman, A. and Hill, J. (2007). *Data analysis using regression and multilevel/hierarchical
# models*, chapter 12. Cambridge University Press.

# %% [markdown] slideshow={"slide_type": "notes"}
# > A teaser: the next lecture is about these data.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # Let's build the scorpion model
#
# In Stan, where you have to say everything. Then in Bambi, where you should know what you did not
# say.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Math for the random-intercepts model
#
# $$\text{weight}_i = \alpha_{j(i)} + \beta \cdot \text{length}_i + \varepsilon_i$$
#
# $$\varepsilon_i \sim \text{Normal}(0, \sigma^2)$$
#
# $$\alpha_j \sim \text{Normal}(\mu_\alpha, \sigma_\alpha^2)$$
#
# The third line is still the only difference between a fixed and a random effect. A Bayesian has to
# add a prior for everything that is unknown and has no line of its own yet: $\mu_\alpha$,
# $\sigma_\alpha$, $\beta$ and $\sigma$.
#
# Three words: the distribution of the $\alpha_j$ is the **hyperdistribution**, its parameters
# $\mu_\alpha$ and $\sigma_\alpha$ are **hyperparameters**, and their priors are **hyperpriors**.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Ask which of the four are *hyper*priors. Those on mu_alpha and sd_alpha, because they are the
# > parameters of a distribution of parameters.

# %% [markdown] slideshow={"slide_type": "slide", "lines": "all|1-6|7-13"}
# ## Stan code for the random-intercepts model
#
# ```stan
# data {
#   int<lower=0> n;
#   vector[n] weights;
#   array[n] int population;
#   vector[n] lengths;
# }
# parameters {
#   real mu_alpha;
#   vector[3] alpha_j;
#   real<lower=0> sd_alpha;
#   real b1;
#   real<lower=0> sd_obs;
# }
# // more code on the next slide
# ```

# %% [markdown] slideshow={"slide_type": "subslide", "lines": "all|11|8-10|5|3-4,6-7|all"}
# ## Stan code for the random-intercepts model, continued
#
# ```stan
# model {
#   vector[n] w_preds;
#   mu_alpha ~ normal(50, 15);             // hyperprior
#   sd_alpha ~ normal(0, 100);             // hyperprior
#   alpha_j ~ normal(mu_alpha, sd_alpha);  // hyperdistribution
#   b1 ~ normal(0, 10);                    // slope
#   sd_obs ~ normal(0, 25);                // likelihood error term
#   for (i in 1:n) {
#     w_preds[i] = alpha_j[population[i]] + b1 * lengths[i];
#   }
#   weights ~ normal(w_preds, sd_obs);     // likelihood
# }
# ```

# %% [markdown] slideshow={"slide_type": "notes"}
# > Read it from the bottom: weights are scattered around a line, the line has an intercept by
# > population, the intercepts come from a distribution. Everything above that is a prior.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The same in Bambi, line by line
#
# Stan: `mu_alpha ~ normal(50, 15);`
#
# In algebra the second number is the variance, in Stan and Bambi the standard deviation:
# $\text{Normal}(50, 15^2)$ is `mu=50, sigma=15`.

# %% slideshow={"slide_type": "-"}
mu_alpha = bmb.Prior("Normal", mu=50, sigma=15)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Stan: `real<lower=0> sd_alpha;` with `sd_alpha ~ normal(0, 100);`
#
# A normal that is cut at zero is called a half-normal:

# %% slideshow={"slide_type": "fragment"}
sd_alpha = bmb.Prior("HalfNormal", sigma=100)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Stan: `alpha_j ~ normal(mu_alpha, sd_alpha);`
#
# Bambi keeps the mean $\mu_\alpha$ apart and gives each population an *offset* from it:
# $\alpha_j = \mu_\alpha + \text{offset}_j$. A prior within a prior, and that is the hierarchy:

# %% slideshow={"slide_type": "-"}
offset = bmb.Prior("Normal", mu=0, sigma=sd_alpha)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Stan: `b1 ~ normal(0, 10);` and `sd_obs ~ normal(0, 25);`

# %% slideshow={"slide_type": "fragment"}
beta = bmb.Prior("Normal", mu=0, sigma=10)
sd_obs = bmb.Prior("HalfNormal", sigma=25)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Stan: the `data` block, the loop, and `weights ~ normal(w_preds, sd_obs);`
#
# A data frame and a formula:


# %% slideshow={"slide_type": "-"}
def scorpion_model(mu_alpha, noncentered, offset=offset):
    """The random-intercepts model, for any prior of mu_alpha (and of the offsets)."""
    return bmb.Model(
        "weight ~ 1 + length + (1|population)",
        scorpions,
        priors={
            "Intercept": mu_alpha,
            "1|population": offset,
            "length": beta,
            "sigma": sd_obs,
        },
        center_predictors=False,
        noncentered=noncentered,
    )


model_centered = scorpion_model(mu_alpha, noncentered=False)

# %% [markdown] slideshow={"slide_type": "notes"}
# > `center_predictors=False`: the prior of mu_alpha then speaks of length zero, as in the Stan
# > program. `noncentered=False` is the literal translation of Stan's line for alpha_j, and not
# > Bambi's default. Both words contain "center" and have nothing to do with each other. We come back
# > to the second.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Did we say what we meant?
#
# Ask the model:

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
model_centered

# %% [markdown] slideshow={"slide_type": "subslide"}
# | Stan | Bambi | in words |
# | :-- | :-- | :-- |
# | `mu_alpha` | `Intercept` | mean of the hyperdistribution |
# | `sd_alpha` | `1\|population_sigma` | its standard deviation |
# | `alpha_j` | `Intercept` + `1\|population` | intercept of each population |
# | `b1` | `length` | slope, our $\beta$ |
# | `sd_obs` | `sigma` | scatter around the line |

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What do the priors say?
#
# Draw from them, before the data come in:

# %% slideshow={"slide_type": "-"}
model_centered.build()
prior = model_centered.prior_predictive(draws=2000, random_seed=891)

# %% slideshow={"slide_type": "-"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
symbols = {
    "Intercept": r"$\mu_\alpha$",
    "1|population_sigma": r"$\sigma_\alpha$",
    "length": r"$\beta$",
    "sigma": r"$\sigma$",
    "weight": "weight",
}
in_symbols = az.labels.MapLabeller(var_name_map=symbols)
plot = az.plot_dist(
    prior,
    group="prior",
    var_names=["Intercept", "1|population_sigma", "length", "sigma"],
    kind="hist",
    labeller=in_symbols,
    visuals={
        "dist": {"color": "#56606B"},
        "face": {"color": "#56606B", "alpha": 0.3},
        "point_estimate_text": False,
    },
    figure_kwargs={"figsize": (12, 3.6)},
)
set_alt_text(
    plot,
    "Histograms of draws from the four priors: mu_alpha around 50, sd_alpha from zero to beyond "
    "200, the slope around zero with both signs, and sigma from zero to about 60.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The bar below each histogram is the middle 89 % of the draws, the dot their mean. Why 89? Because
# > it is not 95, and makes you ask.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## What do they say together?
#
# Each line is one imaginary population, drawn from the priors alone.

# %% slideshow={"slide_type": "-"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
lengths = np.array([0, 25])
few = prior["prior"].dataset.isel(chain=0, draw=slice(40))
lines = (
    few["Intercept"]
    + few["1|population"].isel(population__factor_dim=0)
    + few["length"] * xr.DataArray(lengths, dims="end")
)
ax = plt.figure().add_subplot()
ax.plot(lengths, lines.transpose("end", "draw"), color="#8A929B", lw=1.5)
ax.plot(scorpions["length"], scorpions["weight"], "ko", markersize=10)
ax.axhline(0, color="black", linewidth=1, linestyle=":")
ax.set(xlabel="length", ylabel="weight", xlim=(0, 25), ylim=(-420, 520))
set_alt_text(
    ax,
    "Forty straight lines of weight against length drawn from the priors; they run in all "
    "directions, many below zero. The nine observed scorpions lie well inside.",
)

# %% slideshow={"slide_type": "fragment"} tags=["beside", "hide-input"] jupyter={"source_hidden": true}
below_zero = float((prior["prior_predictive"]["weight"] < 0).mean())
display(
    Markdown(
        f"{below_zero:.0%} of the imaginary scorpions weigh less than nothing. The priors hold "
        "all the data easily, and a good deal of nonsense too. They are *weak*. With much data "
        "that does no harm. We have nine scorpions."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Do not repair the priors now. We want to see what the original lecture saw. Exercise 1 lets
# > students choose better ones.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Compiling the model, and where to start
#
# | Stan, in the original lecture | here |
# | :-- | :-- |
# | `cmdstan_model("random_ints.stan")` compiles a C++ program | `fit` compiles the model when it is first called |
# | `stan_data <- list(...)` renames the columns | the formula names them |
# | `inits`: a list of starting values | the sampler draws them at random |
# | `adapt_delta`: how careful the steps are | `target_accept` |
# | `step_size`: the first step | found during the warm-up |

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # When the sampler is in trouble

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Running that hawg 🐷 🐷 🐷
#
# **NUTS** (the no-U-turn sampler) draws from the posterior. `nutpie` is a fast program for NUTS, the
# sampler that Stan uses too.

# %% slideshow={"slide_type": "-"}
sampling = {
    "inference_method": "nutpie",
    "chains": 4,
    "random_seed": 891,
}
draws_centered = model_centered.fit(**sampling, draws=4000)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The original needed `adapt_delta = 0.9999` and a tiny first step to get this far. We leave
# > everything at its default and look at what happens.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Check the diagnostics

# %% slideshow={"slide_type": "-"}
diagnose(draws_centered)

# %% [markdown] slideshow={"slide_type": "fragment"}
# No. These draws are not to be used, and the table says so before we have looked at a single
# estimate. That is the right order.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## What each line means
#
# Think of the sampler as a ball that rolls through the landscape of the posterior.
#
# - **Divergences**: the ball was thrown off the track. The landscape bends more sharply there than
#   its steps can follow.
# - **Tree depth**: the ball was stopped after many steps and had not turned back yet. Slow, not wrong.
# - **E-BFMI**: whether it picks up enough energy to reach high and low ground. Low: it stays where
#   it is.

# %% [markdown] slideshow={"slide_type": "fragment"}
# - **R-hat**: do the four chains agree? Near one: yes.
# - **ESS** (bulk): how many *independent* draws would tell as much about the center.
# - **ESS** (tails): the same for the ends of the intervals.

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021). Rank-normalization,
# folding, and localization: an improved R-hat for assessing convergence of MCMC. *Bayesian Analysis*
# 16:667-718.

# %% [markdown] slideshow={"slide_type": "notes"}
# > The first three are about how the sampler moved, the last three about what it brought home. A
# > divergence is no nuisance to be cleaned away. It is a place on the map, and we can look at it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where do the divergences happen?
#
# Offset of each population against the logarithm of $\sigma_\alpha$. Crosses are divergences.


# %% slideshow={"slide_type": "-"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
def plot_funnel(draws, scale=1, name="offset"):
    """Each population's offset against log sd_alpha, divergent draws marked."""
    posterior = draws["posterior"].dataset
    data = xr.Dataset(
        {
            name: posterior["1|population"].rename(
                population__factor_dim="population"
            )
            / scale,
            "log_sd_alpha": np.log(posterior["1|population_sigma"]),
        }
    ).assign_coords(population=["population 1", "population 2", "population 3"])
    diverging = draws["sample_stats"].dataset[["diverging"]]
    # every eighth draw, and all that diverged
    shown = diverging["diverging"].any("chain").to_numpy().copy()
    shown[::8] = True
    names = {"log_sd_alpha": r"log $\sigma_\alpha$", name: name}
    plot = az.plot_pair_focus(
        xr.DataTree.from_dict(
            {
                "posterior": data.isel(draw=shown),
                "sample_stats": diverging.isel(draw=shown),
            }
        ),
        focus_var="log_sd_alpha",
        var_names=[name],
        labeller=az.labels.MapLabeller(var_name_map=names),
        visuals={
            "scatter": {
                "color": POOLING_COLORS["partial"],
                "alpha": 0.5,
                "width": 0,
                "size": 14,
            },
            "divergence": {
                "color": "#B5478F",
                "marker": "X",
                "size": 110,
                "width": 0.8,
                "edgecolor": "white",
                "alpha": 1,
            },
        },
        figure_kwargs={"figsize": (12, 4.6), "sharey": True},
    )
    for ax in plot.viz["figure"].item().axes:
        ax.set_ylim(-3.5, 6.2)
        if not ax.get_subplotspec().is_first_col():
            ax.set_ylabel("")
    return plot


plot = plot_funnel(draws_centered)
set_alt_text(
    plot,
    "Three scatter plots, one per population: the offset against the logarithm of sd_alpha. The "
    "clouds narrow to a point at small sd_alpha, like a funnel. Most divergent draws, marked with "
    "crosses, sit in the narrow end, many on one and the same spot, and no draw lies below.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# Many crosses lie on top of each other.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## A funnel
#
# $$\text{offset}_j \sim \text{Normal}(0, \sigma_\alpha^2)$$
#
# - Large $\sigma_\alpha$: the offsets may be anything. Wide open country, long steps.
# - Small $\sigma_\alpha$: the offsets must be near zero. A narrow neck, tiny steps.
#
# One step size cannot suit both. Steps made for the wide part overshoot in the neck: a divergence. Or
# a chain that slips in cannot get out.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"] jupyter={"source_hidden": true}
stuck = draws_centered["posterior"]["1|population_sigma"]
diverging = draws_centered["sample_stats"]["diverging"]
where = stuck.to_numpy()[diverging.to_numpy()]
# a chain that stands still repeats its draw
values, repeats = np.unique(stuck, return_counts=True)
share_below = float((stuck < 2).mean())
display(
    Markdown(
        f"Here {len(where)} draws diverged, at {len(np.unique(where))} different places: one chain "
        f"sat still at $\\sigma_\\alpha$ = {values[repeats.argmax()]:.2f} for {repeats.max()} "
        f"draws. Below {values.min():.2f} no chain has been. Here the damage is small, the means are "
        "nearly right (later we compute them exactly). But the run cannot tell us so, and if you ask "
        "for Pr($\\sigma_\\alpha$ < 2), it answers "
        + (f"{share_below:.2%}." if share_below else "“never”.")
    )
)

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Neal, R. M. (2003). Slice sampling. *Annals of Statistics* 31:705-767. Betancourt, M. and Girolami, M.
# (2015). Hamiltonian Monte Carlo for hierarchical models. In *Current trends in Bayesian methodology
# with applications*, CRC Press.

# %% [markdown] slideshow={"slide_type": "notes"}
# > The funnel is Radford Neal's (2003, Annals of Statistics 31:705-767). Betancourt and Girolami
# > (2015) show why hierarchical models with few data usually have one. The neck says that the
# > populations might hardly differ; with nine scorpions that is possible.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Smaller steps?
#
# The original lecture set `adapt_delta = 0.9999` and still reported five divergences in 4000 draws.
# Let us be more careful, too:

# %% slideshow={"slide_type": "-"}
careful = {
    target_accept: model_centered.fit(
        **sampling, draws=10_000, target_accept=target_accept
    )
    for target_accept in (0.99, 0.9999)
}

# %% slideshow={"slide_type": "-"} tags=["hide-input"] jupyter={"source_hidden": true}
found = {
    target: int(draws["sample_stats"]["diverging"].sum())
    for target, draws in careful.items()
}
display(
    Markdown(
        "Divergences: "
        + ", ".join(f"{n} at {target}" for target, n in found.items())
        + f", each of {careful[0.99]['sample_stats']['diverging'].size} draws. Far fewer. Whether "
        "a handful remains or none is up to the seed."
    )
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Few divergences are not the same as few errors. A sampler that never enters the neck has no accident
# there either.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Change the road, not the car
#
# Say the same thing in other words. Instead of offsets that depend on $\sigma_\alpha$,
#
# $$\text{offset}_j \sim \text{Normal}(0, \sigma_\alpha^2) \qquad \text{(centered)}$$
#
# draw standardized ones, and multiply afterwards:
#
# $$z_j \sim \text{Normal}(0, 1), \qquad \text{offset}_j = \sigma_\alpha \cdot z_j
# \qquad \text{(non-centered)}$$
#
# The model is the same, and so is the posterior. But the sampler now walks in $z_j$ and
# $\sigma_\alpha$, and there the way down is wide.

# %% slideshow={"slide_type": "fragment"}
model = scorpion_model(mu_alpha, noncentered=True)  # Bambi's default
draws = model.fit(**sampling, draws=10_000, target_accept=0.99)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## The diagnostics again

# %% slideshow={"slide_type": "-"}
diagnose(draws).check()

# %% [markdown] slideshow={"slide_type": "notes"}
# > `.check()` stops the notebook if a line fails. Write it below every fit of your own. We kept
# > `target_accept=0.99`: at the default a few divergences can still turn up with so few data.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
plot = plot_funnel(
    draws,
    scale=draws["posterior"]["1|population_sigma"],
    name="z, the standardized offset",
)
set_alt_text(
    plot,
    "Three scatter plots, one per population: the standardized offset z against the logarithm of "
    "sd_alpha. The clouds stay wide all the way down and reach much smaller sd_alpha than before; "
    "no draw diverged.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# No neck, no divergence, and the draws reach far deeper.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Now it is narrow at the *top*. With much data in each group the posterior lives up there, and then
# > the centered form moves better: the larger counties of the next lecture are of that kind. Bambi's
# > default is right for small data.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## How much of the neck did each run see?
#
# For this model we can know the right answer. Given the two standard deviations everything is
# normal, so the posterior can be added up without any sampling:

# %% slideshow={"slide_type": "-"}
exact = ExactPosterior.from_model(model)
true_share = float(exact.marginal("sd_alpha").cdf(2))

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"] jupyter={"source_hidden": true}
runs = {
    "centered, default": draws_centered,
    "centered, 0.99": careful[0.99],
    "centered, 0.9999": careful[0.9999],
    "non-centered, 0.99": draws,
}
rows = {}
for name, run in runs.items():
    inside = (run["posterior"]["1|population_sigma"] < 2).astype(float)
    stats = run["sample_stats"]
    rows[name] = {
        "divergences": f"{int(stats['diverging'].sum())}",
        "steps per draw": f"{float(stats['n_steps'].mean()):.0f}",
        "share with sd_alpha < 2": f"{float(inside.mean()):.2%}",
        "± Monte Carlo": f"{float(az.mcse(inside, method='mean')):.2%}",
    }
rows["exact posterior"] = {
    "divergences": "–",
    "steps per draw": "–",
    "share with sd_alpha < 2": f"{true_share:.2%}",
    "± Monte Carlo": "–",
}
necks = pd.DataFrame(rows).T
necks

# %% [markdown] slideshow={"slide_type": "fragment"}
# Read the last column with care. An error that is estimated from draws cannot know about a place
# where no draw has been: the first run found nothing below 2, and is quite sure of it. That is why a
# divergence must not be passed over.

# %% [markdown] slideshow={"slide_type": "fragment"}
# Careful steps buy a little of the neck and pay with many more steps. The non-centered form goes there
# without an accident.

# %% [markdown] slideshow={"slide_type": "notes"}
# > With other seeds the shares of the careful centered runs jump about, on average below the exact one.
# > `diagnose` suggests smaller steps first because they are one word to type; the other form is the
# > better cure. We take 10,000 draws per chain here because we look into a corner that holds less than
# > one draw in a hundred.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Posterior summaries beside `lmer()`
#
# The intercepts $\alpha_j$:

# %% slideshow={"slide_type": "-"} tags=["output-apart"]
named = lecture_names(draws)
lmer_alpha = group_intercepts(fit_partial)
summary = az.summary(named, var_names=["alpha_j", "beta"])
summary.insert(
    0, "lmer", [*lmer_alpha.round(2), fit_partial.fe_params["length"].round(2)]
)
summary.drop(columns=["mcse_mean", "mcse_sd"])

# %% [markdown] slideshow={"slide_type": "-"}
# *eti* = equal-tailed interval, here of 89 %; *lb* and *ub* are its lower and upper bound.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"] jupyter={"source_hidden": true}
alpha_mean = named["alpha_j"].mean(["chain", "draw"])
alpha_sd = named["alpha_j"].std(["chain", "draw"])
display(
    Markdown(
        "Similar, within the (large) uncertainty: the posterior standard deviation of an "
        f"intercept is about {float(alpha_sd.mean()):.0f}. But population 1 is off by "
        f"{float(alpha_mean[0]) - lmer_alpha.iloc[0]:.1f}, and that needs an explanation.\n\n"
        "You have now fitted a Bayesian hierarchical model."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > `lecture_names` only renames: Bambi's `Intercept` plus `1|population` becomes alpha_j, draw by
# > draw. The frequentist column is what R's `lmer` prints; statsmodels finds the same.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Posteriors of $\beta$ and $\mu_\alpha$ against the frequentist estimates

# %% slideshow={"slide_type": "-"} tags=["output-only", "nbval-check-output"]
plot = plot_posterior_vs_point(
    named,
    {
        "beta": fit_partial.fe_params["length"],
        "mu_alpha": fit_partial.fe_params["Intercept"],
    },
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"] jupyter={"source_hidden": true}
frequentist = fixed_effects(fit_partial)
lmer_mean = frequentist.loc["Intercept", "estimate"]
display(
    Markdown(
        f"`lmer`'s $\\beta$ is nearly in the middle. Its $\\mu_\\alpha$ lies "
        f"{float((named['mu_alpha'].mean() - lmer_mean) / named['mu_alpha'].std()):.1f} posterior "
        "standard deviations to the left. The posterior mean of "
        f"$\\mu_\\alpha$ is {float(named['mu_alpha'].mean()):.0f} with a standard deviation of "
        f"{float(named['mu_alpha'].std()):.0f}; `lmer` has "
        f"{lmer_mean:.0f} with a standard error of "
        f"{frequentist.loc['Intercept', 'standard_error']:.0f}. The Bayesian is much more certain. "
        "Where does that certainty come from?"
    )
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # How much does the prior say?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Not as easy as it looks
#
# This was meant to be an *easy* example. It has
#
# - too few groups: three, where you would like to have five to ten, or more
# - too few observations in each: three
#
# So there is little information, and the priors fill the gap. Compare prior and posterior:

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
plot = az.plot_prior_posterior(
    xr.DataTree.from_dict(
        {
            "prior": prior["prior"].dataset,
            "posterior": draws["posterior"].dataset,
        }
    ),
    var_names=["Intercept", "1|population_sigma", "length", "sigma"],
    kind="kde",
    labeller=in_symbols,
    aes={"color": ["group"], "linestyle": ["group"]},
    color=["#56606B", POOLING_COLORS["partial"]],
    linestyle=["C1", "C0"],
    figure_kwargs={"figsize": (12, 4)},
)
set_alt_text(
    plot,
    "Prior and posterior densities of the four parameters. The posterior of mu_alpha nearly "
    "repeats its prior; that of sd_alpha is about half as wide; those of the slope and of sigma have "
    "clearly learned from the data.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
posterior_sd = exact.sd(["Intercept", "length"])
display(
    Markdown(
        f"The slope has learned: its standard deviation went from {float(beta.args['sigma']):g} to "
        f"{float(posterior_sd['length']):.1f}. The mean of the populations has not: from "
        f"{float(mu_alpha.args['sigma']):g} to {float(posterior_sd['Intercept']):.0f}. For $\\mu_\\alpha$ "
        "we mostly see what we put in."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Nine scorpions inform one slope. Only three populations inform the mean of populations.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One model, two hyperpriors
#
# Exchange one line: $\mu_\alpha \sim \text{Normal}(50, 15^2)$ for
# $\mu_\alpha \sim \text{Normal}(0, 100^2)$. Everything else stays.

# %% slideshow={"slide_type": "-"}
model_wide = scorpion_model(
    bmb.Prior("Normal", mu=0, sigma=100), noncentered=True
)
exact_wide = ExactPosterior.from_model(model_wide)

# %% slideshow={"slide_type": "subslide"}
# what the slide of the original lecture prints
slide = pd.DataFrame(
    {
        "mean": [7.66, 59.8, 54.9, 2.82],
        "sd": [22.0, 19.9, 20.3, 1.13],
        "ess": [1355, 1435, 1069, 1132],
    },
    index=["alpha_1", "alpha_2", "alpha_3", "beta"],
)


# %% slideshow={"slide_type": "subslide"} tags=["output-apart", "nbval-check-output"]
def exact_means(posterior):
    """Exact posterior means, in the order of the slide."""
    means = posterior.mean(["alpha_j", "length"])
    return [*means["alpha_j"].to_numpy(), float(means["length"])]


means = pd.DataFrame(
    {
        "lmer": [*lmer_alpha, fit_partial.fe_params["length"]],
        "printed on the slide": slide["mean"],
        "exact, Normal(50, 15)": exact_means(exact),
        "exact, Normal(0, 100)": exact_means(exact_wide),
    },
    index=slide.index,
)
means.round(2)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
figure, axes = plt.subplots(2, 2, figsize=(12, 6.4))
curves = [
    (
        exact,
        r"$\mu_\alpha \sim$ Normal(50, 15)",
        POOLING_COLORS["partial"],
        "-",
    ),
    (exact_wide, r"$\mu_\alpha \sim$ Normal(0, 100)", "#1A1A1A", "--"),
]
for number, (ax, name) in enumerate(zip(axes.flat, means.index, strict=True)):
    for posterior, label, color, style in curves:
        if name == "beta":
            density = posterior.density("length", np.linspace(-2, 7, 200))
        else:
            density = posterior.density("alpha_j", np.linspace(-70, 130, 200))
            density = density.isel(population__factor_dim=number)
        ax.plot(
            density["value"], density, color=color, linestyle=style, label=label
        )
        mean = exact_means(posterior)[number]
        ax.vlines(
            mean, 0, density.interp(value=mean), color=color, linestyle=style
        )
    ax.plot(
        slide.loc[name, "mean"],
        0,
        "^",
        color="#B5478F",
        markersize=16,
        clip_on=False,
        zorder=5,
        label="mean printed on the slide",
    )
    ax.set(xlabel=rf"$\{name}$", yticks=[], ylim=(0, None))
    ax.margins(x=0)
handles, labels = axes.flat[0].get_legend_handles_labels()
figure.legend(handles, labels, loc="outside lower center", ncols=3)
set_alt_text(
    figure,
    "Exact posterior densities of the three intercepts and the slope under both hyperpriors, each "
    "with a vertical line at its mean; the means printed on the original slide are marked on the "
    "axis. For population 1 the two means lie apart, and the printed one is next to that under "
    "Normal(0, 100).",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The vertical lines are the posterior means.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Which prior did the original slide use?
#
# How far is each printed mean from the exact one, counted in its own Monte Carlo standard errors
# (standard deviation over the root of the effective sample size)?

# %% slideshow={"slide_type": "-"} tags=["output-apart", "nbval-check-output"]
monte_carlo_error = slide["sd"] / np.sqrt(slide["ess"])
distance = (
    means[["exact, Normal(50, 15)", "exact, Normal(0, 100)"]]
    .rsub(slide["mean"], axis="index")
    .div(monte_carlo_error, axis="index")
)
distance.round(1)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
farthest = distance.abs().max()
shift = means.iloc[0, 2] - means.iloc[0, 3]
shift_in_sd = shift / float(exact.sd(["alpha_j"])["alpha_j"][0])
display(
    Markdown(
        f"Up to {farthest.iloc[0]:.0f} standard errors from the printed prior: these numbers cannot "
        "come from the program shown. They fit a wide prior around zero, such as Normal(0, 100): at "
        f"most {farthest.iloc[1]:.1f} standard errors. It happens to all of us, and it is why every "
        "number here is computed by the cell beside it.\n\n"
        "The lesson is better than the mistake: one hyperprior, seemingly harmless, moves "
        f"$\\alpha_1$ by {shift:.1f}. That is {shift_in_sd:.2f} of its posterior standard "
        "deviation: not dramatic, but far more than the sampler's error."
    )
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
# a hyperprior on mu_alpha that says next to nothing
says_nothing = scorpion_model(
    bmb.Prior("Normal", mu=50, sigma=1000), noncentered=True
)
alpha_1 = exact_means(ExactPosterior.from_model(says_nothing))[0]
gap = means.iloc[0, 2] - lmer_alpha.iloc[0]
rest = alpha_1 - lmer_alpha.iloc[0]
display(
    Markdown(
        "The hyperprior also explains most of the gap to `lmer`. Of "
        f"{gap:.1f}, {gap - rest:.1f} go away with a hyperprior that says next to nothing, "
        f"Normal(50, 1000). The other {rest:.1f} stay: `lmer` fixes the two standard deviations at "
        "one value each, we average over all of them (and our slope has a prior)."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The original slide explains the difference from lmer by the small sample and by "some fiddling".
# > That is right in spirit. The four distances are not independent (the slope pulls the intercepts
# > with it), so they cannot tell Normal(0, 100) from Normal(0, 75), say. Exercise 1 takes this
# > further.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The exact posterior over the draws
#
# So who is right, the sampler or the sum? Both:

# %% slideshow={"slide_type": "-"} tags=["output-only", "nbval-check-output"]
plot = plot_posterior_vs_point(
    named,
    {
        "mu_alpha": fit_partial.fe_params["Intercept"],
        "sd_alpha": standard_deviations(fit_partial)["sd_alpha"],
    },
    density={name: exact.density(name) for name in ["mu_alpha", "sd_alpha"]},
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"] jupyter={"source_hidden": true}
off = abs(alpha_mean.to_numpy() - exact.mean(["alpha_j"])["alpha_j"].to_numpy())
worst = off.max()
errors_off = off / az.mcse(named[["alpha_j"]])["alpha_j"].to_numpy()
display(
    Markdown(
        f"The largest difference between a mean of draws and the exact mean of an intercept is "
        f"{worst:.1f}, out of a posterior standard deviation of about "
        f"{float(alpha_sd.mean()):.0f}. In Monte Carlo standard errors, the draws are off by at "
        f"most {errors_off.max():.1f}: chance, and nothing else."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > `ExactPosterior` works for Gaussian random-intercept models only. Almost every other model needs
# > a sampler, which is why we check the sampler where we can.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## What the data and the prior say about the two standard deviations

# %% slideshow={"slide_type": "-"} tags=["output-only", "nbval-check-output"]
grid = {
    "sd_alpha": np.linspace(0.5, 180, 180),
    "sd_obs": np.linspace(8, 65, 150),
}
likelihood = RandomInterceptLikelihood.from_model(model)
axes = plot_standard_deviations(
    likelihood.log_likelihood(**grid),
    exact.log_density(**grid),
    likelihood.maximize(),
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
at_peak = standard_deviations(fit_partial)
sd_alpha_posterior = exact.marginal("sd_alpha")
low, high = sd_alpha_posterior.quantile([0.055, 0.945]).to_numpy()
tighter = bmb.Prior("HalfNormal", sigma=25)
exact_tighter = ExactPosterior.from_model(
    scorpion_model(
        mu_alpha, True, offset=bmb.Prior("Normal", mu=0, sigma=tighter)
    )
)
tighter_low, tighter_high = (
    exact_tighter.marginal("sd_alpha").quantile([0.055, 0.945]).to_numpy()
)
display(
    Markdown(
        f"`lmer` reports the peak of the left surface, $\\sigma_\\alpha = "
        f"{at_peak['sd_alpha']:.0f}$, and carries on as if it were known. The posterior keeps the "
        f"whole mountain: 89 % of it lies between {low:.0f} and {high:.0f}, with a mean of "
        f"{float(sd_alpha_posterior.mean()):.0f}. With three groups, "
        "an interval that ignores the mountain is too narrow.\n\n"
        "How far the mountain reaches is not for the data alone to say. Under "
        f"$\\sigma_\\alpha \\sim$ HalfNormal({tighter.args['sigma']:g}) instead of "
        f"HalfNormal({sd_alpha.args['sigma']:g}), 89 % of it lies between {tighter_low:.0f} and "
        f"{tighter_high:.0f}. Exercise 1 lets you try others."
    )
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # Why shrinkage?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Shrinkage as a formula
#
# How far is each group moved? Suppose that we knew everything but $\alpha_j$. Then there are two
# sources of information about it:
#
# - its own $n_j$ scorpions: their mean, corrected for length, with precision $n_j / \sigma^2$
# - the hyperdistribution: its mean $\mu_\alpha$, with precision $1 / \sigma_\alpha^2$
#
# Precision is one over variance: how much we know.

# %% [markdown] slideshow={"slide_type": "fragment"}
# The best estimate is the average of the two, weighted by their precisions:
#
# $$\hat\alpha_j = (1 - \omega_j)\,(\bar y_j - \beta \bar x_j) + \omega_j\, \mu_\alpha,
# \qquad \omega_j = \frac{1/\sigma_\alpha^2}{n_j/\sigma^2 + 1/\sigma_\alpha^2}$$
#
# $\omega_j$ is the **pooling factor**: 0 is no pooling, 1 is complete pooling.

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Gelman, A. and Hill, J. (2007). *Data analysis using regression and multilevel/hierarchical
# models*, chapter 12. Cambridge University Press.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Let them read off the extremes: n to infinity, sd_alpha to zero, sd_alpha to infinity. All three
# > assumptions of lecture 1 are in this one fraction. (Gelman and Hill 2007, chapter 12.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Does it work? Put in `lmer`'s numbers

# %% slideshow={"slide_type": "-"} tags=["output-apart", "nbval-check-output"]
lmer_mu, lmer_beta = fit_partial.fe_params
lmer_sd = standard_deviations(fit_partial)
by_population = scorpions.groupby("population", observed=True)

own = (
    by_population["weight"].mean() - lmer_beta * by_population["length"].mean()
)
n = by_population.size()
omega = (1 / lmer_sd["sd_alpha"] ** 2) / (
    n / lmer_sd["sd_obs"] ** 2 + 1 / lmer_sd["sd_alpha"] ** 2
)
by_formula = pd.DataFrame(
    {
        "own estimate (lmer's slope)": own,
        "pooling factor": omega,
        "formula": (1 - omega) * own + omega * lmer_mu,
        "lmer": lmer_alpha,
    }
)
by_formula.round(3)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
display(
    Markdown(
        "It is the same to the last digit shown. (The own estimates are not quite those of no "
        "pooling in lecture 1: that model had a slope of its own, here all use `lmer`'s.) Each "
        "population gives up "
        f"{omega.iloc[0]:.0%} of its distance to the mean. All give up the same share because each "
        "has three scorpions; population 1 moves the most because it has the longest way."
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## How sure are we of the pooling factor?
#
# We do not know the two standard deviations. So compute $\omega$ in every draw:

# %% slideshow={"slide_type": "-"}
factor = pooling_factor(draws, scorpions).sel(population="1")

# %% slideshow={"slide_type": "-"} tags=["hide-input"] jupyter={"source_hidden": true}
factor_low, factor_high = factor.quantile([0.055, 0.945]).to_numpy()
display(
    Markdown(
        f"`lmer`'s numbers give {omega.iloc[0]:.2f}. The posterior mean is "
        f"{float(factor.mean()):.2f}, and 89 % of the draws lie between {factor_low:.2f} and "
        f"{factor_high:.2f}. From hardly any pooling to nearly complete: three populations "
        "cannot say how different populations are."
    )
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Try it
#
# Move the sliders. What makes the populations come together? What lets them go? The gray hill is the
# hyperdistribution; the own estimates use `lmer`'s slope.

# %% slideshow={"slide_type": "-"} tags=["output-only"]
sliders = explore_shrinkage(
    own, n=3, sd_alpha=lmer_sd["sd_alpha"], sd_obs=lmer_sd["sd_obs"]
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > In the notebook the sliders need a running kernel; on the slides they work by themselves. On paper
# > there is the picture at lmer's numbers. Things to try: one scorpion per population; thirty; sd_alpha to zero
# > (complete pooling); sd_obs down (no pooling). Only the ratio of the two standard deviations
# > counts. The mean of all alpha_j is the average of the own estimates here, as each has the same n.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Take home
#
# - Shrinkage is an average, weighted by what is known. Few data, noisy data, similar groups: more of
#   it.
# - Bambi's formula is Stan's program. Know the priors that you did not type.
# - Draw from the priors before you fit.
# - Diagnostics first. A divergence marks a place that the sampler could not reach.
# - Divergences in a funnel's neck: use the non-centered form (Bambi's default) *and* smaller steps.
#   Smaller steps alone do not open the neck. With much data per group the centered form is the better
#   one.
# - With three groups the hyperprior has a say. Show what another one would have said.
#
# Next: 919 houses in 85 counties.
