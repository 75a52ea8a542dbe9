"""Imports go one way: each room knows the rooms before it only."""

import ast
import tomllib
from pathlib import Path

import dce

PACKAGE = Path(dce.__file__).parent
ORDER = [
    {"errors", "icons"},
    {"logit", "table", "formula", "toml", "figure", "parallel", "cell_texts"},
    {"columns"},
    {"products"},
    {"coding", "restrictions", "identification", "layout"},
    {"attributes"},
    {"prior", "design_settings", "survey_settings"},
    {"study_file"},
    {"study"},
    {"read_report"},
    {"choice_checks"},
    {"choices"},
    {"wide_columns"},
    {"read_wide", "simulation", "design"},
    {"survey", "estimation", "quality"},  # these do not know each other
    {"diagnostics"},
    {"report"},
    {"power_result"},
    {"power"},
    {"cli"},
    {"__init__"},
]
OPTIONAL = {
    "figure.py": ("matplotlib", "matplotlib", "plot"),
    "typst_pages.py": ("typst", "typst", "paper"),
    "excel.py": ("openpyxl", "openpyxl", "excel"),
    "word.py": ("docx", "python-docx", "paper"),
}
"""Modules that import what is not always installed: the package, the project it is from, and our extra."""
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    modules |= {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    return {m.split(".")[1] for m in modules if m.startswith("dce.")}


def names_of(node: ast.AST) -> set[str]:
    """Packages that a node imports."""
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return {a.name.split(".")[0] for a in node.names} if isinstance(node, ast.Import) else set()


def test_imports_go_one_way():
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for other in imported(path) - {room}:
            design_knows_estimation = {room, other} == {"design", "estimation"}
            if RANK[other] >= RANK[room] or design_knows_estimation:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {other}")
    assert not wrong


def test_no_import_inside_a_function():
    """But for an optional dependency, in the one module that knows it."""
    for path in PACKAGE.rglob("*.py"):
        optional, *_ = OPTIONAL.get(path.name, ("",))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                inner = [n for n in ast.walk(node) if isinstance(n, (ast.Import, ast.ImportFrom))]
                names = {name for n in inner for name in names_of(n)}
                assert names <= {optional}, f"{path}: {node.name}"


def test_optional_dependencies_are_known_to_one_module_and_to_an_extra():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for module, (package, source, extra) in OPTIONAL.items():
        assert any(need.startswith(source) for need in extras[extra]), package
        assert not any(need.startswith(source) for need in project["dependencies"]), package
        for path in PACKAGE.rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            guarded = [
                n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test)
            ]
            for_types = {inner for block in guarded for inner in ast.walk(block)}
            used = {node for node in ast.walk(tree) if package in names_of(node)}
            assert path.name == module or used <= for_types, path


def test_nobody_imports_what_is_private():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dce"):
                assert not [a.name for a in node.names if a.name.startswith("_")], path


def test_public_names_exist():
    assert all(hasattr(dce, name) for name in dce.__all__)
    assert list(dce.__all__) == sorted(dce.__all__)
