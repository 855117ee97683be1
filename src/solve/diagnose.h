// Why deadlines are missed or the window is overrun, in terms a person can act on: what is
// longer than its deadline even alone, which lanes are asked for more than they have, and which
// operations hold a lane for longer than others can wait.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "solve/bounds/blocking.h"
#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

struct MissedDeadline {
  JobId job;
  Nanos late;
};

// It ends after it must even with all lanes to itself.
struct TooLong {
  std::string what;                 // "job policy#5", "chain see-act (policy#0 .. act#0)", "window"
  Nanos due, least_end;             // least_end > due
  std::vector<uint32_t> path;       // the operations that make it so, first in time first
};

struct Overcommitment {
  std::vector<PoolId> pools;
  Nanos from, to;
  Nanos asked, offered;             // lane time; asked > offered
  Nanos taken;                      // lane time that outages and commitments take of it
  struct Share {
    JobId job;
    Nanos work;
  };
  std::vector<Share> shares;        // of `asked`, greatest first
};

struct Diagnosis {
  std::vector<MissedDeadline> missed;             // hard jobs first, latest first
  Nanos overrun;                                  // how far the last operation passes the horizon
  std::vector<TooLong> too_long;
  std::optional<Overcommitment> overcommitment;   // the worst interval that was found
  // Of jobs as if each stood alone, without those it waits for: each makes another job late, or
  // pass the horizon, in any schedule.
  std::vector<Blocking> blockings;
};

// `schedule`: a valid one. Overcommitment and blockings are looked for when something is missed;
// they count hard and firm jobs that are not too long alone, and the horizon.
Diagnosis diagnose(const Problem& problem, const Schedule& schedule);

// "'GPU' is not to be had: Detection#0 holds it, without a break, for 116ms between ...": the
// proof in words.
std::string sentence_of(const Problem& problem, const Blocking& blocking);

// One sentence a line; empty when nothing is missed.
std::string text_of(const Problem& problem, const Diagnosis& diagnosis);

}  // namespace takt
