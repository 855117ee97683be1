// CostDb: the measured durations of all kernels on all hosts, in one SQLite file. `takt profile`
// and `takt run --learn` record into it, the planner reads a CostTable out of it.
//
// One row per (host, kernel hash, workgroups, lane class, width, variant), with the batches of
// samples it was measured in as history, each under its condition (profiled or in a run, at which
// speed, cold or warm, beside others or alone). What a row says: the newest kPooledBatches batches
// of every condition at the highest speed that was measured, together, so that an old machine
// state fades out; of runs alone once they gave kLearnedSamples: a run mixes conditions as
// the next run will. Every record() is one durable transaction: who is interrupted, killed or out
// of disk loses what is in progress and nothing else. Several processes may use one file at
// once; one CostDb belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "cost/cost_schema.h"
#include "model/cost_table.h"

namespace takt {

enum class CostSource : uint8_t { kProfile, kRun };
std::string_view name_of(CostSource source);

// Under which circumstances a batch was measured.
struct CostCondition {
  CostSource source = CostSource::kProfile;
  int speed_pct = 100;         // of the cluster's full speed
  bool cold = false;           // it had not run for a while: code and weights out of the caches
  bool corun = false;          // other lanes of the cluster were busy most of the time
  auto operator<=>(const CostCondition&) const = default;
};

// For people and for the history: what was measured, and by which takt.
struct CostOrigin {
  std::string entry;           // the kernel's readable entry name
  std::string module;          // the module it was measured in
  std::string takt_version;
};

struct CostRecord {
  CostKey key;
  CostOrigin origin;
  CostCondition condition;
  std::vector<Nanos> samples;  // not empty, all > 0
};

struct CostBatch {
  int64_t recorded_s = 0;      // Unix time
  std::string takt_version;
  CostCondition condition;
  CostStats stats;             // of this batch alone
};

struct CostEntry {
  CostKey key;
  std::string entry, module;
  CostStats stats;             // what plans count with
  int64_t batches = 0;         // in the history
  int64_t learned = 0;         // samples of runs in it
  int64_t last_recorded_s = 0; // Unix time
};

struct CostHost {
  std::string fingerprint;
  int64_t costs = 0;
  int64_t last_recorded_s = 0; // Unix time
};

class CostDb {
 public:
  static constexpr int kSchemaVersion = cost_schema::kVersion;
  static constexpr int kPooledBatches = 4;
  static constexpr int kHistoryBatches = 64;   // per cost and condition; older are forgotten
  static constexpr int kLearnedSamples = 20;

  enum class Access {
    kRead,     // the file must exist and hold costs; works on a read-only disk
    kWrite,    // created when missing (its directory is not), brought to this version when older
  };

  // Errors name `path` and say what to do: kUsage for a missing file (kRead), a file
  // that is no cost database, or one of another version; kFailed for no permission, a
  // full or failing disk, and another process that holds it. Nothing is written to a
  // file that is not ours.
  static Result<CostDb> open(const std::string& path, Access access);
  CostDb(CostDb&&) noexcept;
  CostDb& operator=(CostDb&&) noexcept;
  ~CostDb();

  // Adds one batch of samples, all of them > 0, and commits it to disk.
  // REQUIRES: opened with kWrite, samples not empty
  Status record(const std::string& host, const CostKey& key, const CostOrigin& origin,
                std::span<const Nanos> samples);
  // Adds all of them in one transaction: all or nothing. REQUIRES: opened with kWrite
  Status record(const std::string& host, std::span<const CostRecord> records);

  Result<bool> has(const std::string& host, const CostKey& key);
  Result<CostTable> table(const std::string& host);
  // The costs as the last batch until then, Unix time, measured them (the largest of several).
  Result<CostTable> table_at(const std::string& host, int64_t time_s);
  Result<std::vector<CostEntry>> entries(const std::string& host);   // by module, entry, key
  Result<std::vector<CostHost>> hosts();                     // most recently measured first
  // Newest first; empty when the cost is not there.
  Result<std::vector<CostBatch>> history(const std::string& host, const CostKey& key);
  // What it takes under each condition, of the newest kPooledBatches batches.
  Result<std::vector<std::pair<CostCondition, CostStats>>> conditions(const std::string& host,
                                                                      const CostKey& key);

  // Forgets every cost of a host, to measure it anew. REQUIRES: opened with kWrite
  Status forget(const std::string& host);
  // Forgets the batches that are older than `time_s`, Unix time, of one host ("": all), but never
  // a cost's newest; returns how many, and gives the space back. REQUIRES: opened with kWrite
  Result<int64_t> prune(const std::string& host, int64_t time_s);

 private:
  struct Impl;
  explicit CostDb(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace takt
