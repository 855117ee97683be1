#include "base/file_writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/rng.h"

namespace takt {
namespace {

class FileWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "takt-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = directory_ / "out.txt";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }

  std::filesystem::path directory_;
  std::string path_;
};

TEST_F(FileWriterTest, WritesAllPiecesInOrder) {
  Rng rng(3);
  std::string expected;
  auto writer = FileWriter::create(path_);
  ASSERT_TRUE(writer.ok());
  while (expected.size() < 1'500'000) {
    const std::string piece(rng.below(5'000), static_cast<char>('a' + rng.below(26)));
    expected += piece;
    writer->append(piece);
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(writer->commit().ok());
  EXPECT_EQ(*read_file(path_), expected);
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileWriterTest, LeavesTheOldFileWithoutCommit) {
  ASSERT_TRUE(write_file(path_, "old").ok());
  {
    auto writer = FileWriter::create(path_);
    ASSERT_TRUE(writer.ok());
    writer->append("new");
    FileWriter moved = std::move(writer).value();
    moved.append("er");
  }
  EXPECT_EQ(*read_file(path_), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileWriterTest, NamesThePathItCannotWrite) {
  const auto missing = FileWriter::create((directory_ / "no" / "out.txt").string());
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("no/out.txt: cannot write"), std::string::npos);

  std::filesystem::create_directory(path_);           // the rename cannot replace it
  auto writer = FileWriter::create(path_);
  ASSERT_TRUE(writer.ok());
  const Status status = writer->commit();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, Error::Kind::kFailed);
  EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace takt
