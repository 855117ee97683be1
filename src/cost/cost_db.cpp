#include "cost/cost_db.h"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

#include "cost/sqlite.h"
#include "cost/summary.h"

namespace takt {
namespace {

using sqlite::Database;
using sqlite::Query;
using sqlite::Statement;
using sqlite::Transaction;

constexpr int64_t kApplicationId = 0x74616b74;   // "takt", in the file's header

constexpr char kSchema[] = R"sql(
CREATE TABLE cost(
  id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  kernel_hash TEXT NOT NULL,
  workgroups_x INTEGER NOT NULL,
  workgroups_y INTEGER NOT NULL,
  workgroups_z INTEGER NOT NULL,
  lane_class TEXT NOT NULL,
  width INTEGER NOT NULL CHECK(width > 0),
  variant TEXT NOT NULL,
  entry TEXT NOT NULL,
  module TEXT NOT NULL,
  count INTEGER NOT NULL CHECK(count > 0),
  min_ns INTEGER NOT NULL CHECK(min_ns > 0),
  median_ns INTEGER NOT NULL CHECK(median_ns >= min_ns),
  p95_ns INTEGER NOT NULL CHECK(p95_ns >= median_ns),
  max_ns INTEGER NOT NULL CHECK(max_ns >= p95_ns),
  UNIQUE(host, kernel_hash, workgroups_x, workgroups_y, workgroups_z, lane_class, width, variant)
) STRICT;
CREATE TABLE batch(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  cost_id INTEGER NOT NULL REFERENCES cost(id) ON DELETE CASCADE,
  recorded_s INTEGER NOT NULL,
  takt_version TEXT NOT NULL,
  count INTEGER NOT NULL,
  min_ns INTEGER NOT NULL,
  median_ns INTEGER NOT NULL,
  p95_ns INTEGER NOT NULL,
  max_ns INTEGER NOT NULL,
  samples BLOB
) STRICT;
CREATE INDEX batch_of_cost ON batch(cost_id, id);
PRAGMA application_id = 1952541556;
PRAGMA user_version = 1;
)sql";
static_assert(kApplicationId == 1952541556 && CostDb::kSchemaVersion == 1,
              "the pragmas in kSchema repeat these");

#define TAKT_COST_KEY                                                             \
  "host=?1 AND kernel_hash=?2 AND workgroups_x=?3 AND workgroups_y=?4 AND "       \
  "workgroups_z=?5 AND lane_class=?6 AND width=?7 AND variant=?8"

constexpr char kFindSql[] = "SELECT id FROM cost WHERE " TAKT_COST_KEY;
constexpr char kPutSql[] =
    "INSERT INTO cost(host,kernel_hash,workgroups_x,workgroups_y,workgroups_z,lane_class,width,"
    "variant,entry,module,count,min_ns,median_ns,p95_ns,max_ns) "
    "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15) "
    "ON CONFLICT(host,kernel_hash,workgroups_x,workgroups_y,workgroups_z,lane_class,width,variant) "
    "DO UPDATE SET entry=?9,module=?10,count=?11,min_ns=?12,median_ns=?13,p95_ns=?14,max_ns=?15";
constexpr char kAddBatchSql[] =
    "INSERT INTO batch(cost_id,recorded_s,takt_version,count,min_ns,median_ns,p95_ns,max_ns,"
    "samples) VALUES(?1,CAST(strftime('%s','now') AS INTEGER),?2,?3,?4,?5,?6,?7,?8)";
constexpr char kPooledSql[] =
    "SELECT count,min_ns,max_ns,samples FROM batch WHERE cost_id=?1 AND samples IS NOT NULL "
    "ORDER BY id DESC LIMIT ?2";
// Batches outside the pool keep their summary only.
constexpr char kThinSql[] =
    "UPDATE batch SET samples=NULL WHERE cost_id=?1 AND samples IS NOT NULL AND id NOT IN "
    "(SELECT id FROM batch WHERE cost_id=?1 ORDER BY id DESC LIMIT ?2)";
constexpr char kPruneSql[] =
    "DELETE FROM batch WHERE cost_id=?1 AND id NOT IN "
    "(SELECT id FROM batch WHERE cost_id=?1 ORDER BY id DESC LIMIT ?2)";
constexpr char kTableSql[] =
    "SELECT kernel_hash,workgroups_x,workgroups_y,workgroups_z,lane_class,width,variant,"
    "count,min_ns,median_ns,p95_ns,max_ns FROM cost WHERE host=?1";
constexpr char kHostsSql[] =
    "SELECT host, COUNT(*), MAX((SELECT MAX(recorded_s) FROM batch WHERE cost_id=cost.id)) AS last "
    "FROM cost GROUP BY host ORDER BY last DESC, host";
constexpr char kHistorySql[] =
    "SELECT recorded_s,takt_version,batch.count,batch.min_ns,batch.median_ns,batch.p95_ns,"
    "batch.max_ns FROM batch JOIN cost ON cost.id=batch.cost_id WHERE " TAKT_COST_KEY
    " ORDER BY batch.id DESC";
constexpr char kForgetSql[] = "DELETE FROM cost WHERE host=?1";
#undef TAKT_COST_KEY

// The columns count, min, median, p95, max from `column` on.
CostStats stats_of(const Query& query, int column) {
  CostStats stats;
  stats.count = query.integer(column);
  stats.min = Nanos(query.integer(column + 1));
  stats.median = Nanos(query.integer(column + 2));
  stats.p95 = Nanos(query.integer(column + 3));
  stats.max = Nanos(query.integer(column + 4));
  return stats;
}

enum class Identity { kBlank, kOurs };

// What the file is, without writing to it.
Result<Identity> identify(Database& database) {
  TAKT_ASSIGN(const int64_t application, database.scalar("PRAGMA application_id"));
  TAKT_ASSIGN(const int64_t version, database.scalar("PRAGMA user_version"));
  TAKT_ASSIGN(const int64_t objects, database.scalar("SELECT COUNT(*) FROM sqlite_master"));
  if (application == 0 && version == 0 && objects == 0) return Identity::kBlank;
  if (application != kApplicationId)
    return bad_input(database.path() + ": is a database of another program; name another file "
                                       "for the costs");
  if (version != CostDb::kSchemaVersion)
    return bad_input(database.path() + ": is a cost database of version " +
                     std::to_string(version) + ", this takt reads version " +
                     std::to_string(CostDb::kSchemaVersion) +
                     ": move it away and run `takt profile`, or use the takt that wrote it");
  return Identity::kOurs;
}

Status create_schema(Database& database) {
  Transaction transaction(database);
  TAKT_TRY(transaction.begin());
  // Another process may have created it since we looked.
  TAKT_ASSIGN(const Identity identity, identify(database));
  if (identity == Identity::kBlank) TAKT_TRY(database.run(kSchema));
  return transaction.commit();
}

std::string file_uri(const std::string& path, const char* query) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      static constexpr char kHex[] = "0123456789abcdef";
      uri += {'%', kHex[c >> 4], kHex[c & 15]};
    } else {
      uri += c;
    }
  }
  return uri + query;
}

Result<Database> open_to_read(const std::string& path) {
  TAKT_ASSIGN(Database database,
              Database::open(file_uri(path, ""), path, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  Result<Identity> identity = identify(database);
  // In WAL mode even a reader writes beside the file. Where that is forbidden, a database
  // that was closed cleanly (no log beside it) can still be read as it stands.
  std::error_code ignored;
  if (!identity.ok() && identity.error().kind == Error::Kind::kFailed &&
      !std::filesystem::exists(path + "-wal", ignored)) {
    TAKT_ASSIGN(database, Database::open(file_uri(path, "?immutable=1"), path,
                                         SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
    identity = identify(database);
  }
  if (!identity.ok()) return identity.error();
  if (*identity == Identity::kBlank)
    return bad_input(path + ": holds no costs yet; run `takt profile` first");
  return database;
}

Result<Database> open_to_write(const std::string& path) {
  TAKT_ASSIGN(Database database,
              Database::open(file_uri(path, ""), path,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI));
  // SQLite opens a write-protected file for reading without a word.
  if (database.read_only()) return sqlite::explain(SQLITE_READONLY, path, "");
  TAKT_ASSIGN(const Identity identity, identify(database));
  // FULL: a recorded kernel survives a power cut; one fsync per kernel costs nothing
  // beside measuring it.
  TAKT_TRY(database.run("PRAGMA journal_mode=WAL"));
  TAKT_TRY(database.run("PRAGMA synchronous=FULL"));
  TAKT_TRY(database.run("PRAGMA foreign_keys=ON"));
  if (identity == Identity::kBlank) TAKT_TRY(create_schema(database));
  return database;
}

}  // namespace

struct CostDb::Impl {
  Database database;
  Statement find, put, add_batch, pooled, thin, prune, table, hosts, history, forget;

  Status prepare();
  Result<int64_t> find_id(const std::string& host, const CostKey& key);
  Status put_stats(const std::string& host, const CostKey& key, const CostOrigin& origin,
                   const CostStats& stats);
  Result<CostStats> pool_newest(int64_t cost_id);
};

Status CostDb::Impl::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&find, kFindSql},   {&put, kPutSql},     {&add_batch, kAddBatchSql}, {&pooled, kPooledSql},
      {&thin, kThinSql},   {&prune, kPruneSql}, {&table, kTableSql},        {&hosts, kHostsSql},
      {&history, kHistorySql}, {&forget, kForgetSql}};
  for (const auto& [statement, sql] : statements) {
    TAKT_ASSIGN(*statement, database.prepare(sql));
  }
  return {};
}

// 0: not there (SQLite's row ids start at 1).
Result<int64_t> CostDb::Impl::find_id(const std::string& host, const CostKey& key) {
  Query query(database, find, host, key.kernel_hash, key.workgroups[0], key.workgroups[1],
              key.workgroups[2], key.lane_class, key.width, key.variant);
  TAKT_ASSIGN(const bool row, query.next());
  return row ? query.integer(0) : int64_t{0};
}

Status CostDb::Impl::put_stats(const std::string& host, const CostKey& key,
                               const CostOrigin& origin, const CostStats& stats) {
  return Query(database, put, host, key.kernel_hash, key.workgroups[0], key.workgroups[1],
               key.workgroups[2], key.lane_class, key.width, key.variant, origin.entry,
               origin.module, stats.count, stats.min.ns, stats.median.ns, stats.p95.ns,
               stats.max.ns)
      .finish();
}

Result<CostStats> CostDb::Impl::pool_newest(int64_t cost_id) {
  std::vector<SampleBatch> batches;
  Query query(database, pooled, cost_id, kPooledBatches);
  for (;;) {
    TAKT_ASSIGN(const bool row, query.next());
    if (!row) break;
    auto kept = decode_samples(query.text(3));
    if (!kept || kept->empty() || query.integer(0) <= 0)
      return sqlite::explain(SQLITE_CORRUPT, database.path(), "samples of a batch are unreadable");
    batches.push_back({query.integer(0), Nanos(query.integer(1)), Nanos(query.integer(2)),
                       *std::move(kept)});
  }
  return pool(batches);
}

CostDb::CostDb(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CostDb::CostDb(CostDb&&) noexcept = default;
CostDb& CostDb::operator=(CostDb&&) noexcept = default;
CostDb::~CostDb() = default;

Result<CostDb> CostDb::open(const std::string& path, Access access) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(status))
    return bad_input(path + ": is a directory; name a file for the cost database");
  if (access == Access::kRead && status.type() == std::filesystem::file_type::not_found)
    return bad_input(path + ": there is no cost database; run `takt profile` first");
  auto impl = std::make_unique<Impl>();
  TAKT_ASSIGN(impl->database,
              access == Access::kRead ? open_to_read(path) : open_to_write(path));
  TAKT_TRY(impl->prepare());
  return CostDb(std::move(impl));
}

Status CostDb::record(const std::string& host, const CostKey& key, const CostOrigin& origin,
                      std::span<const Nanos> samples) {
  CHECK(!samples.empty());
  std::vector<Nanos> sorted(samples.begin(), samples.end());
  const CostStats fresh = summarise(sorted);
  if (fresh.min <= Nanos(0))
    return failed(impl_->database.path() + ": kernel " + origin.entry + ": measured " +
                  std::to_string(fresh.min.ns) + " ns, a cost is above zero; nothing was recorded");
  const SampleBatch batch = compact(std::move(sorted));
  const std::string bytes = encode_samples(batch.kept);

  Transaction transaction(impl_->database);
  TAKT_TRY(transaction.begin());
  TAKT_TRY(impl_->put_stats(host, key, origin, fresh));
  TAKT_ASSIGN(const int64_t id, impl_->find_id(host, key));
  TAKT_TRY(Query(impl_->database, impl_->add_batch, id, origin.takt_version, fresh.count,
                 fresh.min.ns, fresh.median.ns, fresh.p95.ns, fresh.max.ns, Query::blob(bytes))
               .finish());
  TAKT_TRY(Query(impl_->database, impl_->thin, id, kPooledBatches).finish());
  TAKT_TRY(Query(impl_->database, impl_->prune, id, kHistoryBatches).finish());
  TAKT_ASSIGN(const CostStats pooled, impl_->pool_newest(id));
  TAKT_TRY(impl_->put_stats(host, key, origin, pooled));
  return transaction.commit();
}

Result<bool> CostDb::has(const std::string& host, const CostKey& key) {
  TAKT_ASSIGN(const int64_t id, impl_->find_id(host, key));
  return id != 0;
}

Result<CostTable> CostDb::table(const std::string& host) {
  CostTable costs;
  Query query(impl_->database, impl_->table, host);
  for (;;) {
    TAKT_ASSIGN(const bool row, query.next());
    if (!row) return costs;
    CostKey key;
    key.kernel_hash = query.text(0);
    for (int i = 0; i < 3; ++i)
      key.workgroups[static_cast<size_t>(i)] = static_cast<uint32_t>(query.integer(1 + i));
    key.lane_class = query.text(4);
    key.width = static_cast<int>(query.integer(5));
    key.variant = query.text(6);
    costs.set(key, stats_of(query, 7));
  }
}

Result<std::vector<CostHost>> CostDb::hosts() {
  std::vector<CostHost> hosts;
  Query query(impl_->database, impl_->hosts);
  for (;;) {
    TAKT_ASSIGN(const bool row, query.next());
    if (!row) return hosts;
    hosts.push_back({query.text(0), query.integer(1), query.integer(2)});
  }
}

Result<std::vector<CostBatch>> CostDb::history(const std::string& host, const CostKey& key) {
  std::vector<CostBatch> batches;
  Query query(impl_->database, impl_->history, host, key.kernel_hash, key.workgroups[0],
              key.workgroups[1], key.workgroups[2], key.lane_class, key.width, key.variant);
  for (;;) {
    TAKT_ASSIGN(const bool row, query.next());
    if (!row) return batches;
    batches.push_back({query.integer(0), query.text(1), stats_of(query, 2)});
  }
}

Status CostDb::forget(const std::string& host) {
  return Query(impl_->database, impl_->forget, host).finish();
}

}  // namespace takt
