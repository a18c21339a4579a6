# What lme4 answers for the models of lecture 3.
#
#   Rscript tests/reference/lme4_radon.R > tests/reference/lme4_radon.json
#
# Run from the root of the repository; needs R with lme4 and jsonlite.
suppressPackageStartupMessages(library(lme4))

radon <- read.csv("qfc_helpers/datasets/radon.csv")
formulas <- list(
  intercepts = log_radon ~ 1 + floor + (1 | county),
  uranium = log_radon ~ 1 + floor + log_uranium + (1 | county),
  slopes_independent = log_radon ~ 1 + floor + (1 + floor || county),
  slopes_correlated = log_radon ~ 1 + floor + (1 + floor | county)
)

answer <- function(formula, reml) {
  # A stricter stopping rule than the default's; the optimum is the same to the digits kept.
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5))
  fit <- lmer(formula, radon, REML = reml, control = control)
  components <- as.data.frame(VarCorr(fit))
  label <- function(row) {
    names <- row[c("grp", "var1", "var2")]
    paste(names[!is.na(names)], collapse = " ")
  }
  effects <- coef(fit)$county
  list(
    logLik = as.numeric(logLik(fit)),
    AIC = AIC(fit),
    fixef = as.list(fixef(fit)),
    fixef_se = as.list(sqrt(diag(as.matrix(vcov(fit))))),
    # Standard deviations; the entry with two variables is a correlation.
    sdcor = as.list(setNames(components$sdcor, apply(components, 1, label))),
    singular = isSingular(fit),
    coef = lapply(
      setNames(nm = c("AITKIN", "HENNEPIN", "LACQUIPARLE", "STLOUIS")),
      function(county) as.list(effects[county, ])
    )
  )
}

answers <- list(
  versions = list(R = as.character(getRversion()), lme4 = as.character(packageVersion("lme4")))
)
for (name in names(formulas)) {
  answers[[name]] <- list(REML = answer(formulas[[name]], TRUE), ML = answer(formulas[[name]], FALSE))
}
cat(jsonlite::toJSON(answers, digits = 11, auto_unbox = TRUE, pretty = TRUE), "\n", sep = "")
