"""Tests of hypotheses, and what tells whether a fit can be trusted."""
