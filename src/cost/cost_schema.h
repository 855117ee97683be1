// The file of the cost database: its tables, and how a file of an older version is read (as it
// stands) or written (it becomes one of this version, in one transaction).
#pragma once

#include <string>

#include "base/result.h"
#include "cost/sqlite.h"

namespace takt::cost_schema {

inline constexpr int kVersion = 2;
inline constexpr int kOldestVersion = 1;

// Errors as CostDb::open().
Result<sqlite::Database> open_to_read(const std::string& path);
Result<sqlite::Database> open_to_write(const std::string& path);

}  // namespace takt::cost_schema
