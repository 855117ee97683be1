#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace takt {
namespace {

class File : public ::testing::Test {
 protected:
  File() {
    std::string pattern = (std::filesystem::temp_directory_path() / "takt_file.XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
  }
  ~File() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + '/' + name; }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }

  std::string directory_;
};

TEST_F(File, WhatIsWrittenIsRead) {
  std::string data;
  for (int i = 0; i < 200'000; ++i) data += static_cast<char>(i * 7);
  ASSERT_TRUE(write_file(path("a"), data).ok());
  EXPECT_EQ(read_file(path("a")).value(), data);
  ASSERT_TRUE(write_file(path("a"), "short").ok());
  EXPECT_EQ(read_file(path("a")).value(), "short");
  EXPECT_EQ(files(), 1u);   // no temporary file is left
}

TEST_F(File, PermissionsFollowTheUmask) {
  const mode_t before = ::umask(027);
  ASSERT_TRUE(write_file(path("a"), "x").ok());
  ::umask(before);
  struct stat info;
  ASSERT_EQ(::stat(path("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(File, MissingFilesAndDirectoriesAreNamed) {
  const Result<std::string> missing = read_file(path("nope"));
  EXPECT_NE(missing.error().message.find(path("nope") + ": cannot open"), std::string::npos);
  EXPECT_EQ(missing.error().exit_code(), 2);
  EXPECT_EQ(read_file(directory_).error().exit_code(), 2);
  const Status unwritable = write_file(path("no/such/dir/a"), "x");
  EXPECT_NE(unwritable.error().message.find("cannot write"), std::string::npos);
  EXPECT_EQ(unwritable.error().exit_code(), 1);
}

// A write that stops half-way (here by a size limit, as by a full disk) leaves the old
// file as it was and nothing beside it.
TEST_F(File, AFailedWriteLeavesTheOldFile) {
  ASSERT_TRUE(write_file(path("a"), "old").ok());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = write_file(path("a"), std::string(100'000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("File too large"), std::string::npos);
  EXPECT_EQ(read_file(path("a")).value(), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(File, DirectoriesAreMadeWithTheirParents) {
  ASSERT_TRUE(make_directories(path("x/y/z")).ok());
  ASSERT_TRUE(make_directories(path("x/y/z")).ok());
  EXPECT_TRUE(std::filesystem::is_directory(path("x/y/z")));
  ASSERT_TRUE(write_file(path("f"), "").ok());
  EXPECT_FALSE(make_directories(path("f/z")).ok());
}

}  // namespace
}  // namespace takt
