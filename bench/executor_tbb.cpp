// The peers of executor_peers.h on oneTBB.
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <deque>
#include <utility>

#include "bench/executor_peers.h"

namespace takt::bench {
namespace {

namespace flow = oneapi::tbb::flow;
using Node = flow::continue_node<flow::continue_msg>;

class FlowGraphPeer final : public DagPeer {
 public:
  FlowGraphPeer(const Dag& dag, const DagWork& work, int threads) : arena_(threads) {
    arena_.execute([&] { graph_ = std::make_unique<flow::graph>(); });
    for (uint32_t n = 0; n < dag.items(); ++n)
      nodes_.emplace_back(*graph_, [&work, n](const flow::continue_msg&) { work.run(n); });
    if (dag.all_of_layer) {
      connect_layers(dag);
    } else {
      for (uint32_t n = 0; n < dag.items(); ++n)
        for (const uint32_t input : dag.deps[n]) flow::make_edge(nodes_[input], nodes_[n]);
    }
    for (uint32_t n = 0; n < dag.items(); ++n)
      if (dag.deps[n].empty()) roots_.push_back(n);
  }

  void run() override {
    arena_.execute([this] {
      for (const uint32_t root : roots_) nodes_[root].try_put(flow::continue_msg());
      graph_->wait_for_all();
    });
  }

 private:
  void connect_layers(const Dag& dag) {
    for (uint32_t n = dag.layer; n < dag.items(); n += dag.layer) {
      Node& join = joins_.emplace_back(*graph_, [](const flow::continue_msg&) {});
      for (uint32_t i = 0; i < dag.layer; ++i) {
        flow::make_edge(nodes_[n - dag.layer + i], join);
        flow::make_edge(join, nodes_[n + i]);
      }
    }
  }

  oneapi::tbb::task_arena arena_;
  std::unique_ptr<flow::graph> graph_;
  std::deque<Node> nodes_, joins_;
  std::vector<uint32_t> roots_;
};

constexpr uint32_t kNone = UINT32_MAX;

class TaskGroupPeer final : public DagPeer {
 public:
  TaskGroupPeer(const Dag& dag, const DagWork& work, int threads)
      : dag_(dag), work_(work), arena_(threads), pending_(dag.items()), successors_(dag.items()) {
    for (uint32_t n = 0; n < dag.items(); ++n) {
      pending_[n].store(static_cast<uint32_t>(dag.deps[n].size()));
      if (dag.deps[n].empty()) roots_.push_back(n);
      if (dag.all_of_layer) continue;
      for (const uint32_t input : dag.deps[n]) successors_[input].push_back(n);
    }
  }

  void run() override {
    arena_.execute([this] {
      oneapi::tbb::task_group group;
      if (dag_.all_of_layer) {
        run_layers(group);
      } else {
        for (const uint32_t root : roots_) group.run([this, &group, root] { body(group, root); });
        group.wait();
      }
    });
  }

 private:
  void run_layers(oneapi::tbb::task_group& group) {
    for (uint32_t first = 0; first < dag_.items(); first += dag_.layer) {
      for (uint32_t n = first; n < first + dag_.layer; ++n)
        group.run([this, n] { work_.run(n); });
      group.wait();
    }
  }

  void body(oneapi::tbb::task_group& group, uint32_t item) {
    for (uint32_t next = item; next != kNone;) {
      const uint32_t done = std::exchange(next, kNone);
      work_.run(done);
      pending_[done].store(static_cast<uint32_t>(dag_.deps[done].size()),
                           std::memory_order_relaxed);   // for the next run
      for (const uint32_t successor : successors_[done]) {
        if (pending_[successor].fetch_sub(1, std::memory_order_acq_rel) != 1) continue;
        if (next == kNone) {
          next = successor;
        } else {
          group.run([this, &group, successor] { body(group, successor); });
        }
      }
    }
  }

  const Dag& dag_;
  const DagWork& work_;
  oneapi::tbb::task_arena arena_;
  std::vector<std::atomic<uint32_t>> pending_;
  std::vector<std::vector<uint32_t>> successors_;
  std::vector<uint32_t> roots_;
};

}  // namespace

std::unique_ptr<DagPeer> make_flow_graph_peer(const Dag& dag, const DagWork& work, int threads) {
  return std::make_unique<FlowGraphPeer>(dag, work, threads);
}

std::unique_ptr<DagPeer> make_task_group_peer(const Dag& dag, const DagWork& work, int threads) {
  return std::make_unique<TaskGroupPeer>(dag, work, threads);
}

}  // namespace takt::bench
