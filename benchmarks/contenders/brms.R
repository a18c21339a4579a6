# brms: the same priors as Bambi's (0 + Intercept: uncentered); compiles a Stan program first.
suppressMessages(library(brms))
# Debian's BH package leaves the Boost headers where the system has them; rstan has to be told.
if (system.file("include", package = "BH") == "") {
  invisible(rstan::rstan_options(boost_lib = "/usr/include"))
}
folder <- commandArgs(trailingOnly = TRUE)[1]
d <- read.csv(file.path(folder, "data.csv"), colClasses = c(g = "character"))
p <- jsonlite::fromJSON(file.path(folder, "model.json"))
prior <- c(
  set_prior(sprintf("normal(%f, %f)", p$mean, p$intercept), class = "b", coef = "Intercept"),
  set_prior(sprintf("normal(0, %f)", p$slope), class = "b", coef = "x"),
  set_prior(sprintf("normal(0, %f)", p$sd_alpha), class = "sd"),
  set_prior(sprintf("normal(0, %f)", p$sd_obs), class = "sigma")
)
start <- Sys.time()
fit <- suppressWarnings(suppressMessages(brm(
  y ~ 0 + Intercept + x + (1 | g), data = d, prior = prior, chains = 4, cores = 2, iter = 2000,
  seed = 1, refresh = 0, silent = 2
)))
seconds <- as.numeric(difftime(Sys.time(), start, units = "secs"))
s <- rstan::summary(fit$fit)$summary
s <- s[!grepl("^(lp__|lprior|z_)", rownames(s)), ]
cat(sprintf(
  '{"fit_seconds": %f, "min_ess": %f, "means": {"x": %f, "1|g_sigma": %f, "sigma": %f}}\n',
  seconds, min(s[, "n_eff"], na.rm = TRUE), s["b_x", "mean"], s["sd_g__Intercept", "mean"],
  s["sigma", "mean"]))
