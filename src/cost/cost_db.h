// CostDb: the measured durations of all kernels on all hosts, in one SQLite file.
// `takt profile` records into it, the planner reads a CostTable out of it.
//
// One row per (host, kernel hash, workgroups, lane class, width, variant), with the
// batches of samples it was measured in as history. The row's statistics pool the
// newest kPooledBatches batches, so that an old machine state fades out. Every record()
// is one durable transaction: a profile that is interrupted, killed or out of disk loses
// the kernel in progress and nothing else. Several processes may use one file at once;
// one CostDb belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/cost_table.h"

namespace takt {

// For people and for the history: what was measured, and by which takt.
struct CostOrigin {
  std::string entry;           // the kernel's readable entry name
  std::string module;          // the module it was measured in
  std::string takt_version;
};

struct CostBatch {
  int64_t recorded_s = 0;      // Unix time
  std::string takt_version;
  CostStats stats;             // of this batch alone
};

struct CostHost {
  std::string fingerprint;
  int64_t costs = 0;
  int64_t last_recorded_s = 0; // Unix time
};

class CostDb {
 public:
  static constexpr int kSchemaVersion = 1;
  static constexpr int kPooledBatches = 4;
  static constexpr int kHistoryBatches = 64;   // per cost; older ones are forgotten

  enum class Access {
    kRead,     // the file must exist and hold costs; works on a read-only disk
    kWrite,    // created when missing (its directory is not)
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

  Result<bool> has(const std::string& host, const CostKey& key);
  Result<CostTable> table(const std::string& host);
  Result<std::vector<CostHost>> hosts();                     // most recently measured first
  // Newest first; empty when the cost is not there.
  Result<std::vector<CostBatch>> history(const std::string& host, const CostKey& key);

  // Forgets every cost of a host, to measure it anew. REQUIRES: opened with kWrite
  Status forget(const std::string& host);

 private:
  struct Impl;
  explicit CostDb(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace takt
