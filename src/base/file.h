// Whole files: read at once, written by rename so that no reader ever sees half of
// one. Every error names the path and what the OS said.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace takt {

// The file's bytes. kUsage if it is missing, a directory or unreadable.
Result<std::string> read_file(const std::string& path);

// Writes `data` to a temporary file beside `path`, syncs it and renames it over
// `path`. On error (full disk, no permission) `path` is as it was and the temporary
// file is gone. kFailed on error.
Status write_file(const std::string& path, std::string_view data);

// Creates `path` and its parents. An existing directory is fine.
Status make_directories(const std::string& path);

}  // namespace takt
