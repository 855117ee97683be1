// Program: what one command buffer does, as the executor runs it: a DAG of work items
// with tiles. Immutable after building; executed any number of times, also at once.
//
// Nodes are work items (tiles >= 1) or joins (tiles == 0: a barrier, or the sink that
// every program ends with). A node may start when all nodes it depends on are done.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/nanos.h"
#include "base/rng.h"

namespace takt {

class AcceleratorUse;

// What a work function may use of the lane that runs it.
class LaneContext {
 public:
  // For whoever provides the work functions; zero until they write to it.
  alignas(64) std::byte user[64] = {};
  uint32_t lane = 0;
  uint32_t lanes = 1;           // lanes of the executor
  uint32_t processor = 0;       // host cpu, for kernels that ask

  // Scratch memory of this lane, at least `bytes`, valid until the next call.
  std::byte* scratch(size_t bytes);
  void free_scratch();

 private:
  std::unique_ptr<std::byte[]> scratch_;
  size_t scratch_bytes_ = 0;
};

// An error of a work function: owned, opaque to the executor. nullptr: none.
using Fault = void*;

// Runs tiles [first, first + count) of a work item. `context` is the item's, `data` the
// submission's. Called by any lane, several at once with disjoint tiles.
using WorkFn = Fault (*)(const void* context, const void* data, LaneContext& lane,
                         uint32_t first, uint32_t count);

// Runs all of a work item on an accelerator that the calling lane drives alone. A fault is the
// accelerator's: it is reset and the item runs on cores. REQUIRES: whenever it returns (a fault, or
// use.lost()) the accelerator no longer writes, and what the item reads is as it was.
using AcceleratorFn = Fault (*)(const void* context, const void* data, LaneContext& lane,
                                const AcceleratorUse& use);

struct WorkItem {
  WorkFn run = nullptr;
  const void* context = nullptr;
  uint32_t tiles = 1;
  uint32_t label = 0;           // graph_op in traces
  uint32_t kernel = 0;          // equal ones share code and weights; 0: unknown
  Nanos duration;               // expected of all tiles on one lane; 0 or less: unknown
  AcceleratorFn on_accelerator = nullptr;   // the same result on an accelerator; nullptr: none
  Nanos accelerator_duration;   // expected there, more than 0
};

// What a policy may know of an item beside its place.
struct ItemFacts {
  uint32_t kernel = 0;
  Nanos duration;
  // Least time from its start to the end of the program: the longest way over what is known.
  Nanos remaining;
  AcceleratorFn on_accelerator = nullptr;
  Nanos accelerator_duration;
};

class Program {
 public:
  struct Node {
    WorkFn run = nullptr;
    const void* context = nullptr;
    uint32_t tiles = 0;
    uint32_t deps = 0;            // number of nodes it waits for
    uint32_t first_successor = 0;
    uint32_t successors = 0;
    uint32_t label = 0;
    // The only successor, when it is an item that waits for nothing else; else kNone.
    uint32_t chain_next = kNone;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  // Items in waves: items[waves[i]..waves[i + 1]) may run together once the wave
  // before is done. `waves` holds the first item of each wave, ascending from 0.
  static Program from_waves(std::vector<WorkItem> items, std::span<const uint32_t> waves);
  // Item i waits for the items deps[i] (all < i).
  static Program from_deps(std::vector<WorkItem> items,
                           const std::vector<std::vector<uint32_t>>& deps);
  // This program's items one after another in the given order of items.
  Program in_order(std::span<const uint32_t> order) const;

  // A random order of the items that respects every dependency.
  std::vector<uint32_t> random_order(Rng& rng) const;

  uint32_t region = 0;          // command buffer within its function, for traces

  // How long recent runs took that began at once (a slowly decaying maximum); 0: unknown.
  uint64_t typical_ticks() const { return typical_ticks_.value.load(std::memory_order_relaxed); }
  void note_run(uint64_t duration_ticks) const {
    const uint64_t old = typical_ticks();
    typical_ticks_.value.store(std::max(duration_ticks, old - old / 16),
                               std::memory_order_relaxed);
  }

  // Items are the first `items()` nodes; joins and the sink follow. The sink is last.
  uint32_t items() const { return items_; }
  std::span<const Node> nodes() const { return nodes_; }
  const Node& node(uint32_t index) const { return nodes_[index]; }
  uint32_t sink() const { return uint32_t(nodes_.size()) - 1; }
  std::span<const uint32_t> successors(const Node& node) const {
    return {successors_.data() + node.first_successor, node.successors};
  }
  std::span<const uint32_t> roots() const { return roots_; }
  // Node::deps of every node.
  std::span<const uint32_t> deps() const { return deps_; }
  // Items that several lanes may share or that an accelerator may run: of more than one tile, or
  // with a variant for the accelerator. Ascending.
  std::span<const uint32_t> shared_items() const { return shared_items_; }
  // One per item; none when nothing is known of any. Shared with submissions: lanes that look
  // for work may still read them when the program is gone.
  const std::shared_ptr<const std::vector<ItemFacts>>& facts() const { return facts_; }
  // Some items have a variant for an accelerator.
  bool uses_accelerators() const { return uses_accelerators_; }

 private:
  using Edges = std::vector<std::vector<uint32_t>>;   // predecessors of each node
  static Program build(std::vector<WorkItem> items, Edges predecessors);
  void note_facts(std::span<const WorkItem> items);

  struct Ticks {   // programs are moved while they are built, never later
    std::atomic<uint64_t> value{0};
    Ticks() = default;
    Ticks(const Ticks& other) : value(other.value.load(std::memory_order_relaxed)) {}
    Ticks& operator=(const Ticks& other) {
      value.store(other.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
      return *this;
    }
  };

  mutable Ticks typical_ticks_;
  uint32_t items_ = 0;
  std::vector<Node> nodes_;
  std::vector<uint32_t> successors_;
  std::vector<uint32_t> roots_;   // items without dependencies, ascending
  std::vector<uint32_t> deps_;
  std::vector<uint32_t> shared_items_;
  std::shared_ptr<const std::vector<ItemFacts>> facts_;
  bool uses_accelerators_ = false;
};

}  // namespace takt
