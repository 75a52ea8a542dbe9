# Makes r_subgroups.json, the outside reference of tests/diagnostics/test_pooled.py and
# tests/estimation/test_subgroups.py, from r_clogit_data.csv (see r_clogit.R).
# Run it in this folder: Rscript r_subgroups.R
# It needs survival (Debian: r-cran-survival) and nothing else.

library(survival)

data <- read.csv("r_clogit_data.csv")
data$equipment <- as.integer(data$mode == "equipment")
data$onetoone <- as.integer(data$mode == "one-to-one")
data$stratum <- 10 * data$respondent + data$task
# eps: one Newton step more than with the default, 1e-9, which leaves 11 digits right.
control <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)
fit <- function(utility, data, cluster = FALSE) {
  formula <- paste("chosen ~", utility, "+ strata(stratum)", if (cluster) "+ cluster(respondent)")
  clogit(as.formula(formula), data, method = "breslow", robust = cluster, control = control)
}
digits <- function(x) sprintf("%.17g", x)
quoted <- function(x) paste0('"', x, '"')
object <- function(x, indent = 0) {
  space <- strrep(" ", indent)
  paste0("{\n", paste0(space, "  ", quoted(names(x)), ": ", x, collapse = ",\n"), "\n", space, "}")
}
array <- function(x) paste0("[", paste(digits(x), collapse = ", "), "]")

main <- "wait + distance + equipment + onetoone"
described <- function(data, utility = main) {
  fitted <- fit(utility, data)
  object(c(
    respondents = length(unique(data$respondent)),
    log_likelihood = digits(fitted$loglik[2]),
    coefficients = array(coef(fitted)),
    classical = array(sqrt(diag(vcov(fitted)))),
    clustered = array(sqrt(diag(vcov(fit(utility, data, TRUE)))))
  ), 2)
}
groups <- sapply(0:2, function(k) described(data[data$used == k, ]))
names(groups) <- paste("used =", 0:2)

# Differences from the first group, for both others.
data$u1 <- as.integer(data$used == 1)
data$u2 <- as.integer(data$used == 2)
terms <- c("wait", "distance", "equipment", "onetoone")
gaps <- c(paste0(terms, ":u1"), paste0(terms, ":u2"))
utility <- paste(c(main, gaps), collapse = " + ")
wald <- function(which, cluster) {
  fitted <- fit(utility, data, cluster)
  b <- coef(fitted)[which]
  sum(b * solve(vcov(fitted)[which, which], b))
}
tests <- function(cluster) object(c(
  all = digits(wald(5:12, cluster)),
  wait = digits(wald(c(5, 9), cluster)),
  distance = digits(wald(c(6, 10), cluster)),
  mode = digits(wald(c(7, 8, 11, 12), cluster))
), 2)

results <- c(
  R = quoted(R.version.string),
  survival = quoted(as.character(packageVersion("survival"))),
  together = described(data),
  groups,
  pooled = described(data, utility),
  wald_classical = tests(FALSE),
  wald_clustered = tests(TRUE)
)
cat(object(results), "\n", file = "r_subgroups.json", sep = "")
