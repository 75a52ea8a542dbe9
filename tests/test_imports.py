"""Imports go one way: each room knows the rooms before it only."""

import ast
from pathlib import Path

import dce

PACKAGE = Path(dce.__file__).parent
ORDER = [
    {"errors"},
    {"logit", "table", "formula", "toml"},
    {"coding", "restrictions", "identification"},
    {"attributes"},
    {"study_file"},
    {"study"},
    {"choices"},
    {"simulation", "design"},
    {"survey", "estimation"},  # these two do not know each other
    {"cli"},
    {"__init__"},
]
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    modules |= {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    return {m.split(".")[1] for m in modules if m.startswith("dce.")}


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
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                inner = [n for n in ast.walk(node) if isinstance(n, (ast.Import, ast.ImportFrom))]
                assert not inner, f"{path}: {node.name}"


def test_nobody_imports_what_is_private():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dce"):
                assert not [a.name for a in node.names if a.name.startswith("_")], path


def test_public_names_exist():
    assert all(hasattr(dce, name) for name in dce.__all__)
    assert list(dce.__all__) == sorted(dce.__all__)
