"""`make bench`: each module of `bench/` in turn; 1 if any is beyond its limit."""

import sys

from tools.steps import PYTHON, ROOT, Step, run_step


def main() -> int:
    """Run every benchmark, whatever the others say."""
    names = sorted(path.stem for path in (ROOT / "bench").glob("*.py") if not path.stem.startswith("_"))
    outcomes = [run_step(Step(name, [PYTHON, "-m", f"bench.{name}"])) for name in names]
    return 1 if any(outcome.code for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
