# Makes r_nutrition.json, the outside reference of tests/estimation/test_subgroups.py: a real survey
# (Perez-Troncoso et al. 2021) in classes of age. The data are not part of this project.
# Run it in this folder: Rscript r_nutrition.R ../../../shared/reference/data/nutrition_long.csv
# It needs survival (Debian: r-cran-survival) and nothing else.

library(survival)

data <- read.csv(commandArgs(trailingOnly = TRUE)[1])
# eps: one Newton step more than with the default, 1e-9, which leaves 11 digits right.
control <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)
digits <- function(x) sprintf("%.17g", x)
quoted <- function(x) paste0('"', x, '"')
array <- function(x) paste0("[", paste(digits(x), collapse = ", "), "]")
object <- function(x, indent = 0) {
  space <- strrep(" ", indent)
  paste0("{\n", paste0(space, "  ", quoted(names(x)), ": ", x, collapse = ",\n"), "\n", space, "}")
}
described <- function(data) {
  fitted <- clogit(
    choice ~ pers2 + pers3 + pers4 + form2 + rut2 + prec2 + prec3 + prec4 + strata(gid) + cluster(id),
    data, method = "breslow", robust = TRUE, control = control
  )
  object(c(
    respondents = length(unique(data$id)),
    tasks = sum(data$choice),
    log_likelihood = digits(fitted$loglik[2]),
    coefficients = array(coef(fitted)),
    clustered = array(sqrt(diag(vcov(fitted))))
  ), 2)
}
results <- c(
  R = quoted(R.version.string),
  survival = quoted(as.character(packageVersion("survival"))),
  All = described(data),
  "under 30" = described(data[data$age < 30, ]),
  "30-44" = described(data[data$age >= 30 & data$age < 45, ]),
  "45-64" = described(data[data$age >= 45 & data$age < 65, ])
)
cat(object(results), "\n", file = "r_nutrition.json", sep = "")
