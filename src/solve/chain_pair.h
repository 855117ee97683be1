// ChainPair: two chains of operations, each in its order and its windows, side by side on the
// pools, whatever all other operations do: an exact search. The job shop with two jobs of Akers
// (1956), for modes that take several lanes: a dynamic program over how far both chains are.
//
// Between decisions one chain waits and the other may still run. The chain that is behind
// starts its next operation, or waits until the other's has ended or others give lanes back: in
// some best schedule every operation starts then or when it is ready. Of labels that are
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
  enum class Answer { kFits, kNever, kStopped };

  // REQUIRES: in each chain every operation is a predecessor of the next, none is committed; both
  // outlive it. `others` take lanes away, lane by lane as few as they must.
  ChainPair(const Windows& windows, const std::array<Chain, 2>& chains,
            std::span<const PoolLoad> others = {});

  // Can both keep their windows? kStopped: `stopped`, or more than `labels_most`. A label takes
  // about 1 us and 64 bytes; `stopped` is asked every few hundred.
  Answer fit(size_t labels_most, const std::function<bool()>& stopped);

 private:
  struct Choice {
    uint32_t site = 0, type = 0;                 // type: what it takes of each pool
    int64_t duration = 0;
  };
  struct Step {
    int64_t earliest = 0, latest = 0, least = 0;
    std::vector<Choice> choices;
    std::vector<int64_t> lag;                    // from site * sites_ + to site
  };
  struct Label {
    std::array<int64_t, 2> end{};                // when each chain can go on
    std::array<uint32_t, 2> next{};              // how far it is
    std::array<uint32_t, 2> place{};             // where; from sites_ on: ready to go on there
    uint32_t running = 0;                        // type of the one whose end is later; 0: none
    bool dropped = false;
  };

  Step step_of(const Windows& windows, const Chain& chain, size_t i);
  uint32_t type_of(const FlatMode& mode);
  void load_pools(std::span<const PoolLoad> others);
  // kNever only where nothing was left out. `dive`: the farthest label first, not the earliest.
  Answer run(size_t labels_most, const std::function<bool()>& stopped, bool dive);
  bool finished(const Label& label, size_t chain) const {
    return label.next[chain] == chain_[chain].size();
  }
  void expand(uint32_t id);
  void move(const Label& from, size_t chain);
  void push(Label label);
  bool dominated(const Label& label);
  int64_t next_room(int64_t at) const;
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
  std::vector<int64_t> rooms_;                   // when lanes are given back, ascending
  std::vector<Label> labels_;
  std::vector<std::vector<uint32_t>> cells_;     // labels by how far both chains are
  std::vector<std::pair<int64_t, uint32_t>> queue_;
  bool dive_ = false;
};

// Of every job the longest way through its graph operations that are not committed, in least
// durations.
std::vector<ChainPair::Chain> longest_chains(const Windows& windows);

}  // namespace takt
