// A thin C++ skin over SQLite's C API, only what cost_db.cpp needs: open, prepare,
// bind, step, transactions; every failure becomes one Error that names the database's
// path and what to do. Not thread-safe: one thread per Database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace takt::sqlite {

// What a person needs to know about SQLite result `code` on the database at `path`.
// `detail`: SQLite's or the OS's own words.
Error explain(int code, const std::string& path, const std::string& detail);

class Statement {
 public:
  Statement() = default;

 private:
  friend class Database;
  friend class Query;
  struct Finalize { void operator()(sqlite3_stmt* statement) const; };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

class Database {
 public:
  // `uri` as for SQLITE_OPEN_URI; `path` is what messages call it.
  static Result<Database> open(const std::string& uri, const std::string& path, int flags);

  Status run(const char* sql);                       // one or more statements, rows ignored
  Result<Statement> prepare(const char* sql);
  Result<int64_t> scalar(const char* sql);           // first column of the first row
  bool read_only() const;
  const std::string& path() const { return path_; }
  Error error(int code) const;

 private:
  struct Close { void operator()(sqlite3* handle) const; };
  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

// One execution of a prepared statement; the destructor resets it, so that no read
// transaction stays open. Bound text must outlive the query.
class Query {
 public:
  template <class... Args>
  Query(const Database& database, Statement& statement, const Args&... args)
      : database_(database), statement_(statement.handle_.get()) {
    int index = 0;
    (bind(++index, args), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Result<bool> next();                               // true: there is a row
  Status finish();                                   // runs to the end
  int64_t integer(int column) const;
  std::string text(int column) const;                // text or blob
  bool null(int column) const;

 private:
  struct Blob { std::string_view bytes; };
  void bind(int index, int64_t value);
  void bind(int index, int value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, uint32_t value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, std::string_view value);
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, const Blob& value);
  void note(int code) { if (code_ == 0) code_ = code; }

  const Database& database_;
  sqlite3_stmt* statement_;
  int code_ = 0;                                     // first failed bind

 public:
  static Blob blob(std::string_view bytes) { return {bytes}; }
};

// BEGIN IMMEDIATE ... commit(), rolled back when it goes out of scope before.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Status begin();
  Status commit();

 private:
  Database& database_;
  bool open_ = false;
};

}  // namespace takt::sqlite
