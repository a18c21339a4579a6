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
# ## 3. Radon: 919 houses, 85 counties
#
# After the lecture of Christopher Cahill, FW 891, 25 September 2023
#
# Quantitative Fisheries Center, Michigan State University

# %% [markdown] slideshow={"slide_type": "notes"}
# > This deck takes about 60 minutes. The original lecture has one slide on radon, "another example of
# > shrinkage". It is the classic example, and with real data and 85 groups it deserves more room.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Another example of shrinkage
#
# Three populations of three scorpions were a toy. Now a real one.
#
# - **Radon** is a radioactive gas. It rises from the soil into houses and causes lung cancer.
# - The survey measured 919 houses in 85 counties of Minnesota.
# - Some counties have more than a hundred houses in the data. Three have a single one.
#
# How much radon is there in the houses of each county?

# %% slideshow={"slide_type": "skip"}
import warnings

import arviz as az
import bambi as bmb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pymc as pm
import seaborn as sns
import statsmodels.formula.api as smf
import xarray as xr
from IPython.display import Markdown, display
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLMParams

from qfc_helpers.data import load_radon
from qfc_helpers.draws import (
    diagnose,
    new_group,
    pooling_factor,
    predict_new_group,
)
from qfc_helpers.exact import ExactPosterior
from qfc_helpers.frequentist import standard_deviations
from qfc_helpers.plots import plot_estimate_vs_n
from qfc_helpers.theme import (
    POOLING_COLORS,
    POOLING_LINESTYLES,
    set_alt_text,
    use_qfc_theme,
)

use_qfc_theme()

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## The data
#
# One row per house:

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
radon = load_radon()
radon.sample(5, random_state=891).round(2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# - `log_radon`: natural log of the concentration in pCi/L (picocuries per liter of air)
# - `floor`: where it was measured, 0 = basement, 1 = first floor
# - `log_uranium`: natural log of the uranium in the county's soil, in ppm. One value per *county*.

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Price, P. N., Nero, A. V. and Gelman, A. (1996). Bayesian prediction of mean indoor radon
# concentrations for Minnesota counties. *Health Physics* 71:922-936.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Price, Nero and Gelman (1996, Health Physics 71:922-936); Gelman and Hill (2007), chapter 12. The
# > county names are spelled as in the data: LACQUIPARLE is Lac qui Parle, "the lake which speaks".

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
counties = list(radon["county"].cat.categories)
houses = radon["county"].value_counts().loc[counties]
uranium = radon.groupby("county", observed=True)["log_uranium"].first()
upstairs = radon.groupby("county", observed=True)["floor"].sum()

# one bar for each whole number
ax = sns.histplot(
    x=houses, discrete=True, color="#56606B", edgecolor="white", linewidth=0.8
)
ax.set(xlabel="houses in the county", ylabel="counties")
ax.set_xticks([1, *range(10, 120, 10)])
set_alt_text(
    ax,
    f"One bar for each number of houses per county, from {houses.min()} to {houses.max()}. Most "
    "counties have two to ten houses, a handful have more than thirty.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
display(
    Markdown(
        f"From {houses.min()} house to {houses.max()} houses; half of the counties have "
        f"{houses.median():.0f} or fewer. The {(houses <= 5).sum()} counties with at most five "
        f"houses hold {houses[houses <= 5].sum() / len(radon):.0%} of the data."
    )
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # Three assumptions, 85 counties

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three assumptions, three formulas
#
# The same three as for the scorpions. Floor takes the place of length.
#
# | assumption | | formula |
# | :-- | :-- | :-- |
# | complete pooling | Minnesota is one big county | `log_radon ~ 1 + floor` |
# | no pooling | each county for itself | `log_radon ~ 0 + county + floor` |
# | partial pooling | counties are a sample of counties | `log_radon ~ 1 + floor + (1\|county)` |
#
# We do not fit the first two: the next slide writes all three as one formula.

# %% slideshow={"slide_type": "-"}
model_partial = bmb.Model("log_radon ~ 1 + floor + (1|county)", radon)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Alpha_j is now the mean log radon in the basements of county j, beta the difference between houses
# > measured on the first floor and houses measured in the basement. The priors are Bambi's own this
# > time: wide, and scaled to the data. With 919 houses they have little to say. (Lecture 2 showed what
# > they do with nine scorpions.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## One formula, three priors
#
# $$\alpha_j \sim \text{Normal}(\mu_\alpha, \sigma_\alpha^2)$$
#
# The three assumptions are one model that differs in what it thinks of $\sigma_\alpha$:
#
# - complete pooling: $\sigma_\alpha$ is practically **zero**, all counties are the same
# - no pooling: $\sigma_\alpha$ is practically **infinite**, counties say nothing about each other
# - partial pooling: $\sigma_\alpha$ is **unknown**, the data decide

# %% slideshow={"slide_type": "subslide"}
formula = "log_radon ~ 1 + floor + (1|county)"


def model_given(low, high):
    """The partial-pooling formula with sd_alpha confined to an interval."""
    sd_alpha = bmb.Prior("Uniform", lower=low, upper=high)
    prior = bmb.Prior("Normal", mu=0, sigma=sd_alpha)
    return bmb.Model(formula, radon, priors={"1|county": prior})


complete = ExactPosterior.from_model(model_given(0, 0.001))
no = ExactPosterior.from_model(model_given(9.99, 10.01))
partial = ExactPosterior.from_model(model_partial)

# %% [markdown] slideshow={"slide_type": "fragment"}
# No sampling here: for a random intercept and normal noise, the posterior can be computed *exactly*
# (lecture 2). `model.fit(...)` would give the same, in draws. Why intervals? Bambi wants a
# distribution for $\sigma_\alpha$, not a number; a very narrow one does it.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Ten is "practically infinite" on this scale: exp(10) is a factor of twenty-two thousand between
# > two counties. The estimates differ from those of `0 + county + floor` by less than a
# > hundredth; a test of this course checks that. To sample instead, write
# > `bmb.Model("log_radon ~ 0 + county + floor", radon).fit(inference_method="nutpie")`.

# %% slideshow={"slide_type": "subslide"} tags=["output-apart", "nbval-check-output"]
fit_partial = smf.mixedlm("log_radon ~ 1 + floor", radon, groups="county").fit(
    method="powell"
)

names = {"Intercept": "mu_alpha", "floor": "beta"}
names |= {"1|county_sigma": "sd_alpha", "sigma": "sd_obs"}
posterior = partial.summary(list(names))[["mean", "sd"]].rename(names)
posterior["lmer (REML)"] = [
    *fit_partial.fe_params,
    *standard_deviations(fit_partial),
]
posterior.round(3)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
ratio = np.exp(posterior.loc["beta", "mean"])
share = posterior.loc["sd_alpha", "mean"] ** 2
share /= share + posterior.loc["sd_obs", "mean"] ** 2
display(
    Markdown(
        f"A house measured on the first floor has about {ratio:.0%} of the radon of a house of the "
        "same county measured in the basement (medians). Of the variation that is "
        f"left, some {share:.0%} is among counties. The rest is among houses of the same county."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > With 85 counties, Bayes and lmer agree closely. With three populations they did not.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The classic pair of panels


# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
def interval_table(exact, var_name="alpha_j"):
    """Posterior mean and 89 % interval of each county."""
    low, high = exact.quantile([0.055, 0.945], [var_name])[var_name].to_numpy()
    estimate = exact.mean([var_name])[var_name].to_numpy()
    columns = {"estimate": estimate, "lower": low, "upper": high}
    return pd.DataFrame(columns, index=counties)


alpha_no, alpha_partial = interval_table(no), interval_table(partial)
mu_complete = complete.mean(["Intercept"])["Intercept"].item()

# %% slideshow={"slide_type": "subslide"} tags=["output-only", "nbval-check-output"]
axes = plot_estimate_vs_n(
    no=alpha_no,
    partial=alpha_partial,
    n=houses,
    complete=mu_complete,
    mu_alpha=posterior.loc["mu_alpha", "mean"],
    label=["LACQUIPARLE", "MURRAY", "STLOUIS"],
)
axes[0].set_ylabel("log radon in basements")
for ax in axes:
    ax.set_xlabel("houses in the county")

# %% [markdown] slideshow={"slide_type": "-"}
# Counties with the same number of houses stand a little to the side of each other. Complete pooling
# (dotted) counts each *house* once; $\mu_\alpha$, to which partial pooling moves the counties, counts
# each *county* once, nearly.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Let people find the funnel on the left by themselves. Which county has the highest radon, which
# > the lowest? The mean of two houses is easily extreme. Ranking tables of schools, hospitals and
# > lakes have the same disease. The two lines: complete pooling counts each house once, mu_alpha is
# > a mean of counties, in which STLOUIS is one of 85.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## What do you see?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
far = (alpha_no["estimate"] - posterior.loc["mu_alpha", "mean"]).abs()
five = houses[far.nlargest(5).index]
highest, lowest = alpha_no["estimate"].idxmax(), alpha_no["estimate"].idxmin()
display(
    Markdown(
        "- Left: a funnel. Nearly all extreme counties are small. The highest has "
        f"{houses[highest]} houses; of the five farthest from $\\mu_\\alpha$, {(five <= 4).sum()} "
        "have at most four. Some of that is geology, much is luck. (The lowest, "
        f"{lowest}, has {houses[lowest]} and stays lowest: that one may be real.)"
    )
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# - Right: the funnel is gone. Small counties have moved towards the others...

# %% [markdown] slideshow={"slide_type": "fragment"}
# - ...and their intervals have become shorter. They borrow from the other 84.

# %% [markdown] slideshow={"slide_type": "fragment"}
# - At the right end of both panels nothing happens. Whoever has 116 houses needs no neighbors.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
width = pd.DataFrame(
    {
        name: table["upper"] - table["lower"]
        for name, table in (("no", alpha_no), ("partial", alpha_partial))
    }
)
small, large = houses <= 2, houses >= 100
shorter = 1 - width["partial"] / width["no"]
display(
    Markdown(
        f"Intervals of counties with one or two houses shrink by "
        f"{shorter[small].mean():.0%} on average; of the two with more than a hundred, by "
        f"{shorter[large].mean():.0%}."
    )
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Who moves, and why?
#
# Partial pooling is a weighted average of the county's own houses and of the mean of all counties:
#
# $$\hat\alpha_j \approx (1 - \omega_j)\,\hat\alpha_j^{\text{no pooling}} + \omega_j\,\mu_\alpha,
# \qquad \omega_j = \frac{1/\sigma_\alpha^2}{n_j/\sigma^2 + 1/\sigma_\alpha^2}$$
#
# $\omega_j$ is the **pooling factor** of lecture 2.

# %% slideshow={"slide_type": "subslide"} tags=["output-apart", "nbval-check-output"]
draws_partial = partial.sample(random_seed=891, log_likelihood=True)

chosen = ["MURRAY", "LACQUIPARLE", "AITKIN", "BLUEEARTH", "STLOUIS"]
moves = pd.DataFrame(
    {
        "houses": houses,
        "no pooling": alpha_no["estimate"],
        "partial pooling": alpha_partial["estimate"],
    }
)
moves["moved by"] = moves["partial pooling"] - moves["no pooling"]
pull = pooling_factor(draws_partial, radon).mean(["chain", "draw"])
moves["pooling factor"] = pull.to_series()
moves.loc[chosen].round(2)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
farthest = moves["moved by"].abs().idxmax()
still = moves.loc[houses == 1, "moved by"].abs().idxmin()
display(
    Markdown(
        f"To move far, a county has to be *small* and *unusual*. {farthest} (houses: "
        f"{houses[farthest]}) moves the most, by "
        f"{moves.loc[farthest, 'moved by']:+.2f}. {still} has a single house and moves by only "
        f"{moves.loc[still, 'moved by']:+.2f}: it was near the mean to begin with. STLOUIS is "
        f"unusual and hardly moves ({moves.loc['STLOUIS', 'moved by']:+.2f}): it has 116 houses to "
        "prove it."
    )
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
fig, axes = plt.subplots(ncols=4, sharey=True, figsize=(11, 5.2))
rng = np.random.default_rng(1)
slopes = {
    name: exact.mean(["floor"])["floor"].item()
    for name, exact in (
        ("no", no),
        ("complete", complete),
        ("partial", partial),
    )
}
for name_county, ax in zip(chosen[1:], axes, strict=True):
    rows = radon[radon["county"] == name_county]
    # a little sideways noise, so that houses do not hide each other
    noise = rng.uniform(-0.07, 0.07, len(rows))
    ax.scatter(
        rows["floor"] + noise,
        rows["log_radon"],
        s=45,
        color="#B4BAC1",
    )
    starts = {
        "no": alpha_no.loc[name_county, "estimate"],
        "complete": mu_complete,
        "partial": alpha_partial.loc[name_county, "estimate"],
    }
    for name, start in starts.items():
        ax.plot(
            [-0.1, 1.1],
            [start - 0.1 * slopes[name], start + 1.1 * slopes[name]],
            color=POOLING_COLORS[name],
            linestyle=POOLING_LINESTYLES[name],
            linewidth=3,
            label=f"{name} pooling",
        )
    ax.set_xticks([0, 1], ["basement", "first"])
    ax.set(
        title=f"{name_county} ({houses[name_county]})",
        xlabel="",
        xlim=(-0.45, 1.45),
    )
    ax.title.set_fontsize(16)
axes[0].set_ylabel("log radon")
handles, labels = ax.get_legend_handles_labels()
fig.legend(
    handles[-3:],
    labels[-3:],
    loc="outside lower center",
    ncols=3,
    handlelength=2.6,
)
set_alt_text(
    fig,
    "Four panels of log radon against floor, for counties with 2, 4, 14 and 116 houses, with the "
    "lines of no, complete and partial pooling. In the smallest county the partial-pooling line "
    "lies between the other two, in the largest on top of the one of no pooling.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > From left to right: more houses, less pooling. The number of houses stands in the title of each
# > panel. LACQUIPARLE has one house in the basement and one on the first floor.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # Why do counties differ?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A predictor for counties: uranium
#
# Radon is what uranium decays into (with a few stops on the way). Perhaps counties differ because
# their soils do?
#
# Uranium has one value per county. It says nothing about two houses of the same county, but it can
# say where $\alpha_j$ should be *before* we look at a single house:
#
# $$\alpha_j \sim \text{Normal}(\gamma_0 + \gamma_1 \cdot \text{uranium}_j,\ \sigma_\alpha^2)$$
#
# In a formula it looks like any other predictor. (In Bambi $\gamma_0$ is `Intercept`, and $\gamma_1$
# is `log_uranium`.)

# %% slideshow={"slide_type": "-"}
model_uranium = bmb.Model(
    "log_radon ~ 1 + floor + log_uranium + (1|county)", radon
)
with_uranium = ExactPosterior.from_model(model_uranium)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Why not with no pooling? 85 intercepts for 85 counties already explain any difference among
# > counties; uranium is a linear combination of the county columns, and the data cannot tell the
# > two apart. In R, lm drops a coefficient. A group-level predictor cannot stand beside a free
# > intercept for each county.

# %% slideshow={"slide_type": "subslide"} tags=["output-apart", "nbval-check-output"]
fit_uranium = smf.mixedlm(
    "log_radon ~ 1 + floor + log_uranium", radon, groups="county"
).fit(method="powell")

sd_names = ["1|county_sigma", "sigma"]
drop = pd.DataFrame(
    {
        ("without uranium", "posterior mean"): partial.summary(sd_names)[
            "mean"
        ],
        ("without uranium", "lmer (REML)"): standard_deviations(
            fit_partial
        ).to_numpy(),
        ("with uranium", "posterior mean"): with_uranium.summary(sd_names)[
            "mean"
        ],
        ("with uranium", "lmer (REML)"): standard_deviations(
            fit_uranium
        ).to_numpy(),
    }
).rename({"1|county_sigma": "sd_alpha", "sigma": "sd_obs"})
drop.round(3)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
before, after = drop.xs("posterior mean", axis=1, level=1).iloc[0]
slope_uranium = with_uranium.summary(["log_uranium"]).loc["log_uranium"]
# the two posteriors come from the same houses; here as if they were independent
draws_uranium = with_uranium.sample(random_seed=891, log_likelihood=True)
sd_without, sd_with = (
    of_model["posterior"]["1|county_sigma"]
    for of_model in (draws_partial, draws_uranium)
)
taken = 1 - (sd_with / sd_without) ** 2
taken_low, taken_high = taken.quantile([0.055, 0.945]).to_numpy()
display(
    Markdown(
        f"sd_alpha drops from {before:.2f} to {after:.2f}. Of the *variance* among counties, "
        f"uranium takes roughly {float(taken.mean()):.0%} (89 % interval: {taken_low:.0%} to "
        f"{taken_high:.0%}, if we treat both posteriors as independent). sd_obs does not move: uranium cannot tell "
        f"two houses of one county apart. Its slope is {slope_uranium['mean']:.2f} "
        f"(± {slope_uranium['sd']:.2f})."
    )
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
densities = {
    "without uranium": partial.density(
        "sd_alpha", np.linspace(0.001, 0.55, 300)
    ),
    "with uranium": with_uranium.density(
        "sd_alpha", np.linspace(0.001, 0.55, 300)
    ),
}
fig, ax = plt.subplots()
for (name, density), linestyle, fill in zip(
    densities.items(), ["-", "--"], [0.25, 0.10], strict=True
):
    values = density[density.dims[0]].to_numpy()
    ax.plot(
        values, density, color=POOLING_COLORS["partial"], linestyle=linestyle
    )
    ax.fill_between(
        values, density, color=POOLING_COLORS["partial"], alpha=fill
    )
    peak = int(np.argmax(density.to_numpy()))
    ax.annotate(
        name,
        (values[peak], float(density[peak])),
        xytext=(0, 6),
        textcoords="offset points",
        ha="center",
    )
for fit in (fit_partial, fit_uranium):
    point = standard_deviations(fit)["sd_alpha"]
    ax.plot(
        point, 0, "^", color="black", markersize=13, clip_on=False, zorder=5
    )
ax.set(
    xlabel=r"$\sigma_\alpha$",
    ylabel="posterior density",
    xlim=(0, 0.55),
    ylim=(0, 1.12 * max(float(d.max()) for d in densities.values())),
)
set_alt_text(
    ax,
    "Posterior densities of the standard deviation among counties: with uranium it lies around "
    f"{after:.2f}, without around {before:.2f}, with little overlap. Triangles on the axis mark "
    "lmer's estimates, close to the two peaks.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The triangles are lmer's REML estimates.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
# alpha_j of the model holds no uranium: add gamma_1 * uranium_j, draw by draw
post_uranium = draws_uranium.posterior.dataset.rename(
    county__factor_dim="county"
)
soil = xr.DataArray(uranium, dims="county", coords={"county": counties})
alpha_uranium = (
    post_uranium["Intercept"]
    + post_uranium["1|county"]
    + post_uranium["log_uranium"] * soil
)
low, high = alpha_uranium.quantile([0.055, 0.945], ["chain", "draw"]).to_numpy()
center = alpha_uranium.mean(["chain", "draw"]).to_numpy()

fig, axes = plt.subplots(ncols=2, figsize=(11, 5.4), sharey=True)
axes[0].errorbar(
    uranium,
    alpha_partial["estimate"],
    [
        alpha_partial["estimate"] - alpha_partial["lower"],
        alpha_partial["upper"] - alpha_partial["estimate"],
    ],
    fmt="o",
    color=POOLING_COLORS["partial"],
    elinewidth=1.2,
    markersize=6,
)
axes[0].axhline(
    partial.mean(["Intercept"])["Intercept"].item(),
    color="black",
    linewidth=1.5,
)
axes[0].set_title("without uranium")
axes[1].errorbar(
    uranium,
    center,
    [center - low, high - center],
    fmt="o",
    color=POOLING_COLORS["partial"],
    elinewidth=1.2,
    markersize=6,
)
ends = np.array([uranium.min(), uranium.max()])
line = with_uranium.mean(["Intercept", "log_uranium"])
axes[1].plot(
    ends,
    line["Intercept"].item() + line["log_uranium"].item() * ends,
    color="black",
    linewidth=1.5,
)
axes[1].set_title("with uranium")
axes[0].set_ylabel("log radon in basements")
for ax in axes:
    ax.set_xlabel("log uranium of the county's soil")
set_alt_text(
    axes[0],
    "County intercepts with intervals against soil uranium, two panels. Without uranium in the "
    "model the counties scatter around a horizontal line and rise with uranium all the same. With "
    "uranium they lie close to a rising line, and their intervals are shorter.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Counties no longer shrink to the mean of Minnesota. They shrink to the mean of counties with
# *their* soil.

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# After a figure in Gelman, A. and Hill, J. (2007). *Data analysis using regression and multilevel/hierarchical
# models*, chapter 12. Cambridge University Press.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Exchangeability in one picture: without uranium we claim that the counties' labels tell us
# > nothing. The left panel shows that this is not so: there is a trend left. Given uranium the claim
# > is much easier to believe. After a figure in chapter 12 of Gelman and Hill (2007).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A varying slope
#
# (You may jump to *Prediction* now, and come back for this on a second evening.)
#
# Is the difference between houses measured in the basement and on the first floor the same in every
# county? Let it vary, too:
#
# $$\text{log radon}_i = \alpha_{j(i)} + \beta_{j(i)} \cdot \text{floor}_i + \varepsilon_i$$
#
# $$\alpha_j \sim \text{Normal}(\mu_\alpha, \sigma_\alpha^2), \qquad
# \beta_j \sim \text{Normal}(\mu_\beta, \sigma_\beta^2)$$

# %% slideshow={"slide_type": "fragment"}
model_slopes = bmb.Model("log_radon ~ 1 + floor + (1 + floor | county)", radon)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
display(
    Markdown(
        f"In {(upstairs == 0).sum()} of the 85 counties nobody measured a first floor. No pooling "
        "has no slope for them. Partial pooling has one: borrowed."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > From here on the exact posterior does not help: with two effects per county the integral has more
# > dimensions. Back to NUTS, and to looking at diagnostics before anything else.

# %% slideshow={"slide_type": "subslide"}
draws_slopes = model_slopes.fit(
    inference_method="nutpie",
    draws=3000,
    chains=4,
    target_accept=0.9,
    random_seed=891,
)
diagnose(draws_slopes).check()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What Bambi leaves out
#
# In R, `(1 + floor | county)` means one thing more: intercept and slope of a county may be
# **correlated**. Perhaps in counties with much radon in the basement the drop to the first floor is
# larger.
#
# $$\begin{pmatrix}\alpha_j\\ \beta_j\end{pmatrix} \sim \text{Normal}\left(
# \begin{pmatrix}\mu_\alpha\\ \mu_\beta\end{pmatrix},
# \begin{pmatrix}\sigma_\alpha^2 & \rho\,\sigma_\alpha\sigma_\beta\\
# \rho\,\sigma_\alpha\sigma_\beta & \sigma_\beta^2\end{pmatrix}\right)$$
#
# | formula | in Bambi | in lme4 |
# | --- | --- | --- |
# | `(1 + floor \| county)` | independent effects | correlated effects |
# | `(1 + floor \|\| county)` | not available | independent effects |
#
# The same formula, two models. For a correlation we have to write the model ourselves, in PyMC.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Nobody warns you of this. If you translate an lme4 script to Bambi, this is the line to look at.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## A prior for a correlation
#
# The **LKJ** prior (Lewandowski, Kurowicka and Joe) is the usual one for correlation matrices:
# its density is $\det(R)^{\eta - 1}$. With two effects the determinant is $1 - \rho^2$:
#
# $$p(\rho) \propto (1 - \rho^2)^{\eta - 1}, \quad \text{the same as} \quad
# \frac{1 + \rho}{2} \sim \text{Beta}(\eta, \eta)$$
#
# - $\eta = 1$: all correlations are equally likely.
# - $\eta = 2$, our choice: near $-1$ and $1$ is unlikely.
#
# To draw a pair with correlation $\rho$ from two independent standard normals $z_1$ and $z_2$, take
# $z_1$ and $\rho\,z_1 + \sqrt{1 - \rho^2}\,z_2$.

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Lewandowski, D., Kurowicka, D. and Joe, H. (2009). Generating random correlation matrices based on
# vines and extended onion method. *Journal of Multivariate Analysis* 100:1989-2001.

# %% slideshow={"slide_type": "subslide", "lines": "all|4-9|11-12|14-18|20-21|all"}
county = radon["county"].cat.codes.to_numpy()
floor = radon["floor"].to_numpy()

with pm.Model(coords={"county": counties}) as model_correlated:
    mu_alpha = pm.Normal("mu_alpha", 1.3, 2.2)
    mu_beta = pm.Normal("mu_beta", 0, 5.5)
    sd_alpha = pm.HalfNormal("sd_alpha", 2.2)
    sd_beta = pm.HalfNormal("sd_beta", 5.5)
    sd_obs = pm.HalfStudentT("sd_obs", nu=4, sigma=0.8)

    # LKJ prior with eta = 2
    rho = pm.Deterministic("rho", 2 * pm.Beta("half_rho", 2, 2) - 1)

    z1 = pm.Normal("z1", dims="county")
    z2 = pm.Normal("z2", dims="county")
    alpha = pm.Deterministic("alpha_j", mu_alpha + sd_alpha * z1, dims="county")
    step = sd_beta * (rho * z1 + np.sqrt(1 - rho**2) * z2)
    beta = pm.Deterministic("beta_j", mu_beta + step, dims="county")

    mean = alpha[county] + beta[county] * floor
    pm.Normal("log_radon", mean, sd_obs, observed=radon["log_radon"])

# %% [markdown] slideshow={"slide_type": "notes"}
# > The other priors are those that Bambi chose for the model before, rounded, and without Bambi's
# > centering; with 919 houses it makes no difference to speak of. This is the non-centered form of
# > lecture 2: standard normals, scaled and shifted. For three or more effects write
# > `pm.LKJCholeskyCov("L", n=3, eta=2, sd_dist=...)`, which does the last steps for any number, and
# > be patient while it compiles. For two it is this model.

# %% slideshow={"slide_type": "subslide"}
with model_correlated:
    draws_correlated = pm.sample(
        nuts_sampler="nutpie",
        draws=3000,
        chains=4,
        target_accept=0.9,
        random_seed=891,
    )
diagnose(draws_correlated).check()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The frequentist answers, and a trap
#
# statsmodels has all our models. Three of its optimizers, and the log likelihood (REML) at which each
# says it arrived:


# %% slideshow={"slide_type": "-"}
def fit_slopes(method, **options):
    """lmer(log_radon ~ 1 + floor + (1 + floor | county)), in statsmodels."""
    model = smf.mixedlm(
        "log_radon ~ 1 + floor", radon, groups="county", re_formula="1 + floor"
    )
    return model.fit(method=method, **options)


# %% slideshow={"slide_type": "subslide"} tags=["output-apart"]
intercepts, soil_too = (
    smf.mixedlm(formula, radon, groups="county")
    for formula in (
        "log_radon ~ 1 + floor",
        "log_radon ~ 1 + floor + log_uranium",
    )
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the table tells
    fits = {
        method: {
            "(1 | county)": intercepts.fit(method=method),
            "log_uranium + (1 | county)": soil_too.fit(method=method),
            "(1 + floor | county)": fit_slopes(method),
        }
        for method in ("powell", "bfgs", "lbfgs")
    }
pd.DataFrame(fits).map(
    lambda fit: (
        f"{fit.llf:.3f} {'converged' if fit.converged else 'not converged'}"
    )
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# - Of two *finite* likelihoods of the *same* model, the lower one is not the maximum.
# - An infinite one is a crash, whatever `converged` says.
# - No optimizer wins always. **Fit with two**, and be suspicious if they differ.

# %% [markdown] slideshow={"slide_type": "notes"}
# > `powell` has served us well until here; with a varying slope it stops early. lme4 has the log
# > likelihood of bfgs there to four digits, and its estimates: a test of this course compares them.
# > statsmodels calls it converged because the optimizer did, which is not the same as being at the
# > maximum. One more trap: powell ignores `free=` (next slide) and fits the correlation all the same.

# %% slideshow={"slide_type": "subslide"}
lmer_correlated = fit_slopes("bfgs")  # (1 + floor | county) in lme4

# (1 + floor || county): the covariance is held at zero
independent = MixedLMParams.from_components(
    fe_params=np.ones(2), cov_re=np.eye(2)
)
lmer_independent = fit_slopes("bfgs", free=independent)


def lmer_column(fit):
    """Means, standard deviations and correlation, as lme4 prints them."""
    sd = np.sqrt(np.diag(fit.cov_re))
    rho = fit.cov_re.iloc[0, 1] / sd.prod()
    return [*fit.fe_params, *sd, rho, np.sqrt(fit.scale)]


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"] jupyter={"source_hidden": true}
rows = ["mu_alpha", "mu_beta", "sd_alpha", "sd_beta", "rho", "sd_obs"]
bambi_names = {
    "Intercept": "mu_alpha",
    "floor": "mu_beta",
    "1|county_sigma": "sd_alpha",
    "floor|county_sigma": "sd_beta",
    "sigma": "sd_obs",
}
post_slopes = draws_slopes.posterior.dataset.rename(
    bambi_names | {"county__factor_dim": "county"}
)
post_slopes["alpha_j"] = post_slopes["mu_alpha"] + post_slopes["1|county"]
post_slopes["beta_j"] = post_slopes["mu_beta"] + post_slopes["floor|county"]
post_correlated = draws_correlated.posterior.dataset


def posterior_columns(posterior):
    """Posterior mean and 89 % interval, as text."""
    text = {}
    for name in rows:
        if name in posterior:
            low, high = posterior[name].quantile([0.055, 0.945]).to_numpy()
            text[name] = (
                f"{float(posterior[name].mean()):.2f} ({low:.2f} to {high:.2f})"
            )
    return pd.Series(text).reindex(rows, fill_value="0 by assumption")


both = pd.DataFrame(
    {
        ("independent", "Bambi: mean (89 %)"): posterior_columns(post_slopes),
        ("independent", "lmer, ||"): np.round(lmer_column(lmer_independent), 2),
        ("correlated", "PyMC: mean (89 %)"): posterior_columns(post_correlated),
        ("correlated", "lmer, |"): np.round(lmer_column(lmer_correlated), 2),
    },
    index=rows,
)
both

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"] jupyter={"source_hidden": true}
rho_low, rho_high = post_correlated["rho"].quantile([0.055, 0.945]).to_numpy()
rho_lmer = lmer_column(lmer_correlated)[4]
prior_low, prior_high = 2 * stats.beta(2, 2).ppf([0.055, 0.945]) - 1
display(
    Markdown(
        f"lmer prints a correlation of {rho_lmer:.2f}, without a standard error. The posterior goes "
        f"from {rho_low:.2f} to {rho_high:.2f}; the LKJ prior alone went from {prior_low:.2f} to "
        f"{prior_high:.2f}. We learned little: 85 counties, most with few first floors, hardly know "
        "even the sign."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Why is the posterior mean nearer to zero than lmer's estimate? lmer reports a peak, and the mean of
# > a lopsided distribution lies off its peak. The prior pulls it a little further. With all
# > correlations equally likely (eta = 1) the posterior peaks where lmer is.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"] jupyter={"source_hidden": true}
fig, axes = plt.subplots(ncols=2, sharex=True, sharey=True, figsize=(11, 5.4))
for ax, post, title in zip(
    axes,
    (post_slopes, post_correlated),
    ("independent (Bambi)", "correlated (PyMC)"),
    strict=True,
):
    centers = post[["alpha_j", "beta_j"]].mean(["chain", "draw"])
    for has, marker, label in (
        (upstairs.to_numpy() > 0, "o", "has first floors in the data"),
        (upstairs.to_numpy() == 0, "x", "has none"),
    ):
        ax.scatter(
            centers["alpha_j"][has],
            centers["beta_j"][has],
            marker=marker,
            s=55,
            color=POOLING_COLORS["partial"] if marker == "o" else "black",
            label=label,
        )
    ax.set(title=title, xlabel=r"$\alpha_j$ (basement)")
axes[0].set_ylabel(r"$\beta_j$ (step to first floor)")
fig.legend(
    *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2
)
set_alt_text(
    fig,
    "Posterior means of slope against intercept, one marker per county, two panels. In the "
    "independent model, counties without first floors all have the same slope, on a horizontal "
    "line. In the correlated model they lie on a falling line.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Counties without a first floor (crosses) get their slope from the others: all the same one if
# effects are independent, one that falls with the intercept if they are correlated.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # What do you want to predict?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which model predicts best?
#
# It depends on what you want to predict:
#
# - another house of a **known** county: hide one *house* at a time (leave-one-out, **LOO**)
# - the houses of a **new** county: hide one *county* at a time (leave-one-group-out, **LOGO**)
#
# The score is the expected log predictive density, **elpd**: the log of how probable the model
# thought what was hidden. Higher is better. It is a sum over all 919 houses: a score that is higher by
# 10 makes each house $\exp(10 / 919)$ times as probable.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Leave one house out
#
# `az.loo` estimates what would happen without each house, from draws *with* it. It warns where that
# goes wrong (Pareto $k$). For the random-intercept models we can look at the exact answer beside it.

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation using leave-one-out
# cross-validation and WAIC. *Statistics and Computing* 27:1413-1432.

# %% slideshow={"slide_type": "-"}
every_sixth = {"draw": slice(None, None, 6)}  # enough, and quicker
few_slopes = model_slopes.compute_log_likelihood(
    draws_slopes.isel(every_sixth), inplace=False
)
few_correlated = pm.compute_log_likelihood(
    draws_correlated.isel(every_sixth),
    model=model_correlated,
    progressbar=False,
)


# %% slideshow={"slide_type": "subslide"}
exact_models = {
    "complete pooling": complete,
    "no pooling": no,
    "partial pooling": partial,
    "with uranium": with_uranium,
}
draws = {
    name: exact.sample(500, random_seed=891, log_likelihood=True)
    for name, exact in exact_models.items()
}
draws["varying slope"] = few_slopes
draws["correlated slope"] = few_correlated

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # we look at k ourselves, below
    loo = {
        name: az.loo(of_model, pointwise=True)
        for name, of_model in draws.items()
    }

# %% slideshow={"slide_type": "subslide"} tags=["output-apart"]
table_loo = pd.DataFrame(
    {
        "az.loo": {name: result.elpd for name, result in loo.items()},
        "exact": {
            name: exact.loo().sum().item()
            for name, exact in exact_models.items()
        },
        "houses with bad k": {
            name: int((result.pareto_k > result.good_k).sum())
            for name, result in loo.items()
        },
    }
)
table_loo.round(1)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"] jupyter={"source_hidden": true}
off = (table_loo["az.loo"] - table_loo["exact"]).abs()
error_each = np.asarray(loo["no pooling"].elpd_i) - no.loo().to_numpy()
alone = (houses.loc[radon["county"]] == 1).to_numpy()
display(
    Markdown(
        f"Where no $k$ is bad, az.loo is right to {off.drop('no pooling').max():.1f}. With no "
        f"pooling it flags {table_loo.loc['no pooling', 'houses with bad k']} houses and is wrong "
        f"by {off['no pooling']:.1f}, of which {error_each[alone].sum():.1f} comes from the three "
        "houses that are alone in their county. Hide such a house, and its county's intercept could "
        "be anything. So take the warning seriously."
    )
)

# %% slideshow={"slide_type": "subslide"}
comparison = az.compare(loo, round_to="none")
columns = ["elpd", "elpd_diff", "dse"]
comparison[columns].astype(float).round(1).assign(
    warning=comparison["diag_elpd"]
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"] jupyter={"source_hidden": true}
gain_slope = loo["varying slope"].elpd - loo["partial pooling"].elpd
gain_rho = loo["correlated slope"].elpd - loo["varying slope"].elpd
display(
    Markdown(
        f"A score higher by 10 makes each house {np.expm1(10 / len(radon)):.1%} more probable. "
        f"Letting the slope vary changes the score by {gain_slope:+.1f}, the correlation by "
        f"{gain_rho:+.1f}: for predicting houses, neither pays here. A warning marks the scores that "
        "are not to be trusted; that of no pooling we have just seen to be "
        f"{off['no pooling']:.0f} too high."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The models with varying slopes have no exact answer to stand beside, and a few houses with a bad k:
# > do not trust their last digit. `elpd_diff` is the distance to the best, `dse` its standard error. A difference below about four,
# > or below twice its standard error, is nothing to write home about.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Leave one county out
#
# Hide all houses of a county, predict them together, and do so for each of the 85. Exact, without a
# single refit by hand.
#
# What does no pooling say of a county that it has not seen? Only what its prior says. Ours is
# $\sigma_\alpha = 10$, and a wider one would do worse, without limit.


# %% slideshow={"slide_type": "subslide"} tags=["output-apart", "nbval-check-output"]
def difference(score, name, reference="partial pooling"):
    """Sum and standard error of the differences between two models."""
    ours, theirs = exact_models[name], exact_models[reference]
    each = getattr(ours, score)() - getattr(theirs, score)()
    return each.sum().item(), each.std(ddof=1).item() * np.sqrt(each.size)


others = [name for name in exact_models if name != "partial pooling"]
scores = pd.DataFrame(
    [[*difference("loo", name), *difference("logo", name)] for name in others],
    index=others,
    columns=pd.MultiIndex.from_product(
        [["leave one house out", "leave one county out"], ["elpd", "error"]]
    ),
)
label_no = {"no pooling": "no pooling (sd_alpha = 10)"}
scores.rename(label_no).round(1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Each number is a difference to partial pooling, beside its standard error. Negative is worse.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
fig, axes = plt.subplots(ncols=2, sharex=True, sharey=True, figsize=(11, 4.6))
left_end = -100
styles = {
    "no pooling": ("s", POOLING_COLORS["no"]),
    "complete pooling": ("^", POOLING_COLORS["complete"]),
    "with uranium": ("o", POOLING_COLORS["partial"]),
}
for ax, what in zip(axes, scores.columns.levels[0][::-1], strict=True):
    for row, (name, (marker, color)) in enumerate(styles.items()):
        elpd, error = scores.loc[name, what]
        if elpd < left_end:  # off the panel: an arrow, and the number
            ax.annotate(
                f"{elpd:.0f} (± {2 * error:.0f})",
                (left_end, row),
                xytext=(left_end + 22, row),
                va="center",
                color=color,
                arrowprops={"arrowstyle": "-|>", "color": color, "lw": 3},
            )
            continue
        ax.errorbar(
            elpd,
            row,
            xerr=2 * error,
            fmt=marker,
            color=color,
            markersize=13,
            elinewidth=3,
        )
    ax.axvline(0, color="black", linewidth=1)
    ax.set(title=what, xlim=(left_end, 40), ylim=(-0.6, 2.6))
fig.supxlabel(
    "elpd, difference to partial pooling (± 2 standard errors)", fontsize=18
)
names_shown = [label_no.get(name, name).replace(" (", "\n(") for name in styles]
axes[0].set_yticks(range(3), names_shown)
set_alt_text(
    fig,
    "Differences of the predictive score to partial pooling, with two standard errors, two panels on "
    "the same axis. For another house of a known county, complete pooling is worst and uranium helps "
    "little. For a new county uranium is clearly better, and no pooling is so bad that an arrow at "
    f"the panel's edge points to it: {scores.loc['no pooling'].iloc[2]:.0f}.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
house, group = scores["leave one house out"], scores["leave one county out"]
better, better_error = difference("loo", "no pooling", "complete pooling")
worse, worse_error = difference("logo", "no pooling", "complete pooling")
display(
    Markdown(
        f"- **No pooling against complete pooling**: for a known county it is {better:.0f} better "
        f"(standard error {better_error:.0f}). For a new county it is {-worse:.0f} worse (standard "
        f"error {worse_error:.0f}): it has nothing to say about counties it has not seen.\n"
        f"- **Uranium**: for a known county it adds {house.loc['with uranium', 'elpd']:.0f} "
        f"(standard error {house.loc['with uranium', 'error']:.0f}). For a new one it adds "
        f"{group.loc['with uranium', 'elpd']:.0f} "
        f"(standard error {group.loc['with uranium', 'error']:.0f}): where there are no houses, the "
        "soil is all we know.\n"
        "- For a known county, neither is clearly larger than its error. Uranium's slope is certain "
        f"all the same, {slope_uranium['mean']:.2f} (± {slope_uranium['sd']:.2f}): where houses have "
        "been measured, they already tell most of what the soil tells."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > How bad no pooling is for a new county depends on how wide we make "practically infinite": wider
# > is worse, without limit. That is a good argument against calling such a prior uninformative.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Prediction: should you buy this house?
#
# The US Environmental Protection Agency recommends action from 4 pCi/L. You measure in basements.
#
# - A house in a **known** county: its $\alpha_j$, plus what varies among houses.
# - A house in a county **never sampled**: $\alpha$ is a new draw from the hyperdistribution.
#
# Minnesota has 87 counties, the data 85 of them: the second case is no invention.
#
# The survey's numbers are *screening* measurements, not averages over a year. So read
# *Pr(above 4 pCi/L)* as the probability that such a measurement exceeds 4.

# %% slideshow={"slide_type": "subslide"}
known = pd.DataFrame({"county": ["STLOUIS", "LACQUIPARLE"], "floor": 0})
in_known = model_partial.predict(
    draws_partial, data=known, kind="response", inplace=False, random_seed=1
).posterior_predictive["log_radon"]

# a county never sampled, from the hyperdistribution
new = pd.DataFrame({"county": ["NEW"], "floor": 0})
in_new = predict_new_group(draws_partial, model_partial, new, random_seed=1)

# the same, but somebody measured the uranium in its soil
soils = pd.DataFrame(
    {
        "county": ["POOR", "RICH"],
        "floor": 0,
        "log_uranium": uranium.quantile([0.1, 0.9]).to_numpy(),
    }
)
in_soils = predict_new_group(draws_uranium, model_uranium, soils, random_seed=1)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"] jupyter={"source_hidden": true}
predicted = {
    "STLOUIS (116 houses)": in_known[..., 0],
    "LACQUIPARLE (2 houses)": in_known[..., 1],
    "a new county": in_new[..., 0],
    "a new county, little uranium": in_soils[..., 0],
    "a new county, much uranium": in_soils[..., 1],
}
predictions = pd.DataFrame(
    {
        name: {
            "median (pCi/L)": np.exp(float(draw.median())),
            "from (5.5 %)": np.exp(float(draw.quantile(0.055))),
            "to (94.5 %)": np.exp(float(draw.quantile(0.945))),
            "Pr(above 4 pCi/L)": float((draw > np.log(4)).mean()),
        }
        for name, draw in predicted.items()
    }
).T
predictions.round(2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Most of each interval is the variation among houses of one county. No model of counties removes
# that: if you want to know your house's radon, measure it.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"] jupyter={"source_hidden": true}
fig, ax = plt.subplots()
for row, (name, draw) in enumerate(reversed(predicted.items())):
    ends = np.exp(draw.quantile([0.055, 0.25, 0.5, 0.75, 0.945]).to_numpy())
    is_new = name.startswith("a new")
    ax.plot(
        ends[[0, 4]], [row, row], color=POOLING_COLORS["partial"], linewidth=2
    )
    ax.plot(
        ends[[1, 3]], [row, row], color=POOLING_COLORS["partial"], linewidth=7
    )
    ax.plot(
        ends[2],
        row,
        "D" if is_new else "o",
        markersize=12,
        color="white" if is_new else POOLING_COLORS["partial"],
        markeredgecolor="black",
    )
    chance = float((draw > np.log(4)).mean())
    ax.annotate(f"{chance:.0%}", (36, row), ha="center", va="center")
ax.axvline(4, color="black", linestyle="--", linewidth=1.5)
ax.annotate("above 4", (36, 4.6), ha="center")
ax.set(
    xscale="log",
    xlim=(0.5, 52),
    ylim=(-0.5, 5),
    xlabel="radon in the basement (pCi/L)",
)
ax.set_xticks([0.5, 1, 2, 4, 8, 16], ["0.5", "1", "2", "4", "8", "16"])
ax.minorticks_off()
ax.set_yticks(range(len(predicted)), list(predicted)[::-1])
set_alt_text(
    ax,
    "Predicted radon of a house, median with 50 and 89 percent intervals on a logarithmic axis, for "
    "two known and three new counties, and the probability to exceed 4 pCi/L. All intervals are "
    "wide. The new county is centered between the two known ones; soil uranium shifts it.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A warning: `sample_new_groups`
#
# Bambi has an option for new groups, `predict(..., sample_new_groups=True)`. It does not draw a new
# county. It picks an *old* one in each draw, and the same one for every new county:

# %% slideshow={"slide_type": "-"}
two_new = pd.DataFrame({"county": ["NEW A", "NEW B"], "floor": 0})
with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)
    resampled = model_partial.predict(
        draws_partial,
        data=two_new,
        sample_new_groups=True,
        inplace=False,
        random_seed=1,
    ).posterior["mu"]
fresh = new_group(draws_partial, ["NEW A", "NEW B"], random_seed=1)


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"] jupyter={"source_hidden": true}
def describe(alpha):
    """Spread of one new county, and correlation of two."""
    a, b = alpha[..., 0].to_numpy().ravel(), alpha[..., 1].to_numpy().ravel()
    return {
        "sd of one new county": a.std(),
        "correlation of two": np.corrcoef(a, b)[0, 1],
        "sd of their difference": (a - b).std(),
    }


warning = pd.DataFrame(
    {
        "new_group": describe(fresh),
        "sample_new_groups=True": describe(resampled),
    }
).T
warning.round(2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# With 85 counties to pick from, the *spread* of one new county is about right. (With three
# scorpion populations it is half of what it should be.) But two new counties are always
# identical, which no two counties are. Use `new_group` and `predict_new_group`.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Take home
#
# - Small groups look extreme more often, by luck alone. Partial pooling knows that.
# - A county moves far if it is small *and* unusual.
# - A group-level predictor can account for a part of the differences among groups: sd_alpha drops,
#   sd_obs stays.
# - `(1 + floor | county)` has a correlation in lme4, and none in Bambi.
# - Optimizers may say "converged" where there is no maximum. Fit with two, be suspicious if they
#   differ.
# - Say which prediction you mean: a new house, or a new county.
#
# Next: hyperdistributions, and what makes an effect random.
