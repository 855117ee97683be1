// Protocol buffer wire format, as little of it as CP-SAT's messages need (the encoding is
// documented at protobuf.dev, "Encoding"). Not the protobuf library: libortools brings its
// own, and two copies in one process register the same descriptors and clash.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace takt::exact {

// One message, built field by field in any order.
class WireWriter {
 public:
  void integer(int field, int64_t value);             // int32, int64, bool, enum
  void real(int field, double value);
  void message(int field, std::string_view bytes);
  void message(int field, const WireWriter& nested) { message(field, nested.bytes_); }
  void packed(int field, std::span<const int64_t> values);
  void packed(int field, std::span<const int> values);

  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value);
  void tag(int field, int type);

  std::string bytes_;
};

// A field as it was read; which members mean something depends on the field's type.
struct WireField {
  int number = 0;
  int64_t integer = 0;          // varint, or the raw bits of a fixed field
  std::string_view bytes;       // message, text or packed list; a view of the input
};

// Reads the fields of one message in their order. Never reads outside the input.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  // nullopt: at the end, or bad() when the bytes are no message.
  std::optional<WireField> next();
  bool bad() const { return bad_; }

 private:
  std::optional<uint64_t> varint();
  std::optional<std::string_view> take(uint64_t size);

  std::string_view rest_;
  bool bad_ = false;
};

// The values of a packed list; nullopt when the bytes are none.
std::optional<std::vector<int64_t>> unpack(std::string_view bytes);

}  // namespace takt::exact
