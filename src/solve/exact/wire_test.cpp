#include "solve/exact/wire.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace takt::exact {
namespace {

using namespace std::string_literals;

// The examples of the format's specification.
TEST(Wire, WritesTheBytesOfTheSpecification) {
  WireWriter writer;
  writer.integer(1, 150);
  EXPECT_EQ(writer.bytes(), "\x08\x96\x01");
  WireWriter text;
  text.message(2, std::string_view("testing"));
  EXPECT_EQ(text.bytes(), "\x12\x07testing");
  WireWriter nested;
  nested.message(3, writer);
  EXPECT_EQ(nested.bytes(), "\x1a\x03\x08\x96\x01");
  WireWriter packed;
  packed.packed(6, std::vector<int>{3, 270, 86942});
  EXPECT_EQ(packed.bytes(), "\x32\x06\x03\x8e\x02\x9e\xa7\x05");
  WireWriter negative;
  negative.integer(1, -2);
  EXPECT_EQ(negative.bytes(), "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  WireWriter real;
  real.real(1, 1.0);
  EXPECT_EQ(real.bytes(), "\x09\x00\x00\x00\x00\x00\x00\xf0\x3f"s);
}

TEST(Wire, ReadsWhatItWrote) {
  const std::vector<int64_t> values = {0, 1, -1, INT64_MAX, INT64_MIN, 127, 128, 1 << 14};
  WireWriter writer;
  for (const int64_t value : values) writer.integer(7, value);
  writer.packed(8, values);
  writer.real(9, -2.5);
  WireReader reader(writer.bytes());
  for (const int64_t value : values) {
    const std::optional<WireField> field = reader.next();
    ASSERT_TRUE(field);
    EXPECT_EQ(field->number, 7);
    EXPECT_EQ(field->integer, value);
  }
  EXPECT_EQ(unpack(reader.next()->bytes), values);
  EXPECT_EQ(reader.next()->number, 9);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.bad());
}

TEST(Wire, RefusesCutAndWildBytes) {
  EXPECT_FALSE(unpack("\x80"));
  EXPECT_FALSE(unpack(std::string(11, '\xff')));
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    Rng rng(seed);
    std::string bytes;
    for (uint64_t n = rng.below(30); n-- > 0;) bytes += static_cast<char>(rng.below(256));
    WireReader reader(bytes);
    size_t fields = 0;
    while (reader.next()) ASSERT_LE(++fields, bytes.size()) << "seed " << seed;
  }
  WireReader cut("\x12\x07test");
  EXPECT_FALSE(cut.next());
  EXPECT_TRUE(cut.bad());
}

}  // namespace
}  // namespace takt::exact
