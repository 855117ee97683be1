#include "cost/sqlite.h"

#include <sqlite3.h>

#include <cstring>

namespace takt::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

}  // namespace

Error explain(int code, const std::string& path, const std::string& detail) {
  const std::string because = detail.empty() ? "" : " (" + detail + ")";
  switch (code & 0xff) {
    case SQLITE_FULL:
      return failed(path + ": the disk is full; what was recorded before is kept: free some "
                           "space and run the command again, it resumes");
    case SQLITE_IOERR:
      return failed(path + ": reading or writing failed" + because + "; what was recorded before "
                           "is kept: check the disk and run the command again, it resumes");
    case SQLITE_NOTADB:
      return bad_input(path + ": is not a cost database; name another file, or move this one "
                              "away and run `takt profile`");
    case SQLITE_CORRUPT:
      return bad_input(path + ": the cost database is damaged" + because +
                       "; move it away and run `takt profile` to measure again");
    case SQLITE_CANTOPEN:
      return failed(path + ": cannot open the cost database" + because +
                    "; check that its directory exists and may be written");
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return failed(path + ": no permission to write the cost database" + because +
                    "; make the file and its directory writable, or name another file");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return failed(path + ": another process is writing the cost database; wait for it to end "
                           "and run the command again");
    default:
      return failed(path + ": the cost database failed" + because +
                    "; if it happens again, move the file away and run `takt profile`");
  }
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* handle) const { sqlite3_close(handle); }

Result<Database> Database::open(const std::string& uri, const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &handle, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database;
  database.handle_.reset(handle);
  database.path_ = path;
  if (code != SQLITE_OK) return database.error(code);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

Error Database::error(int code) const {
  std::string detail = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  const int os = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  const int primary = code & 0xff;
  if (os != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN))
    detail += std::string(": ") + std::strerror(os);
  return explain(code, path_, detail);
}

Status Database::run(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return error(code);
  Statement statement;
  statement.handle_.reset(handle);
  return statement;
}

Result<int64_t> Database::scalar(const char* sql) {
  TAKT_ASSIGN(Statement statement, prepare(sql));
  Query query(*this, statement);
  TAKT_ASSIGN(const bool row, query.next());
  return row ? query.integer(0) : int64_t{0};
}

bool Database::read_only() const { return sqlite3_db_readonly(handle_.get(), "main") == 1; }

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Result<bool> Query::next() {
  if (code_ != SQLITE_OK) return database_.error(code_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_.error(code);
}

Status Query::finish() {
  for (;;) {
    TAKT_ASSIGN(const bool row, next());
    if (!row) return {};
  }
}

int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int length = sqlite3_column_bytes(statement_, column);
  return bytes ? std::string(static_cast<const char*>(bytes), static_cast<size_t>(length)) : "";
}

bool Query::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Query::bind(int index, int64_t value) { note(sqlite3_bind_int64(statement_, index, value)); }

void Query::bind(int index, std::string_view value) {
  // A null pointer would bind NULL; an empty string is a value.
  note(sqlite3_bind_text64(statement_, index, value.empty() ? "" : value.data(), value.size(),
                           SQLITE_STATIC, SQLITE_UTF8));
}

void Query::bind(int index, const Blob& value) {
  note(sqlite3_bind_blob64(statement_, index, value.bytes.empty() ? "" : value.bytes.data(),
                           value.bytes.size(), SQLITE_STATIC));
}

Transaction::~Transaction() {
  if (open_) (void)database_.run("ROLLBACK");   // the first error is the one to report
}

Status Transaction::begin() {
  TAKT_TRY(database_.run("BEGIN IMMEDIATE"));
  open_ = true;
  return {};
}

Status Transaction::commit() {
  TAKT_TRY(database_.run("COMMIT"));
  open_ = false;
  return {};
}

}  // namespace takt::sqlite
