"""The what-if page: who would choose which service, as one file that works on a phone without a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dce.attributes import Attribute
from dce.errors import ReportError, listed
from dce.estimation.fit import Fit
from dce.estimation.services import Services, as_frame, checked_services
from dce.estimation.subgroups import SubgroupFits
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.report.look_up import Offered, TermTable, offered_attributes, offered_characteristics, term_tables
from dce.study import Study
from dce.survey.page import as_script, page_environment

EVERYBODY = "Everybody"
"""What the page calls the fit to all answers."""
SCRIPTS = ("what_if_model.js", "what_if_state.js", "what_if_sweep.js", "what_if.js")


def write_what_if(
    fit: Fit,
    path: str | Path,
    *,
    groups: SubgroupFits | None = None,
    scenarios: str | Path | pd.DataFrame | Mapping[str, Services] | None = None,
    level: float = 0.95,
    people: str = "people",
) -> Path:
    """Write the what-if page of a fit: one HTML file that needs neither a network nor anything else.

    Whoever opens it chooses the levels of two or more services, and sees at once how many people would
    choose each, with intervals, in all and by subgroup. The arithmetic is that of :func:`dce.scenarios`
    (probabilities of the logit, intervals by the delta method on the log-odds) and runs in the page.

    Parameters
    ----------
    fit : Fit
        Of a study, whose labels the page uses.
    path : path
        The HTML file; its folder is made if it is not there.
    groups : SubgroupFits, optional
        The same utility in subgroups, from :func:`dce.fit_by`.
    scenarios : path, pandas.DataFrame or mapping, optional
        Scenarios to begin with, as for :func:`dce.scenarios`.
    level : float, optional
        Of the confidence intervals.
    people : str, optional
        What the page calls those who choose, in the plural, such as ``"patients"``.

    Returns
    -------
    pathlib.Path
        The file. Same fits, same bytes.

    Raises
    ------
    ReportError
        If the fit has no study, a subgroup has another utility, or a term has too many values.
    ScenarioError
        If the scenarios are not of this study.
    """
    if fit.study is None:
        raise ReportError(
            "the what-if page: the fit has no study, which says labels and levels; "
            "give read_long(..., study=)."
        )
    path = Path(path)
    content = what_if_content(fit, fit.study, groups, scenarios, level, people)
    environment = page_environment("dce.report")
    assert environment.loader is not None
    script = "\n".join(environment.loader.get_source(environment, name)[0] for name in SCRIPTS)
    page = environment.get_template("what_if.html.j2").render(
        title=fit.study.title, script=script, data=as_script(content)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def what_if_content(
    fit: Fit,
    study: Study,
    groups: SubgroupFits | None,
    scenarios: str | Path | pd.DataFrame | Mapping[str, Services] | None,
    level: float,
    people: str,
) -> dict[str, Any]:
    """Return what the script of the page reads, as plain values."""
    characteristics = offered_characteristics(study, fit.coding)
    start = pd.DataFrame()
    if scenarios is not None:
        frame, source = as_frame(scenarios)
        for each in characteristics:
            if each.name not in frame:
                frame = frame.assign(**{each.name: pd.Series([each.values[0]] * len(frame), frame.index)})
        start = checked_services(frame, fit, source)
    wanted = {name: set(start[name].dropna()) for name in study.attribute_names if name in start}
    attributes = offered_attributes(study, fit.coding, wanted)
    terms = term_tables(study, fit.coding, (*attributes, *characteristics))
    return {
        "title": study.title,
        "people": people,
        "level": level,
        "attributes": [_offered(each, study.attribute(each.name)) for each in attributes],
        "characteristics": [_offered(each, None) for each in characteristics],
        "alternatives": [
            {
                "name": a.name,
                "label": a.label,
                "has": [x.name for x in study.attributes if study.has(a.name, x)],
            }
            for a in study.alternatives
        ],
        "optOut": {"name": study.opt_out.name, "label": study.opt_out.label} if study.opt_out else None,
        "kinds": _depends_on_alternative(fit, study),
        "terms": [_term(term) for term in terms],
        "groups": _groups(fit, groups, level, (*attributes, *characteristics), terms),
        "refused": [str(error) for error in groups.refused.values()] if groups else [],
        "scenarios": _scenarios(start, study, characteristics),
        "rules": [_rule(rule.attributes, rule.allowed, rule.text, study) for rule in study.rules],
        "caution": study.caution,
    }


def _offered(each: Offered, attribute: Attribute | None) -> dict[str, Any]:
    return {
        "name": each.name,
        "label": each.label,
        "unit": each.unit,
        "numeric": each.numeric,
        "values": each.values,
        "texts": each.texts,
        "outside": each.outside,
        "definition": attribute.definition if attribute else "",
    }


def _term(term: TermTable) -> dict[str, Any]:
    return {"variables": term.variables, "coefficients": term.coefficients, "X": term.X.ravel().tolist()}


def _depends_on_alternative(fit: Fit, study: Study) -> bool:
    """Whether people must say which of the study's alternatives a service is."""
    return study.labelled or any(
        ALTERNATIVE in part or (len(part) > 1 and CONSTANTS in part) for part in fit.coding.parts
    )


def _groups(
    fit: Fit,
    groups: SubgroupFits | None,
    level: float,
    offered: tuple[Offered, ...],
    terms: tuple[TermTable, ...],
) -> list[dict[str, Any]]:
    fits = {EVERYBODY: fit, **(dict(groups.fits) if groups else {})}
    found = []
    for name, fitted in fits.items():
        if fitted is not fit:
            _check_same_utility(name, fitted, fit, offered, terms)
        found.append(
            {
                "name": name,
                "respondents": fitted.n_respondents,
                "b": np.asarray(fitted.coefficients, dtype=np.float64).tolist(),
                "V": fitted.covariance.to_numpy().ravel().tolist(),
                "quantile": fitted.quantile(level),
                "note": str(fitted.inference),
            }
        )
    return found


def _check_same_utility(
    name: str, fitted: Fit, fit: Fit, offered: tuple[Offered, ...], terms: tuple[TermTable, ...]
) -> None:
    """Refuse a subgroup whose columns of X mean something else."""
    assert fit.study is not None
    same = fitted.coding is fit.coding
    if not same and fitted.coding.names == fit.coding.names:
        theirs = term_tables(fit.study, fitted.coding, offered)
        same = all(np.array_equal(a.X, b.X) for a, b in zip(terms, theirs, strict=True))
    if not same:
        raise ReportError(
            f"the what-if page: {name} has the utility {fitted.coding.formula!r} and coefficients "
            f"{listed(fitted.coding.names, 20)}; allowed: those of everybody, {fit.coding.formula!r}."
        )


def _scenarios(
    start: pd.DataFrame, study: Study, characteristics: tuple[Offered, ...]
) -> list[dict[str, Any]]:
    """Return the scenarios to begin with; without any, one of the reference levels."""
    if start.empty:
        return [{"name": "", "services": [], "people": {}}]
    found = []
    for name, rows in start.groupby("scenario", sort=False):
        services = [
            {
                "name": str(service["service"]),
                "alternative": service[ALTERNATIVE],
                "values": {a: service[a] for a in study.attribute_names if not pd.isna(service[a])},
            }
            for service in rows.to_dict("records")
        ]
        first = rows.iloc[0]
        people = {each.name: first[each.name] for each in characteristics if not pd.isna(first[each.name])}
        found.append({"name": str(name), "services": services, "people": people})
    return found


def _rule(names: tuple[str, ...], allowed: Any, text: str, study: Study) -> dict[str, Any]:
    """Return the combinations of levels that respondents were never shown."""
    levels = [study.attribute(name).levels for name in names]
    never = [[levels[axis][i] for axis, i in enumerate(at)] for at in np.argwhere(~np.asarray(allowed))]
    return {"attributes": names, "never": never, "text": text}
