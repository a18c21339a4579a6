# lme4: the REML estimate; no posterior, shown for scale.
suppressMessages(library(lme4))
folder <- commandArgs(trailingOnly = TRUE)[1]
d <- read.csv(file.path(folder, "data.csv"), colClasses = c(g = "character"))
start <- Sys.time()
fit <- lmer(y ~ 1 + x + (1 | g), data = d)
seconds <- as.numeric(difftime(Sys.time(), start, units = "secs"))
sds <- as.data.frame(VarCorr(fit))$sdcor
cat(sprintf('{"fit_seconds": %f, "means": {"x": %f, "1|g_sigma": %f, "sigma": %f}}\n',
            seconds, fixef(fit)[2], sds[1], sds[2]))
