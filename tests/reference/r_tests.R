# Makes r_tests.json, the outside reference of tests/diagnostics/test_against_r.py, from
# r_clogit_data.csv (see r_clogit.R). Run it in this folder: Rscript r_tests.R
# It needs survival and car (Debian: r-cran-survival, r-cran-car).

library(survival)

data <- read.csv("r_clogit_data.csv")
modes <- c("class", "equipment", "one-to-one")
data$mode <- factor(data$mode, levels = modes)
data$stratum <- 10 * data$respondent + data$task
# eps: one Newton step more than with the default, 1e-9, which leaves 11 digits right.
control <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)
fit <- function(utility, cluster = "", data. = data, ...) {
  formula <- paste("chosen ~", utility, "+ strata(stratum)",
                   if (cluster != "") paste0("+ cluster(", cluster, ")"))
  clogit(as.formula(formula), data., method = "breslow", robust = cluster != "", control = control, ...)
}
digits <- function(x) sprintf("%.17g", x)
quoted <- function(x) paste0('"', x, '"')
object <- function(x, indent = 0) {
  space <- strrep(" ", indent)
  paste0("{\n", paste0(space, "  ", quoted(names(x)), ": ", x, collapse = ",\n"), "\n", space, "}")
}

main <- "wait + distance + mode"
full <- fit(main)
names(full$coefficients) <- c("wait", "distance", "equipment", "onetoone")  # names that car reads
wald <- function(hypotheses, cluster = "") {
  V <- vcov(fit(main, cluster))
  dimnames(V) <- list(names(coef(full)), names(coef(full)))
  test <- car::linearHypothesis(full, hypotheses, vcov. = V, test = "Chisq")
  test$Chisq[2]
}
hypotheses <- list(
  "mode = 0" = c("equipment = 0", "onetoone = 0"),
  "wait = 2*distance" = "wait - 2*distance = 0",
  "2*wait - distance = -0.4, mode[one-to-one] = 0.5" =
    c("2*wait - distance = -0.4", "onetoone = 0.5")
)

# A restriction is substituted into X: with b1 = 2 b2 + c, x1 b1 + x2 b2 = (2 x1 + x2) b2 + c x1.
substituted <- c(
  "mode = 0" = fit("wait + distance")$loglik[2],
  "wait = 2*distance" = fit("I(2 * wait + distance) + mode")$loglik[2],
  "2*wait - distance = -0.4, mode[one-to-one] = 0.5" =
    fit("I(wait + 2 * distance) + I(mode == 'equipment') + offset(0.4 * distance + 0.5 * (mode == 'one-to-one'))")$loglik[2]
)

# The score test: coxph evaluates it at the initial values.
scores <- function(utility, zeros) {
  small <- coef(fit("wait + distance"))
  big <- fit(utility, init = c(small, rep(0, zeros)))
  big$score
}
# The same with robust and clustered scores, from the definition, with G/(G-1) for clusters.
generalised <- function(utility, zeros, cluster) {
  small <- coef(fit("wait + distance"))
  start <- c(small, rep(0, zeros))
  formula <- as.formula(paste("chosen ~", utility, "+ strata(stratum)"))
  at <- clogit(formula, data, method = "breslow", init = start,
               control = coxph.control(iter.max = 0, toler.chol = 1e-15))
  s <- rowsum(residuals(at, type = "score"), data$stratum)
  G <- length(unique(data[[cluster]]))
  person <- data$respondent[match(rownames(s), data$stratum)]
  groups <- if (cluster == "respondent") rowsum(s, person) else s
  factor <- if (cluster == "respondent") G / (G - 1) else 1
  B <- crossprod(groups) * factor
  Ainv <- vcov(at)
  R <- cbind(matrix(0, zeros, 2), diag(zeros))
  H <- R %*% Ainv
  gap <- H %*% colSums(s)
  drop(t(gap) %*% solve(H %*% B %*% t(H), gap))
}

# Hausman and McFadden: the same coefficients from tasks that did not choose an alternative, without it;
# and whether the gradient of the latter is zero at the estimates from all tasks, with a covariance from
# the scores of both by respondent, with G/(G-1).
hausman <- function(gone) {
  left <- data[data$alternative != gone, ]
  left <- left[ave(left$chosen, left$stratum, FUN = sum) == 1, ]
  all <- fit(main); less <- fit(main, data. = left)
  gap <- coef(less) - coef(all)
  difference <- vcov(less) - vcov(all)
  at <- clogit(as.formula(paste("chosen ~", main, "+ strata(stratum)")), left, method = "breslow",
               init = coef(all), control = coxph.control(iter.max = 0, toler.chol = 1e-15))
  s_all <- rowsum(residuals(all, type = "score"), data$respondent)
  s_less <- s_all * 0
  own <- rowsum(residuals(at, type = "score"), left$respondent)
  s_less[rownames(own), ] <- own
  U <- s_less - s_all %*% vcov(all) %*% solve(vcov(at))
  G <- nrow(U)
  g <- colSums(s_less)
  c(smallest = min(eigen(difference)$values), hausman = drop(gap %*% solve(difference, gap)),
    scores = drop(g %*% solve(crossprod(U) * G / (G - 1), g)))
}

full_ll <- full$loglik[2]
results <- c(
  R = quoted(R.version.string),
  survival = quoted(as.character(packageVersion("survival"))),
  car = quoted(as.character(packageVersion("car"))),
  wald = object(sapply(names(hypotheses), function(h) object(c(
    classical = digits(wald(hypotheses[[h]])),
    robust = digits(wald(hypotheses[[h]], "stratum")),
    clustered = digits(wald(hypotheses[[h]], "respondent"))
  ), 4)), 2),
  likelihood_ratio = object(setNames(digits(2 * (full_ll - substituted)), names(substituted)), 2),
  iia = object(sapply(c("A", "B", "C"), function(a) {
    found <- hausman(a)
    object(setNames(digits(found), names(found)), 4)
  }), 2),
  score = object(c(
    classical = digits(scores(main, 2)),
    robust = digits(generalised(main, 2, "stratum")),
    clustered = digits(generalised(main, 2, "respondent"))
  ), 2)
)
cat(object(results), "\n", file = "r_tests.json", sep = "")
