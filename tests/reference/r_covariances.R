# Makes r_covariances.json, the outside reference of tests/estimation/test_covariances.py, from
# r_clogit_data.csv. Run it in this folder: Rscript r_covariances.R
# It needs survival, sandwich, clubSandwich and boot (Debian: r-base-core, r-cran-survival,
# r-cran-sandwich, r-cran-clubsandwich, r-cran-boot).

library(survival)
library(sandwich)
suppressMessages(library(clubSandwich))

data <- read.csv("r_clogit_data.csv")
data$mode <- factor(data$mode, levels = c("class", "equipment", "one-to-one"))
data$stratum <- 10 * data$respondent + data$task
data$clinic <- data$respondent %% 25  # 25 clusters of whole respondents
few <- data[data$respondent <= 25, ]  # 25 respondents
utility <- ~ 0 + wait + distance + I(mode == "equipment") + I(mode == "one-to-one")
columns <- function(d) {
  X <- model.matrix(utility, d)[, c("wait", "distance", 'I(mode == "equipment")TRUE',
                                    'I(mode == "one-to-one")TRUE')]
  colnames(X) <- c("wait", "distance", "equipment", "one.to.one")
  X
}
estimates <- function(d, w = rep(1, nrow(d))) {
  d$w <- w
  X <- columns(d)
  coef(clogit(chosen ~ X + strata(stratum), d, weights = w, method = "breslow", robust = FALSE,
              control = coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)))
}

# Two alternatives: the logit of their difference, with the first alternative of each task chosen or
# not; of three alternatives, the one not chosen that comes last is left out.
pairs <- do.call(rbind, lapply(split(few, few$stratum), function(d) {
  out <- max(which(d$chosen == 0))
  d[-out, ]
}))
first <- !duplicated(pairs$stratum)
D <- columns(pairs)[first, ] - columns(pairs)[!first, ]
y <- pairs$chosen[first]
who <- pairs$respondent[first]
binary <- glm(y ~ 0 + D, family = binomial, control = glm.control(epsilon = 1e-15, maxit = 100))

# Least squares of standardised rows sqrt(w P) (x - mean) whose residuals are (y - P) sqrt(w / P) has
# the score and the information of a logit, with any number of alternatives. Its CR2, with the
# identity as the target, is that of the logit.
linear <- function(d, cluster, w = rep(1, nrow(d))) {
  b <- estimates(d, w)
  X <- columns(d)
  P <- exp(drop(X %*% b))
  P <- P / ave(P, d$stratum, FUN = sum)
  for (k in seq_len(ncol(X))) X[, k] <- X[, k] - ave(P * X[, k], d$stratum, FUN = sum)
  Z <- sqrt(w * P) * X
  response <- drop(Z %*% b) + (d$chosen - P) * sqrt(w / P)
  rows <- lm(response ~ 0 + Z)
  stopifnot(max(abs(coef(rows) - b)) < 1e-9)
  lapply(c(CR0 = "CR0", CR2 = "CR2", CR3 = "CR3"), function(type) vcovCR(rows, cluster, type))
}
jackknife <- function(d, cluster) {
  without <- t(sapply(sort(unique(cluster)), function(g) estimates(d[cluster != g, ])))
  G <- nrow(without)
  (G - 1) / G * crossprod(scale(without, scale = FALSE))
}

digits <- function(x) paste0("[", paste(sprintf("%.17g", as.vector(x)), collapse = ", "), "]")
quoted <- function(x) paste0('"', x, '"')
object <- function(x, indent = 0) {
  space <- strrep(" ", indent)
  paste0("{\n", paste0(space, "  ", quoted(names(x)), ": ", x, collapse = ",\n"), "\n", space, "}")
}
matrices <- function(x) object(sapply(x, digits), 2)

# The limits of boot for replicates and influence values that arithmetic gives.
u <- ((1:999) * 577) %% 1000 / 1000
t <- u^2 + u / 3
without <- 0.5 + ((0:19)^2 - 100) / 4000
L <- mean(without) - without
t0 <- 0.51

results <- c(
  R = quoted(R.version.string),
  sapply(c(survival = "survival", sandwich = "sandwich", clubSandwich = "clubSandwich", boot = "boot"),
         function(p) quoted(as.character(packageVersion(p)))),
  "two alternatives" = matrices(list(
    coefficients = coef(binary),
    clustered = vcovCL(binary, who, type = "HC0", cadjust = TRUE),
    CR3 = vcovCR(binary, who, "CR3"),
    "CR2 of glm" = vcovCR(binary, who, "CR2"),
    CR2 = linear(pairs, pairs$respondent)$CR2
  )),
  "25 respondents" = matrices(c(linear(few, few$respondent), list(
    coefficients = estimates(few), jackknife = jackknife(few, few$respondent)))),
  "25 clinics" = matrices(c(linear(data, data$clinic), list(
    coefficients = estimates(data), jackknife = jackknife(data, data$clinic)))),
  weighted = matrices(c(linear(data, data$clinic, data$weight),
                        list(coefficients = estimates(data, data$weight)))),
  limits = object(c(
    "percentile, 0.95" = digits(boot:::perc.ci(t, 0.95)[4:5]),
    "percentile, 0.9" = digits(boot:::perc.ci(t, 0.9)[4:5]),
    "bca, 0.95" = digits(boot:::bca.ci(list(), 0.95, t0 = t0, t = t, L = L)[4:5]),
    "bca, 0.9" = digits(boot:::bca.ci(list(), 0.9, t0 = t0, t = t, L = L)[4:5])
  ), 2)
)
cat(object(results), "\n", file = "r_covariances.json", sep = "")
