"""A running mission as its owner meets it: looked at and changed with `takt ctl`, watched on a
terminal, ended with Ctrl-C. The whole way runs with small networks at slow rates: no job of a task
that stays may be missed, and the outputs are those of stock IREE."""

import json
import os
import pathlib
import pty
import signal
import socket
import subprocess
import tempfile
import unittest

from models import network, workload

PROGRAM = os.environ["TAKT_PROGRAM"]


class Case(unittest.TestCase):
    """A directory with a mission `tiny` of one hard task `loop`, compiled and measured."""

    @classmethod
    def setUpClass(cls):
        cls.keeper = tempfile.TemporaryDirectory(prefix="takt_")
        cls.addClassCleanup(cls.keeper.cleanup)
        cls.dir = pathlib.Path(cls.keeper.name)
        for name, size in (("net", 64), ("other", 48), ("third", 96)):
            cls.write(f"{name}.mlir", network(size))
        cls.write("w.yaml", workload("tiny", "net", "loop", "rate: 10, criticality: hard"))
        cls.write("modes.yaml", workload("moody", "net", "loop", "rate: 10, criticality: hard") +
                  "  - {name: watch, module: net, rate: 5}\n"
                  "modes:\n  - {name: cruise, tasks: [loop, watch]}\n"
                  "  - {name: park, tasks: [loop]}\n")
        # No mission of anybody else is found, and none of ours by others.
        cls.environment = dict(os.environ, XDG_RUNTIME_DIR=str(cls.dir / "runtime"))
        for words in (["profile", "w.yaml", "--db", "c.sqlite"],
                      ["plan", "w.yaml", "--db", "c.sqlite", "-o", "plan.json"]):
            done = cls.takt(*words)
            assert done.returncode == 0, done.stderr

    @classmethod
    def write(cls, name, text):
        (cls.dir / name).write_text(text)

    @classmethod
    def takt(cls, *words):
        return subprocess.run([PROGRAM, *map(str, words)], cwd=cls.dir, capture_output=True,
                              text=True, timeout=280, stdin=subprocess.DEVNULL,
                              env=cls.environment)

    def start(self, *words, **options):
        run = subprocess.Popen([PROGRAM, "run", *words], cwd=self.dir, text=True,
                               env=self.environment, **options)
        self.addCleanup(run.kill)
        return run

    def mission(self, *words):
        """A run without an end that listens; the process."""
        run = self.start(*words, "--db", "c.sqlite", "--duration", "0", "--json",
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while self.takt("ctl", "list").returncode != 0:
            self.assertIsNone(run.poll(), "the mission ended before it listened")
        return run

    def end(self, run):
        """Ctrl-C; the report."""
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 0, err)
        return json.loads(out)

    def ctl(self, *words):
        done = self.takt("ctl", *words, "--json")
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}{done.stdout}")
        return json.loads(done.stdout)

    def refuse(self, expected, *words, code=2):
        done = self.takt("ctl", *words)
        self.assertEqual(done.returncode, code, f"{words}: {done.stderr}{done.stdout}")
        for text in expected:
            self.assertIn(text, done.stderr)
        self.assertNotIn("internal error", done.stderr)

    def tasks(self):
        return {task["name"]: task for task in self.ctl("list")["tasks"]}

    def check_report(self, report):
        self.assertTrue(report["bit_identical"])
        for task in report["tasks"]:
            self.assertEqual(task["jobs"], task["done"] + task["missed"] + task["shed"], task)


class Changes(Case):
    def the_whole_way(self, *words):
        run = self.mission("w.yaml", *words)
        self.write("extra.yaml", workload("more", "other", "extra", "rate: 5, criticality: soft"))
        done = self.ctl("add", "extra.yaml")
        self.assertEqual(done["started"], ["extra"])
        self.assertEqual(done["kept"], ["loop"])
        self.assertEqual(set(self.tasks()), {"loop", "extra"})

        self.assertEqual(self.ctl("rate", "extra", "2.5")["kept"], ["loop"])
        self.assertEqual(self.tasks()["extra"]["period"], "400ms")
        self.assertEqual(self.ctl("rate", "extra", "200ms")["kept"], ["loop"])

        self.assertEqual(self.ctl("replace", "extra", "third.mlir")["kept"], ["loop"])
        self.assertTrue(self.tasks()["extra"]["module"].endswith("third.mlir"))

        # A matmul within 50 ns, and that for ever: no.
        self.write("greedy.yaml", workload("no", "third", "greedy",
                                           "rate: 100, deadline: 50ns, criticality: hard"))
        self.refuse(["not admitted", "greedy", "hard"], "add", "greedy.yaml", code=1)
        self.assertEqual(set(self.tasks()), {"loop", "extra"})

        self.assertEqual(self.ctl("replace", "loop", "other.mlir")["kept"], ["extra"])
        self.assertEqual(self.ctl("remove", "extra")["stopped"], ["extra"])
        self.assertEqual(set(self.tasks()), {"loop"})

        report = self.end(run)
        self.check_report(report)
        figures = {task["name"]: task for task in report["tasks"]}
        self.assertEqual(set(figures), {"loop", "extra"})
        self.assertEqual(figures["loop"]["missed"], 0)
        self.assertGreater(figures["extra"]["done"], 0)
        return report

    def test_with_a_plan(self):
        self.the_whole_way("--plan", "plan.json")

    def test_without_a_plan(self):
        self.the_whole_way()

    def test_windows_are_planned_before_and_after_every_change(self):
        report = self.the_whole_way("--windows")
        windows = report["windows"]
        self.assertEqual(windows["refused"], 0)
        self.assertGreater(windows["planned"], 5)
        self.assertGreaterEqual(windows["windows"], windows["planned"] + windows["late"])
        self.assertEqual(report["admission"],
                         [{"name": "loop", "verdict": "guaranteed", "why": ""}])

    def test_a_mission_begins_in_the_mode_that_is_asked_for(self):
        run = self.mission("modes.yaml", "--mode", "park")
        self.assertEqual(self.ctl("list")["mode"], "park")
        self.assertEqual(self.ctl("mode", "cruise")["kept"], ["loop"])
        self.check_report(self.end(run))
        done = self.takt("run", "modes.yaml", "--mode", "fly")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no mode 'fly'", done.stderr)

    def test_modes(self):
        run = self.mission("modes.yaml")
        self.assertEqual(self.ctl("list")["mode"], "cruise")
        self.assertEqual(self.ctl("mode", "park")["stopped"], ["watch"])
        self.assertEqual(set(self.tasks()), {"loop"})
        self.refuse(["no mode 'fly'", "cruise park"], "mode", "fly")
        self.assertEqual(self.ctl("mode", "cruise")["started"], ["watch"])
        self.assertEqual(set(self.tasks()), {"loop", "watch"})
        report = self.end(run)
        self.check_report(report)
        self.assertEqual(report["tasks"][0]["missed"], 0)

    def test_what_is_refused_leaves_the_mission_as_it_was(self):
        run = self.mission("w.yaml", "--plan", "plan.json")
        before = self.tasks()
        self.write("bad.mlir", "func.func @main() {\n  nonsense here\n}\n")
        self.write("bad.yaml", workload("b", "bad", "wrong", "rate: 5"))
        self.write("again.yaml", workload("b", "net", "loop", "rate: 5"))
        self.write("torn.yaml", "format: takt-workload\nversion: 1\nname: [")
        self.refuse(["no task 'cook'", "loop"], "remove", "cook")
        self.refuse(["no task 'cook'"], "rate", "cook", "5")
        self.refuse(["'fast'", "Hz"], "rate", "loop", "fast")
        self.refuse(["last task"], "remove", "loop")
        self.refuse(["already has a task 'loop'"], "add", "again.yaml")
        self.refuse(["bad.mlir:2:"], "add", "bad.yaml")
        self.refuse(["bad.mlir:2:"], "replace", "loop", "bad.mlir")
        self.refuse(["nothing.mlir"], "replace", "loop", "nothing.mlir")
        self.refuse(["torn.yaml:"], "add", "torn.yaml")
        self.refuse(["start"], "replace", "loop", "other.mlir", "--function", "start")
        self.refuse(["no modes"], "mode", "landing")
        self.assertEqual(self.tasks(), before)
        report = self.end(run)
        self.check_report(report)
        self.assertEqual(report["tasks"][0]["missed"], 0)


class BadClients(Case):
    def connect(self, path):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        client.connect(str(path))
        self.addCleanup(client.close)
        return client

    def test_they_do_not_disturb_the_mission(self):
        path = self.dir / "s.sock"
        run = self.start("w.yaml", "--plan", "plan.json", "--duration", "0", "--json",
                         "--control", path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while self.takt("ctl", "list", "--socket", path).returncode != 0:
            self.assertIsNone(run.poll())
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        silent = [self.connect(path) for _ in range(3)]
        half = self.connect(path)
        half.sendall(b'{"format": "takt-control"')
        for garbage in (b"\n", b"\0\xff" * 500 + b"\n", b"[" * 5000 + b"\n", b"GET / HTTP/1.1\r\n"):
            client = self.connect(path)
            client.sendall(garbage)
            answer = json.loads(client.makefile().readline())
            self.assertFalse(answer["ok"])
            self.assertEqual(answer["code"], 2)
        flood = self.connect(path)
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            for _ in range(64):
                flood.sendall(b"x" * (1 << 16))
        leaving = self.connect(path)
        leaving.sendall(b'{"format": "takt-control", "version": 1, "do": "rate", '
                        b'"task": "loop", "rate": 5}\n')
        leaving.close()
        self.assertEqual(self.takt("ctl", "list", "--socket", path).returncode, 0)
        for client in [*silent, half]:
            self.assertEqual(client.recv(1), b"", "a client that says nothing is sent away")
        report = self.end(run)
        self.check_report(report)
        self.assertEqual(report["tasks"][0]["missed"], 0)
        self.assertFalse(path.exists(), "the socket's file was left")


class WhichMission(Case):
    def test_none(self):
        self.refuse(["no mission runs", "takt run"], "list")
        self.refuse(["s.sock"], "list", "--socket", "nowhere/s.sock")

    def test_several(self):
        runs = [self.mission("w.yaml")]
        second = self.start("w.yaml", "--duration", "0", "--json", stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
        while self.takt("ctl", "list").returncode == 0:
            self.assertIsNone(second.poll())
        runs.append(second)
        self.refuse(["several missions", *[f".{run.pid}.sock" for run in runs]], "list")
        for run in runs:
            self.end(run)
        self.refuse(["no mission runs"], "list")

    def test_the_socket_of_a_mission_that_was_killed_is_replaced(self):
        run = self.mission("w.yaml")
        run.kill()
        run.communicate()
        sockets = list((self.dir / "runtime" / "takt").iterdir())
        self.assertEqual(len(sockets), 1)
        again = self.start("w.yaml", "--duration", "0", "--json", "--control", sockets[0],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while self.takt("ctl", "list", "--socket", sockets[0]).returncode != 0:
            self.assertIsNone(again.poll())
        other = self.takt("run", "w.yaml", "--jobs", 1, "--control", sockets[0])
        self.assertEqual(other.returncode, 2)
        self.assertIn("another process listens", other.stderr)
        self.end(again)

    def test_a_path_that_is_no_place_for_a_socket(self):
        self.write("precious", "text")
        done = self.takt("run", "w.yaml", "--jobs", 1, "--control", "precious")
        self.assertEqual(done.returncode, 2)
        self.assertIn("precious", done.stderr)
        self.assertEqual((self.dir / "precious").read_text(), "text")

    def test_no_control(self):
        run = self.start("w.yaml", "--duration", "0", "--no-control", "--json",
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.refuse(["no mission runs"], "list")
        run.kill()
        run.communicate()


class Terminal(Case):
    def watch(self, *words, until=None, act=lambda run: None):
        """A run on a terminal of its own: everything it shows, and its exit code. `act` is done
        once `until` was shown."""
        leader, follower = pty.openpty()
        run = self.start(*words, stdin=follower, stdout=follower, stderr=follower)
        os.close(follower)
        shown, acted = b"", until is None
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:   # the terminal's other side is closed
                break
            if not piece:
                break
            shown += piece
            if not acted and until in shown:
                act(run)
                acted = True
        os.close(leader)
        return shown.decode(), run.wait(timeout=120)

    def test_live_lines_and_a_final_table(self):
        shown, code = self.watch("w.yaml", "--plan", "plan.json", "--duration", "1500ms")
        self.assertEqual(code, 0, shown)
        self.assertIn("slack", shown)
        pictures = shown.split("\x1b[2A\x1b[J")   # header and one task, drawn over
        self.assertGreater(len(pictures), 2, shown)
        for picture in pictures[:-1]:
            self.assertIn("loop", picture)
        self.assertIn("driver", pictures[-1])     # the final table
        self.assertNotIn("slack", pictures[-1])
        self.assertIn("bit-identical", pictures[-1])

    def test_nothing_of_it_elsewhere(self):
        for words in ([], ["--json"]):
            done = self.takt("run", "w.yaml", "--plan", "plan.json", "--duration", "600ms", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("\x1b", done.stdout + done.stderr)
            self.assertNotIn("slack", done.stdout)
        shown, code = self.watch("w.yaml", "--duration", "600ms", "--json")
        self.assertEqual(code, 0)
        self.assertNotIn("\x1b", shown)

    def test_one_interrupt_ends_with_the_report(self):
        shown, code = self.watch("w.yaml", "--duration", "0", until=b"loop",
                                 act=lambda run: run.send_signal(signal.SIGINT))
        self.assertEqual(code, 0, shown)
        self.assertIn("driver", shown)

    def test_two_interrupts_end_at_once(self):
        self.write("slow.yaml", workload("slow", "net", "loop", "period: 1000s"))

        def interrupt_again_and_again(run):   # two that come at once count as one
            while run.poll() is None:
                run.send_signal(signal.SIGINT)

        _, code = self.watch("slow.yaml", "--duration", "0", until=b"loop",
                             act=interrupt_again_and_again)
        self.assertEqual(code, -signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
