// Disturbances: what goes wrong in a simulation, drawn from its seed before it begins: a
// timeline of changes to lanes, and delays of inputs. One small file per kind; the table in
// disturbance.cpp names them and `takt sim --fault KIND:key=value,...` sets them up.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "base/rng.h"
#include "sim/sim_input.h"

namespace takt {

struct Disturbance {
  enum class Kind : uint8_t {
    kStop,      // the lane makes no progress and decides nothing, and nobody knows
    kGo,
    kLose,      // the lane is taken away, which is told; what it ran goes back
    kReturn,
    kFail,      // the accelerator drops what it runs; a reset takes `length`, max(): none helps
    kRepair,    // one that was given up is put in order
    kHang,      // what the accelerator runs now never ends
    kMode,      // the mission changes to mode `lane`
    kSpeed,     // all lanes of `pool` run at `speed_pct` of full speed
  };
  Nanos at;
  Kind kind = Kind::kStop;
  uint32_t lane = 0;
  uint32_t pool = 0;
  uint32_t speed_pct = 100;
  Nanos length = Nanos::max();
};

// Inputs of a task's jobs that come after the release, at random.
struct LateInputs {
  uint32_t task = 0;
  uint32_t chance_ppm = 0;
  Nanos most;
  uint64_t key = 0;
};

// The mission changes its mode: every other time one task has no jobs.
struct ModeChanges {
  uint32_t without = 0;                // the task
  Nanos every;
};

struct Disturbances {
  std::vector<Disturbance> timeline;   // by time once drawn
  std::vector<ModeChanges> modes;
  std::vector<LateInputs> late;
};

// One "kind:key=value,key=value". Getters note the first thing that is wrong; check() tells it.
class DisturbanceText {
 public:
  static Result<DisturbanceText> parse(std::string_view text);

  const std::string& kind() const { return kind_; }
  Nanos time(const std::string& key, Nanos otherwise);
  Nanos needed_time(const std::string& key);
  uint32_t percent(const std::string& key, uint32_t otherwise, uint32_t most = 100);
  uint32_t lane(const SimInput& input, bool accelerator);
  uint32_t cluster(const SimInput& input);
  uint32_t task(const SimInput& input);
  // kUsage: what was wrong, or a key that nobody asked for.
  Status check() const;

 private:
  const std::string* find(const std::string& key);
  void wrong(const std::string& what);

  std::string text_, kind_;
  std::map<std::string, std::string> values_;
  std::map<std::string, bool> used_;
  std::string error_;
};

// What one kind adds until `end`. The text has been parsed, not checked.
void add_stalls(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                Disturbances& out);
void add_cotenant(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                  Disturbances& out);
void add_thermal(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                 Disturbances& out);
void add_lane_loss(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                   Disturbances& out);
void add_accelerator_faults(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                            Disturbances& out);
void add_accelerator_hangs(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                           Disturbances& out);
void add_mode_changes(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                      Disturbances& out);
void add_late_inputs(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                     Disturbances& out);

// All of `texts`, sorted by time. kUsage names the text and what is wrong with it.
Result<Disturbances> draw_disturbances(const std::vector<std::string>& texts,
                                       const SimInput& input, Nanos end, uint64_t seed);
// One line per kind, for --help.
std::string disturbance_usage();

// Exponentially distributed with that mean, at least 1 ns: times between independent faults.
Nanos random_interval(Rng& rng, Nanos mean);

}  // namespace takt
