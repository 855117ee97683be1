"""The pipeline on IREE's stock drivers equals numpy: python -m unittest pipeline_test."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = pathlib.Path(sys.executable).parent
COMPILE = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu",
           "--iree-llvmcpu-target-cpu=host", "--iree-execution-model=async-external"]
MODULES = ("features", "control", "pipeline")  # callees first


def expected(left, right):
    weights = 0.25 * np.sin(np.arange(24 * 32, dtype=np.float64).reshape(24, 32))
    features = [np.maximum(x @ weights, 0) for x in (left, right)]
    return np.tanh((features[0] - features[1]).mean(axis=0))


class Pipeline(unittest.TestCase):
    def run_tool(self, name, *args):
        done = subprocess.run([str(TOOLS / name), *args], cwd=self.dir, capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_stock_drivers_equal_numpy(self):
        with tempfile.TemporaryDirectory() as scratch:
            self.dir = pathlib.Path(scratch)
            for name in MODULES:
                self.run_tool("iree-compile", *COMPILE, str(HERE / f"{name}.mlir"),
                              "-o", f"{name}.vmfb")
            rng = np.random.default_rng(16)
            left, right = rng.standard_normal((2, 16, 24)).astype(np.float32)
            np.save(self.dir / "left.npy", left)
            np.save(self.dir / "right.npy", right)
            for device in ("local-sync", "local-task"):
                self.run_tool("iree-run-module", f"--device={device}",
                              *(f"--module={name}.vmfb" for name in MODULES), "--function=main",
                              "--input=@left.npy", "--input=@right.npy", "--output=@command.npy")
                actual = np.load(self.dir / "command.npy")
                np.testing.assert_allclose(actual, expected(left, right), atol=1e-5)
                self.assertGreater(actual.std(), 0.05)


if __name__ == "__main__":
    unittest.main()
