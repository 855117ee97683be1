"""Robot-class instances of the solver, as takt-instance JSON (docs/formats.md).

    python3 robot.py -o FILE [--seed S] [--ops N] [--load PERCENT] [--fixed-width W]
                     [--committed F] [--groups] [--periodic]

The SoC is examples/socs/robot-2x4-npu.yaml. Control networks run often, perception rarely; as
many jobs of each as give exactly N operations (where it is one job, the last network may be cut
short). A duration is a roofline: work over throughput or bytes over bandwidth, whichever
is longer, plus an overhead that grows with the width. The window is as long as the load says:
100 % is what an ideal division of all work over cores and NPU would just finish. One seed, one
instance."""

import argparse
import dataclasses
import heapq
import json
import math
import random

from network_shapes import SHAPES

BIG, LITTLE, NPU = 0, 1, 2
POOL_LANES = [[0, 1, 2, 3], [4, 5, 6, 7], [8]]
LANES = ["big.0", "big.1", "big.2", "big.3", "little.0", "little.1", "little.2", "little.3", "npu"]
LINK = {"latency_ns": 350, "bytes_per_us": 9600}
WIDTHS = (1, 2, 4)
FLOP_PER_NS = {"product": 8.0, "compute": 2.0}   # of one big core
BYTES_PER_NS_CORE, BYTES_PER_NS_CLUSTER = 5.0, 12.0
OVERHEAD_NS, OVERHEAD_PER_LANE_NS = 900, 350
LITTLE_SLOWER = 2.5
WIDER_SAVES = 0.05                               # a wider mode that saves less is none


@dataclasses.dataclass
class Network:
    """A task: a network at a rate, relative to the others', with so many jobs at least."""
    name: str
    rate: float
    least: int
    deadline: float      # of the period, give or take 10 %
    criticality: str
    priority: int


NETWORKS = [Network("policy", 20, 4, 0.9, "hard", 40),
            Network("estimator", 8, 1, 0.6, "hard", 30),
            Network("dronet_int8", 3, 1, 0.9, "firm", 20),
            Network("detector", 2, 1, 0.9, "soft", 10), Network("vit", 2, 1, 0.9, "soft", 5),
            Network("multihead", 2, 1, 0.9, "firm", 15)]
CHAINS = [("balance", "estimator", "policy"), ("evade", "dronet_int8", "policy")]


def networks_for(ops):
    return NETWORKS[:3] if ops < 120 else NETWORKS[:4] if ops < 300 else NETWORKS


def job_counts(networks, ops):
    """Jobs per network, and how many operations the last network is cut to."""
    sizes = [len(SHAPES[network.name]) for network in networks]

    def counts_at(scale):
        return [max(network.least, round(network.rate * scale)) for network in networks]

    def missing(counts):
        return ops - sum(count * size for count, size in zip(counts, sizes))

    scale = 0.01
    while missing(counts_at(scale * 1.02)) >= 0:
        scale *= 1.02
    counts = counts_at(scale)
    if counts[-1] > 1:
        # 21 operations of an estimator are one more than a multiple of the policy's 4.
        counts[1] -= -missing(counts) % 4
    counts[0] += max(0, -(-missing(counts) // 4))
    return counts, sizes[-1] + missing(counts)


def duration_ns(op, width, slower, rng_factor):
    kind, kiloflop, touched, tiles, _ = op
    share = math.ceil(tiles / width) / tiles
    compute = kiloflop * 1000 * share / FLOP_PER_NS.get(kind, 1.0)
    memory = touched / min(BYTES_PER_NS_CORE * width, BYTES_PER_NS_CLUSTER)
    busy = max(compute, memory) * slower * rng_factor
    return round(busy + (OVERHEAD_NS + OVERHEAD_PER_LANE_NS * width) * slower)


def modes_of(op, fixed_width, npu_faster, rng):
    """Modes in the order big, little, npu, narrow ones first."""
    factor = math.exp(rng.gauss(0, 0.1))
    modes = []
    for pool, slower in ((BIG, 1.0), (LITTLE, LITTLE_SLOWER)):
        of_pool = []
        for width in WIDTHS:
            duration = duration_ns(op, width, slower, factor)
            if not of_pool or (width <= op[3] and
                               duration < of_pool[-1]["duration_ns"] * (1 - WIDER_SAVES)):
                of_pool.append({"demands": [{"pool": pool, "count": width}],
                                "variant": "default", "duration_ns": duration})
        if fixed_width:
            of_pool = [mode for mode in of_pool
                       if mode["demands"][0]["count"] <= fixed_width][-1:]
        modes += of_pool
    if op[0] == "product":
        duration = duration_ns(("product", op[1] / npu_faster, op[2] / 2, 1, []), 1, 1.0, factor)
        modes.append({"demands": [{"pool": BIG, "count": 1}, {"pool": NPU, "count": 1}],
                      "variant": "npu", "duration_ns": duration})
    return modes


def window_ns(counts, modes, load):
    """The fluid model: every operation at width 1, inner products on the NPU as far as it has
    the time, the rest spread over the cores by their speed."""
    product = npu = other = 0
    for count, ops in zip(counts, modes):
        for op in ops:
            if op[-1]["variant"] == "npu":
                product += count * op[0]["duration_ns"]
                npu += count * op[-1]["duration_ns"]
            else:
                other += count * op[0]["duration_ns"]
    cores = 4 + 4 / LITTLE_SLOWER
    window = (npu + other) / cores
    if npu > window:
        window = (product + other) / (cores - 1 + product / npu)
    return round(window * 100 / load)


class Instance:
    """Under construction: `operations` are (job, modes)."""

    def __init__(self, arguments):
        self.rng = random.Random(f"{arguments.seed}/{arguments.ops}/{arguments.load}")
        self.arguments = arguments
        self.networks = networks_for(arguments.ops)
        self.counts, cut = job_counts(self.networks, arguments.ops)
        self.shapes = [SHAPES[network.name] for network in self.networks]
        self.shapes[-1] = self.shapes[-1][:cut]
        npu_faster = self.rng.uniform(4, 8)
        # Drawn with all widths: what is fixed must not change the rest of the instance.
        free = [[modes_of(op, 0, npu_faster, random.Random(self.rng.random())) for op in shape]
                for shape in self.shapes]
        self.modes = free if not arguments.fixed_width else [
            [narrowed(modes, arguments.fixed_width) for modes in ops] for ops in free]
        self.window = window_ns(self.counts, free, arguments.load)
        self.jobs, self.operations, self.precedences = [], [], []
        self.by_task = [[] for _ in self.networks]
        self.add_jobs()
        self.chains = [chain for chain in map(self.add_chain, *zip(*CHAINS)) if chain]

    def add_jobs(self):
        for task, count in enumerate(self.counts):
            period = self.window / count
            deadline = round(period * self.networks[task].deadline * self.rng.uniform(0.9, 1.1))
            phase = 0 if self.arguments.periodic else self.rng.uniform(0, 0.1) * period
            for index in range(count):
                self.by_task[task].append(len(self.jobs))
                release = round(phase + index * period)
                self.jobs.append({"task": task, "release_ns": release,
                                  "deadline_ns": release + deadline,
                                  "first": len(self.operations)})
                self.add_operations(task, index)

    def add_operations(self, task, index):
        first = len(self.operations)
        shape = self.shapes[task]
        for op, modes in zip(shape, self.modes[task]):
            self.precedences += [(first + before, len(self.operations), size)
                                 for before, size in op[4]]
            self.operations.append((len(self.jobs) - 1, modes))
        if index:   # jobs of a task run in order
            self.precedences += [(first - 1, first + op, 0)
                                 for op in range(len(shape)) if not shape[op][4]]

    def add_chain(self, name, first_name, last_name):
        """Each job of the last task reads the latest job of the first that is done when it is
        released, if that keeps its deadline."""
        names = [network.name for network in self.networks]
        first_task, last_task = names.index(first_name), names.index(last_name)
        runs, worst = [], 0
        for last in self.by_task[last_task]:
            release = self.jobs[last]["release_ns"]
            done = [job for job in self.by_task[first_task]
                    if self.jobs[job]["deadline_ns"] <= release]
            if not done:
                continue
            runs.append({"first": done[-1], "last": last})
            worst = max(worst, self.jobs[last]["deadline_ns"] -
                        self.jobs[done[-1]]["release_ns"])
            end = self.jobs[done[-1]]["first"] + len(self.shapes[first_task]) - 1
            self.precedences.append((end, self.jobs[last]["first"], 64))
        if not runs:
            return None
        return {"name": name, "deadline_ns": round(worst * self.rng.uniform(0.7, 1.0)),
                "runs": runs}

    def groups(self):
        """All jobs of an inner product share the mode: its weights are packed for one width."""
        if not self.arguments.groups:
            return []
        return [[self.jobs[job]["first"] + op for job in jobs]
                for task, jobs in enumerate(self.by_task) if len(jobs) > 1
                for op, shape in enumerate(self.shapes[task]) if shape[0] == "product"]


def narrowed(modes, width):
    """Per cluster the widest mode that is no wider, and the NPU."""
    kept = {}
    for mode in modes:
        if mode["variant"] == "npu" or mode["demands"][0]["count"] <= width:
            kept[mode["variant"], mode["demands"][0]["pool"]] = mode
    return list(kept.values())


def transfer_ns(before, after, size):
    """The site of a mode is that of its first pool; the NPU sits with the big cluster."""
    if before["demands"][0]["pool"] == after["demands"][0]["pool"]:
        return 0
    return LINK["latency_ns"] + -(-size * 1000 // LINK["bytes_per_us"])


def list_schedule(instance, groups):
    """Operations in the order in which they become ready, each where it ends earliest, lanes
    without gaps. Returns (start, mode index, lanes) per operation."""
    count = len(instance.operations)
    inputs, outputs = [[] for _ in range(count)], [[] for _ in range(count)]
    for before, after, size in instance.precedences:
        inputs[after].append((before, size))
        outputs[before].append(after)
    missing = [len(list_) for list_ in inputs]
    group_of = {op: number for number, group in enumerate(groups) for op in group}
    group_mode, free, plan = {}, [0] * len(LANES), [None] * count

    def entry(op):
        job = instance.jobs[instance.operations[op][0]]
        ready = max([job["release_ns"]] + [plan[before][0] + plan[before][3]
                                           for before, _ in inputs[op]])
        return ready, job["deadline_ns"], op

    def placed(op, number, mode):
        start = instance.jobs[instance.operations[op][0]]["release_ns"]
        for before, size in inputs[op]:
            other = instance.operations[before][1][plan[before][1]]
            start = max(start, plan[before][0] + plan[before][3] + transfer_ns(other, mode, size))
        lanes = []
        for demand in mode["demands"]:
            lanes += sorted(POOL_LANES[demand["pool"]], key=lambda lane: free[lane])[
                :demand["count"]]
        start = max([start] + [free[lane] for lane in lanes])
        return start + mode["duration_ns"], number, start, sorted(lanes)

    ready = [entry(op) for op in range(count) if missing[op] == 0]
    heapq.heapify(ready)
    while ready:
        op = heapq.heappop(ready)[2]
        modes = list(enumerate(instance.operations[op][1]))
        if group_of.get(op) in group_mode:
            modes = [modes[group_mode[group_of[op]]]]
        end, number, start, lanes = min(placed(op, number, mode) for number, mode in modes)
        if op in group_of:
            group_mode[group_of[op]] = number
        plan[op] = (start, number, lanes, end - start)
        for lane in lanes:
            free[lane] = end
        for after in outputs[op]:
            missing[after] -= 1
            if missing[after] == 0:
                heapq.heappush(ready, entry(after))
    return plan


def to_json(instance):
    arguments, groups = instance.arguments, instance.groups()
    decided = round(instance.window * arguments.committed)
    commitments = []
    if decided:
        commitments = [{"op": op, "start_ns": start, "mode": mode, "lanes": lanes}
                       for op, (start, mode, lanes, _) in
                       enumerate(list_schedule(instance, groups)) if start < decided]
    jobs = []
    for job in instance.jobs:
        first, task = job["first"], job["task"]
        operations = [{"graph_op": op, "kernel": f"{instance.networks[task].name}.{op}",
                       "modes": instance.operations[first + op][1]}
                      for op in range(len(instance.shapes[task]))]
        jobs.append({"task": task, "release_ns": job["release_ns"],
                     "deadline_ns": job["deadline_ns"], "operations": operations})
    return {
        "format": "takt-instance", "version": 1,
        "name": f"robot-{arguments.ops}-{arguments.load}-{arguments.seed}",
        "lanes": LANES,
        "pools": [{"name": name, "lanes": lanes, "site": site} for name, lanes, site in
                  zip(("big", "little", "npu"), POOL_LANES, (0, 1, 0))],
        "links": [{"from": 0, "to": 1, **LINK}, {"from": 1, "to": 0, **LINK}],
        "tasks": [{"name": network.name, "criticality": network.criticality,
                   "priority": network.priority} for network in instance.networks],
        "jobs": jobs,
        "precedences": [{"before": before, "after": after, "bytes": size}
                        for before, after, size in instance.precedences],
        "chains": instance.chains, "mode_groups": groups, "commitments": commitments,
        "not_before_ns": decided,
        "horizon_ns": instance.window if arguments.periodic else None}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ops", type=int, default=180, help="operations in all (from 55)")
    parser.add_argument("--load", type=int, default=80, help="percent of an ideal division")
    parser.add_argument("--fixed-width", type=int, default=0, choices=(0, *WIDTHS),
                        help="one mode per cluster, at most this wide (0: free)")
    parser.add_argument("--committed", type=float, default=0,
                        help="fraction of the window that is decided already")
    parser.add_argument("--groups", action="store_true",
                        help="all jobs of an inner product share its mode")
    parser.add_argument("--periodic", action="store_true",
                        help="the window repeats: everything must end inside it")
    arguments = parser.parse_args()
    if arguments.ops < 55 or arguments.load < 1 or not 0 <= arguments.committed < 1:
        parser.error("--ops must be at least 55, --load positive, --committed in [0, 1)")
    return arguments


def main():
    arguments = parse_arguments()
    with open(arguments.output, "w", encoding="utf-8") as file:
        json.dump(to_json(Instance(arguments)), file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
