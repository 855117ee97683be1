// FileWriter: writes a large file piece by piece, and shows it only when it is whole:
// like write_file(), into a temporary file that commit() syncs and renames. Errors stick
// and are reported by commit(). Without commit() nothing is left behind.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace takt {

class FileWriter {
 public:
  // kFailed when the temporary file cannot be created beside `path`.
  static Result<FileWriter> create(const std::string& path);
  FileWriter(FileWriter&& other) noexcept;
  FileWriter& operator=(FileWriter&&) = delete;
  ~FileWriter();

  void append(std::string_view bytes);

  // REQUIRES: called once, last
  Status commit();

 private:
  FileWriter(std::string path, std::string temporary, int fd);
  void flush();
  void discard();

  std::string path_;
  std::string temporary_;
  std::string buffer_;
  int fd_ = -1;
  int error_ = 0;             // errno of the first failure
};

}  // namespace takt
