# Makes r_dfbeta.csv and r_vif.json, outside references of tests/diagnostics: what each respondent does
# to the estimates, and variance inflation factors. Run it in this folder: Rscript r_dfbeta.R
# It needs survival and car (Debian: r-cran-survival, r-cran-car).

library(survival)

data <- read.csv("r_clogit_data.csv")
data$mode <- factor(data$mode, levels = c("class", "equipment", "one-to-one"))
data$alternative <- factor(data$alternative, levels = LETTERS[1:3])
data$stratum <- 10 * data$respondent + data$task

# See r_clogit.R for method and control.
fit <- function(w) {
  data$w <- w
  clogit(chosen ~ alternative + wait + distance + mode + strata(stratum), data, weights = w,
         method = "breslow", control = coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15))
}
plain <- fit(rep(1, nrow(data)))
weighted <- fit(data$weight)
# Score residuals times the inverse information, summed over the rows of a respondent.
of <- function(m) rowsum(residuals(m, type = "dfbeta", weighted = TRUE), data$respondent)
both <- cbind(of(plain), of(weighted))
colnames(both) <- c(names(coef(plain)), paste0("weighted.", names(coef(plain))))
digits <- function(x) sprintf("%.17g", x)
write.csv(data.frame(respondent = rownames(both), apply(both, 2, digits), check.names = FALSE),
          "r_dfbeta.csv", row.names = FALSE, quote = FALSE)

# car::vif warns that there is no intercept (a logit has none), and lists the strata with no coefficient.
of <- function(m) {
  v <- suppressWarnings(car::vif(m))
  v <- v[v[, 2] > 0, ]
  sprintf('{"terms": ["%s"], "gvif": [%s], "df": [%s]}', paste(rownames(v), collapse = '", "'),
          paste(digits(v[, 1]), collapse = ", "), paste(v[, 2], collapse = ", "))
}
square <- clogit(chosen ~ wait + I(wait^2) + distance + mode + wait:age65 + strata(stratum), data,
                 method = "breslow", control = coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15))
cat(sprintf('{"R": "%s", "survival": "%s", "car": "%s",\n "main": %s,\n "square": %s}\n',
            R.version.string, packageVersion("survival"), packageVersion("car"), of(plain), of(square)),
    file = "r_vif.json")
