# rstanarm: no compiling. Its prior on the group's standard deviation is relative to sd_obs
# (decov), so the posterior differs a little from the others'.
suppressMessages(library(rstanarm))
folder <- commandArgs(trailingOnly = TRUE)[1]
d <- read.csv(file.path(folder, "data.csv"), colClasses = c(g = "character"))
p <- jsonlite::fromJSON(file.path(folder, "model.json"))
start <- Sys.time()
fit <- suppressWarnings(stan_lmer(
  y ~ 1 + x + (1 | g), data = d, chains = 4, cores = 2, iter = 2000, seed = 1, refresh = 0,
  prior_intercept = normal(p$mean, p$intercept), prior = normal(0, p$slope),
  prior_aux = normal(0, p$sd_obs)
))
seconds <- as.numeric(difftime(Sys.time(), start, units = "secs"))
s <- fit$stan_summary
s <- s[!rownames(s) %in% c("log-posterior", "mean_PPD"), ]
cat(sprintf(
  '{"fit_seconds": %f, "min_ess": %f, "means": {"x": %f, "1|g_sigma": %f, "sigma": %f}}\n',
  seconds, min(s[, "n_eff"]), s["x", "mean"],
  sqrt(s["Sigma[g:(Intercept),(Intercept)]", "mean"]), s["sigma", "mean"]))
