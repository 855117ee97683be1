"""CP-SAT alone on a published shop file, as the peer of `takt bench fjsp`: the standard model
with one optional interval per mode, a greedy schedule as hint, 8 workers pinned to as many
processors as takt has threads. Prints JSON lines:
  {"at_s": 0.2, "value": 117}       a solution; the first is the hint's own, at 0 s
  {"at_s": 0.3, "bound": 90}        a better bound
  {"at_s": 1.0, "status": "OPTIMAL", "value": 117, "bound": 90}    the last line
Times count from the call of the solver: reading and building the model are not CP-SAT's.
Its own reader of the files, so that it also checks takt's."""

import argparse
import json
import os
import pathlib
import time

from ortools.sat.python import cp_model


class Shop:
    """Operations as lists of (machine, duration), and precedences between them."""

    def __init__(self):
        self.operations, self.precedences = [], []

    def add_job(self, operations):
        for position, modes in enumerate(operations):
            if position:
                self.precedences.append((len(self.operations) - 1, len(self.operations)))
            self.operations.append(modes)


def read_fjs(lines):
    """Per job: the number of operations; per operation: modes, (machine from 1, duration)."""
    shop = Shop()
    for line in lines[1:1 + int(lines[0].split()[0])]:
        numbers = iter(map(int, line.split()))
        shop.add_job([[(next(numbers) - 1, next(numbers)) for _ in range(next(numbers))]
                      for _ in range(next(numbers))])
    return shop


def read_jsp(lines):
    """Per job: (machine from 0, duration) pairs."""
    shop = Shop()
    for line in lines[1:1 + int(lines[0].split()[0])]:
        numbers = list(map(int, line.split()))
        shop.add_job([[pair] for pair in zip(numbers[::2], numbers[1::2])])
    return shop


def read_dag(lines):
    """ops, precedences, machines; x y per precedence; per operation its modes, from 0."""
    shop = Shop()
    count, precedences = map(int, lines[0].split()[:2])
    shop.precedences = [tuple(map(int, line.split())) for line in lines[1:1 + precedences]]
    for line in lines[1 + precedences:1 + precedences + count]:
        numbers = iter(map(int, line.split()))
        shop.operations.append([(next(numbers), next(numbers)) for _ in range(next(numbers))])
    return shop


READERS = {".fjs": read_fjs, ".jsp": read_jsp, ".txt": read_dag}


def read_shop(path):
    lines = [line for line in path.read_text().splitlines()
             if line.strip() and not line.startswith("#")]
    return READERS[path.suffix](lines)


def greedy(shop):
    """Of the operations that are ready, the one that can end earliest is put where it does.
    Returns (start, mode) per operation."""
    count = len(shop.operations)
    missing, after = [0] * count, [[] for _ in range(count)]
    for first, second in shop.precedences:
        missing[second] += 1
        after[first].append(second)
    ready = {op: 0 for op in range(count) if missing[op] == 0}
    earliest, free, plan = [0] * count, {}, [None] * count
    while ready:
        end, start, op, mode = min(
            (max(free.get(machine, 0), earliest[op]) + duration,
             max(free.get(machine, 0), earliest[op]), op, mode)
            for op in ready
            for mode, (machine, duration) in enumerate(shop.operations[op]))
        del ready[op]
        plan[op] = (start, mode)
        free[shop.operations[op][mode][0]] = end
        for successor in after[op]:
            earliest[successor] = max(earliest[successor], end)
            missing[successor] -= 1
            if missing[successor] == 0:
                ready[successor] = 0
    return plan


def build(shop):
    """The model, and the value of its hint."""
    model = cp_model.CpModel()
    horizon = sum(max(duration for _, duration in modes) for modes in shop.operations)
    plan = greedy(shop)
    on_machine, starts, ends, hint_value = {}, [], [], 0
    makespan = model.new_int_var(0, horizon, "makespan")
    for op, modes in enumerate(shop.operations):
        start, chosen = plan[op]
        shortest, longest = min(d for _, d in modes), max(d for _, d in modes)
        begin = model.new_int_var(0, horizon, "")
        length = model.new_int_var(shortest, longest, "")
        end = model.new_int_var(0, horizon, "")
        model.new_interval_var(begin, length, end, "")
        model.add_hint(begin, start)
        model.add_hint(length, modes[chosen][1])
        model.add_hint(end, start + modes[chosen][1])
        hint_value = max(hint_value, start + modes[chosen][1])
        present = [model.new_bool_var("") for _ in modes]
        for mode, (machine, duration) in enumerate(modes):
            interval = model.new_optional_interval_var(begin, duration, end, present[mode], "")
            model.add(length == duration).only_enforce_if(present[mode])
            model.add_hint(present[mode], mode == chosen)
            on_machine.setdefault(machine, []).append(interval)
        model.add_exactly_one(present)
        model.add(makespan >= end)
        starts.append(begin)
        ends.append(end)
    for first, second in shop.precedences:
        model.add(starts[second] >= ends[first])
    for intervals in on_machine.values():
        model.add_no_overlap(intervals)
    model.add_hint(makespan, hint_value)
    model.minimize(makespan)
    return model, hint_value


def say(**line):
    print(json.dumps(line), flush=True)


class Solutions(cp_model.CpSolverSolutionCallback):
    def __init__(self, begin):
        super().__init__()
        self.begin = begin

    def on_solution_callback(self):
        say(at_s=time.monotonic() - self.begin, value=round(self.objective_value))


def solve(model, hint_value, seconds, seed):
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 8
    solver.parameters.random_seed = seed
    say(at_s=0, value=hint_value)
    begin = time.monotonic()
    solver.best_bound_callback = lambda bound: say(at_s=time.monotonic() - begin,
                                                   bound=round(bound))
    status = solver.solve(model, Solutions(begin))
    last = {"at_s": time.monotonic() - begin, "status": solver.status_name(status)}
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        last.update(value=round(solver.objective_value), bound=round(solver.best_objective_bound))
    say(**last)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--time-s", type=float, required=True)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:arguments.cpus])
    model, hint_value = build(read_shop(arguments.file))
    solve(model, hint_value, arguments.time_s, arguments.seed)


if __name__ == "__main__":
    main()
