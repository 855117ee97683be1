#include "cost/cost_db.h"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "cost/cost_schema.h"
#include "cost/sqlite.h"
#include "cost/summary.h"

namespace takt {
namespace {

using sqlite::Database;
using sqlite::Query;
using sqlite::Statement;
using sqlite::Transaction;

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
    "samples,source,speed_pct,cold,corun) "
    "VALUES(?1,CAST(strftime('%s','now') AS INTEGER),?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)";
constexpr char kPooledSql[] =
    "SELECT count,min_ns,max_ns,samples,source,speed_pct,cold,corun FROM batch "
    "WHERE cost_id=?1 AND samples IS NOT NULL";
#define TAKT_COST_CONDITION "cost_id=?1 AND source=?3 AND speed_pct=?4 AND cold=?5 AND corun=?6"
#define TAKT_NEWEST "(SELECT id FROM batch WHERE " TAKT_COST_CONDITION " ORDER BY id DESC LIMIT ?2)"
// Batches outside the pool keep their summary only.
constexpr char kThinSql[] =
    "UPDATE batch SET samples=NULL WHERE " TAKT_COST_CONDITION
    " AND samples IS NOT NULL AND id NOT IN " TAKT_NEWEST;
constexpr char kTrimSql[] =
    "DELETE FROM batch WHERE " TAKT_COST_CONDITION " AND id NOT IN " TAKT_NEWEST;
#undef TAKT_NEWEST
#undef TAKT_COST_CONDITION
#define TAKT_KEY_COLUMNS                                                                  \
  "cost.kernel_hash,cost.workgroups_x,cost.workgroups_y,cost.workgroups_z,cost.lane_class," \
  "cost.width,cost.variant"
constexpr char kTableSql[] =
    "SELECT " TAKT_KEY_COLUMNS ",count,min_ns,median_ns,p95_ns,max_ns FROM cost WHERE host=?1";
constexpr char kTableAtSql[] =
    "SELECT " TAKT_KEY_COLUMNS ",b.count,b.min_ns,b.median_ns,b.p95_ns,b.max_ns "
    "FROM cost JOIN batch AS b ON b.id=(SELECT id FROM batch WHERE cost_id=cost.id AND "
    "recorded_s<=?2 ORDER BY recorded_s DESC, count DESC LIMIT 1) WHERE host=?1";
constexpr char kEntriesSql[] =
    "SELECT " TAKT_KEY_COLUMNS ",cost.count,cost.min_ns,cost.median_ns,cost.p95_ns,cost.max_ns,"
    "entry,module,COUNT(b.id),SUM(CASE WHEN b.source='run' THEN b.count ELSE 0 END),"
    "MAX(b.recorded_s) FROM cost LEFT JOIN batch AS b ON b.cost_id=cost.id WHERE host=?1 "
    "GROUP BY cost.id ORDER BY module,entry,lane_class,width,variant,cost.id";
#undef TAKT_KEY_COLUMNS
constexpr char kHostsSql[] =
    "SELECT host, COUNT(*), MAX((SELECT MAX(recorded_s) FROM batch WHERE cost_id=cost.id)) AS last "
    "FROM cost GROUP BY host ORDER BY last DESC, host";
constexpr char kHistorySql[] =
    "SELECT recorded_s,takt_version,source,speed_pct,cold,corun,batch.count,batch.min_ns,"
    "batch.median_ns,batch.p95_ns,batch.max_ns FROM batch JOIN cost ON cost.id=batch.cost_id "
    "WHERE " TAKT_COST_KEY " ORDER BY batch.id DESC";
constexpr char kForgetSql[] = "DELETE FROM cost WHERE host=?1";
#undef TAKT_COST_KEY
constexpr char kIdsSql[] = "SELECT id FROM cost WHERE ?1='' OR host=?1";
constexpr char kPruneSql[] =
    "DELETE FROM batch WHERE recorded_s<?2 AND cost_id=?1 AND "
    "id<>(SELECT MAX(id) FROM batch WHERE cost_id=?1)";
constexpr char kSetStatsSql[] =
    "UPDATE cost SET count=?2,min_ns=?3,median_ns=?4,p95_ns=?5,max_ns=?6 WHERE id=?1";

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

CostKey key_of(const Query& query) {
  CostKey key;
  key.kernel_hash = query.text(0);
  for (int i = 0; i < 3; ++i)
    key.workgroups[static_cast<size_t>(i)] = static_cast<uint32_t>(query.integer(1 + i));
  key.lane_class = query.text(4);
  key.width = static_cast<int>(query.integer(5));
  key.variant = query.text(6);
  return key;
}

// The columns source, speed_pct, cold, corun from `column` on.
CostCondition condition_of(const Query& query, int column) {
  return {query.text(column) == name_of(CostSource::kRun) ? CostSource::kRun : CostSource::kProfile,
          static_cast<int>(query.integer(column + 1)), query.integer(column + 2) != 0,
          query.integer(column + 3) != 0};
}

using Pools = std::map<CostCondition, std::vector<SampleBatch>>;

// What plans count with (see the top of cost_db.h).
CostStats pool_for_plans(const Pools& pools) {
  int fastest = 0;
  for (const auto& [condition, batches] : pools) fastest = std::max(fastest, condition.speed_pct);
  std::vector<SampleBatch> all, runs;
  int64_t learned = 0;
  for (const auto& [condition, batches] : pools) {
    if (condition.speed_pct != fastest) continue;
    all.insert(all.end(), batches.begin(), batches.end());
    if (condition.source != CostSource::kRun) continue;
    runs.insert(runs.end(), batches.begin(), batches.end());
    for (const SampleBatch& batch : batches) learned += batch.count;
  }
  return pool(learned >= CostDb::kLearnedSamples ? runs : all);
}

}  // namespace

std::string_view name_of(CostSource source) {
  return source == CostSource::kRun ? "run" : "profile";
}

struct CostDb::Impl {
  Database database;
  Statement find, pooled, table, table_at, entries, hosts, history;             // reading
  Statement put, add_batch, thin, trim, forget, ids, prune, set_stats;

  Status prepare(Access access);
  Result<int64_t> find_id(const std::string& host, const CostKey& key);
  Status put_stats(const std::string& host, const CostKey& key, const CostOrigin& origin,
                   const CostStats& stats);
  Result<Pools> pools(int64_t cost_id);
  Status settle(int64_t cost_id);
  Status add(const std::string& host, const CostRecord& record);
  Result<CostTable> read_table(Query& query);
};

Status CostDb::Impl::prepare(Access access) {
  const std::pair<Statement*, const char*> reading[] = {
      {&find, kFindSql},       {&pooled, kPooledSql}, {&table, kTableSql}, {&table_at, kTableAtSql},
      {&entries, kEntriesSql}, {&hosts, kHostsSql},   {&history, kHistorySql}};
  const std::pair<Statement*, const char*> writing[] = {
      {&put, kPutSql},       {&add_batch, kAddBatchSql}, {&thin, kThinSql},
      {&trim, kTrimSql},     {&forget, kForgetSql},      {&ids, kIdsSql},
      {&prune, kPruneSql},   {&set_stats, kSetStatsSql}};
  for (const auto& [statement, sql] : reading) {
    TAKT_ASSIGN(*statement, database.prepare(sql));
  }
  if (access == Access::kRead) return {};
  for (const auto& [statement, sql] : writing) {
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

Result<Pools> CostDb::Impl::pools(int64_t cost_id) {
  Pools pools;
  Query query(database, pooled, cost_id);
  for (;;) {
    TAKT_ASSIGN(const bool row, query.next());
    if (!row) break;
    auto kept = decode_samples(query.text(3));
    if (!kept || kept->empty() || query.integer(0) <= 0)
      return sqlite::explain(SQLITE_CORRUPT, database.path(), "samples of a batch are unreadable");
    pools[condition_of(query, 4)].push_back({query.integer(0), Nanos(query.integer(1)),
                                             Nanos(query.integer(2)), *std::move(kept)});
  }
  if (pools.empty())
    return sqlite::explain(SQLITE_CORRUPT, database.path(), "a cost has no samples");
  return pools;
}

Status CostDb::Impl::settle(int64_t cost_id) {
  TAKT_ASSIGN(const Pools batches, pools(cost_id));
  const CostStats stats = pool_for_plans(batches);
  return Query(database, set_stats, cost_id, stats.count, stats.min.ns, stats.median.ns,
               stats.p95.ns, stats.max.ns)
      .finish();
}

Status CostDb::Impl::add(const std::string& host, const CostRecord& record) {
  CHECK(!record.samples.empty());
  const CostStats fresh = summarise(record.samples);
  if (fresh.min <= Nanos(0))
    return failed(database.path() + ": kernel " + record.origin.entry + ": measured " +
                  std::to_string(fresh.min.ns) + " ns, a cost is above zero; nothing was recorded");
  const std::string bytes = encode_samples(compact(record.samples).kept);
  const CostCondition& c = record.condition;
  const std::string_view source = name_of(c.source);
  const int cold = c.cold, corun = c.corun;

  TAKT_TRY(put_stats(host, record.key, record.origin, fresh));
  TAKT_ASSIGN(const int64_t id, find_id(host, record.key));
  TAKT_TRY(Query(database, add_batch, id, record.origin.takt_version, fresh.count, fresh.min.ns,
                 fresh.median.ns, fresh.p95.ns, fresh.max.ns, Query::blob(bytes), source,
                 c.speed_pct, cold, corun)
               .finish());
  TAKT_TRY(Query(database, thin, id, kPooledBatches, source, c.speed_pct, cold, corun).finish());
  TAKT_TRY(Query(database, trim, id, kHistoryBatches, source, c.speed_pct, cold, corun).finish());
  return settle(id);
}

Result<CostTable> CostDb::Impl::read_table(Query& query) {
  CostTable costs;
  for (;;) {
    TAKT_ASSIGN(const bool row, query.next());
    if (!row) return costs;
    costs.set(key_of(query), stats_of(query, 7));
  }
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
              access == Access::kRead ? cost_schema::open_to_read(path)
                                      : cost_schema::open_to_write(path));
  TAKT_TRY(impl->prepare(access));
  return CostDb(std::move(impl));
}

Status CostDb::record(const std::string& host, const CostKey& key, const CostOrigin& origin,
                      std::span<const Nanos> samples) {
  const CostRecord record{key, origin, {}, {samples.begin(), samples.end()}};
  return this->record(host, {&record, 1});
}

Status CostDb::record(const std::string& host, std::span<const CostRecord> records) {
  Transaction transaction(impl_->database);
  TAKT_TRY(transaction.begin());
  for (const CostRecord& record : records) TAKT_TRY(impl_->add(host, record));
  return transaction.commit();
}

Result<bool> CostDb::has(const std::string& host, const CostKey& key) {
  TAKT_ASSIGN(const int64_t id, impl_->find_id(host, key));
  return id != 0;
}

Result<CostTable> CostDb::table(const std::string& host) {
  Query query(impl_->database, impl_->table, host);
  return impl_->read_table(query);
}

Result<CostTable> CostDb::table_at(const std::string& host, int64_t time_s) {
  Query query(impl_->database, impl_->table_at, host, time_s);
  return impl_->read_table(query);
}

Result<std::vector<CostEntry>> CostDb::entries(const std::string& host) {
  std::vector<CostEntry> entries;
  Query query(impl_->database, impl_->entries, host);
  for (;;) {
    TAKT_ASSIGN(const bool row, query.next());
    if (!row) return entries;
    entries.push_back({key_of(query), query.text(12), query.text(13), stats_of(query, 7),
                       query.integer(14), query.integer(15), query.integer(16)});
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
    batches.push_back(
        {query.integer(0), query.text(1), condition_of(query, 2), stats_of(query, 6)});
  }
}

Result<std::vector<std::pair<CostCondition, CostStats>>> CostDb::conditions(
    const std::string& host, const CostKey& key) {
  std::vector<std::pair<CostCondition, CostStats>> conditions;
  TAKT_ASSIGN(const int64_t id, impl_->find_id(host, key));
  if (id == 0) return conditions;
  TAKT_ASSIGN(const Pools pools, impl_->pools(id));
  for (const auto& [condition, batches] : pools) conditions.emplace_back(condition, pool(batches));
  return conditions;
}

Status CostDb::forget(const std::string& host) {
  return Query(impl_->database, impl_->forget, host).finish();
}

Result<int64_t> CostDb::prune(const std::string& host, int64_t time_s) {
  Impl& impl = *impl_;
  int64_t pruned = 0;
  {
    Transaction transaction(impl.database);
    TAKT_TRY(transaction.begin());
    std::vector<int64_t> ids;
    for (Query query(impl.database, impl.ids, host);;) {
      TAKT_ASSIGN(const bool row, query.next());
      if (!row) break;
      ids.push_back(query.integer(0));
    }
    for (const int64_t id : ids) {
      TAKT_TRY(Query(impl.database, impl.prune, id, time_s).finish());
      TAKT_ASSIGN(const int64_t changed, impl.database.scalar("SELECT changes()"));
      pruned += changed;
      if (changed > 0) TAKT_TRY(impl.settle(id));
    }
    TAKT_TRY(transaction.commit());
  }
  TAKT_TRY(impl.database.run("VACUUM"));
  return pruned;
}

}  // namespace takt
