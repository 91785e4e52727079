"""Entry of the demo's child processes: ``stub [PORT]``, or ``workload ORIGIN SEED``."""

import sys

from llmwatch.demo.children import run_stub, run_workload

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["stub"]:
            run_stub(0)
        case ["stub", port]:
            run_stub(int(port))
        case ["workload", origin, seed]:
            run_workload(origin, int(seed))
        case _:
            sys.exit(__doc__)
