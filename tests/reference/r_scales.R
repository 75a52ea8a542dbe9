# Makes r_scales_data.csv and r_scales.json, the outside reference of
# tests/estimation/test_fit_scales.py. Run it in this folder: Rscript r_scales.R
# It needs ordinal (Debian: r-cran-ordinal) and nothing else.

library(ordinal)

RNGversion("4.0.0")
set.seed(20261128)
respondents <- 240; tasks <- 6
n <- respondents * tasks
data <- data.frame(
  respondent = rep(1:respondents, each = tasks),
  task = rep(1:tasks, respondents),
  device = rep(sample(c("desktop", "phone", "tablet"), respondents, replace = TRUE), each = tasks),
  cost_a = sample(1:6, n, replace = TRUE), cost_b = sample(1:6, n, replace = TRUE),
  time_a = sample(c(10, 20, 40), n, replace = TRUE), time_b = sample(c(10, 20, 40), n, replace = TRUE)
)
scale <- c(desktop = 1, phone = 0.5, tablet = 1.6)[data$device]
utility <- scale * (0.2 - 0.5 * (data$cost_b - data$cost_a) - 0.04 * (data$time_b - data$time_a))
data$chosen <- ifelse(runif(n) < plogis(utility), "B", "A")
write.csv(data, "r_scales_data.csv", row.names = FALSE, quote = FALSE)

# A cumulative logit of two categories whose latent scale depends on the device:
# P(A) = F((threshold - x'b) / exp(z'zeta)), so the constant of B is minus the threshold, and the
# log-scale of utility is minus zeta.
data <- read.csv("r_scales_data.csv")
data$cost <- data$cost_b - data$cost_a
data$time <- data$time_b - data$time_a
fit <- clm(factor(chosen) ~ cost + time, scale = ~ device, data = data, link = "logit",
           control = clm.control(gradTol = 1e-10, maxIter = 200))
equal <- clm(factor(chosen) ~ cost + time, data = data, link = "logit")
sign <- c(-1, 1, 1, -1, -1)
digits <- function(x) paste(sprintf("%.17g", x), collapse = ", ")
cat(sprintf('{
  "R": "%s", "ordinal": "%s",
  "names": ["alternative[B]", "cost", "time", "log scale[phone]", "log scale[tablet]"],
  "coefficients": [%s],
  "classical": [%s],
  "log_likelihood": %s, "equal": %s, "likelihood_ratio": %s
}
', R.version.string, packageVersion("ordinal"), digits(sign * c(coef(fit))),
  digits(sqrt(diag(vcov(fit)))), digits(logLik(fit)), digits(logLik(equal)),
  digits(anova(equal, fit)[2, "LR.stat"])), file = "r_scales.json")
