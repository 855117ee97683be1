// Memory of what the executor keeps per item, and with a million items in flight: from the
// allocator's own count before and after.
#include <malloc.h>

#include <algorithm>
#include <atomic>

#include "base/check.h"
#include "base/clock.h"
#include "bench/executor_latency.h"
#include "bench/executor_peers.h"

namespace takt::bench {
namespace {

size_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// `submissions` of `program` at once, held back by their release; what they hold together.
nlohmann::json in_flight(const Dag& dag, uint32_t submissions, Executor& executor) {
  DagWork work(dag);
  const Program program = program_of(dag, work);
  std::atomic<uint32_t> ended{0};
  const size_t before = allocated_bytes();
  const Nanos begin = monotonic_now(), release = begin + millis(500);
  for (uint32_t n = 0; n < submissions; ++n) {
    Submission* submission = executor.acquire();
    submission->program = &program;
    submission->data = &work;
    submission->owner = &ended;
    submission->release = release;
    submission->done = [](Submission& s, Fault) {
      static_cast<std::atomic<uint32_t>*>(s.owner)->fetch_add(1);
    };
    executor.submit(submission);
  }
  const Nanos submitted = monotonic_now();
  const size_t held = allocated_bytes() - before;
  while (ended.load() != submissions) executor.wait_idle();
  const double items = static_cast<double>(dag.items()) * submissions;
  return {{"items", items}, {"submissions", submissions},
          {"submitted_before_release", submitted < release}, {"bytes", held},
          {"bytes_per_item", static_cast<double>(held) / items},
          {"submit_ns_per_item", static_cast<double>((submitted - begin).ns) / items},
          {"run_ns_per_item",
           static_cast<double>((monotonic_now() - std::max(release, submitted)).ns) / items}};
}

}  // namespace

Result<nlohmann::json> measure_memory() {
  const Dag dag = layered_dag(50, 40, 3);
  const DagWork work(dag);
  const double items = dag.items();
  const size_t empty = allocated_bytes();
  const Program program = program_of(dag, work);
  const size_t with_program = allocated_bytes();
  const Assignment plan = plan_of(dag, 2);
  const auto tape = Tape::compile(program, plan);
  CHECK(tape);
  TAKT_ASSIGN(const std::unique_ptr<Executor> dynamic, make_takt_executor("dynamic"));
  nlohmann::json report;
  report["bytes_per_item"] = {
      {"program", static_cast<double>(with_program - empty) / items},
      {"tape", static_cast<double>(tape->bytes()) / items}};
  report["million_in_flight"] = {in_flight(wide_dag(1'000'000), 1, *dynamic),
                                 in_flight(wide_dag(1'000), 1'000, *dynamic)};
  report["bytes_per_item"]["submission"] = report["million_in_flight"][0]["bytes_per_item"];
  return report;
}

}  // namespace takt::bench
