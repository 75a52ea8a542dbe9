"""The export of a survey to the places where respondents meet it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from dce.design.design import Design
from dce.errors import DceError, listed
from dce.survey.html import write_html
from dce.survey.manifest import make_manifest

PLACES: dict[str, Callable[[Design, Path], list[Path]]] = {"html": write_html}
"""Name of each place and the function that writes its files into a folder."""


def export_survey(
    design: Design, folder: str | Path, to: Sequence[str] = ("html",), *, replace: bool = False
) -> list[Path]:
    """Write the survey of a design, and the manifest that ties its answers to the design.

    Parameters
    ----------
    design : Design
    folder : path
        Made if it does not exist.
    to : sequence of str, optional
        Places: ``"html"``, a page of choice cards by block.
    replace : bool, optional
        Replace the survey of another design in the same folder.

    Returns
    -------
    list of Path
        The files written; the last is ``manifest.json``.

    Raises
    ------
    DceError
        If a place is unknown, or the folder holds the survey of another design.
    """
    to = [to] if isinstance(to, str) else list(to)
    unknown = [place for place in to if place not in PLACES]
    if unknown:
        raise DceError(f"to: found {listed(unknown)}; allowed: {listed(PLACES)}.")
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise DceError(f"{folder}: is a file; give a folder.")
    manifest = folder / "manifest.json"
    if not replace and manifest.exists() and design.hash not in manifest.read_text(encoding="utf-8"):
        raise DceError(
            f"{manifest}: belongs to the survey of another design, and is left as it is: it may be in the "
            "field. Give another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    written = [path for place in to for path in PLACES[place](design, folder)]
    make_manifest(design).write(manifest)
    return [*written, manifest]
