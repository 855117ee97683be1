"""The networks and workloads of the tests in this directory: small enough to be compiled and
measured in a second."""

MATMUL = """  %%%(out)s = linalg.matmul ins(%%%(in)s, %%w : tensor<1x64xf32>, tensor<64x64xf32>)
                     outs(%%init : tensor<1x64xf32>) -> tensor<1x64xf32>
"""

WORKLOAD = """format: takt-workload
version: 1
name: %(name)s
modules:
  - {name: %(module)s, path: %(module)s.mlir, function: main}
tasks:
  - {name: %(task)s, module: %(module)s, %(fields)s}
"""


def network(size=64, layers=1):
    """A chain of matrix products of that size."""
    names = ["x", *(f"y{i}" for i in range(layers))]
    body = "".join(MATMUL % {"in": a, "out": b} for a, b in zip(names, names[1:]))
    return f"""
func.func @main(%x: tensor<1x64xf32>, %w: tensor<64x64xf32>) -> tensor<1x64xf32> {{
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x64xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x64xf32>) -> tensor<1x64xf32>
{body}  return %{names[-1]} : tensor<1x64xf32>
}}
""".replace("64", str(size))


def workload(name, module, task, fields):
    return WORKLOAD % {"name": name, "module": module, "task": task, "fields": fields}
