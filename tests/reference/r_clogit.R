# Makes r_clogit_data.csv and r_clogit.json, the outside reference of
# tests/estimation/test_against_r.py. Run it in this folder: Rscript r_clogit.R
# It needs survival (Debian: r-base-core, r-cran-survival) and nothing else.

library(survival)

# The data hold whole numbers and words only, so that they are read everywhere as written.
# Weights are quarters: weights of surveys are rarely whole.
RNGversion("4.0.0")
set.seed(20261122)
respondents <- 200; tasks <- 4; alternatives <- 3
modes <- c("class", "equipment", "one-to-one")
person <- data.frame(
  respondent = 1:respondents,
  age65 = sample(0:1, respondents, replace = TRUE),
  used = sample(0:2, respondents, replace = TRUE),
  weight = sample(c(0.25, 0.5, 1, 1.5, 2.25), respondents, replace = TRUE)
)
n <- respondents * tasks * alternatives
data <- data.frame(
  respondent = rep(1:respondents, each = tasks * alternatives),
  task = rep(rep(1:tasks, each = alternatives), respondents),
  alternative = rep(LETTERS[1:alternatives], respondents * tasks),
  wait = sample(c(2, 4, 6, 8), n, replace = TRUE),
  distance = sample(c(2, 4, 8, 16), n, replace = TRUE),
  mode = sample(modes, n, replace = TRUE)
)
data <- merge(data, person)
data <- data[order(data$respondent, data$task, data$alternative), ]
taste <- rep(rnorm(respondents, sd = 0.2), each = tasks * alternatives)  # clusters that matter
utility <- (-0.25 + taste + 0.15 * data$age65) * data$wait - 0.06 * data$distance +
  c(0, 0.3, 0.6)[match(data$mode, modes)] + 0.2 * data$used * (data$mode == "one-to-one") +
  0.3 * (data$alternative == "B") - log(-log(runif(n)))
data$stratum <- rep(1:(respondents * tasks), each = alternatives)
data$chosen <- as.integer(utility == ave(utility, data$stratum, FUN = max))
columns <- c("respondent", "task", "alternative", "chosen", "wait", "distance", "mode",
             "age65", "used", "weight")
write.csv(data[columns], "r_clogit_data.csv", row.names = FALSE, quote = FALSE)

# From here on, what a reader of the file would do.
data <- read.csv("r_clogit_data.csv")
data$mode <- factor(data$mode, levels = modes)
data$alternative <- factor(data$alternative, levels = LETTERS[1:alternatives])
data$stratum <- 10 * data$respondent + data$task
utilities <- c(
  main = "wait + distance + mode",
  constants = "alternative + wait + distance + mode",
  interactions = "wait + distance + mode + wait:age65 + distance:used"
)

# method: one alternative is chosen in every stratum, so there are no ties, and Breslow's, Efron's
# and the exact partial likelihood are one: that of the logit. clogit refuses weights and clusters
# with the exact method only. A weight that is the same for all rows of a stratum multiplies its
# contribution, and otherwise adds a constant to it, -w log(w), taken out below.
# robust: without clusters, coxph would take rows as independent where weights are not whole.
# eps: one Newton step more than with the default, 1e-9, which leaves 11 digits right.
fit <- function(utility, weighted, cluster) {
  formula <- paste("chosen ~", utility, "+ strata(stratum)",
                   if (cluster != "") paste0("+ cluster(", cluster, ")"))
  data$w <- if (weighted) data$weight else rep(1, nrow(data))
  clogit(as.formula(formula), data, weights = w, method = "breslow", robust = cluster != "",
         control = coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15))
}

digits <- function(x) sprintf("%.17g", x)
quoted <- function(x) paste0('"', x, '"')
object <- function(x, indent) {
  space <- strrep(" ", indent)
  paste0("{\n", paste0(space, "  ", quoted(names(x)), ": ", x, collapse = ",\n"), "\n", space, "}")
}

results <- character()
for (name in names(utilities)) for (weighted in c(FALSE, TRUE)) {
  utility <- utilities[[name]]
  classical <- fit(utility, weighted, "")
  w <- if (weighted) data$weight[data$chosen == 1] else rep(1, sum(data$chosen))
  errors <- list(
    classical = sqrt(diag(vcov(classical))),
    robust = sqrt(diag(vcov(fit(utility, weighted, "stratum")))),
    clustered = sqrt(diag(vcov(fit(utility, weighted, "respondent"))))
  )
  parts <- c(
    utility = quoted(utility),
    weighted = tolower(weighted),
    log_likelihood = digits(classical$loglik[2] + sum(w * log(w))),
    coefficients = object(setNames(digits(coef(classical)), names(coef(classical))), 4),
    sapply(errors, function(e) object(setNames(digits(e), names(coef(classical))), 4))
  )
  results[[paste0(name, if (weighted) ", weighted" else "")]] <- object(parts, 2)
}
versions <- c(R = quoted(R.version.string), survival = quoted(as.character(packageVersion("survival"))))
cat(object(c(versions, results), 0), "\n", file = "r_clogit.json", sep = "")
