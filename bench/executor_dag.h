// What the executors of `takt bench executor` run: DAGs of equal items. The body of an item
// is the same function for every peer: it does nothing, or a fixed number of steps of a chain
// of multiplications (not a wait for a clock: a lane that loses its cpu has not worked).
//
// Shapes, 2000 items each:
//   chain        item n waits for item n - 1
//   wide         no item waits
//   layered      50 layers of 40; each item waits for 3 different items of the layer before,
//                drawn at random with a fixed seed
//   layered_all  50 layers of 40; each item waits for all 40 of the layer before
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/nanos.h"

namespace takt::bench {

struct Dag {
  std::string name;
  std::vector<std::vector<uint32_t>> deps;   // of each item, smaller ones only
  uint32_t layer = 0;                        // items per layer; 0: not layered
  bool all_of_layer = false;
  uint32_t items() const { return static_cast<uint32_t>(deps.size()); }
};

Dag chain_dag(uint32_t items);
Dag wide_dag(uint32_t items);
Dag layered_dag(uint32_t layers, uint32_t width, uint32_t inputs);   // inputs == width: all

// What the items of one DAG do. Set between runs only.
class DagWork {
 public:
  explicit DagWork(const Dag& dag) : dag_(dag), times_run_(dag.items()) {}

  uint64_t steps = 0;        // of the chain of multiplications
  bool checked = false;      // every item looks whether its inputs are done

  void run(uint32_t item) const {
    if (steps) compute(steps);
    if (checked) [[unlikely]] check(item);
  }
  // After a checked run: every item ran once, none before its inputs. Resets.
  bool complete();

 private:
  static void compute(uint64_t steps);
  void check(uint32_t item) const;

  const Dag& dag_;
  mutable std::vector<std::atomic<uint32_t>> times_run_;
  mutable std::atomic<uint32_t> early_{0};
};

// Steps that take `duration` on a cpu nobody else uses, from the fastest of many trials.
uint64_t steps_of(Nanos duration);

// One executor with one DAG, ready to run any number of times.
class DagPeer {
 public:
  virtual ~DagPeer() = default;
  // Runs every item once; returns when all are done. The calling thread may take part.
  virtual void run() = 0;
};

// No executor: a loop over the items in the calling thread.
std::unique_ptr<DagPeer> make_serial_peer(const Dag& dag, const DagWork& work);

}  // namespace takt::bench
