"""takt solve and takt bench fjsp end to end on small instances of every format, and on bad
input."""

import json
import os
import pathlib
import signal
import subprocess
import unittest

from cli_test import PROGRAM, Case

FJS = "2 2 1\n2 2 1 3 2 5 1 2 4\n2 1 1 2 2 1 6 2 3\n"          # optimum 9
JSP = "2 2\n0 3 1 2\n1 4 0 1\n"                                # optimum 6
DAG = "3 2 2\n0 2\n1 2\n1 0 4\n2 0 5 1 3\n1 1 2\n"              # optimum 6
LATE = {
    "format": "takt-instance", "version": 1, "name": "late", "lanes": ["a"],
    "pools": [{"name": "a", "lanes": [0]}],
    "tasks": [{"name": "t", "criticality": "hard"}],
    "jobs": [{"task": 0, "release_ns": 10, "deadline_ns": 15, "operations": [
        {"modes": [{"demands": [{"pool": 0}], "duration_ns": 8}]}]}]}


def big_shop(jobs, machines):
    """Long enough to be interrupted: nobody proves its optimum in a minute."""
    lines = [f"{jobs} {machines}"]
    for job in range(jobs):
        order = sorted(range(machines), key=lambda m: (m * 7919 + job * 104729) % 1009)
        lines.append(" ".join(f"{m} {1 + (job * 31 + m * 17) % 99}" for m in order))
    return "\n".join(lines) + "\n"


def catches_interrupt(process):
    """Whether the process has its handler by now: a bit of SigCgt."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1


class Solve(Case):
    def solve(self, *words):
        return json.loads(self.succeed("solve", *words, "--json").stdout)

    def test_every_published_format(self):
        for name, text, optimum in (("a.fjs", FJS, 9), ("b.jsp", JSP, 6), ("c.txt", DAG, 6)):
            self.write(name, text)
            report = self.solve(name, "--time", "5s", "-o", "p.json")
            self.assertGreaterEqual(report["makespan"], optimum)
            (level,) = report["objective"]
            self.assertEqual(level["name"], "makespan")
            self.assertEqual(level["value"], report["makespan"])
            self.assertLessEqual(level["bound"], optimum)
            self.assertIn(level["status"], ("optimal", "gap", "limit"))
            for field in ("first_plan_ms", "time_to_best_s", "seed", "threads", "memory_bytes"):
                self.assertIn(field, report)
            self.succeed("verify", "p.json")
            self.succeed("verify", "p.json", "--instance", name)

    def test_levels_of_an_instance_with_deadlines(self):
        self.write("late.json", json.dumps(LATE))
        levels = {level["name"]: level for level in self.solve("late.json")["objective"]}
        self.assertEqual(levels["hard_misses"]["value"], 1)
        self.assertEqual(levels["hard_tardiness"]["value"], 3)

    def test_the_objective_is_the_users(self):
        self.write("a.fjs", FJS)
        report = self.solve("a.fjs", "--objective", "busy,makespan:10%")
        self.assertEqual([level["name"] for level in report["objective"]], ["busy", "makespan"])
        self.assertEqual(report["objective"][0]["value"], 12)

    def test_one_seed_gives_one_plan_whatever_the_threads(self):
        self.write("big.jsp", big_shop(8, 5))
        plans = []
        for threads in (1, 2):
            self.solve("big.jsp", "--deterministic", "--steps", 2000, "--threads", threads,
                       "-o", "p.json")
            plans.append(json.loads((self.dir / "p.json").read_text())["operations"])
        self.assertEqual(*plans)

    def test_explain_says_what_is_in_the_way(self):
        self.write("b.jsp", JSP)
        text = self.succeed("solve", "b.jsp", "--explain").stdout
        self.assertIn("critical chain", text)
        self.assertIn("bottleneck", text)
        report = self.solve("b.jsp", "--explain")
        self.assertIn("pool", report["bottleneck"])
        self.assertTrue(report["critical_chain"])

    def test_without_the_exact_engine(self):
        self.write("b.jsp", JSP)
        self.solve("b.jsp", "--no-exact")

    def test_an_interrupt_ends_the_search_with_its_plan(self):
        self.write("big.jsp", big_shop(40, 20))
        search = subprocess.Popen([PROGRAM, "solve", "big.jsp", "--time", "60s", "-o", "p.json",
                                   "--json"], cwd=self.dir, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        while search.poll() is None and not catches_interrupt(search):
            pass
        search.send_signal(signal.SIGINT)
        out, err = search.communicate(timeout=60)
        self.assertEqual(search.returncode, 0, err)
        self.assertLess(json.loads(out)["total_s"], 30)
        self.succeed("verify", "p.json", "--instance", "big.jsp")


class BadUse(Case):
    def setUp(self):
        super().setUp()
        self.write("a.fjs", FJS)

    def test_missing(self):
        self.refuse(2, ["none.fjs"], "solve", "none.fjs")

    def test_malformed(self):
        self.write("bad.fjs", FJS.replace("2 3", "2 x"))
        self.refuse(2, ["bad.fjs:"], "solve", "bad.fjs")

    def test_unknown_format(self):
        self.write("a.xyz", FJS)
        self.refuse(2, ["a.xyz", ".fjs"], "solve", "a.xyz")

    def test_unknown_level(self):
        self.refuse(2, ["--objective", "beauty", "makespan"], "solve", "a.fjs", "--objective",
                    "beauty")

    def test_bad_tolerance(self):
        self.refuse(2, ["--objective", "much"], "solve", "a.fjs", "--objective", "makespan:much")

    def test_bad_time(self):
        self.refuse(2, ["--time", "soon"], "solve", "a.fjs", "--time", "soon")

    def test_no_threads(self):
        self.refuse(2, ["--threads"], "solve", "a.fjs", "--threads", 0)

    def test_deterministic_needs_steps(self):
        self.refuse(2, ["--deterministic", "--steps"], "solve", "a.fjs", "--deterministic")

    def test_deterministic_knows_no_time(self):
        self.refuse(2, ["--deterministic", "--time"], "solve", "a.fjs", "--deterministic",
                    "--steps", 10, "--time", "1s")

    def test_a_plan_that_cannot_be_written(self):
        self.refuse(1, ["nowhere/p.json"], "solve", "a.fjs", "-o", "nowhere/p.json")

    def test_a_window_that_nothing_fits(self):
        self.write("full.json", json.dumps(LATE | {"horizon_ns": 12}))
        self.refuse(1, ["full.json", "window", "even with all lanes to itself"], "solve",
                    "full.json", "-o", "p.json", "--time", "300ms")
        self.assertFalse((self.dir / "p.json").exists())


class BenchShops(Case):
    """Each judgement of `takt bench fjsp` on one tiny shop with optimum 9."""

    def bench(self, known, *words):
        (self.dir / "shops" / "tiny").mkdir(parents=True, exist_ok=True)
        self.write("shops/tiny/a.fjs", FJS)
        self.write("shops/best_known.csv", f"set,instance,jobs,machines,lb,ub\n{known}\n")
        return self.succeed("bench", "fjsp", "--dir", "shops", "--time", "300ms", "--takt-only",
                            *words)

    def report(self, known):
        return json.loads(self.bench(known, "--json", "--checkpoints", "0.1").stdout)

    def test_figures_of_an_instance(self):
        report = self.report("tiny,a,2,2,9,9")
        self.assertTrue(report["complete"])
        self.assertEqual(report["faults"], [])
        (instance,) = report["instances"]
        self.assertEqual([at["s"] for at in instance["takt"]["at"]], [0.1, 0.15, 0.3])
        value = instance["takt"]["value"]
        self.assertAlmostEqual(report["sets"][0]["above_best_pct"][0]["takt"],
                               100 * (value - 9) / 9)

    def test_beside_cpsat_on_every_format(self):
        venv = pathlib.Path(os.environ.get("TAKT_VENV", ""))
        if not list(venv.glob("lib/python3*/site-packages/ortools")):
            self.skipTest("the venv has no OR-Tools")
        self.bench("tiny,a,2,2,9,9")
        self.write("shops/tiny/b.jsp", JSP)
        self.write("shops/tiny/c.txt", DAG)
        report = json.loads(self.succeed("bench", "fjsp", "--dir", "shops", "--time", "2s",
                                         "--json").stdout)
        values = {i["name"]: i["cpsat"]["value"] for i in report["instances"]}
        self.assertEqual(values, {"a": 9, "b": 6, "c": 6})
        self.assertTrue(all(i["cpsat"]["proven_at_s"] < 2 for i in report["instances"]))
        self.assertEqual(report["faults"], [])

    def test_a_value_below_a_known_bound_is_a_fault(self):
        report = self.report("tiny,a,2,2,100,100")
        self.assertIn("below", report["faults"][0])
        self.assertFalse(report["checks"][-1]["met"])

    def test_a_bound_above_a_known_value_is_a_fault(self):
        self.assertIn("above", self.report("tiny,a,2,2,1,1")["faults"][0])

    def test_a_table_without_json(self):
        self.assertIn("tiny", self.bench("tiny,a,2,2,9,9").stdout)

    def test_bad_input(self):
        self.bench("tiny,a,2,2,9,9")
        self.refuse(2, ["nowhere"], "bench", "fjsp", "--dir", "nowhere")
        self.refuse(2, ["shops", "--set"], "bench", "fjsp", "--dir", "shops", "--set", "large")
        self.write("shops/best_known.csv", "set,instance,jobs,machines,lb,ub\ntiny,a,2,2,x,7\n")
        self.refuse(2, ["best_known.csv:2"], "bench", "fjsp", "--dir", "shops")


if __name__ == "__main__":
    unittest.main()
