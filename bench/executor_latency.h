// Latencies of takt's executor beside the machine's own, measured in turns in one run.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace takt::bench {

// {one_way_trip_ns, launch_ns, launch_trips, bare_launch_trips, futex_wake_ns, wake_ns,
// wake_ratio}, medians.
//   trip    half a round trip of a cache line between two threads that spin, on cpus 0 and 1
//   launch  acquire and submit an item bound to lane 1, whose worker spins, until the
//           submitter (on cpu 0) sees the number that done() writes
//   bare    there on one line, back on another, without an executor: the least a launch costs
//   wake    submit an item to a parked worker until it runs; beside it a thread that sleeps
//           on a futex, from before the wake until it runs
// Every round measures all five, a block of each.
Result<nlohmann::json> measure_latencies(int rounds);

// {bytes_per_item {program, tape, submission}, million_in_flight [one submission, a thousand]}.
// Program and tape of the layered DAG; the memory of a submission serves the next ones again.
Result<nlohmann::json> measure_memory();

}  // namespace takt::bench
