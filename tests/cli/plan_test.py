"""takt plan: objectives, steps, threads, simulated SoCs, and what it says about late jobs."""

import json
import pathlib
import unittest

from cli_test import WORKLOAD, Case


class Plan(Case):
    def test_a_plan_for_a_simulated_soc_with_links(self):
        self.succeed("profile", "w.yaml", "--db", "c.sqlite")
        soc = pathlib.Path(__file__).parents[2] / "examples/socs/robot-2x4-npu.yaml"
        self.succeed("plan", "w.yaml", "--db", "c.sqlite", "--soc", soc, "-o", "p.json",
                     "--estimate", "core.host:core.big:100",
                     "--estimate", "core.host:core.little:250")
        self.assertIn("9 lanes", self.succeed("verify", "p.json").stdout)

    def test_a_plan_by_objective_steps_and_threads(self):
        self.succeed("profile", "w.yaml", "--db", "c.sqlite")
        plans = []
        for threads in (1, 2):
            self.succeed("plan", "w.yaml", "--db", "c.sqlite", "-o", "p.json", "--steps", 3000,
                         "--threads", threads, "--objective", "hard_misses,busy")
            self.succeed("verify", "p.json")
            plan = json.loads((self.dir / "p.json").read_text())
            self.assertEqual([level["name"] for level in plan["objective"]],
                             ["hard_misses", "busy"])
            plans.append(plan["operations"])
        self.assertEqual(*plans)

    def test_late_jobs_are_explained(self):
        self.write("w.yaml", WORKLOAD.replace("rate: 100", "rate: 100, deadline: 100ns"))
        self.succeed("profile", "w.yaml", "--db", "c.sqlite")
        told = self.succeed("plan", "w.yaml", "--db", "c.sqlite", "-o", "p.json", "--explain")
        self.assertIn("even with all lanes to itself", told.stdout)


class BadUse(Case):
    def test_plan_counts_steps_or_time(self):
        self.refuse(2, ["--time", "--steps"], "plan", "w.yaml", "-o", "p.json", "--time", "1s",
                    "--steps", 100)

    def test_plan_with_an_unknown_level(self):
        self.refuse(2, ["--objective", "beauty", "makespan"], "plan", "w.yaml", "-o", "p.json",
                    "--objective", "beauty")


if __name__ == "__main__":
    unittest.main()
