"""The takt program end to end on a tiny module, and on bad input: each bad input ends in
one clear message that names the file (with line where it has lines), exit code 2 for bad
input and 1 for failed work, and leaves no half-written file behind."""

import json
import os
import pathlib
import resource
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from models import network, workload

PROGRAM = os.environ["TAKT_PROGRAM"]

MODEL = network(64, layers=2)
OTHER_MODEL = network(32, layers=2)
WORKLOAD = workload("tiny", "net", "loop", "rate: 100, criticality: hard")


def takt(*words, cwd=None, **options):
    return subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, capture_output=True, text=True,
                          timeout=240, stdin=subprocess.DEVNULL, **options)


class Case(unittest.TestCase):
    def setUp(self):
        self.keeper = tempfile.TemporaryDirectory()
        self.addCleanup(self.keeper.cleanup)
        self.dir = pathlib.Path(self.keeper.name)
        self.write("net.mlir", MODEL)
        self.write("w.yaml", WORKLOAD)

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def takt(self, *words, **options):
        return takt(*words, cwd=self.dir, **options)

    def succeed(self, *words, **options):
        done = self.takt(*words, **options)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}{done.stdout}")
        return done

    def refuse(self, code, expected, *words, **options):
        """`words` exit with `code` and a message with every text of `expected`."""
        done = self.takt(*words, **options)
        self.assertEqual(done.returncode, code, f"{words}: {done.stderr}{done.stdout}")
        for text in expected:
            self.assertIn(text, done.stderr)
        self.assertNotIn("internal error", done.stderr)
        leftovers = [p.name for p in self.dir.rglob("*") if ".part" in p.name or "XXXXXX" in p.name]
        self.assertEqual(leftovers, [])
        return done

    def prepare(self):
        self.succeed("profile", "w.yaml", "--db", "c.sqlite")
        self.succeed("plan", "w.yaml", "--db", "c.sqlite", "-o", "plan.json")


class TheWay(Case):
    def test_profile_plan_verify_run(self):
        self.prepare()
        self.succeed("verify", "plan.json")
        trace = self.dir / "trace.json"
        report = json.loads(self.succeed("run", "w.yaml", "--plan", "plan.json", "--duration",
                                         "300ms", "--against", "local-sync,local-task",
                                         "--trace", trace, "--json").stdout)
        self.assertTrue(report["bit_identical"])
        loop = report["tasks"][0]
        self.assertEqual(loop["jobs"], 30)
        self.assertEqual(loop["done"] + loop["missed"] + loop["shed"], 30)
        self.assertEqual(set(report["against"]), {"local-sync", "local-task"})
        self.assertEqual(report["conformance"]["missing"], 0)
        self.assertEqual(report["conformance"]["unplanned"], 0)
        self.assertGreater(report["conformance"]["matched"], 0)
        self.assertIn("traceEvents", json.loads(trace.read_text()))

    def test_every_policy_runs(self):
        self.prepare()
        for policy in ("hybrid", "strict"):
            self.succeed("run", "w.yaml", "--plan", "plan.json", "--policy", policy, "--jobs", 3)
        for policy in ("dynamic", "jobshop", "pinned", "hybrid"):
            self.succeed("run", "w.yaml", "--policy", policy, "--jobs", 3)

    def test_a_second_profile_measures_nothing(self):
        self.prepare()
        report = json.loads(self.succeed("profile", "w.yaml", "--db", "c.sqlite", "--json").stdout)
        self.assertEqual(report["measured"], 0)
        self.assertGreater(report["known"], 0)

    def test_annotate_prints_the_plan_in_the_ir(self):
        self.prepare()
        self.succeed("annotate", "net.mlir", "--plan", "plan.json", "-o", "annotated.mlir")
        text = (self.dir / "annotated.mlir").read_text()
        self.assertIn("iree.scheduling.start_time_ns", text)
        self.assertIn("iree.scheduling.affinity", text)
        self.assertIn("iree.scheduling.resource", text)

    def test_commands_work_from_another_directory(self):
        self.prepare()
        with tempfile.TemporaryDirectory() as elsewhere:
            done = takt("run", self.dir / "w.yaml", "--plan", self.dir / "plan.json", "--jobs", 3,
                        cwd=elsewhere)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_interrupt_ends_a_run_with_its_report(self):
        self.prepare()
        run = subprocess.Popen([PROGRAM, "run", "w.yaml", "--plan", "plan.json", "--duration",
                                "60s", "--trace", "t.json", "--json"], cwd=self.dir, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1.5)   # somewhere in the run: any moment has to do
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
        if run.returncode == 0:
            report = json.loads(out)
            task = report["tasks"][0]
            self.assertEqual(task["jobs"], task["done"] + task["missed"] + task["shed"])
        else:
            self.assertNotEqual(err, "")


class Usage(Case):
    def test_no_command(self):
        self.refuse(2, ["usage: takt"])

    def test_unknown_command(self):
        self.refuse(2, ["no command 'fly'"], "fly")

    def test_unknown_option(self):
        self.refuse(2, ["--wings"], "plan", "w.yaml", "-o",
                    "p.json", "--wings")

    def test_help(self):
        for verb in ("compile", "profile", "plan", "run", "verify", "annotate", "soc", "doctor",
                     "bench", "demo", "solve"):
            self.assertIn("--help", self.succeed(verb, "--help").stdout)


class BadModels(Case):
    def test_missing(self):
        self.refuse(2, ["nothing.mlir"], "compile", "nothing.mlir", "-o", "out")

    def test_malformed(self):
        self.write("bad.mlir", "func.func @main() {\n  nonsense here\n}\n")
        self.refuse(2, ["bad.mlir:2:"], "compile", "bad.mlir", "-o", "out")

    def test_truncated(self):
        self.write("half.mlir", MODEL[:len(MODEL) // 2])
        self.refuse(2, ["half.mlir:"], "compile", "half.mlir", "-o", "out")

    def test_truncated_vmfb(self):
        self.prepare()
        vmfb = self.dir / "takt-modules" / "net.vmfb"
        vmfb.write_bytes(vmfb.read_bytes()[:1000])
        self.write("v.yaml", WORKLOAD.replace("net.mlir", "takt-modules/net.vmfb"))
        self.refuse(2, ["net.vmfb"], "run", "v.yaml", "--jobs", 1)

    def test_no_such_function(self):
        self.write("f.yaml", WORKLOAD.replace("function: main", "function: start"))
        self.refuse(2, ["net.mlir", "start"], "run", "f.yaml", "--jobs", 1)


class BadWorkloads(Case):
    def bad(self, old, new, expected):
        self.write("bad.yaml", WORKLOAD.replace(old, new))
        self.refuse(2, ["bad.yaml:", *expected], "plan", "bad.yaml", "-o", "p.json")

    def test_missing(self):
        self.refuse(2, ["none.yaml"], "plan", "none.yaml", "-o", "p.json")

    def test_malformed(self):
        self.bad("tasks:", "tasks: [", [])

    def test_unknown_field(self):
        self.bad("rate: 100", "rate: 100, color: red", ["color"])

    def test_zero_rate(self):
        self.bad("rate: 100", "rate: 0", ["rate"])

    def test_negative_period(self):
        self.bad("rate: 100", "period: -2ms", ["period"])

    def test_unknown_module(self):
        self.bad("module: net", "module: nut", ["nut"])

    def test_cycle(self):
        cyclic = WORKLOAD + ("  - {name: two, module: net, rate: 100}\n"
                             "edges:\n  - {from: loop, to: two, mode: every}\n"
                             "  - {from: two, to: loop, mode: every}\n")
        self.write("cycle.yaml", cyclic)
        self.succeed("profile", "w.yaml", "--db", "c.sqlite")
        self.refuse(2, ["cycl"], "plan", "cycle.yaml", "--db", "c.sqlite", "-o", "p.json")


class BadCosts(Case):
    def test_missing_database(self):
        self.refuse(2, ["none.sqlite"], "plan", "w.yaml", "--db", "none.sqlite", "-o", "p.json")

    def test_not_a_database(self):
        self.write("text.sqlite", "this is no database, " * 50)
        self.refuse(2, ["text.sqlite"], "plan", "w.yaml", "--db", "text.sqlite", "-o", "p.json")

    def test_another_version(self):
        self.succeed("profile", "w.yaml", "--db", "c.sqlite")
        with sqlite3.connect(self.dir / "c.sqlite") as db:
            db.execute("PRAGMA user_version = 99")
        self.refuse(2, ["c.sqlite", "99"], "plan", "w.yaml", "--db", "c.sqlite", "-o", "p.json")

    def test_a_missing_cost_names_the_kernel(self):
        self.succeed("profile", "w.yaml", "--db", "c.sqlite")
        self.write("net.mlir", OTHER_MODEL)
        self.refuse(2, ["matmul", "width 1", "takt profile"], "plan", "w.yaml", "--db", "c.sqlite",
                  "-o", "p.json")

    def test_a_full_disk_ends_a_profile(self):
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        self.succeed("compile", "net.mlir", "-o", "takt-modules", "--name", "net")
        self.refuse(1, ["c.sqlite"], "profile", "w.yaml", "--db", "c.sqlite",
                  preexec_fn=small_files)


class BadPlans(Case):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.plan = json.loads((self.dir / "plan.json").read_text())

    def bad(self, code, expected):
        self.write("bad.json", json.dumps(self.plan))
        self.refuse(code, ["bad.json", *expected],
                    "run", "w.yaml", "--plan", "bad.json", "--jobs", 1)

    def test_missing(self):
        self.refuse(2, ["none.json"], "run", "w.yaml", "--plan", "none.json", "--jobs", 1)

    def test_truncated(self):
        text = (self.dir / "plan.json").read_text()
        self.write("half.json", text[:len(text) // 2])
        self.refuse(2, ["half.json:"], "run", "w.yaml", "--plan", "half.json", "--jobs", 1)

    def test_yesterdays(self):
        self.write("net.mlir", OTHER_MODEL)
        self.refuse(2, ["plan.json", "another .vmfb", "takt plan"], "run", "w.yaml", "--plan",
                  "plan.json", "--jobs", 1)

    def test_unknown_field(self):
        self.plan["mood"] = "good"
        self.bad(2, ["mood"])

    def test_another_version(self):
        self.plan["version"] = 99
        self.bad(2, ["99"])

    def test_overlapping_operations_are_rejected_before_the_run(self):
        for operation in self.plan["operations"]:
            operation["start_ns"] = 0
        self.write("bad.json", json.dumps(self.plan))
        self.refuse(1, [], "verify", "bad.json")
        self.bad(2, [])

    def test_other_rates(self):
        self.write("w.yaml", WORKLOAD.replace("rate: 100", "rate: 50"))
        self.refuse(2, ["plan.json", "loop"], "run", "w.yaml", "--plan", "plan.json", "--jobs", 1)


class PlansOfInstances(Case):
    """`takt verify --instance`: two jobs on two machines, the plan by hand."""

    SHOP = "2 2\n2  2 1 3 2 4  1 2 2\n1  1 1 5\n"

    def setUp(self):
        super().setUp()
        self.write("two.fjs", self.SHOP)
        operations = [(0, 0, 0, 4, 1), (0, 1, 4, 2, 1), (1, 0, 0, 5, 0)]
        self.plan = {
            "format": "takt-plan", "version": 1, "instance_hash": "?", "soc": "",
            "lanes": ["machine1", "machine2"], "window_ns": None, "modules": [],
            "tasks": [{"name": f"job{j}", "module": None, "function": "", "criticality": "firm",
                       "priority": 0, "period": None, "phase_ns": 0, "deadline_ns": None,
                       "jobs": 1} for j in range(2)],
            "objective": [{"name": "makespan", "value": 6, "bound": 5, "proof": "gap"},
                          {"name": "active_lanes", "value": 2, "bound": 0, "proof": "gap"}],
            "provenance": {"solver": "by hand", "seed": 0, "solve_time_ns": 0,
                           "takt_version": "", "host": ""},
            "operations": [{"task": task, "job": 0, "kind": "op", "graph_op": op, "kernel": "",
                            "start_ns": start, "duration_ns": duration, "lanes": [lane],
                            "variant": "default"}
                           for task, op, start, duration, lane in operations]}
        self.write_plan()
        told = self.refuse(1, ["this instance is"], "verify", "p.json", "--instance", "two.fjs")
        self.plan["instance_hash"] = told.stderr.split("this instance is ")[1][:32]
        self.write_plan()

    def write_plan(self):
        self.write("p.json", json.dumps(self.plan))

    def test_a_valid_plan(self):
        told = self.succeed("verify", "p.json", "--instance", "two.fjs")
        self.assertIn("valid, 3 operations on 2 lanes", told.stdout)
        self.succeed("verify", "p.json")

    def test_what_only_the_instance_tells(self):
        self.plan["operations"][1]["start_ns"] = 5
        self.plan["operations"][1]["duration_ns"] = 1
        self.write_plan()
        self.succeed("verify", "p.json")
        self.refuse(1, ["task 'job0' job 0 operation 1", "planned to take 1ns"], "verify", "p.json",
                    "--instance", "two.fjs")

    def test_a_malformed_instance(self):
        self.write("two.fjs", self.SHOP.replace("2 1 3", "2 7 3"))
        self.refuse(2, ["two.fjs:2: a machine must be an integer from 1 to 2, is '7'"], "verify",
                    "p.json", "--instance", "two.fjs")
        self.refuse(2, ["nothing.json"], "verify", "p.json", "--instance", "nothing.json")
        self.write("i.json", "{}")
        self.refuse(2, ["i.json:1", "takt-instance"], "verify", "p.json", "--instance", "i.json")


class BadSocs(Case):
    SOC = ("format: takt-soc\nversion: 1\nname: s\nclusters:\n"
           "  - {name: c, class: core.x, cores: %d}\n")

    def test_more_cores_than_the_host(self):
        self.write("s.yaml", self.SOC % 512)
        self.refuse(2, ["s.yaml", "512", "--oversubscribe"], "run", "w.yaml", "--soc", "s.yaml",
                  "--jobs", 1)

    def test_malformed(self):
        self.write("s.yaml", self.SOC % -1)
        self.refuse(2, ["s.yaml:", "cores"], "run", "w.yaml", "--soc", "s.yaml", "--jobs", 1)


class BadPlaces(Case):
    def test_an_output_that_cannot_be_written(self):
        self.succeed("profile", "w.yaml", "--db", "c.sqlite")
        self.refuse(1, ["nowhere/p.json"], "plan", "w.yaml", "--db", "c.sqlite", "-o",
                  "nowhere/p.json")

    def test_bad_duration(self):
        self.refuse(2, ["--duration", "soon"], "run", "w.yaml", "--duration", "soon")

    def test_unknown_driver(self):
        self.refuse(2, ["local-magic", "local-task"], "run", "w.yaml", "--jobs", 1, "--against",
                  "local-magic")

    def test_unknown_policy(self):
        self.refuse(2, ["guess", "hybrid"], "run", "w.yaml", "--jobs", 1, "--policy", "guess")


if __name__ == "__main__":
    unittest.main()
