"""The fit, its covariances and checks, trade-offs and scenarios."""
