# Makes r_shapes.json, the numbers of survival::clogit for the data sets of shapes.json: the outside
# reference of tests/estimation/test_against_others.py. Run it in this folder: Rscript r_shapes.R
# It needs Debian's r-base-core, r-cran-survival, r-cran-jsonlite and r-cran-aer (modechoice is AER's
# TravelMode), and ../../../shared for the real sets.

library(survival)
library(jsonlite)

read <- function(set) {
  if (identical(set$package, "AER")) {
    data("TravelMode", package = "AER", envir = environment())
    data <- transform(TravelMode, choice = as.integer(choice == "yes"), air = as.integer(mode == "air"),
                      train = as.integer(mode == "train"), bus = as.integer(mode == "bus"))
    return(transform(data, air_income = air * income))
  }
  read.csv(if (is.null(set$shared)) set$file else file.path("../../../shared/reference/data", set$shared))
}

# method, weights, log w: see r_clogit.R. One alternative is chosen in every stratum, so Breslow's, Efron's
# and the exact partial likelihood are one, and clogit refuses weights with the exact method only.
# What is not available is left out: clogit knows no availability.
# cluster(): the sandwich of summed scores, without a factor. cluster(stratum): every task independent.
fit <- function(data, set, cluster) {
  formula <- paste("chosen ~", paste(set$x, collapse = " + "), "+ strata(stratum)",
                   if (cluster != "") paste0("+ cluster(", cluster, ")"))
  clogit(as.formula(formula), data, weights = w, method = "breslow", robust = cluster != "",
         control = coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-18))
}

numbers <- function(set) {
  data <- read(set)
  if (!is.null(set$available)) data <- data[data[[set$available]] == 1, ]
  data$stratum <- as.character(data[[set$task]])
  data$chosen <- data[[set$chosen]]
  data$w <- if (is.null(set$weight)) 1 else data[[set$weight]]
  w <- data$w[data$chosen == 1]
  classical <- fit(data, set, "")
  result <- list(
    log_likelihood = unbox(classical$loglik[2] + sum(w * log(w))),
    coefficients = unname(coef(classical)),
    classical = unname(sqrt(diag(vcov(classical)))),
    robust = unname(sqrt(diag(vcov(fit(data, set, "stratum")))))
  )
  if (!is.null(set$respondent)) {
    data$who <- data[[set$respondent]]
    result$clustered <- unname(sqrt(diag(vcov(fit(data, set, "who")))))
  }
  result
}

sets <- fromJSON("shapes.json", simplifyDataFrame = FALSE)
versions <- list(R = R.version.string, survival = as.character(packageVersion("survival")),
                 AER = as.character(packageVersion("AER")))
results <- c(lapply(versions, unbox), lapply(sets, numbers))
write(toJSON(results, digits = I(17), pretty = 1), "r_shapes.json")
