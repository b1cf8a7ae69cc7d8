"""`make check`: everything that can be known without running the product. All of it runs, whatever fails."""

import sys

from tools.steps import PYTHON, Step, run_step, say

# import-linter has no `-m`, and its script breaks in a checkout that was moved.
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

STATIC = (
    Step("format (ruff)", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."]),
    Step("lint (ruff)", [PYTHON, "-m", "ruff", "check", "--quiet", "."]),
    Step("types (mypy)", [PYTHON, "-m", "mypy", "--no-error-summary"]),
    Step("who imports whom (import-linter)", [PYTHON, "-c", LINT_IMPORTS, "--no-logo"]),
)
# `make test` runs these with all the other tests.
AS_TESTS = Step(
    "sizes, habits, migrations (pytest)",
    [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/architecture", "tests/migrations"],
    {"TEST_DATABASE_URL": ""},
)


def main() -> int:
    """Run the checks and sum them up; 1 if any failed."""
    outcomes = [run_step(step) for step in (*STATIC, AS_TESTS)]
    say()
    for outcome in outcomes:
        say(str(outcome))
    return 1 if any(outcome.code for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
