"""Discrete choice experiments: design, survey, estimation and what-if.

One verb per step; each takes the object of the step before:

    study = dce.Study.read("designs/physiotherapy")
    design = dce.make_design(study)
    dce.export_survey(design, "out/")
    choices = dce.read_responses("responses.csv", design)
    fit = dce.fit_mnl(choices)
    dce.marginal_rates(fit, per="wait")
    dce.scenarios(fit, "designs/physiotherapy/scenarios.toml")
"""

from dce.attributes import Alternative, Attribute
from dce.choices import Choices, read_long
from dce.design.bound import Bound, d_error_bound
from dce.design.certificate import Certificate, certify
from dce.design.design import Design
from dce.design.draws import Draws, prior_draws
from dce.design.front import Front
from dce.design.make import evaluate_design, make_design
from dce.design.make_front import pareto_front
from dce.design.method import Criterion
from dce.design_settings import DesignSettings
from dce.diagnostics.ben_akiva_swait import BenAkivaSwait, ben_akiva_swait
from dce.diagnostics.collinearity import Collinearity, collinearity
from dce.diagnostics.compare import Comparison, compare
from dce.diagnostics.cross_validation import cross_validate
from dce.diagnostics.cross_validation_result import CrossValidation
from dce.diagnostics.equal_coefficients import equal_coefficients
from dce.diagnostics.goodness import Goodness, goodness
from dce.diagnostics.hypothesis_test import HypothesisTest, HypothesisTests
from dce.diagnostics.iia import iia
from dce.diagnostics.influence import Influence, influence
from dce.diagnostics.left_right import left_right
from dce.diagnostics.likelihood_ratio import likelihood_ratio
from dce.diagnostics.linearity import Linearity, linearity
from dce.diagnostics.pooled import fit_pooled
from dce.diagnostics.pooled_fit import PooledFit
from dce.diagnostics.score import score_test
from dce.diagnostics.standard_tests import standard_tests
from dce.diagnostics.swait_louviere import SwaitLouviere, swait_louviere
from dce.diagnostics.wald import wald
from dce.errors import (
    ChoicesError,
    ConvergenceError,
    DceError,
    DesignError,
    EstimationError,
    FormulaError,
    IdentificationError,
    RangeWarning,
    ReportError,
    ScenarioError,
    SeparationError,
    StudyError,
    SurveyWarning,
)
from dce.estimation.acceptable import Acceptable, maximum_acceptable
from dce.estimation.calibrated import CalibratedFit
from dce.estimation.calibration import calibrate
from dce.estimation.elasticities import Elasticities, elasticities, marginal_effects
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.fit_scales import fit_scales
from dce.estimation.importance import Importance, importance
from dce.estimation.rate_differences import rate_differences
from dce.estimation.rate_differences_result import RateDifferences
from dce.estimation.rates import marginal_rates
from dce.estimation.rates_by import RatesBy, rates_by
from dce.estimation.rates_result import MarginalRates, RatesByReference
from dce.estimation.scale_fit import ScaleFit
from dce.estimation.scenario_changes import ScenarioChanges, scenario_changes
from dce.estimation.scenario_differences import ScenarioDifferences, scenario_differences
from dce.estimation.scenarios import ScenarioProbabilities, scenarios
from dce.estimation.subgroups import SubgroupFits, fit_by
from dce.estimation.sweep import Sweep, sweep
from dce.estimation.threshold import Threshold, threshold
from dce.estimation.welfare import Welfare, compensating_variation
from dce.power import power
from dce.power_result import Power
from dce.prior import Prior
from dce.quality.quality import quality
from dce.quality.result import Quality
from dce.read_report import ReadReport
from dce.read_wide import read_wide
from dce.report.doctor.checkup import Checkup
from dce.report.doctor.doctor import doctor
from dce.report.study_report import study_report
from dce.report.what_if import write_what_if
from dce.report.write_report import write_report
from dce.simulation import simulate_choices
from dce.study import Study
from dce.survey.export import export_survey
from dce.survey.plain_write import write_responses
from dce.survey.response_map import ResponseMap
from dce.survey.responses import read_responses
from dce.survey_settings import ExtraTask, Question, SurveySettings
from dce.table import Table

__all__ = [
    "Acceptable",
    "Alternative",
    "Attribute",
    "BenAkivaSwait",
    "Bound",
    "CalibratedFit",
    "Certificate",
    "Checkup",
    "Choices",
    "ChoicesError",
    "Collinearity",
    "Comparison",
    "ConvergenceError",
    "Criterion",
    "CrossValidation",
    "DceError",
    "Design",
    "DesignError",
    "DesignSettings",
    "Draws",
    "Elasticities",
    "EstimationError",
    "ExtraTask",
    "Fit",
    "FormulaError",
    "Front",
    "Goodness",
    "HypothesisTest",
    "HypothesisTests",
    "IdentificationError",
    "Importance",
    "Influence",
    "Linearity",
    "MarginalRates",
    "PooledFit",
    "Power",
    "Prior",
    "Quality",
    "Question",
    "RangeWarning",
    "RateDifferences",
    "RatesBy",
    "RatesByReference",
    "ReadReport",
    "ReportError",
    "ResponseMap",
    "ScaleFit",
    "ScenarioChanges",
    "ScenarioDifferences",
    "ScenarioError",
    "ScenarioProbabilities",
    "SeparationError",
    "Study",
    "StudyError",
    "SubgroupFits",
    "SurveySettings",
    "SurveyWarning",
    "SwaitLouviere",
    "Sweep",
    "Table",
    "Threshold",
    "Welfare",
    "ben_akiva_swait",
    "calibrate",
    "certify",
    "collinearity",
    "compare",
    "compensating_variation",
    "cross_validate",
    "d_error_bound",
    "doctor",
    "elasticities",
    "equal_coefficients",
    "evaluate_design",
    "export_survey",
    "fit_by",
    "fit_mnl",
    "fit_pooled",
    "fit_scales",
    "goodness",
    "iia",
    "importance",
    "influence",
    "left_right",
    "likelihood_ratio",
    "linearity",
    "make_design",
    "marginal_effects",
    "marginal_rates",
    "maximum_acceptable",
    "pareto_front",
    "power",
    "prior_draws",
    "quality",
    "rate_differences",
    "rates_by",
    "read_long",
    "read_responses",
    "read_wide",
    "scenario_changes",
    "scenario_differences",
    "scenarios",
    "score_test",
    "simulate_choices",
    "standard_tests",
    "study_report",
    "swait_louviere",
    "sweep",
    "threshold",
    "wald",
    "write_report",
    "write_responses",
    "write_what_if",
]
