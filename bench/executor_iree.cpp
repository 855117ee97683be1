// The peer of executor_peers.h on IREE's task executor.
#include <iree/task/api.h>
#include <iree/task/executor.h>
#include <iree/task/process.h>
#include <iree/task/topology.h>

#include <atomic>
#include <thread>

#include "base/check.h"
#include "bench/executor_peers.h"

namespace takt::bench {

class IreeTaskExecutor {
 public:
  explicit IreeTaskExecutor(int threads) {
    iree_task_topology_t topology;
    iree_task_topology_initialize(&topology);
    iree_task_topology_initialize_from_group_count(static_cast<iree_host_size_t>(threads),
                                                   &topology);
    iree_task_executor_options_t options;
    iree_task_executor_options_initialize(&options);
    CHECK(iree_status_is_ok(
        iree_task_executor_create(options, &topology, iree_allocator_system(), &executor_)));
    iree_task_topology_deinitialize(&topology);
  }
  ~IreeTaskExecutor() { iree_task_executor_release(executor_); }
  iree_task_executor_t* get() const { return executor_; }

 private:
  iree_task_executor_t* executor_ = nullptr;
};

namespace {

class IreePeer final : public DagPeer {
 public:
  IreePeer(const Dag& dag, const DagWork& work, std::shared_ptr<IreeTaskExecutor> executor)
      : dag_(dag), executor_(std::move(executor)), items_(dag.items()) {
    for (uint32_t n = 0; n < dag.items(); ++n) {
      items_[n].peer = this;
      items_[n].work = &work;
      items_[n].index = n;
      for (const uint32_t input : dag.deps[n])
        items_[input].dependents.push_back(&items_[n].process);
    }
    reset();
  }

  void run() override {
    left_.store(dag_.items(), std::memory_order_relaxed);
    for (Item& item : items_)
      if (dag_.deps[item.index].empty())
        iree_task_executor_schedule_process(executor_->get(), &item.process);
    while (left_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
    reset();
  }

 private:
  struct Item {
    iree_task_process_t process;
    IreePeer* peer = nullptr;
    const DagWork* work = nullptr;
    uint32_t index = 0;
    std::vector<iree_task_process_t*> dependents;
  };

  void reset() {
    for (Item& item : items_) {
      iree_task_process_initialize(
          drain, static_cast<int32_t>(dag_.deps[item.index].size()), 1, &item.process);
      item.process.user_data = &item;
      item.process.release_fn = released;
      item.process.dependents = item.dependents.data();
      item.process.dependent_count = static_cast<uint16_t>(item.dependents.size());
    }
  }

  static iree_status_t drain(iree_task_process_t* process, const iree_task_worker_context_t*,
                             iree_task_process_drain_result_t* result) {
    const Item& item = *static_cast<Item*>(process->user_data);
    item.work->run(item.index);
    result->completed = true;
    result->did_work = true;
    return iree_ok_status();
  }

  // The last thing the executor does with a process.
  static void released(iree_task_process_t* process) {
    static_cast<Item*>(process->user_data)->peer->left_.fetch_sub(1, std::memory_order_acq_rel);
  }

  const Dag& dag_;
  std::shared_ptr<IreeTaskExecutor> executor_;
  std::vector<Item> items_;
  std::atomic<uint32_t> left_{0};
};

}  // namespace

std::shared_ptr<IreeTaskExecutor> make_iree_executor(int threads) {
  return std::make_shared<IreeTaskExecutor>(threads);
}

std::unique_ptr<DagPeer> make_iree_peer(const Dag& dag, const DagWork& work,
                                        std::shared_ptr<IreeTaskExecutor> executor) {
  return std::make_unique<IreePeer>(dag, work, std::move(executor));
}

}  // namespace takt::bench
