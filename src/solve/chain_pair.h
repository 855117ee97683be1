// ChainPair: two chains of operations, each in its order and its windows, side by side on the
// pools, whatever all other operations do: an exact search. The job shop with two jobs of Akers
// (1956), for modes that take several lanes: a dynamic program over how far both chains are.
//
// Between decisions one chain waits and the other may still run. The chain that is behind
// starts its next operation, or waits until the other's has ended: in some best schedule every
// operation starts when it is ready or when one of the other chain ends. Of labels that are
// equally far, those no better in both times are dropped. Lanes are counted by pool, so what it
// finds is a relaxation where blocks are aligned.
//
// One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "solve/bounds/windows.h"

namespace takt {

// Lanes of a pool that are taken for a time.
struct PoolLoad {
  uint32_t pool = 0;
  Nanos start, end;
  int lanes = 0;
};

class ChainPair {
 public:
  using Chain = std::vector<uint32_t>;
  struct Placed {
    uint32_t op = 0, mode = 0;
    Nanos start;
  };
  enum class Answer { kFits, kNever, kStopped };

  // REQUIRES: in each chain every operation is a predecessor of the next, none is committed; both
  // outlive it. `others` take lanes away; starts are then only as good as a heuristic's.
  ChainPair(const Windows& windows, const std::array<Chain, 2>& chains,
            std::span<const PoolLoad> others = {});

  // Can both keep their windows? kStopped: `stopped`, or more than `labels_most`.
  Answer fit(int64_t labels_most, const std::function<bool()>& stopped);
  // The same, with the least end of the first chain.
  Answer minimize_first(int64_t labels_most, const std::function<bool()>& stopped);
  // Of the last answer, when it was kFits: every operation, in no order.
  std::vector<Placed> plan() const;

 private:
  static constexpr uint32_t kNone = ~0u;
  struct Choice {
    uint32_t mode = 0, site = 0, type = 0;       // type: what it takes of each pool
    int64_t duration = 0;
  };
  struct Step {
    uint32_t op = 0;
    int64_t earliest = 0, latest = 0, least = 0;
    std::vector<Choice> choices;
    std::vector<int64_t> lag;                    // from site * sites_ + to site
  };
  struct Label {
    std::array<int64_t, 2> end{};                // when each chain can go on
    std::array<uint32_t, 2> next{};              // how far it is
    std::array<uint32_t, 2> place{};             // where; from sites_ on: ready to go on there
    uint32_t running = 0;                        // type of the one whose end is later; 0: none
    uint32_t parent = kNone;
    uint32_t moved = 0, mode = kNone;            // the chain that started an operation, if any
    bool dropped = false;
  };

  Step step_of(const Windows& windows, const Chain& chain, size_t i);
  uint32_t type_of(const FlatMode& mode);
  void load_pools(std::span<const PoolLoad> others);
  Answer run(int64_t labels_most, const std::function<bool()>& stopped, bool least);
  bool finished(const Label& label, size_t chain) const {
    return label.next[chain] == chain_[chain].size();
  }
  void expand(uint32_t id);
  void move(uint32_t id, size_t chain);
  void push(Label label, uint32_t parent);
  bool dominated(const Label& label);
  void improve_on(int64_t end);
  int64_t free_from(const Choice& choice, int64_t at, int64_t latest) const;
  bool fits(uint32_t type, uint32_t beside, int64_t from, int64_t to) const;

  const Problem& problem_;
  uint32_t sites_ = 1;
  std::array<std::vector<Step>, 2> chain_;
  std::vector<std::vector<int>> types_;          // lanes by pool; the first takes none
  struct Free {
    int64_t from = 0;
    int lanes = 0;
  };
  std::vector<std::vector<Free>> free_;          // by pool, ascending, the first from the start
  std::vector<Label> labels_;
  std::vector<std::vector<uint32_t>> cells_;     // labels by how far both chains are
  std::vector<std::pair<int64_t, uint32_t>> queue_;
  uint32_t goal_ = kNone;
};

// The longest way through the job's operations that are not committed, in least durations.
ChainPair::Chain longest_chain(const Windows& windows, uint32_t job);

}  // namespace takt
