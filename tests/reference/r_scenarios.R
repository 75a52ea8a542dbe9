# Makes r_scenarios.json from r_clogit_data.csv (which r_clogit.R made), the outside reference of
# tests/estimation/test_scenarios_against_r.py. Run it in this folder: Rscript r_scenarios.R
# It needs survival and car (Debian: r-cran-survival, r-cran-car), and jsonlite.
# car::deltaMethod differentiates the expressions symbolically: nothing is shared with dce.

library(survival)
library(car)
library(jsonlite)

data <- read.csv("r_clogit_data.csv", stringsAsFactors = FALSE)
data$stratum <- interaction(data$respondent, data$task, drop = TRUE)
data$equipment <- as.integer(data$mode == "equipment")
data$one <- as.integer(data$mode == "one-to-one")
data$old <- data$wait * data$age65
fit <- clogit(chosen ~ equipment + one + wait + distance + old + strata(stratum),
              data = data, method = "exact")
names <- c("b1", "b2", "b3", "b4", "b5")
b <- setNames(coef(fit), names)
V <- vcov(fit)
old <- mean(data$age65[!duplicated(data$respondent)])

# one-to-one after 2 weeks, 16 miles away; a class after 8 weeks, 2 miles; equipment, 4 weeks, 4 miles
v <- function(age, wait1 = "2", distance1 = "16") c(
  sprintf("(b2 + %s * (b3 + %g * b5) + %s * b4)", wait1, age, distance1),
  sprintf("(8 * (b3 + %g * b5) + 2 * b4)", age),
  sprintf("(b1 + 4 * (b3 + %g * b5) + 4 * b4)", age))
P <- function(j, u) sprintf("(exp%s / (exp%s + exp%s + exp%s))", u[j], u[1], u[2], u[3])
logsum <- function(u) sprintf("log(exp%s + exp%s + exp%s)", u[1], u[2], u[3])
averaged <- sprintf("(%.17g * %s + %.17g * %s)", 1 - old, P(1, v(0)), old, P(1, v(1)))
others <- sprintf("log(exp%s + exp%s)", v(0)[2], v(0)[3])

quantities <- c(
  P1 = P(1, v(0)), P2 = P(2, v(0)), P3 = P(3, v(0)),
  log_odds1 = sprintf("log(%s / (1 - %s))", P(1, v(0)), P(1, v(0))),
  nearer = sprintf("%s - %s", P(1, v(0, distance1 = "4")), P(1, v(0))),
  averaged = averaged,
  log_odds_averaged = sprintf("log(%s / (1 - %s))", averaged, averaged),
  direct = sprintf("b4 * 16 * (1 - %s)", P(1, v(0))),
  cross = sprintf("-b4 * 16 * %s", P(1, v(0))),
  effect = sprintf("b4 * %s * (1 - %s)", P(1, v(0)), P(1, v(0))),
  threshold = sprintf("(%s + log(0.4 / 0.6) - b2 - 2 * b3) / b4", others),
  logsum = sprintf("%s - %s", logsum(v(0, distance1 = "4")), logsum(v(0))),
  compensating = sprintf("(%s - %s) / -b4", logsum(v(0, wait1 = "1")), logsum(v(0)))
)
found <- lapply(quantities, function(g) {
  d <- deltaMethod(b, g, vcov. = V, parameterNames = names)
  list(value = d$Estimate, se = d$SE)
})
out <- list(R = R.version.string, survival = as.character(packageVersion("survival")),
            car = as.character(packageVersion("car")), share65 = old, numbers = found)
write(toJSON(out, auto_unbox = TRUE, digits = 17, pretty = TRUE), "r_scenarios.json")
