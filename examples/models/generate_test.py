"""Tests of the generator: python -m unittest generate_test (in this directory).

The numpy values of onnx_net.py are compared with two independent evaluations of the same
network: onnx.reference and the compiled module on IREE's local-sync driver.
"""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx.reference

import generate

COMPILE = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu",
           "--iree-llvmcpu-target-cpu=host", "--iree-execution-model=async-external"]


def tool(name):
    """A program of the Python environment these tests run in."""
    return str(pathlib.Path(sys.executable).parent / name)


def distance(actual, expected):
    """The largest difference, relative to the spread of the expected values (at least 0.1)."""
    spread = max(float(np.std(expected)), 0.1)
    return float(np.abs(np.asarray(actual, np.float64) - expected).max()) / spread


def tolerance(name):
    """f32 sums differ in their last bits; int8 networks may round a step differently."""
    return 0.1 if name.endswith("int8") else 1e-3


class Networks(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)

    def test_every_network_is_sane_and_deterministic(self):
        for name, build in generate.NETWORKS.items():
            with self.subTest(name):
                net = build()
                self.assertEqual(net.model().SerializeToString(deterministic=True),
                                 build().model().SerializeToString(deterministic=True))
                for tensor in net.outputs:
                    self.assertTrue(np.isfinite(tensor.value).all())
                    self.assertLess(np.abs(tensor.value).max(), 100)
                    if tensor.value.size > 1:
                        self.assertGreater(tensor.value.std(), 0.02)

    def test_values_equal_onnx_reference_and_depend_on_the_input(self):
        for name, build in generate.NETWORKS.items():
            with self.subTest(name):
                net = build()
                session = onnx.reference.ReferenceEvaluator(net.model())
                inputs = {t.name: t.value for t in net.inputs}
                actual = session.run(None, inputs)
                other = session.run(None, {k: v[..., ::-1] * 0.5 for k, v in inputs.items()})
                for tensor, value, changed in zip(net.outputs, actual, other):
                    self.assertEqual(tensor.shape, value.shape)
                    self.assertLess(distance(value, tensor.value), tolerance(name))
                    self.assertGreater(distance(changed, tensor.value), 0.01)

    def test_compiled_networks_give_the_same_values(self):
        for name in ("policy", "estimator", "multihead", "dronet_int8"):
            with self.subTest(name):
                net = generate.generate(name, self.dir, generate.stamp())
                self.run_tool("iree-compile", *COMPILE, f"{name}.mlir", "-o", f"{name}.vmfb")
                self.run_tool(
                    "iree-run-module", "--device=local-sync", f"--module={name}.vmfb",
                    "--function=main",
                    *(f"--input=@{name}.in{k}.npy" for k in range(len(net.inputs))),
                    *(f"--output=@actual{k}.npy" for k in range(len(net.outputs))))
                for k in range(len(net.outputs)):
                    expected = np.load(self.dir / f"{name}.out{k}.npy")
                    actual = np.load(self.dir / f"actual{k}.npy")
                    self.assertLess(distance(actual, expected), tolerance(name))

    def run_tool(self, name, *args):
        done = subprocess.run([tool(name), *args], cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


class Files(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)
        quiet = contextlib.ExitStack()
        self.addCleanup(quiet.close)
        quiet.enter_context(contextlib.redirect_stdout(io.StringIO()))
        self.errors = quiet.enter_context(contextlib.redirect_stderr(io.StringIO()))

    def test_an_up_to_date_network_is_not_written_again(self):
        path = self.dir / "policy.mlir"
        args = [str(self.dir), "--only", "policy"]
        self.assertEqual(generate.main(args), 0)
        first = path.stat().st_mtime_ns, path.read_bytes()
        self.assertEqual(generate.main(args), 0)
        self.assertEqual((path.stat().st_mtime_ns, path.read_bytes()), first)
        path.write_text("// another stamp\n")
        self.assertEqual(generate.main(args), 0)
        self.assertEqual(path.read_bytes(), first[1])
        self.assertFalse([p for p in self.dir.iterdir() if p.name.endswith(".part")])

    def test_a_missing_companion_is_written_again(self):
        args = [str(self.dir), "--only", "policy"]
        self.assertEqual(generate.main(args), 0)
        (self.dir / "policy.in0.npy").unlink()
        self.assertEqual(generate.main(args), 0)
        self.assertTrue((self.dir / "policy.in0.npy").exists())

    def test_a_directory_that_cannot_be_made_is_reported(self):
        blocker = self.dir / "file"
        blocker.write_text("")
        self.assertEqual(generate.main([str(blocker / "models")]), 2)
        self.assertIn("choose a directory", self.errors.getvalue())


if __name__ == "__main__":
    unittest.main()
