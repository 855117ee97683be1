"""takt run --learn and takt cost: a run teaches, a kill loses nothing that was committed, and the
commands say what is known and what changed. Shares the tiny module of cli_test."""

import json
import random
import signal
import sqlite3
import subprocess
import time
import unittest

from cli_test import PROGRAM, Case


class CostTest(Case):
    def prepare(self):
        self.succeed("profile", "w.yaml")
        self.succeed("plan", "w.yaml", "-o", "plan.json")

    def learn(self, *words):
        out = self.succeed("run", "w.yaml", "--plan", "plan.json", "--learn", "--duration", "500ms",
                        "--json", *words)
        return json.loads(out.stdout)["learned"]

    def costs(self, *words):
        return json.loads(self.succeed("cost", "list", "--json", *words).stdout)["costs"]

    def rows(self):
        """Everything committed: the integrity of the file, costs, batches."""
        db = sqlite3.connect(self.dir / "costs.sqlite")
        try:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            return (set(db.execute("SELECT id, kernel_hash, width FROM cost")),
                    set(db.execute("SELECT id, cost_id, count, median_ns, source FROM batch")))
        finally:
            db.close()

    def test_a_run_teaches_only_when_asked(self):
        self.prepare()
        before = self.rows()
        self.succeed("run", "w.yaml", "--plan", "plan.json", "--duration", "300ms")
        self.assertEqual(self.rows(), before)
        learned = self.learn()
        self.assertGreater(learned["executions"], 100)
        self.assertGreater(learned["costs"], 0)
        taught = [cost for cost in self.costs("--conditions") if cost["learned"] > 0]
        self.assertEqual(len(taught), learned["costs"])
        for cost in taught:
            runs = [c for c in cost["conditions"] if c["source"] == "run"]
            self.assertEqual(sum(c["count"] for c in runs), cost["learned"])
            if cost["learned"] >= 20:
                self.assertEqual(cost["count"], cost["learned"])
        out = self.succeed("cost", "compare", "--profile", "--least", "0").stdout
        self.assertIn("against the profile", out)
        self.assertIn("->", out)
        self.succeed("plan", "w.yaml", "-o", "learned.json")
        self.succeed("run", "w.yaml", "--plan", "learned.json", "--jobs", "5")

    def test_a_killed_run_loses_nothing_and_the_next_starts_clean(self):
        self.prepare()
        self.learn()
        seed = 20261124
        print("seed", seed)
        rng = random.Random(seed)
        for _ in range(4):
            costs, batches = self.rows()
            run = subprocess.Popen(
                [PROGRAM, "run", "w.yaml", "--plan", "plan.json", "--learn", "--duration", "1s"],
                cwd=self.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:   # some are killed before the first window, some within one, some while recording
                run.wait(timeout=rng.uniform(0.2, 3))
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
            costs_after, batches_after = self.rows()
            self.assertLessEqual(costs, costs_after)
            self.assertLessEqual(batches, batches_after)
        self.assertGreater(self.learn()["executions"], 100)

    def test_a_run_commits_while_it_goes_on(self):
        self.prepare()
        run = subprocess.Popen([PROGRAM, "run", "w.yaml", "--plan", "plan.json", "--learn",
                                "--duration", "0"], cwd=self.dir, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        self.addCleanup(run.kill)
        while not any(cost["learned"] > 100 for cost in self.costs()):
            self.assertIsNone(run.poll(), "it ended before it had committed anything")
        run.send_signal(signal.SIGKILL)
        run.wait()
        self.rows()
        taught = sum(cost["learned"] for cost in self.costs())
        self.assertGreater(taught, 100)
        self.learn()
        self.assertGreater(sum(cost["learned"] for cost in self.costs()), taught)

    def test_an_interrupted_run_is_learned(self):
        self.prepare()
        run = subprocess.Popen([PROGRAM, "run", "w.yaml", "--plan", "plan.json", "--duration",
                                "60s", "--learn", "--json"], cwd=self.dir, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(1.5)   # somewhere in the run: any moment has to do
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=120)
        if run.returncode == 0:
            learned = json.loads(out)["learned"]
            taught = sum(cost["learned"] for cost in self.costs())
            self.assertEqual(taught, learned["executions"])

    def test_bad_database_is_said_before_the_run(self):
        self.prepare()
        self.write("text.db", "x" * 5000)
        self.refuse(2, ["text.db: is not a cost database"], "run", "w.yaml", "--plan", "plan.json",
                    "--learn", "--db", "text.db", "--duration", "600s")

    def test_errors_name_what_to_do(self):
        self.refuse(2, ["costs.sqlite: there is no cost database; run `takt profile`"], "cost",
                    "list")
        self.succeed("profile", "w.yaml")
        for words, what in (
                (["list", "--host", "other"], "has no costs of host other"),
                (["list", "--module", "nothing"], "no cost of host"),
                (["compare"], "give one of --with HOST, --ago AGE and --profile"),
                (["compare", "--with", "other"], "name a host that has some"),
                (["compare", "--ago", "yesterday"], "not an age"),
                (["compare", "--ago", "9d"], "knows nothing of host"),
                (["prune"], "give --older-than AGE"),
                (["prune", "--older-than", "7"], "not an age"),
                (["prune", "--forget", "other"], "has no costs of host other"),
                (["prune", "--older-than", "1d", "--db", "no.db"], "no cost database")):
            self.refuse(2, [what], "cost", *words)
        self.assertFalse((self.dir / "no.db").exists())

    def test_compare_and_prune(self):
        self.succeed("profile", "w.yaml")
        path = self.dir / "costs.sqlite"
        db = sqlite3.connect(path)
        host = db.execute("SELECT host FROM cost").fetchone()[0]
        columns = ("kernel_hash, workgroups_x, workgroups_y, workgroups_z, lane_class, width, "
                   "variant, entry, module, count, min_ns, median_ns, p95_ns, max_ns")
        db.execute(f"INSERT INTO cost(host, {columns}) SELECT 'other', {columns} FROM cost")
        db.execute("UPDATE cost SET min_ns = 2 * min_ns, median_ns = 2 * median_ns, "
                   "p95_ns = 2 * p95_ns, max_ns = 2 * max_ns WHERE host = 'other'")
        db.execute("UPDATE batch SET recorded_s = recorded_s - 864000")
        db.commit()
        db.close()
        report = json.loads(self.succeed("cost", "compare", "--with", "other", "--json").stdout)
        self.assertEqual(report["host"], host)
        self.assertTrue(report["changes"])
        for change in report["changes"]:
            self.assertAlmostEqual(change["ratio"], 0.5)
        self.assertIn("by 5 % or more: 0", self.succeed("cost", "compare", "--ago", "9d").stdout)
        pruned = json.loads(self.succeed("cost", "prune", "--forget", "other", "--json").stdout)
        self.assertEqual(pruned["costs"], len(report["changes"]))
        pruned = json.loads(self.succeed("cost", "prune", "--older-than", "1d", "--json").stdout)
        self.assertEqual(pruned, {"db": "costs.sqlite", "costs": 0, "batches": 0})
        self.succeed("cost", "drift")


if __name__ == "__main__":
    unittest.main()
