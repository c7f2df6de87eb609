"""`python -m benchmarks [costs|history|judging|masking|sdk|throughput]`: all of them where none is named."""

import sys

from benchmarks import costs, history, judging, masking, sdk, throughput

BENCHMARKS = {
    "costs": costs.main,
    "history": history.main,
    "judging": judging.main,
    "masking": masking.main,
    "sdk": sdk.main,
    "throughput": throughput.main,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
