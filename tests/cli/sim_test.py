"""takt sim end to end: an instance file with and without a plan, disturbances, replay of a
simulated run, and bad input."""

import json
import unittest

from cli_test import Case


def instance():
    """Two tasks on two cores of one cluster, one with an accelerator; 20 ms windows."""
    control = {"modes": [{"demands": [{"pool": 0}], "duration_ns": 900_000}]}
    vision = {"modes": [{"demands": [{"pool": 0}], "duration_ns": 6_000_000},
                        {"demands": [{"pool": 0, "count": 2}], "duration_ns": 3_200_000},
                        {"demands": [{"pool": 0}, {"pool": 1}], "variant": "npu",
                         "duration_ns": 1_500_000}]}
    jobs = [{"task": 0, "release_ns": 5_000_000 * k, "deadline_ns": 5_000_000 * k + 4_000_000,
             "operations": [control, control]} for k in range(4)]
    jobs.append({"task": 1, "release_ns": 0, "deadline_ns": 19_000_000,
                 "operations": [vision, vision]})
    edges = [{"before": 2 * k, "after": 2 * k + 1} for k in range(5)]
    return {"format": "takt-instance", "version": 1, "name": "small",
            "lanes": ["core.0", "core.1", "npu"],
            "pools": [{"name": "core", "lanes": [0, 1]}, {"name": "npu", "lanes": [2]}],
            "tasks": [{"name": "control", "criticality": "hard"},
                      {"name": "vision", "criticality": "soft"}],
            "jobs": jobs, "precedences": edges, "horizon_ns": 20_000_000}


class Sim(Case):
    def setUp(self):
        super().setUp()
        self.write("i.json", json.dumps(instance()))

    def sim(self, *words):
        report = json.loads(self.succeed("sim", "--instance", "i.json", *words, "--json").stdout)
        report.get("plan", {}).pop("solve_ms", None)      # the only thing that is not virtual
        return report

    def test_every_policy_accounts_for_every_job(self):
        for policy in ("pinned", "dynamic", "dynamic-sjf", "jobshop", "strict", "hybrid"):
            report = self.sim("--policy", policy, "--duration", "200ms")
            self.assertEqual(report["windows"], 10)
            jobs = {task["name"]: task for task in report["tasks"]}
            self.assertEqual(jobs["control"]["jobs"], 40)
            self.assertEqual(jobs["vision"]["jobs"], 10)
            for task in jobs.values():
                self.assertEqual(task["jobs"], task["done"] + task["missed"] + task["shed"])
            self.assertEqual(jobs["control"]["missed"], 0, policy)

    def test_strict_is_the_plan(self):
        report = self.sim("--policy", "strict", "--duration", "100ms")
        self.assertEqual(report["conformance"]["start_error_us_p99"], 0)
        self.assertEqual(report["conformance"]["missing"], 0)
        self.assertEqual(report["conformance"]["matched"], 50)

    def test_a_seed_replays_and_disturbances_count(self):
        words = ("--jitter", "lognormal:20", "--duration", "200ms", "--fault",
                 "npu-fault:lane=npu,every=5ms,for=2ms", "--thermal",
                 "cluster=core,pct=50,at=50ms,for=50ms")
        once, again = self.sim("--seed", "3", *words), self.sim("--seed", "3", *words)
        self.assertEqual(once, again)
        other = self.sim("--seed", "4", *words)
        self.assertNotEqual(once["digest"], other["digest"])
        calm = self.sim("--duration", "200ms")
        self.assertGreater(once["lanes_busy_pct"]["core.0"] + once["lanes_busy_pct"]["core.1"],
                           calm["lanes_busy_pct"]["core.0"] + calm["lanes_busy_pct"]["core.1"])

    def test_a_trace_replays_to_itself(self):
        self.sim("--policy", "strict", "--duration", "100ms", "--trace", "run.json")
        plan = self.succeed("solve", "i.json", "--deterministic", "--steps", "2000", "-o",
                            "p.json")
        self.assertEqual(plan.returncode, 0)
        report = self.sim("--policy", "dynamic", "--replay", "run.json")
        self.assertEqual(report["tasks"][0]["jobs"], 20)
        self.assertIn("makespan_error_pct", report["replay"])

    def test_bad_input_is_explained(self):
        for words, says in (
                (("--policy", "fastest"), "there is no policy 'fastest'"),
                (("--jitter", "wild:3"), "jitter 'wild:3': must be none, uniform:PCT"),
                (("--fault", "stall:lane=core.7,every=1ms,for=1us"), "needs lane=NAME of a core"),
                (("--fault", "flood:lane=core.0"), "there is no disturbance 'flood'"),
                (("--duration", "soon"), "--duration soon: not a time"),
                (("--replay", "i.json"), "i.json: is not a trace of takt")):
            self.refuse(2, [says], "sim", "--instance", "i.json", *words)
        self.refuse(2, ["not both"], "sim")


if __name__ == "__main__":
    unittest.main()
