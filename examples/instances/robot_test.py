"""The robot instances: one seed gives one instance, the size is exact, takt accepts them all,
and the committed prefix is one that its own rules allow."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent


class Robot(unittest.TestCase):
    def setUp(self):
        keeper = tempfile.TemporaryDirectory()
        self.addCleanup(keeper.cleanup)
        self.path = pathlib.Path(keeper.name) / "i.json"

    def make(self, *words):
        subprocess.run([sys.executable, HERE / "robot.py", "-o", self.path, *map(str, words)],
                       check=True)
        return json.loads(self.path.read_text())

    def accepted(self):
        """Solved at all: 2 is takt's exit code for a bad instance, 1 for a window too full."""
        done = subprocess.run([os.environ["TAKT_PROGRAM"], "solve", self.path, "--time", "20ms",
                               "--no-exact"], capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertNotIn("fault", done.stderr)
        return done.returncode == 0

    def test_one_seed_one_instance(self):
        self.assertEqual(self.make("--seed", 7), self.make("--seed", 7))
        self.assertNotEqual(self.make("--seed", 7), self.make("--seed", 8))

    def test_the_size_is_exact(self):
        for ops in (55, 100, 180, 299, 500, 1001, 2400):
            made = self.make("--ops", ops)
            self.assertEqual(sum(len(job["operations"]) for job in made["jobs"]), ops)

    def test_every_size_and_load_is_accepted(self):
        for ops in (55, 180, 500):
            for load in (60, 110):
                self.make("--ops", ops, "--load", load)
                self.assertTrue(self.accepted())

    def test_options_are_accepted(self):
        for words in (("--groups",), ("--committed", 0.4), ("--groups", "--committed", 0.4),
                      ("--fixed-width", 2, "--committed", 0.2)):
            self.make(*words)
            self.assertTrue(self.accepted(), words)
        self.make("--periodic", "--load", 40)
        self.accepted()

    def test_a_fixed_width_is_a_subset_of_the_free_ones(self):
        free = self.make("--seed", 3)
        for width in (1, 2, 4):
            fixed = self.make("--seed", 3, "--fixed-width", width)
            for job, of in zip(fixed["jobs"], free["jobs"]):
                self.assertEqual(job["deadline_ns"], of["deadline_ns"])
                for op, of_op in zip(job["operations"], of["operations"]):
                    self.assertTrue(all(mode in of_op["modes"] for mode in op["modes"]))
                    self.assertLessEqual(len(op["modes"]), 3)

    def test_load_is_work_per_window(self):
        light = self.make("--load", 60, "--periodic")["horizon_ns"]
        self.assertGreater(light, self.make("--load", 110, "--periodic")["horizon_ns"])

    def test_what_is_committed_starts_before_the_rest(self):
        made = self.make("--committed", 0.4)
        self.assertTrue(made["commitments"])
        for done in made["commitments"]:
            self.assertLess(done["start_ns"], made["not_before_ns"])


if __name__ == "__main__":
    unittest.main()
