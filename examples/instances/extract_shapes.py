"""The shapes of compiled networks as the tables of network_shapes.py.

    ./takt compile NAME.mlir -o OUT/        for every network of examples/models
    python3 extract_shapes.py OUT/*.graph.json > network_shapes.py

A kernel's work is read from its name, which says what it is and over which extents."""

import json
import math
import pathlib
import re
import sys

HEAD = '''"""Shapes of the example networks as IREE {version} compiles them (extract_shapes.py).

Per network its operations in order: (kind, kiloflop, bytes touched, workgroups, inputs), the
inputs being (earlier operation, bytes it passes; 0: order only), with what others imply left
out. Kinds: "product" inner products that an NPU can take; "compute"; "memory"."""

SHAPES = {{'''
FLOP_PER_POINT = {"matmul": 2, "matmul_like": 2, "batch_matmul": 2, "matvec_like": 2, "conv": 2,
                  "reduction": 4, "elementwise": 4, "elementwise_broadcast": 1,
                  "elementwise_transpose": 1, "generic": 1}
PRODUCTS = {"matmul", "matmul_like", "batch_matmul", "matvec_like"}


def kind_and_work(entry):
    """From e.g. main_dispatch_14_matmul_16x1600x96_f32."""
    found = re.search(r"dispatch_\d+_([a-z_]+?)(?:_(\d[\dx]*))?(?:_[a-z]+\d+[a-z\d]*)?$", entry)
    name, extents = found.groups() if found else (entry, None)
    points = math.prod(map(int, extents.split("x"))) if extents else 0
    work = points * FLOP_PER_POINT.get(name, 0)
    kind = "product" if name in PRODUCTS else "compute" if work else "memory"
    return kind, round(work / 1000, 1)


def inputs_of(ops):
    """True dependencies with their bytes; others only where no path implies them."""
    before, inputs = [], []
    for op in ops:
        passed = {}
        for dep in op["deps"]:
            bytes_passed = dep["bytes"] if dep["kind"] == "true" else 0
            passed[dep["op"]] = max(passed.get(dep["op"], 0), bytes_passed)
        implied = set().union(*(before[other] for other in passed)) if passed else set()
        inputs.append([(other, size) for other, size in sorted(passed.items())
                       if size or other not in implied])
        before.append(implied | set(passed))
    return inputs


def shape_of(graph):
    function = next(f for f in graph["functions"] if f["plannable"] and f["ops"])
    for op, inputs in zip(function["ops"], inputs_of(function["ops"])):
        if op["kind"] == "dispatch":
            kind, work = kind_and_work(graph["kernels"][op["kernel"]]["entry"])
            tiles = math.prod(op["workgroups"])
        else:
            kind, work, tiles = "memory", 0, 1
        yield kind, work, sum(access["length"] for access in op["accesses"]), tiles, inputs


def main():
    graphs = [json.loads(pathlib.Path(path).read_text()) for path in sys.argv[1:]]
    print(HEAD.format(version=graphs[0]["compiler_version"].split("rc")[0]))
    for graph in graphs:
        print(f'    "{graph["module"]}": [')
        for op in shape_of(graph):
            print(f"        {op},".replace("'", '"'))
        print("    ],")
    print("}")


if __name__ == "__main__":
    main()
