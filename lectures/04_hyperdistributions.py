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
# > About 90 minutes with all of it. Much of the original talk was lists of reasons. Here each reason has
# > a demonstration, a few lines that run; mostly one seed is shown, so it shows and does not prove.
# >
# > For 60 minutes, cut in this order, heading by heading: "Many models are hierarchical models"
# > (ridge), "To avoid averaging", "Typically continuous" (occupancy), "The universe, if the design is
# > good", "Imbalanced sampling", "Not by picking old groups". Keep all of the lists, Robin Hood,
# > pseudoreplication, few levels, "When exchangeability fails" with its check, and the moose.

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
from qfc_helpers.draws import diagnose, group_intercepts, icc, new_group
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
# - Two or more effects or parameters that **belong together** in some way (here $\alpha_j$, or its
#   offset from $\mu_\alpha$)
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

mixedlm_ml = smf.mixedlm("weight ~ length", scorpions, groups="population").fit(
    reml=False, method="powell"
)
print(f"by hand {log_likelihood:.5f}, mixedlm {mixedlm_ml.llf:.5f}")

# %% [markdown] slideshow={"slide_type": "notes"}
# > statsmodels (and lme4) know that this integral of Normals has a closed form. For a Poisson or a
# > binomial response it has none, and lme4's glmer approximates it (Laplace). With one integral per
# > group that works well if groups are not tiny.

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
# With `REML = FALSE`, `lmer` integrates over the $\alpha_j$ only, and reports the *peak* for the rest.
# Three populations: the peak of $\sigma_\alpha$ is far from its mean. ($\mu_\alpha$ differs mostly by
# our prior: lecture 2.)

# %% [markdown] slideshow={"slide_type": "notes"}
# > lmer's default, REML, integrates over mu_alpha and beta, too, with flat priors.

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
# Nothing moves, and nothing could: this is what the model *assumes*, not evidence for it. No pooling
# passes this test, too. Exchangeability says more: before the data we would not bet on which county
# is higher. If we would bet, the assumption is wrong, and the test above cannot tell.

# %% [markdown] slideshow={"slide_type": "notes"}
# > Who would bet knows more about a group than its name: its soil, its dam. Tell the model. That is
# > what predictors are for.

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
    (5.2, r"$\mu_\alpha$", "Normal(mean 50, sd 15)"),
    (8.8, r"$\sigma_\alpha$", "HalfNormal(scale 100)"),
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
    node(x, 5.4, prior, size=18)
    node(x, 3.9, symbol, "#D7EAF8", 26)
for number, x in enumerate(alphas, start=1):
    node(x, 2.0, rf"$\alpha_{number}$", POOLING_COLORS["partial"], 26, "white")
    for step in (-0.9, 0, 0.9):
        node(x + step, 0.1, "weight", "#EEEEEE", 13)
ax.text(
    0,
    2.95,
    "hyperdistribution:\n"
    r"$\alpha_j \sim$ Normal(mean $\mu_\alpha$, sd $\sigma_\alpha$)",
    va="center",
    fontsize=18,
)
set_alt_text(
    ax,
    "The scorpion model as a tree in four rows. Hyperpriors Normal(mean 50, sd 15) and "
    "HalfNormal(scale 100) point "
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
            [],
            [],
            color=POOLING_COLORS["partial"],
            lw=5,
            marker="D",
            markersize=11,
            markerfacecolor="white",
            markeredgecolor="black",
            label="a new group, 89 %",
        ),
        plt.Line2D(
            [], [], color="black", marker="o", lw=2, label="known groups"
        ),
    ],
    loc="outside lower center",
    ncols=4,
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
n_lakes, n_visited, n_fish = 500, 20, 10
rng = np.random.default_rng(891)
universe = rng.normal(50, 5, size=n_lakes)  # mean length of fish, by lake
designs = {
    "lakes at random": rng.choice(universe, n_visited, replace=False),
    "where people catch big ones": np.sort(universe)[-3 * n_visited :: 3],
}
rows = {}
for name, lakes in designs.items():
    lake = np.repeat(np.arange(n_visited), n_fish)
    length = lakes[lake] + rng.normal(0, 8, size=lake.size)
    catch = pd.DataFrame({"lake": lake.astype(str), "length": length})
    posterior = ExactPosterior.from_formula("length ~ 1 + (1|lake)", catch)
    rows[name] = posterior.new_group().quantile([0.055, 0.5, 0.945])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
rows["all lakes (the truth)"] = np.quantile(universe, [0.055, 0.5, 0.945])
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
replicates, sd_stocks, sd_years = 600, 0.5, 0.8
stocks = [f"stock {j:02}" for j in range(1, years.size + 1)]
rng = np.random.default_rng(891)
error_no, error_partial, unusual = [], [], []
for _ in range(replicates):
    # log recruits per spawner
    productivity = rng.normal(1, sd_stocks, size=years.size)
    noise = rng.normal(0, sd_years, size=years.sum())
    log_rps = np.repeat(productivity, years) + noise
    data = pd.DataFrame({"stock": np.repeat(stocks, years), "y": log_rps})
    fit = lmer("y ~ 1 + (1|stock)", data)
    alpha = float(fit["coefficient"][0]) + fit["group_effect"].to_series()
    error_no.append(data.groupby("stock")["y"].mean() - productivity)
    error_partial.append(alpha[stocks] - productivity)
    unusual.append((productivity - 1) / sd_stocks)
error_no, error_partial = np.array(error_no), np.array(error_partial)
unusual = np.array(unusual)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
poor = years <= 5
how_unusual = np.digitize(unusual[:, poor], [-1.5, -0.5, 0.5, 1.5])


def root_mean_square(errors, kinds):
    """The typical error of each kind of stock."""
    squares = pd.Series(errors.ravel() ** 2)
    return squares.groupby(kinds.ravel()).mean() ** 0.5


def compare(kinds, which):
    """Both typical errors, and the Monte Carlo error of their difference."""
    no, partial = error_no[:, which], error_partial[:, which]
    table = pd.DataFrame(
        {
            "no": root_mean_square(no, kinds),
            "partial": root_mean_square(partial, kinds),
        }
    )
    bootstrap = np.random.default_rng(1)
    differences = []
    for _ in range(200):
        rows = bootstrap.integers(0, replicates, size=replicates)
        differences.append(
            root_mean_square(partial[rows], kinds[rows])
            - root_mean_square(no[rows], kinds[rows])
        )
    return table.assign(error=pd.DataFrame(differences).std())


by_years = compare(np.tile(years, (replicates, 1)), years > 0)
by_unusual = compare(how_unusual, poor)
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
    ax.errorbar(
        range(len(table)),
        table["partial"],
        yerr=2 * table["error"],
        fmt="none",
        color="black",
        elinewidth=2,
        capsize=6,
        zorder=5,
        label="± 2 errors of the difference",
    )
axes[0].set_xticks(range(len(by_years)), by_years.index)
axes[0].set(
    xlabel="years of data",
    ylabel="typical error\n(root of the mean square)",
    ylim=(0, None),
)
axes[1].set_xticks(
    range(5), ["very\nlow", "low", "like\nthe mean", "high", "very\nhigh"]
)
axes[1].set_xlabel("true productivity")
axes[0].set_title("all stocks")
axes[1].set_title("stocks with 3 or 5 years")
axes[0].legend(fontsize=15)
set_alt_text(
    figure,
    "Typical error of a stock's productivity without and with partial pooling, two panels. Left: "
    "against years of data; partial pooling is clearly better with three years and the same from "
    "fifteen on. Right: for the poor stocks against their true productivity; partial pooling is much "
    "better in the middle and worse for stocks with very low or very high productivity. Bars show two "
    "Monte Carlo errors of the difference between the two.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
gain = 1 - by_years["partial"] / by_years["no"]
display(
    Markdown(
        f"With three years of data the error is {gain.loc[3]:.0%} smaller, with 40 years "
        f"{gain.loc[40]:.0%}: the rich pay hardly anything. Who pays? The **unusual poor**, on the right. "
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
        "No pooling is the best at what it has seen. At what it has not, it does about as "
        "well as complete pooling: it learned the noise by heart. Partial pooling predicts the hidden houses "
        f"best, in {wins} of {len(each)} splits (of the same houses)."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The splits share their houses, so they are not independent trials.
# >
# > Lecture 3 had no pooling slightly ahead of complete pooling for known counties, within the error,
# > with all 919 houses. Here each county has half of them: overfitting is a matter of how much data each parameter has.

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
    """How often the 95 % t interval of each row's mean holds zero.

    Mean ± t quantile * standard error: exact for independent Normals.
    """
    n = x.shape[1]
    standard_error = x.std(axis=1, ddof=1) / np.sqrt(n)
    half = stats.t(n - 1).ppf(0.975) * standard_error
    return (np.abs(x.mean(axis=1)) < half).mean()


n_lakes, n_fish, repeats = 10, 20, 2000
sd_lakes, sd_fish = 0.5, 1
rng = np.random.default_rng(891)
lakes = rng.normal(0, sd_lakes, size=(repeats, n_lakes, 1))
fish = lakes + rng.normal(0, sd_fish, size=(repeats, n_lakes, n_fish))

# %% slideshow={"slide_type": "-"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}


def with_error(shares):
    """A table of simulated shares with their Monte Carlo standard errors."""
    error = {k: np.sqrt(v * (1 - v) / repeats) for k, v in shares.items()}
    table = pd.DataFrame({"share": shares, "± Monte Carlo": error})
    return table.map("{:.1%}".format)


# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
covered = {
    "all fish, as if independent": coverage(fish.reshape(repeats, -1)),
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
# What is the mean of Minnesota's *counties*? Should each house count once, or each county once? All
# three estimates are weighted sums of houses, and $V$ is the houses' covariance:

# %% slideshow={"slide_type": "-"}
fit_radon = lmer("log_radon ~ 1 + floor + (1|county)", radon)
among, within = float(fit_radon["sd_alpha"]), float(fit_radon["sd_obs"])
columns = pd.get_dummies(radon["county"], dtype=float)  # 85 of 0 and 1
X = np.column_stack([np.ones(len(radon)), radon["floor"]])
X_counties = np.column_stack([columns, radon["floor"]])
V = among**2 * columns @ columns.T + within**2 * np.eye(len(radon))
V_inverse_X = np.linalg.solve(V, X)

# %% slideshow={"slide_type": "subslide"}
weights = {
    "each house once (complete pooling)": np.linalg.pinv(X)[0],
    "each county once (no pooling)": np.linalg.pinv(X_counties)[:85].mean(0),
    "partial pooling": np.linalg.solve(X.T @ V_inverse_X, V_inverse_X.T)[0],
}
balance = {}
for name, weight in weights.items():
    balance[name] = {
        "weight of St. Louis County": weight @ columns["STLOUIS"],
        "standard error": np.sqrt(weight @ V @ weight),
    }
balance = pd.DataFrame(balance).T

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
balance.round(3)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
claimed = smf.ols("log_radon ~ 1 + floor", radon).fit().bse["Intercept"]
true_error = balance["standard error"].iloc[0]
display(
    Markdown(
        "Neither. Partial pooling weights a county by what it knows, and is the most precise, if the "
        "number of houses has nothing to do with radon. (If it has, precise is not the same as right.) "
        f"Complete pooling *claims* a standard error of {claimed:.3f}; given $V$, its true one is "
        f"{true_error:.3f}."
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
        f"About {partition.loc['ICC', 'median']:.0%} of the variance that floor leaves is among counties: "
        "two houses of the same county are a little alike. An analysis of variance has a p-value for this. Here it "
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
half = n_lakes // 2
stocked, not_stocked = fish[:, :half], fish[:, half:]

# as if fish had been treated: a regression on fish
by_fish = stats.ttest_ind(
    stocked.reshape(repeats, -1), not_stocked.reshape(repeats, -1), axis=1
)
# lakes were treated
by_lakes = stats.ttest_ind(
    stocked.mean(axis=2), not_stocked.mean(axis=2), axis=1
)
# the same t, taken for a Normal variable
p_normal = 2 * stats.norm.sf(np.abs(by_lakes.statistic))

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
n, df = half * n_fish, n_lakes - 2
p_values = {
    f"{n} fish against {n} fish (t test)": by_fish.pvalue,
    f"{half} lakes against {half} lakes (t test, {df} df)": by_lakes.pvalue,
    "mixed model, normal p-value (statsmodels)": p_normal,
}
false_alarms = {name: (p < 0.05).mean() for name, p in p_values.items()}
with_error(false_alarms)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The stocking truck went to *lakes*. There are ten experimental units, five per treatment, however
# many fish you measure (Hurlbert 1984).

# %% [markdown] slideshow={"slide_type": "notes"}
# > Ask what more fish per lake would do to the first row: make it worse. With a predictor that varies
# > among groups only, the number of groups is the sample size. In this balanced design the mixed
# > model's t statistic is that of the lake means (unless its variance among lakes is estimated as
# > zero, which is rare here); its degrees of freedom are 8, which statsmodels' normal p-values do not
# > know (lmerTest in R does).

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## The scope of inference
#
# "What is the radon level in Minnesota's counties?" are three questions:

# %% slideshow={"slide_type": "-"}
these_85 = group_intercepts(draws_radon).mean("county")
scope = pd.DataFrame(
    {
        "these 85 counties": these_85.quantile(ends),
        "their universe, mu_alpha": exact_radon.marginal("mu_alpha").quantile(
            ends
        ),
        "one new county": exact_radon.new_group().quantile(ends),
    },
    index=["from (5.5 %)", "median", "to (94.5 %)"],
).T

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
np.exp(scope).round(2).assign(unit="pCi/L")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
widths = scope.iloc[:, 2] - scope.iloc[:, 0]
widths = widths / widths.iloc[0]
display(
    Markdown(
        "(The exponential of a mean log: a typical, median value; in basements.) "
        f"On the log scale the intervals' widths are as 1 : {widths.iloc[1]:.1f} : {widths.iloc[2]:.1f}. "
        "No pooling answers the first. It has no universe, so it cannot answer the other two."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The first is a finite population, the second a superpopulation. All three are at floor 0.

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
estimate = slopes.xs("estimate", axis=1, level=1).loc["floor"]
apart = estimate.diff().abs().iloc[-1] / error.loc["floor", "averages"]
display(
    Markdown(
        f"The averages are {ratio['log_uranium'] - 1:.0%} less certain about uranium and "
        f"{ratio['floor']:.1f} times as uncertain about floor. There the two answers are "
        f"{apart:.1f} standard errors apart: a hint, no more, that a county with more first floors is "
        "not the same thing as a house with one."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The step from basement to first floor happens within a house. Between counties it can be mixed up
# > with how people build there. (The ecological fallacy.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Many models are hierarchical models
#
# Ridge regression, smoothing splines, state-space models, meta-analysis, occupancy, ... For example:
# **ridge regression** (least squares plus a penalty on large coefficients) on 85 county columns, with
# the penalty $\sigma^2 / \sigma_\alpha^2$.

# %% slideshow={"slide_type": "-"} tags=["nbval-check-output"]
indicator = columns.to_numpy()  # 919 houses, 85 counties
mu, beta = fit_radon["coefficient"].to_numpy()
residual = radon["log_radon"] - mu - beta * radon["floor"]

penalty = within**2 / among**2
normal_equations = indicator.T @ indicator + penalty * np.eye(85)
ridge = np.linalg.solve(normal_equations, indicator.T @ residual)

largest = np.abs(ridge - fit_radon["group_effect"].to_numpy()).max()
print(f"largest difference to lmer's random effects: {largest:.6f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Ridge regression usually gets its penalty by cross-validation. The mixed model estimates it.

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
n_per_group, data_sets = 10, 6
rng = np.random.default_rng(891)


def simulate(groups, sd_alpha=1):
    """Some observations in each group; sd_obs = 1."""
    alpha = rng.normal(0, sd_alpha, groups)
    names = [f"group {j:03}" for j in range(groups)]
    noise = rng.normal(0, 1, n_per_group * groups)
    y = np.repeat(alpha, n_per_group) + noise
    return pd.DataFrame({"g": np.repeat(names, n_per_group), "y": y})


def sd_alpha_interval(data, scale):
    """89 % interval and median of sd_alpha ~ HalfNormal(scale)."""
    hyperprior = bmb.Prior("HalfNormal", sigma=scale)
    prior = {"1|g": bmb.Prior("Normal", mu=0, sigma=hyperprior)}
    posterior = ExactPosterior.from_formula("y ~ 1 + (1|g)", data, prior)
    return posterior.marginal("sd_alpha").quantile(ends).to_numpy()


# %% slideshow={"slide_type": "subslide"}
few_levels = {}
for groups in (3, 5, 10, 30, 100):
    for repeat in range(data_sets):
        data = simulate(groups)
        for scale in (1, 10):
            few_levels[groups, repeat, scale] = sd_alpha_interval(data, scale)

surprises = []  # a truth that HalfNormal(1) does not expect
for _ in range(60):
    low, _, high = sd_alpha_interval(simulate(3, sd_alpha=3), scale=1)
    surprises.append(not low < 3 < high)

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
        x = place + np.linspace(-0.325, 0.325, data_sets)
        x = x + (0.045 if scale == 10 else 0)
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
    Markdown("Average ends of the 89 % intervals; the truth is 1:"),
    how_few.round(2),
)
times = how_few[10, "high"] / how_few[1, "high"]
display(
    Markdown(
        f"The wide hyperprior's upper end is about {times.loc[3]:.1f} times as high with 3 groups, "
        f"{times.loc[5]:.1f} with 5, {times.loc[10]:.1f} with 10, {times.loc[30]:.2f} with 30: no "
        "cliff at five. But the blue prior was told the truth's size. Had the truth been 3, with three "
        f"groups it would have missed it in {sum(surprises)} of {len(surprises)} data sets. Few levels "
        "call for a hyperprior that you can defend."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > Gelman (2005) would use the random effect even for few levels. Fixing them means
# > sd_alpha = infinity, which is also a hyperprior, and seldom one that anybody would defend. More
# > observations per group? They help until each alpha_j is well known; after that only more groups
# > help. Gelman (2006) for hyperpriors of standard deviations.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## When exchangeability fails
#
# 200 rivers, two fish each. Half of them have a dam, and fish grow less there. Does the model know?

# %% slideshow={"slide_type": "-"}
n_each, n_caught, simulations = 100, 2, 40  # rivers of a kind, fish
rng = np.random.default_rng(891)
dam = np.repeat([0, 1], n_each)
rivers = pd.DataFrame({"river": [f"river {j:03}" for j in range(2 * n_each)]})
rivers["dam"] = dam
fish_of_rivers = pd.concat([rivers] * n_caught)
formulas = {
    "one mean for all": "growth ~ 1 + (1|river)",
    "a mean for each kind": "growth ~ 1 + dam + (1|river)",
}

# %% slideshow={"slide_type": "subslide"}
estimates, errors_rivers = {}, {title: [] for title in formulas}
for _ in range(simulations):
    growth = rng.normal(np.where(dam, -1, 1), 0.6)  # true alpha_j
    noise = rng.normal(0, 1.2, size=n_caught * growth.size)
    caught = fish_of_rivers.assign(growth=np.tile(growth, n_caught) + noise)
    for title, formula in formulas.items():
        fit = lmer(formula, caught)
        coefficient = fit["coefficient"].to_series()
        mean_of_kind = (
            coefficient["Intercept"] + coefficient.get("dam", 0) * dam
        )
        estimates[title] = mean_of_kind + fit["group_effect"].to_numpy()
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
    # the mean over the rivers of a kind, in each simulation
    by_kind = np.array(errors_all).reshape(simulations, 2, n_each).mean(axis=2)
    bias[title] = by_kind.mean(axis=0)
    bias_error[title] = by_kind.std(axis=0, ddof=1) / np.sqrt(simulations)
first, second = bias.values()
display(
    Markdown(
        f"In {simulations} simulations (this is the last), one common mean is {first[1]:+.2f} (dammed) "
        f"and {first[0]:+.2f} (free) off on average; a mean for each kind {second[1]:+.2f} and "
        f"{second[0]:+.2f} (Monte Carlo error {max(map(max, bias_error.values())):.2f}). On the right "
        "each cloud is flatter than the line: that is shrinkage towards the mean of its kind."
    )
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## A check: do the offsets know something?
#
# If groups are exchangeable, nothing that you know about them predicts their offsets ($\alpha_j$ minus
# what the model expects of county $j$):

# %% slideshow={"slide_type": "-"}
by_county = radon.groupby("county", observed=True)
known = pd.DataFrame(
    {
        "uranium": by_county["log_uranium"].first(),
        "share of first floors": by_county["floor"].mean(),
        "log number of houses": np.log(by_county.size()),
    }
)
fits = {"without uranium": fit_radon, "with uranium": multilevel}
correlation = {
    name: known.corrwith(fit["group_effect"].to_series())
    for name, fit in fits.items()
}

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
pd.DataFrame(correlation).round(2) + 0.0  # no minus zero

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "nbval-check-output"] jupyter={"source_hidden": true}
chance = 1 / np.sqrt(len(known))
display(
    Markdown(
        f"(By chance alone: about {chance:.2f}, up or down.) Uranium in the model sets its correlation to zero, "
        "always: that is arithmetic, not evidence. A fair check asks something the model does not "
        "contain. Counties are not exchangeable; *given their soil*, they may be."
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The zero is a normal equation of generalized least squares. The other two rows could have come out
# > large with uranium in the model. They did not, but offsets are shrunk, so that this check is a weak
# > one. The strong one adds the candidate to the model: there the share of first floors is about two
# > standard errors from zero. A random effect is no substitute for thinking about why groups differ.

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
# Moose on an island, three flights a year: a **state-space model** (a hidden state moves, and is seen
# with error). We play nature:

# %% slideshow={"slide_type": "-"}
n_years, n_flights = 30, 3
true_r, true_process, true_obs = 0.04, 0.15, 0.25
rng = np.random.default_rng(891)
calendar = np.arange(2024 - n_years, 2024)
true_growth = rng.normal(true_r, true_process, size=n_years - 1)
true_log_n = np.log(100) + np.append(0, true_growth.cumsum())
fog = rng.normal(0, true_obs, size=(n_years, n_flights))
log_count = true_log_n[:, None] + fog

# %% [markdown] slideshow={"slide_type": "fragment"}
# Good and bad years *happen* to the moose. Miscounts happen to us, and the moose do not care. Three
# flights in the same year disagree only because of the fog: that is how the model tells fog from bad
# years. With one flight a year it hardly could.

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
    z = pm.Normal("z", 0, 1, shape=n_years - 1)  # non-centered (lecture 2)
    path = pm.math.cumsum(r + sd_process * z)
    path = pm.math.concatenate([[0], path])
    log_n = pm.Deterministic("log_n", log_n_start + path, dims="year")

# %% [markdown] slideshow={"slide_type": "fragment"}
# $[\text{data} \mid \text{process, parameters}]$:

# %% slideshow={"slide_type": "fragment"}
with moose:
    pm.Normal("log_count", log_n[:, None], sd_obs, observed=log_count)

# %% [markdown] slideshow={"slide_type": "notes"}
# > The random effects are one start and 29 growth rates; the log abundances belong together because
# > each grew out of the last. The hierarchy is in time. `with moose:` may be opened as often as we like.

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
    label=["counts", *(n_flights - 1) * [None]],
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
        f"In {inside} of {len(calendar)} years the truth is inside. The estimate's typical error is "
        f"{1 - rmse_model / rmse_count:.0%} smaller than that of the year's mean count: years "
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
    f"the {n_years - 1} years that happened": (
        true_growth.std(ddof=1),
        (true_growth < fall).mean(),
    ),
    "truth": (true_process, stats.norm(true_r, true_process).cdf(fall)),
}

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"] jupyter={"source_hidden": true}
face_value = pd.DataFrame(
    process_noise, index=["process noise", "years that take a fifth"]
).T
low_sd, high_sd = (
    posterior_moose["sd_process"].quantile([0.055, 0.945]).to_numpy()
)
interval = pd.Series("", face_value.index)
interval["hierarchical model"] = f"{low_sd:.2f} to {high_sd:.2f}"
shown = face_value.round(2)
shown.insert(1, "89 % interval", interval)
display(shown)
display(
    Markdown(
        "At face value every miscount is a catastrophe or a baby boom. (One simulated island; another "
        "seed gives other numbers.) If every flight misses a third of the moose, so does the model."
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
# - Gelman, A. (2006). Prior distributions for variance parameters in hierarchical models (comment on
#   article by Browne and Draper). *Bayesian Analysis* 1(3), 515-534.
# - Gelman, A. and Hill, J. (2007). *Data Analysis Using Regression and Multilevel/Hierarchical Models*.
#   Cambridge University Press. (Further reading.)

# %% [markdown] slideshow={"slide_type": "subslide"} tags=["at-once"]
# ## References, continued
#
# - Hurlbert, S. H. (1984). Pseudoreplication and the design of ecological field experiments.
#   *Ecological Monographs* 54(2), 187-211.
# - Kéry, M. and Schaub, M. (2012). *Bayesian Population Analysis using WinBUGS: A Hierarchical
#   Perspective*. Academic Press.
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
#   Press. (Further reading.)
