#include "solve/exact/wire.h"

#include <bit>

namespace takt::exact {
namespace {

constexpr int kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

void append_varint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}

template <class T>
std::string packed_bytes(std::span<const T> values) {
  std::string bytes;
  for (const T value : values) append_varint(bytes, static_cast<uint64_t>(int64_t{value}));
  return bytes;
}

uint64_t little_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

void WireWriter::varint(uint64_t value) { append_varint(bytes_, value); }

void WireWriter::tag(int field, int type) { varint(static_cast<uint64_t>(field << 3 | type)); }

void WireWriter::integer(int field, int64_t value) {
  tag(field, kVarint);
  varint(static_cast<uint64_t>(value));
}

void WireWriter::real(int field, double value) {
  tag(field, kFixed64);
  const auto bits = std::bit_cast<uint64_t>(value);
  for (int i = 0; i < 8; ++i) bytes_ += static_cast<char>(bits >> (8 * i));
}

void WireWriter::message(int field, std::string_view bytes) {
  tag(field, kBytes);
  varint(bytes.size());
  bytes_ += bytes;
}

void WireWriter::packed(int field, std::span<const int64_t> values) {
  if (!values.empty()) message(field, packed_bytes(values));
}

void WireWriter::packed(int field, std::span<const int> values) {
  if (!values.empty()) message(field, packed_bytes(values));
}

std::optional<uint64_t> WireReader::varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 70 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  bad_ = true;
  return std::nullopt;
}

std::optional<std::string_view> WireReader::take(uint64_t size) {
  if (size > rest_.size()) {
    bad_ = true;
    return std::nullopt;
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::optional<WireField> WireReader::next() {
  if (rest_.empty() || bad_) return std::nullopt;
  const std::optional<uint64_t> tag = varint();
  if (!tag) return std::nullopt;
  WireField field{static_cast<int>(*tag >> 3), 0, {}};
  const int type = static_cast<int>(*tag & 7);
  if (type == kVarint) {
    const std::optional<uint64_t> value = varint();
    if (!value) return std::nullopt;
    field.integer = static_cast<int64_t>(*value);
    return field;
  }
  std::optional<uint64_t> size;
  if (type == kBytes) size = varint();
  if (type == kFixed64) size = 8;
  if (type == kFixed32) size = 4;
  bad_ |= !size;
  if (bad_) return std::nullopt;
  const std::optional<std::string_view> bytes = take(*size);
  if (!bytes) return std::nullopt;
  if (type == kBytes)
    field.bytes = *bytes;
  else
    field.integer = static_cast<int64_t>(little_endian(*bytes));
  return field;
}

std::optional<std::vector<int64_t>> unpack(std::string_view bytes) {
  std::vector<int64_t> values;
  uint64_t value = 0;
  int shift = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (shift > 63) return std::nullopt;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    shift += 7;
    if (byte >= 0x80) continue;
    values.push_back(static_cast<int64_t>(value));
    value = 0;
    shift = 0;
  }
  if (shift != 0) return std::nullopt;
  return values;
}

}  // namespace takt::exact
