"""Data sets and models on which the exact posterior is checked, and a brute-force integral."""

import bambi as bmb
import numpy as np
import pandas as pd

from qfc_helpers.data import load_radon

SCORPIONS = pd.DataFrame(
    {
        "weight": [25.0, 14, 68, 79, 64, 139, 49, 119, 111],
        "population": [1, 1, 1, 2, 2, 2, 3, 3, 3],
        "length": [1.0, 14, 22, 2, 9, 20, 2, 13, 22],
    }
)


def normal(mu, sigma):
    return bmb.Prior("Normal", mu=mu, sigma=sigma)


def varying(hyperprior):
    """The prior of a group term with the given prior on its standard deviation."""
    return bmb.Prior("Normal", mu=0, sigma=hyperprior)


def scorpion_priors(mu_alpha=(50, 15), sd_alpha=None):
    """The lecture's priors; mu_alpha ~ Normal(50, 15) or Normal(0, 100)."""
    return {
        "Intercept": normal(*mu_alpha),
        "length": normal(0, 10),
        "1|population": varying(sd_alpha or bmb.Prior("HalfNormal", sigma=100)),
        "sigma": bmb.Prior("HalfNormal", sigma=25),
    }


def scorpions(mu_alpha=(50, 15), sd_alpha=None):
    priors = scorpion_priors(mu_alpha, sd_alpha)
    return bmb.Model(
        "weight ~ length + (1|population)", SCORPIONS, priors=priors, center_predictors=False
    )


def radon():
    return bmb.Model("log_radon ~ floor + (1|county)", load_radon())


def unbalanced():
    """Twelve groups of one to twenty rows, four of them singletons; default priors."""
    rng = np.random.default_rng(20)
    sizes = np.array([1, 1, 1, 1, 2, 3, 4, 5, 8, 10, 15, 20])
    group = np.repeat(np.arange(sizes.size), sizes)
    x = rng.normal(3, 1, group.size)
    y = 2 + 0.5 * x + rng.normal(0, 0.8, sizes.size)[group] + rng.normal(0, 1, group.size)
    data = pd.DataFrame({"y": y, "x": x, "g": [f"g{j:02d}" for j in group]})
    priors = {"1|g": varying(bmb.Prior("HalfStudentT", nu=3, sigma=1))}
    return bmb.Model("y ~ x + (1|g)", data, priors=priors)


def four_effects():
    """Two numbers, their interaction and a factor of three levels, centered default priors."""
    rng = np.random.default_rng(21)
    group = np.repeat(np.arange(8), 6)
    a, b = rng.normal(0, 1, group.size), rng.normal(10, 2, group.size)
    kind = rng.permutation(np.resize(["p", "q", "r"], group.size))
    y = 1 + a - 0.3 * b + 0.1 * a * b + (kind == "q") + rng.normal(0, 0.7, 8)[group]
    y = y + rng.normal(0, 1, group.size)
    data = pd.DataFrame({"y": y, "a": a, "b": b, "kind": kind, "g": group})
    return bmb.Model("y ~ a * b + kind + (1|g)", data)


class BruteForce:
    """The posterior by a fixed, fine rule over both standard deviations and dense covariances.

    Shares nothing with the package: the full n x n covariance at each node, conditioning by the
    textbook formula, Gauss-Legendre panels in the log standard deviations.
    """

    def __init__(
        self,
        y,
        design,
        group,
        prior_mean,
        prior_sd,
        log_prior_group,
        log_prior_obs,
        group_range,
        obs_range,
        panels=12,
    ):
        log_group, w_group = _panels(*np.log(group_range), panels)
        log_obs, w_obs = _panels(*np.log(obs_range), panels)
        self.sd_alpha, self.sd_obs = (
            np.exp(grid).ravel() for grid in np.meshgrid(log_group, log_obs, indexing="ij")
        )
        y, group = np.asarray(y, dtype=float), np.asarray(group)
        n, p, groups = y.size, design.shape[1], np.unique(group)
        effects = np.column_stack([design, group[:, None] == groups]).astype(float)
        prior = np.concatenate([prior_mean, np.zeros(groups.size)])
        variances = np.empty((self.sd_obs.size, prior.size))
        variances[:, :p] = np.square(prior_sd)
        variances[:, p:] = self.sd_alpha[:, None] ** 2
        gain = variances[:, :, None] * effects.T
        covariance = effects @ gain + self.sd_obs[:, None, None] ** 2 * np.eye(n)
        residual = y - effects @ prior
        inverse = np.linalg.inv(covariance)
        sign, log_determinant = np.linalg.slogdet(covariance)
        assert (sign > 0).all()
        log_joint = -0.5 * (
            n * np.log(2 * np.pi) + log_determinant + (inverse @ residual) @ residual
        )
        log_joint += log_prior_group(self.sd_alpha) + log_prior_obs(self.sd_obs)
        log_joint += np.log(self.sd_alpha) + np.log(self.sd_obs)
        log_joint += np.log(np.outer(w_group, w_obs).ravel())
        peak = log_joint.max()
        self.weights = np.exp(log_joint - peak)
        self.log_marginal_likelihood = peak + np.log(self.weights.sum())
        self.weights /= self.weights.sum()
        projection = gain @ inverse
        self.mean_given = prior + projection @ residual
        self.covariance_given = -(projection @ gain.transpose(0, 2, 1))
        diagonal = np.arange(prior.size)
        self.covariance_given[:, diagonal, diagonal] += variances

    def linear(self, form):
        """Mean, standard deviation and the nodes' Normals of a linear form of (b, u)."""
        form = np.asarray(form, dtype=float)
        means = self.mean_given @ form
        variances = (self.covariance_given @ form) @ form
        variances = np.maximum(variances, 0)  # rounding, far out in a heavy tail
        mean = self.weights @ means
        sd = np.sqrt(self.weights @ (variances + (means - mean) ** 2))
        return mean, sd, means, np.sqrt(variances)

    def scale(self, values):
        mean = self.weights @ values
        return mean, np.sqrt(self.weights @ (values - mean) ** 2)


def _panels(low, high, panels, order=16):
    nodes, weights = np.polynomial.legendre.leggauss(order)
    edges = np.linspace(low, high, panels + 1)
    half = np.diff(edges)[:, None] / 2
    centers = (edges[:-1] + edges[1:])[:, None] / 2
    return (centers + half * nodes).ravel(), (half * weights).ravel()
