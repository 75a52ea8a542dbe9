# Makes r_rates.json, the outside reference of tests/estimation/test_rates_against_r.py: ratios of
# coefficients of survival::clogit by car::deltaMethod, and the example of the help page of mded.
# Run it in this folder: Rscript r_rates.R. It needs survival and car (Debian: r-cran-survival,
# r-cran-car) and mded from CRAN, or its file mded.R in this folder.

library(survival)
library(car)
if (requireNamespace("mded", quietly = TRUE)) library(mded) else source("mded.R")

data <- read.csv("r_clogit_data.csv")
data$mode <- factor(data$mode, levels = c("class", "equipment", "one-to-one"))
data$stratum <- 10 * data$respondent + data$task
control <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)

# A fit with its coefficients called b1, b2, ... in the order of the formula.
fit <- function(formula, data, contrasts = NULL) {
  if (!is.null(contrasts)) contrasts(data$mode) <- contrasts
  found <- clogit(formula, data, method = "breslow", control = control)
  names <- paste0("b", seq_along(coef(found)))
  list(b = setNames(coef(found), names), V = matrix(vcov(found), length(names), dimnames = list(names, names)))
}
ratio <- function(fit, expression) {
  found <- deltaMethod(fit$b, expression, vcov. = fit$V)
  c(found[["Estimate"]], found[["SE"]])
}

linear <- fit(chosen ~ wait + distance + mode + strata(stratum), data)
curved <- fit(chosen ~ wait + I(wait^2) + distance + mode + wait:age65 + strata(stratum), data)
logs <- fit(chosen ~ log(distance) + wait + mode + strata(stratum), data)
effects <- fit(chosen ~ wait + distance + mode + strata(stratum), data, "contr.sum")
young <- fit(chosen ~ wait + distance + mode + strata(stratum), data[data$age65 == 0, ])
old <- fit(chosen ~ wait + distance + mode + strata(stratum), data[data$age65 == 1, ])

rates <- list(
  "one-to-one per wait" = ratio(linear, "b4/b1"),
  "one-to-one per wait at 5 weeks, 65 or older" = ratio(curved, "b5/(b1 + 10*b2 + b6)"),
  "wait per mile at 4 miles" = ratio(logs, "b2/(b1/4)"),
  "omitted level per wait" = ratio(effects, "-(b3 + b4)/b1"),
  "distance per wait, young" = ratio(young, "b2/b1"),
  "distance per wait, old" = ratio(old, "b2/b1")
)

set.seed(123)
x <- rnorm(100, 3)
y <- rnorm(100, 1)
digits <- function(x) paste(sprintf("%.17g", x), collapse = ", ")
lines <- c(
  sprintf('  "R": "%s", "car": "%s", "survival": "%s", "mded": "0.1-2"', getRversion(),
          packageVersion("car"), packageVersion("survival")),
  sprintf('  "rates": {\n%s\n  }', paste(sprintf('    "%s": [%s]', names(rates), sapply(rates, digits)),
                                        collapse = ",\n")),
  sprintf('  "x": [%s]', digits(x)),
  sprintf('  "y": [%s]', digits(y)),
  sprintf('  "x over y": %s, "y over x": %s', digits(mded(x, y)$stat), digits(mded(y, x)$stat))
)
writeLines(c("{", paste(lines, collapse = ",\n"), "}"), "r_rates.json")
