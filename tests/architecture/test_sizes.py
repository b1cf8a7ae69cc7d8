"""Nothing grows beyond what one can hold in mind: the budgets, kept without an exceptions list."""

import ast

from tests.architecture.tree import Function, functions, modules, name_of, place, templates

MODULE, FUNCTION, VIEW, TEMPLATE, PARAMETERS = 400, 40, 20, 120, 5
VAGUE_NAMES = {"util", "helper", "common", "misc", "manager", "base"}
ROUTING = {"route", "get", "post", "put", "patch", "delete"}


def length(node: Function) -> int:
    """Lines from `def` to the end; decorators are not counted."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def is_view(node: Function) -> bool:
    """Whether a blueprint's route stands above it."""
    calls = (each.func for each in node.decorator_list if isinstance(each, ast.Call))
    return any(isinstance(call, ast.Attribute) and call.attr in ROUTING for call in calls)


def parameters(node: Function) -> int:
    """How many a caller may give; `self` and `cls` are not counted, nor are those that must be named."""
    given = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    return len([name for name in given if name not in {"self", "cls"}])


def test_no_module_is_longer_than_400_lines() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > MODULE} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    found = {place(path, node): length(node) for path in modules() for node in functions(path)}
    assert {where: size for where, size in found.items() if size > FUNCTION} == {}


def test_no_view_is_longer_than_20_lines() -> None:
    found = {place(path, node): length(node) for path in modules() for node in functions(path) if is_view(node)}
    assert len(found) > 10, "views are no longer recognised"
    assert {where: size for where, size in found.items() if size > VIEW} == {}


def test_no_function_takes_more_than_five_parameters_by_position() -> None:
    found = {f"{place(path, node)} {node.name}": parameters(node) for path in modules() for node in functions(path)}
    assert {where: count for where, count in found.items() if count > PARAMETERS} == {}


def test_no_template_is_longer_than_120_lines() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in templates()}
    assert {name: size for name, size in sizes.items() if size > TEMPLATE} == {}


def test_every_module_has_a_name_that_says_what_is_in_it() -> None:
    def is_vague(stem: str) -> bool:
        return any(part.removesuffix("s") in VAGUE_NAMES for part in stem.split("_"))

    assert [name_of(path) for path in modules() if is_vague(path.stem) or is_vague(path.parent.name)] == []
