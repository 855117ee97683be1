#include "cost/cost_schema.h"

#include <sqlite3.h>

#include <filesystem>

namespace takt::cost_schema {
namespace {

using sqlite::Database;
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
  samples BLOB,
  source TEXT NOT NULL DEFAULT 'profile',
  speed_pct INTEGER NOT NULL DEFAULT 100,
  cold INTEGER NOT NULL DEFAULT 0,
  corun INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX batch_of_cost ON batch(cost_id, id);
PRAGMA application_id = 1952541556;
PRAGMA user_version = 2;
)sql";
static_assert(kApplicationId == 1952541556 && kVersion == 2,
              "the pragmas in kSchema repeat these");

// Version 1 had profiles only and no conditions.
constexpr char kFromVersion1[] = R"sql(
ALTER TABLE batch ADD COLUMN source TEXT NOT NULL DEFAULT 'profile';
ALTER TABLE batch ADD COLUMN speed_pct INTEGER NOT NULL DEFAULT 100;
ALTER TABLE batch ADD COLUMN cold INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN corun INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 2;
)sql";
// A reader may not change the file: a view of its own gives it the columns.
constexpr char kReadVersion1[] =
    "CREATE TEMP VIEW batch AS SELECT *, 'profile' AS source, 100 AS speed_pct, 0 AS cold, "
    "0 AS corun FROM main.batch";

enum class Identity { kBlank, kOlder, kOurs };

// What the file is, without writing to it.
Result<Identity> identify(Database& database) {
  TAKT_ASSIGN(const int64_t application, database.scalar("PRAGMA application_id"));
  TAKT_ASSIGN(const int64_t version, database.scalar("PRAGMA user_version"));
  TAKT_ASSIGN(const int64_t objects, database.scalar("SELECT COUNT(*) FROM sqlite_master"));
  if (application == 0 && version == 0 && objects == 0) return Identity::kBlank;
  if (application != kApplicationId)
    return bad_input(database.path() + ": is a database of another program; name another file "
                                       "for the costs");
  if (version < kOldestVersion || version > kVersion)
    return bad_input(database.path() + ": is a cost database of version " +
                     std::to_string(version) + ", this takt reads versions up to " +
                     std::to_string(kVersion) +
                     ": move it away and run `takt profile`, or use the takt that wrote it");
  return version < kVersion ? Identity::kOlder : Identity::kOurs;
}

Status bring_up_to_date(Database& database) {
  Transaction transaction(database);
  TAKT_TRY(transaction.begin());
  // Another process may have done it since we looked.
  TAKT_ASSIGN(const Identity identity, identify(database));
  if (identity == Identity::kBlank) TAKT_TRY(database.run(kSchema));
  if (identity == Identity::kOlder) TAKT_TRY(database.run(kFromVersion1));
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

}  // namespace

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
  if (*identity == Identity::kOlder) TAKT_TRY(database.run(kReadVersion1));
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
  if (identity != Identity::kOurs) TAKT_TRY(bring_up_to_date(database));
  return database;
}

}  // namespace takt::cost_schema
