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
# ## 4. Hyperdistributions, and when to use them
#
# After the lecture of Christopher Cahill, FW 891, 25 September 2023
#
# Quantitative Fisheries Center, Michigan State University

# %% [markdown] slideshow={"slide_type": "notes"}
# > About 60 minutes. Much of the original talk was lists of reasons. Here each reason has a few lines
# > that run. Show all of the lists; run as many of the proofs as there is time for.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where we are
#
# - Lecture 1: three assumptions about groups
# - Lecture 2: shrinkage, and the model from the inside
# - Lecture 3: 85 counties, and what to predict
#
# Today the words: what *is* a random effect, what is it good for, what can go wrong? A claim that
# code can check is checked.

# %% slideshow={"slide_type": "skip"}
import warnings

import bambi as bmb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pymc as pm
import statsmodels.formula.api as smf
from IPython.display import Markdown, display
from scipy import integrate, stats

from qfc_helpers.data import load_radon, load_scorpions
from qfc_helpers.draws import diagnose, icc, new_group
from qfc_helpers.exact import ExactPosterior, RandomInterceptLikelihood
from qfc_helpers.plots import plot_hyperdistribution
from qfc_helpers.theme import (
    GROUP_COLORS,
    POOLING_COLORS,
    set_alt_text,
    use_qfc_theme,
)

use_qfc_theme()

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Two old friends
#
# The scorpions with the priors of lecture 2, radon with Bambi's own:

# %% slideshow={"slide_type": "-"}
scorpions, radon = load_scorpions(), load_radon()

sd_alpha = bmb.Prior("HalfNormal", sigma=100)
priors = {
    "Intercept": bmb.Prior("Normal", mu=50, sigma=15),
    "1|population": bmb.Prior("Normal", mu=0, sigma=sd_alpha),
    "length": bmb.Prior("Normal", mu=0, sigma=10),
    "sigma": bmb.Prior("HalfNormal", sigma=25),
}


def scorpion_model(data):
    formula = "weight ~ 1 + length + (1|population)"
    return bmb.Model(formula, data, priors=priors, center_predictors=False)


def radon_model(data):
    return bmb.Model("log_radon ~ 1 + floor + (1|county)", data)


# %% slideshow={"slide_type": "subslide"}
model_scorpions, model_radon = scorpion_model(scorpions), radon_model(radon)
exact_scorpions = ExactPosterior.from_model(model_scorpions)
exact_radon = ExactPosterior.from_model(model_radon)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # What is a random effect?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is a random effect (words)
#
# - Two or more effects or parameters that **belong together** in some way
#   - for example, because they come from one common distribution
#   - sometimes called *latent variables*: nobody can go and observe them
# - Bayesians give everything unknown a probability, and use MCMC
# - Frequentists remove the random effects by (numerical) integration
# - Key assumption: **exchangeability**. The order of the random effects, and their names, do not
#   matter

# %% [markdown] slideshow={"slide_type": "notes"}
# > The next slides take the last three bullets one by one.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Frequentists integrate
#
# A population's likelihood, for any intercept it may have, weighted by how common that intercept is:
#
# $$p(\text{weights}_j) = \int \prod_{i \in j}
# \text{Normal}(\text{weight}_i \mid \alpha + \beta\,\text{length}_i, \sigma^2)\;
# \text{Normal}(\alpha \mid \mu_\alpha, \sigma_\alpha^2)\; d\alpha$$
#
# `lmer` has no $\alpha_j$ among its parameters. They are gone, integrated out.

# %% slideshow={"slide_type": "subslide"} tags=["output-apart", "nbval-check-output"]
ml = RandomInterceptLikelihood.from_model(model_scorpions).maximize("ML")
mu, beta = ml["coefficient"].to_numpy()
among, within = float(ml["sd_alpha"]), float(ml["sd_obs"])


def integrand(alpha, rows):
    weights = stats.norm(alpha + beta * rows["length"], within)
    likelihood = weights.pdf(rows["weight"]).prod()
    return likelihood * stats.norm(mu, among).pdf(alpha)


log_likelihood = 0
for _, rows in scorpions.groupby("population", observed=True):
    ends = mu - 8 * among, mu + 8 * among
    area, _ = integrate.quad(integrand, *ends, args=(rows,))
    log_likelihood += np.log(area)

lmer_ml = smf.mixedlm("weight ~ length", scorpions, groups="population").fit(
    reml=False, method="powell"
)
print(f"by hand {log_likelihood:.5f}, mixedlm {lmer_ml.llf:.5f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# > statsmodels (and lme4) know that this integral of Normals has a closed form. For a Poisson or a
# > binomial response it has none, and lme4's glmer approximates it. With exactly one integral per
# > group that works well.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Bayesians integrate, too
#
# They integrate over *everything* they do not ask about, hyperparameters included. MCMC is a way of
# integrating: a mean of draws is an integral. `ExactPosterior` does the same sum without chance.

# %% slideshow={"slide_type": "-"}
draws_scorpions = exact_scorpions.sample(random_seed=891)
names = ["Intercept", "length", "1|population_sigma", "sigma"]
by_both = pd.DataFrame(
    {
        "integrated": exact_scorpions.mean(names).to_pandas(),
        "mean of draws": draws_scorpions["posterior"]
        .dataset[names]
        .mean()
        .to_pandas(),
        "lmer (ML)": [mu, beta, among, within],
    },
    index=names,
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
by_both.rename(index={names[0]: "mu_alpha", names[2]: "sd_alpha"}).round(2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# `lmer` integrates over the $\alpha_j$ only, and reports the *peak* for the rest. Three populations:
# the peak of $\sigma_\alpha$ is far from its mean.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Exchangeable: names do not matter
#
# Give every group another group's name. What happens to the estimates?


# %% slideshow={"slide_type": "-"}
def alpha_by_name(model):
    posterior = ExactPosterior.from_model(model)
    return posterior.mean(["alpha_j"])["alpha_j"].to_series()


def largest_change(make_model, data, group, rng):
    names = data[group].cat.categories
    new_name = dict(zip(names, rng.permutation(names), strict=True))
    renamed = data.assign(**{group: data[group].map(new_name)})
    before = alpha_by_name(make_model(data)).rename(new_name)
    return (before - alpha_by_name(make_model(renamed))).abs().max()


# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
rng = np.random.default_rng(891)
moved = largest_change(scorpion_model, scorpions, "population", rng)
moved_radon = largest_change(radon_model, radon, "county", rng)
print(f"largest change: {moved:.6f} (scorpions), {moved_radon:.6f} (radon)")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Nothing moves. The model takes the name for a name. If *you* know more about a group than its name
# (its soil, its dam), tell the model: that is what predictors are for.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The distribution of random effects
#
# - is called the **hyperdistribution**
# - its parameters are the **hyperparameters**
# - *their* priors are the **hyperpriors**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
figure, ax = plt.subplots(figsize=(12, 5.6))
ax.set(xlim=(0, 12), ylim=(-0.3, 5.9))
ax.axis("off")
bands = [
    (5.4, "hyperpriors"),
    (3.9, "hyperparameters"),
    (2.0, "random effects"),
]
for y, text in [*bands, (0.1, "data")]:
    ax.text(0, y, text, va="center", fontsize=20, fontweight="bold")


def node(x, y, text, color="white", size=20, ink="black"):
    ax.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        fontsize=size,
        color=ink,
        bbox={
            "boxstyle": "round,pad=0.35",
            "facecolor": color,
            "edgecolor": "#56606B",
        },
    )


def arrow(start, end):
    ax.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={
            "arrowstyle": "-|>",
            "color": "#56606B",
            "lw": 1.8,
            "shrinkA": 20,
            "shrinkB": 27,
        },
    )


hyper = [
    (5.2, r"$\mu_\alpha$", "Normal(50, 15)"),
    (8.8, r"$\sigma_\alpha$", "HalfNormal(100)"),
]
alphas = [4.0, 7.0, 10.0]
for x, _, _ in hyper:
    arrow((x, 5.4), (x, 3.9))
    for there in alphas:
        arrow((x, 3.9), (there, 2.0))
for x in alphas:
    for step in (-0.9, 0, 0.9):
        arrow((x, 2.0), (x + step, 0.1))
for x, symbol, prior in hyper:
    node(x, 5.4, prior)
    node(x, 3.9, symbol, "#D7EAF8", 26)
for number, x in enumerate(alphas, start=1):
    node(x, 2.0, rf"$\alpha_{number}$", POOLING_COLORS["partial"], 26, "white")
    for step in (-0.9, 0, 0.9):
        node(x + step, 0.1, "weight", "#EEEEEE", 13)
ax.text(
    7.0,
    2.95,
    r"hyperdistribution: $\alpha_j \sim$ Normal($\mu_\alpha$, $\sigma_\alpha^2$)",
    ha="center",
    va="center",
    fontsize=18,
    bbox={"facecolor": "white", "edgecolor": "none", "pad": 3},
)
set_alt_text(
    ax,
    "The scorpion model as a tree in four rows. Hyperpriors Normal(50, 15) and HalfNormal(100) point "
    "to the hyperparameters mu_alpha and sd_alpha; both point, through the hyperdistribution, to "
    "the random effects alpha 1 to 3; each of these points to the weights of its three scorpions.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Read it from the top for simulation: that is what a prior predictive draw does. Read it from the
# > bottom for inference: information flows up from the scorpions, and down again to their neighbors.
# > That way down is shrinkage. (Slope and sigma also point to every weight; they are left out.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## No rule against more than one level
#
# Scorpions in populations, populations in deserts:
#
# $$\text{weight}_i \sim \text{Normal}(\alpha_{j(i)} + \beta \cdot \text{length}_i,\ \sigma^2)$$
#
# $$\alpha_j \sim \text{Normal}(\mu_{d(j)},\ \sigma_\alpha^2) \qquad \text{populations}$$
#
# $$\mu_d \sim \text{Normal}(\mu,\ \sigma_\mu^2) \qquad \text{deserts}$$
#
# In a formula: `weight ~ length + (1|desert) + (1|desert:population)`. The key point is the
# **hierarchy** of effects.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Hyper-hyperparameters if you like. Each level needs groups of its own to learn from: three
# > populations in one desert tell nothing about deserts.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Typically continuous
#
# But see **occupancy models**: is the site $j$ occupied? The latent $z_j$ is 0 or 1,
#
# $$z_j \sim \text{Bernoulli}(\psi), \qquad y_{jk} \sim \text{Bernoulli}(z_j \cdot p)$$
#
# and one "integrates" by adding up two cases. A site was visited, nothing was seen:

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# MacKenzie, D. I. et al. (2002). Estimating site occupancy rates when detection probabilities are less
# than one. *Ecology* 83(8), 2248-2255.

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
psi, p = 0.6, 0.3  # occupied; seen on one visit, if it is there
for visits in (1, 3, 10):
    missed = psi * (1 - p) ** visits  # there, and never seen
    absent = 1 - psi
    print(f"{visits:2} visits: Pr(there) = {missed / (missed + absent):.2f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# > Binomial mixture (N-mixture) models are the same with a whole number, N_j ~ Poisson(lambda), seen
# > with probability p each. MacKenzie et al. (2002), Royle (2004); Kéry and Schaub (2012) for both.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A new group
#
# What can a fourth population look like? It has no data. It has relatives:
#
# $$\alpha_\text{new} \sim \text{Normal}(\mu_\alpha, \sigma_\alpha^2), \qquad
# \text{afresh for each draw of } \mu_\alpha \text{ and } \sigma_\alpha$$

# %% slideshow={"slide_type": "-"}
draws_radon = exact_radon.sample(random_seed=891)
fresh = {
    "scorpions": new_group(draws_scorpions, random_seed=891),
    "radon": new_group(draws_radon, random_seed=891),
}
hyperdistribution = {
    "scorpions": exact_scorpions.new_group(),  # without draws
    "radon": exact_radon.new_group(),
}

# %% [markdown] slideshow={"slide_type": "notes"}
# > The third exercise asks for this, step by step, and for a figure.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Not by picking old groups
#
# Bambi's `sample_new_groups=True` picks, in each draw, one of the *old* groups (lecture 3):


# %% slideshow={"slide_type": "-"}
def pick_old_group(model, draws, row):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        predicted = model.predict(
            draws,
            data=pd.DataFrame([row]),
            sample_new_groups=True,
            inplace=False,
            random_seed=891,
        )
    return predicted["posterior"]["mu"]


# %% slideshow={"slide_type": "subslide"}
picked = {
    "scorpions": pick_old_group(
        model_scorpions, draws_scorpions, {"population": "new", "length": 0}
    ),
    "radon": pick_old_group(
        model_radon, draws_radon, {"county": "new", "floor": 0}
    ),
}


# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
def interval_table(posterior):
    """Posterior mean and 89 % interval of each known group."""
    low, high = posterior.quantile([0.055, 0.945], ["alpha_j"])["alpha_j"]
    return pd.DataFrame(
        {
            "estimate": posterior.mean(["alpha_j"])["alpha_j"].to_series(),
            "lower": low.to_series(),
            "upper": high.to_series(),
        }
    )


figure, axes = plt.subplots(ncols=2, figsize=(12, 5.8))
for ax, (name, posterior), label in zip(
    axes,
    [("scorpions", exact_scorpions), ("radon", exact_radon)],
    ["3 populations", "85 counties"],
    strict=True,
):
    plot_hyperdistribution(
        hyperdistribution[name].density(), interval_table(posterior), ax=ax
    )
    low, high = ax.get_xlim()
    heights, edges = np.histogram(
        picked[name], bins=50, range=(low, high), density=True
    )
    ax.stairs(
        heights, edges, color="#B5478F", linestyle="--", linewidth=2, zorder=3
    )
    ax.set_ylim(top=max(ax.get_ylim()[1], 1.05 * heights.max()))
    ax.set_title(label)
axes[0].set_xlabel(r"$\alpha$ (weight at length 0)")
axes[1].set_xlabel(r"$\alpha$ (log radon in basements)")
figure.legend(
    handles=[
        plt.Rectangle(
            (0, 0),
            1,
            1,
            facecolor=POOLING_COLORS["partial"],
            alpha=0.4,
            label="hyperdistribution",
        ),
        plt.Line2D(
            [], [], color="#B5478F", ls="--", lw=2, label="old groups, picked"
        ),
        plt.Line2D(
            [], [], color="black", marker="o", lw=2, label="known groups"
        ),
    ],
    loc="outside lower center",
    ncols=3,
)
set_alt_text(
    figure,
    "Two panels: the hyperdistribution of a new group as a density, the histogram of picked old "
    "groups over it, and the known groups with intervals below. With 3 populations the density is "
    "far wider than the histogram, which has a shoulder at population 1. With 85 counties the "
    "two nearly agree.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
spread = pd.DataFrame(
    {
        "exact": {n: float(d.sd()) for n, d in hyperdistribution.items()},
        "new_group": {n: float(d.std()) for n, d in fresh.items()},
        "old groups, picked": {n: float(d.std()) for n, d in picked.items()},
    }
).rename(index={"scorpions": "a 4th population", "radon": "an 86th county"})
display(
    Markdown("Standard deviation of a new group's $\\alpha$:"), spread.round(2)
)
share = spread["old groups, picked"] / spread["exact"]
display(
    Markdown(
        f"With 85 counties to pick from, picking has {share.iloc[1]:.0%} of the spread. With 3 "
        f"populations it has {share.iloc[0]:.0%}: it cannot imagine a population outside of those "
        "it has seen, and it has seen three."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Picking is not even wrong with many groups, as long as you need only one new group. Two new groups
# > are always the same one (lecture 3).
# >
# > The left density is wide because sd_alpha is hardly known: long tails come from the draws with a
# > large sd_alpha. A part of it is our hyperprior, HalfNormal(100).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # What is it good for?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Benefits of hierarchical modeling
#
# - Sounds dope, also scares a lot of people
# - *De facto* standard in modern ecology
# - Inference about the (statistical) universe of groups, **if** the design is good
# - Borrowing information via the hyperdistribution: "Robin Hood" (Punt et al. 2011)
# - Helps to safeguard against overfitting
#
# The first two you have to believe. The other three we try.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## `lmer`, in a hurry
#
# We are going to fit several hundred mixed models. For a random intercept the group effects are
# integrated out in closed form, which takes milliseconds:


# %% slideshow={"slide_type": "-"}
def lmer(formula, data):
    """What R's lmer(formula, data) estimates, by REML."""
    model = bmb.Model(formula, data)
    return RandomInterceptLikelihood.from_model(model).maximize("REML")


# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
lmer("log_radon ~ 1 + floor + (1|county)", radon)["coefficient"].to_pandas()

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## The universe, if the design is good
#
# 500 lakes exist. You can visit 20, and catch ten fish in each. Which 20?

# %% slideshow={"slide_type": "-"}
rng = np.random.default_rng(891)
universe = rng.normal(50, 5, size=500)  # mean length of fish, by lake
designs = {
    "20 lakes at random": rng.choice(universe, 20, replace=False),
    "20 where people catch big ones": np.sort(universe)[-60::3],
}
rows = {}
for name, lakes in designs.items():
    catch = pd.DataFrame(
        {
            "lake": np.repeat([f"lake {j:02}" for j in range(20)], 10),
            "length": (lakes[:, None] + rng.normal(0, 8, (20, 10))).ravel(),
        }
    )
    posterior = ExactPosterior.from_formula("length ~ 1 + (1|lake)", catch)
    rows[name] = posterior.new_group().quantile([0.055, 0.5, 0.945])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
rows["all 500 lakes (the truth)"] = np.quantile(universe, [0.055, 0.5, 0.945])
designed = pd.DataFrame(
    {name: np.asarray(values) for name, values in rows.items()},
    index=["from (5.5 %)", "median", "to (94.5 %)"],
).T
display(Markdown("A new lake, says the hyperdistribution:"), designed.round(1))

# %% [markdown] slideshow={"slide_type": "fragment"}
# The model cannot know how you chose. "A sample of lakes" is a promise that *you* make.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## "Robin Hood": the poor borrow from the rich
#
# Twelve stocks of fish. Some were surveyed for 40 years, some for three. How productive is each?

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Punt, A. E., Smith, D. C. and Smith, A. D. M. (2011). Among-stock comparisons for improving stock
# assessments of data-poor stocks: the "Robin Hood" approach. *ICES Journal of Marine Science* 68(5), 972-981.

# %% slideshow={"slide_type": "-"}
years = np.array([3, 3, 3, 5, 5, 8, 8, 15, 15, 25, 40, 40])
stocks = [f"stock {j:02}" for j in range(1, 13)]
rng = np.random.default_rng(891)
error_no, error_partial, unusual = [], [], []
for _ in range(300):
    productivity = rng.normal(1, 0.5, size=12)  # log recruits per spawner
    log_rps = np.repeat(productivity, years) + rng.normal(0, 0.8, years.sum())
    data = pd.DataFrame({"stock": np.repeat(stocks, years), "y": log_rps})
    fit = lmer("y ~ 1 + (1|stock)", data)
    alpha = float(fit["coefficient"][0]) + fit["group_effect"].to_series()
    error_no.append(data.groupby("stock")["y"].mean() - productivity)
    error_partial.append(alpha[stocks] - productivity)
    unusual.append((productivity - 1) / 0.5)
error_no, error_partial = np.array(error_no), np.array(error_partial)
unusual = np.array(unusual)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
by_years = pd.DataFrame(
    {
        name: pd.DataFrame({"years": np.tile(years, 300), "e": e.ravel() ** 2})
        .groupby("years")["e"]
        .mean()
        .pow(0.5)
        for name, e in [("no", error_no), ("partial", error_partial)]
    }
)
by_unusual = pd.DataFrame(
    {
        name: pd.DataFrame(
            {
                "how": pd.cut(
                    unusual[:, :5].ravel(), [-9, -1.5, -0.5, 0.5, 1.5, 9]
                ),
                "e": e[:, :5].ravel() ** 2,
            }
        )
        .groupby("how", observed=True)["e"]
        .mean()
        .pow(0.5)
        for name, e in [("no", error_no), ("partial", error_partial)]
    }
)
figure, axes = plt.subplots(ncols=2, figsize=(12, 5.2), sharey=True)
styles = {"no": ("s", "--"), "partial": ("o", "-")}
for ax, table in zip(axes, [by_years, by_unusual], strict=True):
    for name, (marker, line) in styles.items():
        ax.plot(
            range(len(table)),
            table[name],
            marker=marker,
            linestyle=line,
            markersize=12,
            color=POOLING_COLORS[name],
            label=f"{name} pooling",
        )
axes[0].set_xticks(range(len(by_years)), by_years.index)
axes[0].set(
    xlabel="years of data", ylabel="typical error (RMSE)", ylim=(0, None)
)
axes[1].set_xticks(
    range(5), ["very\nlow", "low", "like\nthe mean", "high", "very\nhigh"]
)
axes[1].set_xlabel("true productivity")
axes[0].set_title("all stocks")
axes[1].set_title("stocks with 3 or 5 years")
axes[0].legend()
set_alt_text(
    figure,
    "Typical error of a stock's productivity without and with partial pooling, two panels. Left: "
    "against years of data; partial pooling is clearly better with three years and the same from "
    "fifteen on. Right: for the poor stocks against their true productivity; partial pooling is much "
    "better in the middle and worse for stocks with very low or very high productivity.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
gain = 1 - by_years["partial"] / by_years["no"]
display(
    Markdown(
        f"With three years of data the error is {gain.loc[3]:.0%} smaller, with 40 years "
        f"{gain.loc[40]:.0%}: the rich pay nothing. Who pays? The **unusual poor**, on the right. "
        "They are taken for ordinary, until they have data."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Each replicate draws new stocks, so that the average is over stocks as they come. That is where
# > the guarantee lies: on average over exchangeable groups. For one particular, very unusual stock it
# > does not hold. If there is reason to expect that a stock is unusual, say so with a predictor.
# > Punt et al. (2011) share parameters among stocks that are assessed together; this is the idea,
# > boiled down to one number per stock.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## A safeguard against overfitting
#
# Hide every second house of each county, at random. Fit the others. Predict the hidden ones. Repeat
# ten times.


# %% slideshow={"slide_type": "-"}
def three_fits(seen):
    """alpha_j and beta of no, complete and partial pooling."""
    no = smf.ols("log_radon ~ 0 + county + floor", seen).fit().params
    complete = smf.ols("log_radon ~ 1 + floor", seen).fit().params
    partial = lmer("log_radon ~ 1 + floor + (1|county)", seen)
    mu, beta = partial["coefficient"].to_numpy()
    alpha = mu + partial["group_effect"].to_series()
    counties = list(alpha.index)
    return {
        "no pooling": (no.iloc[:-1].set_axis(counties), no["floor"]),
        "complete pooling": (0 * alpha + complete.iloc[0], complete.iloc[1]),
        "partial pooling": (alpha, beta),
    }


# %% slideshow={"slide_type": "subslide"}
def typical_error(houses, alpha, beta):
    line = alpha.loc[houses["county"]].to_numpy() + beta * houses["floor"]
    return np.sqrt(((houses["log_radon"] - line) ** 2).mean())


rng = np.random.default_rng(891)
errors = []
for split in range(10):
    shuffled = radon.sample(frac=1, random_state=rng)
    by_county = shuffled.groupby("county", observed=True)
    hidden = by_county.cumcount() % 2 == 1
    for name, estimates in three_fits(shuffled[~hidden]).items():
        for which, rows in [("seen", ~hidden), ("hidden", hidden)]:
            e = typical_error(shuffled[rows], *estimates)
            errors.append((split, name, which, e))
errors = pd.DataFrame(errors, columns=["split", "model", "houses", "error"])

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
fitted = errors.pivot_table(index="model", columns="houses", values="error")
fitted[["seen", "hidden"]].round(3)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
each = errors[errors["houses"] == "hidden"].pivot_table(
    index="split", columns="model", values="error"
)
wins = int((each["partial pooling"] == each.min(axis=1)).sum())
display(
    Markdown(
        "No pooling is by far the best at what it has seen. At what it has not, it does about as "
        "well as complete pooling: it learned the noise by heart. Partial pooling predicts the hidden houses "
        f"best, in {wins} of {len(each)} splits."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Lecture 3 had no pooling *ahead* of complete pooling for known counties, with all 919 houses. Here
# > each county has half of them: overfitting is a matter of how much data each parameter has.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Some reasons we might use mixed effects models
#
# - To adjust for repeat sampling
# - To adjust estimates for imbalanced sampling
# - To study variation among groups
# - To partition variation among groups
# - To borrow information (Robin Hood, above)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Repeat sampling
#
# Ten lakes, twenty fish each: 200 fish. But two fish from one lake are not two independent fish. How
# often does a 95 % interval for the mean hold it (here: zero)?


# %% slideshow={"slide_type": "-"}
def coverage(x):
    """How often the 95 % t interval of each row's mean holds zero."""
    n = x.shape[1]
    standard_error = x.std(axis=1, ddof=1) / np.sqrt(n)
    half = stats.t(n - 1).ppf(0.975) * standard_error
    return (np.abs(x.mean(axis=1)) < half).mean()


rng = np.random.default_rng(891)
repeats = 2000
lakes = rng.normal(0, 0.5, size=(repeats, 10, 1))
fish = lakes + rng.normal(0, 1, size=(repeats, 10, 20))

# %% slideshow={"slide_type": "-"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}


def with_error(shares):
    """A table of simulated shares with their Monte Carlo standard errors."""
    error = {k: np.sqrt(v * (1 - v) / repeats) for k, v in shares.items()}
    table = pd.DataFrame({"share": shares, "± Monte Carlo": error})
    return table.map("{:.1%}".format)


# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
covered = {
    "200 fish, as if independent": coverage(fish.reshape(repeats, 200)),
    "fish within lakes": coverage(fish.mean(axis=2)),
}
with_error(covered)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Fish of one lake repeat each other. An analysis that does not know it is far too sure of itself.

# %% [markdown] slideshow={"slide_type": "notes"}
# > With the same number of fish in each lake, the mixed model's mean and standard error are those of
# > the lake means (a test of this course checks it), so that we can run 2000 of them at once. With
# > unequal numbers you need the mixed model: next slide.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Imbalanced sampling
#
# What is the mean of Minnesota's *counties*? Should each house count once, or each county once?
# A county's mean has the variance $\sigma_\alpha^2 + \sigma^2 / n_j$:

# %% slideshow={"slide_type": "-"}
n_houses = radon["county"].value_counts(sort=False)
fit_radon = lmer("log_radon ~ 1 + floor + (1|county)", radon)
among, within = float(fit_radon["sd_alpha"]), float(fit_radon["sd_obs"])
variance = among**2 + within**2 / n_houses

weights = {
    "each house once (complete pooling)": n_houses,
    "each county once (no pooling)": n_houses**0,
    "partial pooling": 1 / variance,
}
balance = {}
for name, weight in weights.items():
    weight = weight / weight.sum()
    balance[name] = {
        "weight of St. Louis County": weight["STLOUIS"],
        "standard error": np.sqrt((weight**2 * variance).sum()),
    }
balance = pd.DataFrame(balance).T

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
balance.round(3)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
claimed = smf.ols("log_radon ~ 1 + floor", radon).fit().bse["Intercept"]
true_error = balance["standard error"].iloc[0]
display(
    Markdown(
        "Neither. Partial pooling weights a county by what it knows, and is the most precise. "
        f"Complete pooling *claims* a standard error of {claimed:.3f}; given counties that differ, "
        f"its true one is {true_error:.3f}."
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## To study variation among groups, and to partition it
#
# How much do counties differ? Which share of the variance is among counties (the **intraclass
# correlation**)?
#
# $$\text{ICC} = \frac{\sigma_\alpha^2}{\sigma_\alpha^2 + \sigma^2}$$

# %% slideshow={"slide_type": "-"}
ends = [0.055, 0.5, 0.945]
partition = pd.DataFrame(
    {
        "sd_alpha": exact_radon.marginal("sd_alpha").quantile(ends),
        "sd_obs": exact_radon.marginal("sd_obs").quantile(ends),
        "ICC": icc(draws_radon).quantile(ends),
    },
    index=["from (5.5 %)", "median", "to (94.5 %)"],
).T

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
partition.round(2)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
display(
    Markdown(
        f"About {partition.loc['ICC', 'median']:.0%} of the variance is among counties: two houses of "
        "the same county are a little alike. An analysis of variance has a p-value for this. Here it "
        "has a size, and an interval."
    )
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Some reasons we might use mixed effects models, continued
#
# - Avoiding pseudoreplication
# - Improving the scope of inference
# - To avoid averaging
# - To improve understanding: many common classes of models can be reformulated as hierarchical models
#
# McElreath (2020): multilevel regression deserves to be the *default*. It is the single-level model
# that should have to explain itself.

# %% [markdown] slideshow={"slide_type": "notes"}
# > The original slide says McElreath 2023; the second edition of Statistical Rethinking is of 2020.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Pseudoreplication
#
# The same fish. Now five of the ten lakes are "stocked" and five are not. The treatment does
# *nothing*. How often does a test at 5 % find something?

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Hurlbert, S. H. (1984). Pseudoreplication and the design of ecological field experiments.
# *Ecological Monographs* 54(2), 187-211.

# %% slideshow={"slide_type": "-"}
stocked, not_stocked = fish[:, :5], fish[:, 5:]

# as if 100 fish had been treated: a regression on fish
naive = stats.ttest_ind(
    stocked.reshape(repeats, 100), not_stocked.reshape(repeats, 100), axis=1
)
# five lakes were treated: the mixed model
mixed = stats.ttest_ind(stocked.mean(axis=2), not_stocked.mean(axis=2), axis=1)
# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
false_alarms = {
    "lm(length ~ stocked)": (naive.pvalue < 0.05).mean(),
    "lmer(length ~ stocked + (1|lake))": (mixed.pvalue < 0.05).mean(),
}
with_error(false_alarms)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The stocking truck went to *lakes*. There are ten replicates, however many fish you measure
# (Hurlbert 1984).

# %% [markdown] slideshow={"slide_type": "notes"}
# > Ask what more fish per lake would do to the first row: make it worse. With a predictor that varies
# > among groups only, the number of groups is the sample size. In this balanced design the mixed
# > model's t statistic is that of the lake means; its degrees of freedom are 8, which statsmodels'
# > normal p-values do not know (lmerTest in R does).

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## The scope of inference
#
# "What is the radon level in Minnesota's counties?" are two questions:

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
scope = pd.DataFrame(
    {
        "the mean of all counties": exact_radon.marginal("mu_alpha").quantile(
            ends
        ),
        "a county never sampled": exact_radon.new_group().quantile(ends),
    },
    index=["from (5.5 %)", "median", "to (94.5 %)"],
).T
np.exp(scope).round(2).assign(unit="pCi/L")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
widths = scope.iloc[:, 2] - scope.iloc[:, 0]
display(
    Markdown(
        f"On the log scale the second interval is {widths.iloc[1] / widths.iloc[0]:.1f} times as "
        "wide. No pooling answers neither: it speaks of these 85 counties, and of no other."
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## To avoid averaging
#
# One mean per county, then a regression of means? A mean of one house then counts as much as a mean
# of 116, and what differed among houses is gone:

# %% slideshow={"slide_type": "-"}
county_means = radon.groupby("county", observed=True)[
    ["log_radon", "floor", "log_uranium"]
].mean()
averaged = smf.ols("log_radon ~ floor + log_uranium", county_means).fit()
multilevel = lmer("log_radon ~ 1 + floor + log_uranium + (1|county)", radon)

slopes = pd.DataFrame(
    {
        ("averages", "estimate"): averaged.params,
        ("averages", "error"): averaged.bse,
        ("all houses", "estimate"): multilevel["coefficient"].to_series(),
        ("all houses", "error"): multilevel["standard_error"].to_series(),
    }
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
slopes.loc[["floor", "log_uranium"]].round(2)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
error = slopes.xs("error", axis=1, level=1)
ratio = error["averages"] / error["all houses"]
display(
    Markdown(
        f"The averages are {ratio['log_uranium'] - 1:.0%} less certain about uranium and "
        f"{ratio['floor']:.1f} times as uncertain about floor, where they also give another answer: "
        "a county with more first floors is not the same thing as a house with one."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The step from basement to first floor happens within a house. Between counties it is mixed up with
# > how people build there. (The ecological fallacy.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Many models are hierarchical models
#
# Ridge regression, smoothing splines, state-space models, meta-analysis, occupancy, ... For example:
# **ridge regression** on 85 county columns, with the penalty $\sigma^2 / \sigma_\alpha^2$.

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
columns = pd.get_dummies(radon["county"], dtype=float).to_numpy()
mu, beta = fit_radon["coefficient"].to_numpy()
residual = radon["log_radon"] - mu - beta * radon["floor"]

penalty = within**2 / among**2
normal_equations = columns.T @ columns + penalty * np.eye(85)
ridge = np.linalg.solve(normal_equations, columns.T @ residual)

largest = np.abs(ridge - fit_radon["group_effect"].to_numpy()).max()
print(f"largest difference to lmer's random effects: {largest:.6f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Ridge regression needs cross-validation to find its penalty. The mixed model estimates it.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # What can go wrong?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Drawbacks of hierarchical modeling?
#
# | drawback | what helps |
# | :-- | :-- |
# | **Computation**: slower than `lm`, sometimes much | nutpie; closed forms where they exist |
# | **Diagnostics**: funnels, divergences, optimizers that stop early | non-centered form, `diagnose`, two optimizers |
# | **Few groups**: the hyperprior has a say | show what another one says (next slides) |
# | **Exchangeability**: an assumption that data cannot prove | group-level predictors, a careful look at offsets |
# | **Explaining**: "your estimate for my lake uses *other lakes*?" | Robin Hood, and patience |

# %% [markdown] slideshow={"slide_type": "notes"}
# > The original has a picture here and leaves the list to the audience. Do the same: collect first,
# > then show. The last row is meant seriously. A manager who is told that her county's number was
# > shrunk will want to know by whom.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why treat any parameter as fixed?
#
# - With **very few levels**, the hyperparameter's estimate is very imprecise
#   - factors with fewer than 5 to 10 levels are rarely treated as random (however, see Gelman 2005)
# - **Exchangeability** may not hold, particularly if groups differ in some systematic way
#
# How few is too few? Let us try.

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Gelman, A. (2005). Analysis of variance: why it is more important than ever. *Annals of Statistics*
# 33(1), 1-53.

# %% slideshow={"slide_type": "subslide"}
rng = np.random.default_rng(891)


def simulate(groups):
    """Ten observations in each group; sd_alpha = 1 and sd_obs = 1."""
    alpha = rng.normal(0, 1, groups)
    y = np.repeat(alpha, 10) + rng.normal(0, 1, 10 * groups)
    names = [f"group {j:03}" for j in range(groups)]
    return pd.DataFrame({"g": np.repeat(names, 10), "y": y})


def sd_alpha_interval(data, scale):
    """89 % interval and median of sd_alpha ~ HalfNormal(scale)."""
    hyperprior = bmb.Prior("HalfNormal", sigma=scale)
    prior = {"1|g": bmb.Prior("Normal", mu=0, sigma=hyperprior)}
    posterior = ExactPosterior.from_formula("y ~ 1 + (1|g)", data, prior)
    return posterior.marginal("sd_alpha").quantile(ends).to_numpy()


# %% slideshow={"slide_type": "subslide"}
few_levels = {}
for groups in (3, 5, 10, 30, 100):
    for repeat in range(6):
        data = simulate(groups)
        for scale in (1, 10):
            low, middle, high = sd_alpha_interval(data, scale)
            few_levels[groups, repeat, scale] = low, middle, high

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
few_levels = pd.DataFrame(few_levels, index=["low", "median", "high"]).T
few_levels = few_levels.rename_axis(["groups", "repeat", "scale"])
figure, ax = plt.subplots(figsize=(12, 5.8))
looks = {
    1: ("o", POOLING_COLORS["partial"], "HalfNormal(1)"),
    10: ("s", "#B5478F", "HalfNormal(10)"),
}
counts = [3, 5, 10, 30, 100]
for place, groups in enumerate(counts):
    for scale, (marker, color, label) in looks.items():
        some = few_levels.xs((groups, scale), level=["groups", "scale"])
        x = place + (np.arange(6) - 2.5) * 0.13 + (0.045 if scale == 10 else 0)
        ax.errorbar(
            x,
            some["median"],
            yerr=[some["median"] - some["low"], some["high"] - some["median"]],
            fmt=marker,
            color=color,
            markersize=6,
            elinewidth=2,
            label=f"hyperprior {label}" if place == 0 else None,
        )
ax.axhline(1, color="black", linestyle=":", linewidth=2, zorder=0)
ax.annotate(
    "truth", (4.45, 1), xytext=(0, 5), textcoords="offset points", ha="left"
)
ax.set_xticks(range(5), counts)
ax.set(
    xlabel="groups",
    ylabel=r"$\sigma_\alpha$",
    ylim=(0, None),
    xlim=(-0.5, 4.85),
)
ax.legend()
set_alt_text(
    ax,
    "Posterior medians and 89 percent intervals of sd_alpha in simulated data, six data sets each of "
    "3, 5, 10, 30 and 100 groups, under two hyperpriors. With 3 groups the intervals are wide and "
    "the wide hyperprior's reach far higher; with 30 groups both hyperpriors nearly agree, and with "
    "100 all intervals are short. The true value 1 is a dotted line.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
how_few = few_levels.reset_index("scale").pivot_table(
    index="groups", columns="scale", values=["low", "high"]
)
how_few = how_few.swaplevel(axis=1)[
    [(1, "low"), (1, "high"), (10, "low"), (10, "high")]
].rename_axis(columns=["HalfNormal", None])
display(
    Markdown("Average ends of the six 89 % intervals; the truth is 1:"),
    how_few.round(2),
)
excess = how_few[10, "high"] / how_few[1, "high"] - 1
display(
    Markdown(
        f"With 3 groups the wide hyperprior raises the upper end by {excess.loc[3]:.0%}, with 5 by "
        f"{excess.loc[5]:.0%}, with 10 by {excess.loc[10]:.0%}, with 30 by {excess.loc[30]:.0%}. "
        "There is no cliff at five. Few levels are no sin, but they call for a hyperprior that you "
        "can defend."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Gelman (2005) would use the random effect even for few levels. Fixing them means
# > sd_alpha = infinity, which is also a hyperprior, and seldom one that anybody would defend. More
# > observations per group do not help: the number of groups is what counts. Gelman (2006) for
# > hyperpriors of standard deviations.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## When exchangeability fails
#
# 200 rivers, two fish each. Half of them have a dam, and fish grow less there. Does the model know?

# %% slideshow={"slide_type": "-"}
rng = np.random.default_rng(891)
dam = np.repeat([0, 1], 100)
rivers = pd.DataFrame({"dam": dam}, [f"river {j:03}" for j in range(200)])
rivers = rivers.rename_axis("river").reset_index()
formulas = {
    "one mean for all": "growth ~ 1 + (1|river)",
    "a mean for each kind": "growth ~ 1 + dam + (1|river)",
}
estimates, errors_rivers = {}, {title: [] for title in formulas}
for _ in range(40):
    growth = rng.normal(np.where(dam, -1, 1), 0.6)  # true alpha_j
    caught = pd.concat([rivers, rivers])
    caught["growth"] = np.tile(growth, 2) + rng.normal(0, 1.2, size=400)
    for title, formula in formulas.items():
        fit = lmer(formula, caught)
        mu, gap, *_ = [*fit["coefficient"].to_numpy(), 0]
        offset = fit["group_effect"].to_numpy()
        estimates[title] = mu + gap * dam + offset
        errors_rivers[title].append(estimates[title] - growth)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
figure, axes = plt.subplots(
    ncols=2, figsize=(12, 5.4), sharex=True, sharey=True
)
for ax, (title, estimate) in zip(axes, estimates.items(), strict=True):
    for value, marker, color, label in [
        (0, "o", "#56606B", "free"),
        (1, "^", "#B5478F", "dammed"),
    ]:
        ax.plot(
            growth[dam == value],
            estimate[dam == value],
            marker,
            color=color,
            markersize=7,
            alpha=0.7,
            label=label,
        )
    ax.axline((0, 0), slope=1, color="black", linewidth=1.5)
    ax.set(title=title, xlabel=r"true $\alpha_j$")
axes[0].set_ylabel(r"estimated $\alpha_j$")
axes[0].legend()
set_alt_text(
    figure,
    "Estimated against true growth of 200 rivers, two panels with the line of equality. With one mean "
    "for all, dammed rivers lie mostly above the line and free ones below it. With a mean for each kind both "
    "kinds lie around the line.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
bias, bias_error = {}, {}
for title, errors_all in errors_rivers.items():
    # the mean over the rivers of a kind, 40 times
    by_kind = np.array(errors_all).reshape(40, 2, 100).mean(axis=2)
    bias[title] = by_kind.mean(axis=0)
    bias_error[title] = by_kind.std(axis=0, ddof=1) / np.sqrt(40)
first, second = bias.values()
display(
    Markdown(
        f"The last of 40 simulations. In all of them, rivers shrunk to one common mean come out "
        f"{first[1]:+.2f} (dammed) and {first[0]:+.2f} (free) off on average; with a mean for each "
        f"kind, {second[1]:+.2f} and {second[0]:+.2f} "
        f"(Monte Carlo error {max(map(max, bias_error.values())):.2f})."
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## A check: do the offsets know something?
#
# If groups are exchangeable, nothing that you know about them predicts their offsets. For radon:

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
uranium = radon.groupby("county", observed=True)["log_uranium"].first()
offsets = {
    "without uranium": fit_radon["group_effect"].to_series(),
    "with uranium": multilevel["group_effect"].to_series(),
}
correlation = {name: u.corr(uranium) for name, u in offsets.items()}
pd.Series(correlation, name="correlation of offset and uranium").round(2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Counties are not exchangeable. *Given their soil*, they may be. A random effect is no substitute for
# thinking about why groups differ.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["section"]
# # A way of thinking

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Hierarchical modeling as a philosophical middle ground
#
# Berliner (1996) defined hierarchical models by their parts, and a joint probability distribution:
#
# $$[\text{data} \mid \text{process, parameters}]\;
# [\text{process} \mid \text{parameters}]\;[\text{parameters}]$$
#
# - an observation model
# - a process model
# - assumptions about parameters

# %% [markdown] slideshow={"slide_type": "-"} tags=["reference"]
# Berliner, L. M. (1996). Hierarchical Bayesian time series models. In Hanson and Silver (eds.),
# *Maximum Entropy and Bayesian Methods*, 15-22. Kluwer.

# %% [markdown] slideshow={"slide_type": "notes"}
# > The original slide says 1966, a slip; Mark Berliner's chapter is of 1996. The middle ground lies
# > between "all is data" and "all is theory".

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## A population, seen through fog
#
# Moose on an island, 30 years. Each year three flights count them. We play nature:

# %% slideshow={"slide_type": "-"}
rng = np.random.default_rng(891)
calendar = np.arange(1994, 2024)
true_growth = rng.normal(0.04, 0.15, size=29)  # good and bad years
true_log_n = np.log(100) + np.append(0, true_growth.cumsum())
log_count = true_log_n[:, None] + rng.normal(0, 0.25, size=(30, 3))  # fog

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two kinds of noise. Good and bad years *happen* to the moose. Miscounts happen to us, and the moose
# do not care.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Hierarchical modeling as a philosophical middle ground, in code
#
# We write the three factors from the right to the left: $[\text{parameters}]$

# %% slideshow={"slide_type": "-"}
with pm.Model(coords={"year": calendar}) as moose:
    r = pm.Normal("r", 0, 0.2)  # mean growth, per year
    sd_process = pm.HalfNormal("sd_process", 0.3)  # good and bad years
    sd_obs = pm.HalfNormal("sd_obs", 0.3)  # fog
    log_n_start = pm.Normal("log_n_start", 4.5, 1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# $[\text{process} \mid \text{parameters}]$: $\log N_{t+1} = \log N_t + r + \sigma_\text{process}\, z_t$

# %% slideshow={"slide_type": "fragment"}
with moose:
    z = pm.Normal("z", 0, 1, shape=29)  # non-centered, as in lecture 2
    path = pm.math.cumsum(r + sd_process * z)
    path = pm.math.concatenate([[0], path])
    log_n = pm.Deterministic("log_n", log_n_start + path, dims="year")

# %% [markdown] slideshow={"slide_type": "fragment"}
# $[\text{data} \mid \text{process, parameters}]$:

# %% slideshow={"slide_type": "fragment"}
with moose:
    pm.Normal("log_count", log_n[:, None], sd_obs, observed=log_count)

# %% [markdown] slideshow={"slide_type": "notes"}
# > 30 random effects, the log abundances, that belong together because each grew out of the last. The
# > hierarchy is in time. `with moose:` may be opened as often as we like.

# %% slideshow={"slide_type": "subslide"}
with moose:
    draws_moose = pm.sample(
        nuts_sampler="nutpie",
        draws=2000,
        chains=4,
        target_accept=0.99,
        random_seed=891,
    )
diagnose(draws_moose).check()

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
posterior_moose = draws_moose["posterior"].dataset
low, high = posterior_moose["log_n"].quantile([0.055, 0.945], ["chain", "draw"])
estimate = posterior_moose["log_n"].mean(["chain", "draw"])
figure, ax = plt.subplots(figsize=(12, 5.8))
ax.plot(
    calendar,
    np.exp(log_count),
    "x",
    color=GROUP_COLORS[2],
    markersize=7,
    label=["counts", None, None],
)
ax.fill_between(
    calendar,
    np.exp(low),
    np.exp(high),
    color=POOLING_COLORS["partial"],
    alpha=0.3,
    linewidth=0,
    label="89 % interval",
)
ax.plot(
    calendar,
    np.exp(estimate),
    color=POOLING_COLORS["partial"],
    label="estimate",
)
ax.plot(calendar, np.exp(true_log_n), "k--", linewidth=2, label="truth")
ax.set(xlabel="year", ylabel="moose", yscale="log")
ax.set_yticks([50, 100, 200, 400], [50, 100, 200, 400])
ax.minorticks_off()
ax.legend(loc="lower right", ncols=2)
set_alt_text(
    ax,
    "Counts of moose over 30 years, three a year, on a logarithmic axis; the estimated population with "
    "its 89 percent interval runs through them, and the true population lies inside nearly always.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"] jupyter={"source_hidden": true}
inside = ((true_log_n > low) & (true_log_n < high)).sum().item()
yearly = log_count.mean(axis=1)
rmse_count = np.sqrt(((yearly - true_log_n) ** 2).mean())
rmse_model = np.sqrt(((estimate.to_numpy() - true_log_n) ** 2).mean())
display(
    Markdown(
        f"In {inside} of {len(calendar)} years the truth is inside. The estimate is "
        f"{1 - rmse_model / rmse_count:.0%} closer to it than the mean count of the year: years "
        "borrow from their neighbors."
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## A key point
#
# Hierarchical models **admit observation error**, conditional on some underlying ecological process
# of interest and on your prior assumptions. What if you do not admit it?

# %% slideshow={"slide_type": "-"}
jumps = np.diff(yearly)  # as if the mean count were the moose
fall = np.log(0.8)  # a bad year: one moose in five is gone
growth_draws = posterior_moose["r"], posterior_moose["sd_process"]
process_noise = {
    "counts taken at face value": (
        jumps.std(ddof=1),
        stats.norm(jumps.mean(), jumps.std(ddof=1)).cdf(fall),
    ),
    "hierarchical model": (
        float(growth_draws[1].mean()),
        stats.norm.cdf(fall, *growth_draws).mean(),
    ),
    "truth": (0.15, stats.norm(0.04, 0.15).cdf(fall)),
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"] jupyter={"source_hidden": true}
face_value = pd.DataFrame(
    process_noise, index=["process noise", "Pr(a fifth is gone next year)"]
).T
display(face_value.round(2))
low_sd, high_sd = (
    posterior_moose["sd_process"].quantile([0.055, 0.945]).to_numpy()
)
display(
    Markdown(
        "At face value every miscount is a catastrophe or a baby boom. (The model's process noise has "
        f"an 89 % interval from {low_sd:.2f} to {high_sd:.2f}.)"
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Prefer a process
#
# Whenever possible, prefer a hierarchical model based on an **explicit ecological process**.
#
# - `(1|year)` would also be a random effect: years that differ and do not know their order.
# - The moose know it. Next year's moose are this year's, plus calves, minus wolves.
# - Years under $(1 \mid \text{year})$ are exchangeable. *Growth rates* may be; abundances are not.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Where is exchangeability in the moose model? In z: shuffle the good and bad years and the prior does
# > not mind.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary and outlook
#
# - Many names for the same general type of model
# - **Shrinkage** is a key concept; partial pooling is where it comes from
# - The difference between fixed and random: one line, $\alpha_j \sim \text{Normal}(\mu_\alpha,
#   \sigma_\alpha^2)$
# - A powerful way to break complex problems into manageable parts
# - Many important extensions: slopes, correlations, counts, space, time

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Exercises (optional)
#
# In the folder `exercises/hierarchical/`:
#
# 1. **Prior sensitivity** and model evaluation: how much of the answer is the prior?
# 2. **Derived parameters**: are populations 2 and 3 different? With which probability is one heavier?
# 3. **Hyperdistributions**: draw the intercept of a population that nobody has seen.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["at-once"]
# ## References
#
# - Berliner, L. M. (1996). Hierarchical Bayesian time series models. In Hanson and Silver (eds.),
#   *Maximum Entropy and Bayesian Methods*, 15-22. Kluwer.
# - Gelman, A. (2005). Analysis of variance: why it is more important than ever. *Annals of
#   Statistics* 33(1), 1-53.
# - Gelman, A. (2006). Prior distributions for variance parameters in hierarchical models. *Bayesian
#   Analysis* 1(3), 515-534.
# - Gelman, A. and Hill, J. (2007). *Data Analysis Using Regression and Multilevel/Hierarchical Models*.
#   Cambridge University Press.

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["at-once"]
# ## References, continued
#
# - Hurlbert, S. H. (1984). Pseudoreplication and the design of ecological field experiments.
#   *Ecological Monographs* 54(2), 187-211.
# - Kéry, M. and Schaub, M. (2012). *Bayesian Population Analysis using WinBUGS*, chapter 3. Academic
#   Press.
# - MacKenzie, D. I. et al. (2002). Estimating site occupancy rates when detection probabilities are less
#   than one. *Ecology* 83(8), 2248-2255.
# - McElreath, R. (2020). *Statistical Rethinking*, 2nd edition, chapters 2, 9 and 13. CRC Press.

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["at-once"]
# ## References, completed
#
# - Punt, A. E., Smith, D. C. and Smith, A. D. M. (2011). Among-stock comparisons for improving stock
#   assessments of data-poor stocks: the "Robin Hood" approach. *ICES Journal of Marine Science* 68(5),
#   972-981.
# - Royle, J. A. (2004). N-mixture models for estimating population size from spatially replicated counts.
#   *Biometrics* 60(1), 108-115.
# - Royle, J. A. and Dorazio, R. M. (2008). *Hierarchical Modeling and Inference in Ecology*. Academic
#   Press.
