#include "model/field_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "base/time_text.h"

namespace takt {
namespace {

using Kind = TextNode::Kind;

template <class T>
std::optional<T> number_of(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What a reader sees, for messages: the value itself if it is short and simple.
std::string describe(const TextTree& tree, const TextNode& node) {
  switch (node.kind) {
    case Kind::kNull: return "empty";
    case Kind::kBool: return node.integer ? "true" : "false";
    case Kind::kInteger: return std::to_string(node.integer);
    case Kind::kUnsigned: return std::to_string(static_cast<uint64_t>(node.integer));
    case Kind::kReal: return std::to_string(node.real);
    case Kind::kString:
    case Kind::kPlain: return "'" + shown(tree.text(node)) + "'";
    case Kind::kList: return "a list";
    case Kind::kMap: return "a record";
  }
  return "";
}

std::string join(std::initializer_list<std::string_view> words) {
  std::string text;
  for (std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || c == '-';
  });
}

}  // namespace

void FieldReader::fail(uint32_t node, const std::string& what) {
  if (error_) return;
  const std::string field = tree_.field_path(node);
  error_ = bad_input(tree_.place(node) + ": " + (field.empty() ? "" : "field " + field + ": ") +
                     what);
}

Status FieldReader::status() const {
  if (error_) return *error_;
  return {};
}

void FieldReader::expect_format(std::string_view format, int version) {
  const std::string expected = std::string(format) + " version " + std::to_string(version);
  Field format_field, version_field;
  if (tree_.nodes[0].kind == Kind::kMap) {
    for (uint32_t i = 1; i < tree_.nodes.size(); i = tree_.nodes[i].end) {
      if (tree_.key(tree_.nodes[i]) == "format") format_field = Field(this, i);
      if (tree_.key(tree_.nodes[i]) == "version") version_field = Field(this, i);
    }
  }
  if (!format_field.present() || !version_field.present())
    return fail(0, "this is not a " + std::string(format) +
                       " file: it must have the fields format: " + std::string(format) +
                       " and version: " + std::to_string(version));
  if (const std::string text = format_field.text(); text != format)
    format_field.fail("is '" + shown(text) + "'; this program reads " + expected + " here");
  if (const int64_t given = version_field.integer(0, INT32_MAX); given != version)
    version_field.fail("is " + std::to_string(given) + "; this program reads " + expected +
                       ", write the file anew with this program");
}

bool Field::present() const {
  return reader_ && node_ < reader_->tree().nodes.size() && reader_->ok();
}

const TextNode& Field::node() const { return reader_->tree().nodes[node_]; }

bool Field::is_null() const { return present() && node().kind == Kind::kNull; }

bool Field::is_scalar_text() const {
  return node().kind == Kind::kString || node().kind == Kind::kPlain;
}

void Field::fail(const std::string& what) const {
  if (present()) reader_->fail(node_, what);
}

bool Field::wrong(const std::string& expected) const {
  fail("must be " + expected + ", is " + describe(reader_->tree(), node()));
  return false;
}

std::string Field::text() const {
  if (!present()) return {};
  constexpr size_t kTextMax = 64 << 10;
  if (!is_scalar_text() || node().text_size > kTextMax) {
    wrong("a text of at most 64 KiB");
    return {};
  }
  return std::string(reader_->tree().text(node()));
}

std::string Field::scalar() const {
  if (present() && node().kind == Kind::kInteger) return std::to_string(node().integer);
  return text();
}

std::string Field::name() const {
  if (!present()) return {};
  if (!is_scalar_text() || !is_name(reader_->tree().text(node()))) {
    wrong("a name of 1 to 100 letters, digits, '_', '.' or '-'");
    return {};
  }
  return text();
}

int64_t Field::integer(int64_t min, int64_t max) const {
  if (!present()) return min;
  std::optional<int64_t> value;
  if (node().kind == Kind::kInteger) value = node().integer;
  if (node().kind == Kind::kPlain) value = number_of<int64_t>(reader_->tree().text(node()));
  if (value && *value >= min && *value <= max) return *value;
  wrong("an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return min;
}

uint32_t Field::index(size_t count, std::string_view of_what) const {
  if (!present()) return 0;
  if (node().kind == Kind::kInteger && node().integer >= 0 &&
      static_cast<uint64_t>(node().integer) < count)
    return static_cast<uint32_t>(node().integer);
  wrong("the index of one of the " + std::to_string(count) + " " + std::string(of_what) +
        ", counted from 0");
  return 0;
}

uint64_t Field::unsigned_integer() const {
  if (!present()) return 0;
  if (node().kind == Kind::kUnsigned || (node().kind == Kind::kInteger && node().integer >= 0))
    return static_cast<uint64_t>(node().integer);
  wrong("an integer of 0 or more");
  return 0;
}

double Field::real(double min, double max) const {
  if (!present()) return min;
  std::optional<double> value;
  if (node().kind == Kind::kInteger) value = static_cast<double>(node().integer);
  if (node().kind == Kind::kReal) value = node().real;
  if (node().kind == Kind::kPlain) value = number_of<double>(reader_->tree().text(node()));
  if (value && std::isfinite(*value) && *value >= min && *value <= max) return *value;
  wrong("a number from " + std::to_string(min) + " to " + std::to_string(max));
  return min;
}

bool Field::boolean() const {
  if (!present()) return false;
  if (node().kind == Kind::kBool) return node().integer != 0;
  if (node().kind == Kind::kPlain) {
    const std::string_view text = reader_->tree().text(node());
    if (text == "true" || text == "false") return text == "true";
  }
  return wrong("true or false");
}

Nanos Field::time(Nanos min, Nanos max) const {
  if (!present()) return min;
  std::optional<Nanos> value;
  if (node().kind == Kind::kInteger) value = Nanos(node().integer);
  if (is_scalar_text()) value = parse_time(reader_->tree().text(node()));
  if (value && *value >= min && *value <= max) return *value;
  wrong("a time from " + format_time(min) + " to " + format_time(max) +
        " such as 2ms, 500us or 100ns");
  return min;
}

std::vector<Field> Field::items(size_t max_count) const {
  std::vector<Field> items;
  if (!present()) return items;
  if (node().kind != Kind::kList) {
    wrong("a list");
    return items;
  }
  const auto& nodes = reader_->tree().nodes;
  for (uint32_t i = node_ + 1; i < node().end; i = nodes[i].end) {
    if (items.size() == max_count) {
      fail("has too many entries; at most " + std::to_string(max_count));
      return {};
    }
    items.emplace_back(reader_, i);
  }
  return items;
}

std::vector<std::pair<std::string, Field>> Field::fields() const {
  std::vector<std::pair<std::string, Field>> fields;
  if (!present()) return fields;
  if (node().kind != Kind::kMap) {
    wrong("a map");
    return fields;
  }
  const auto& nodes = reader_->tree().nodes;
  for (uint32_t i = node_ + 1; i < node().end; i = nodes[i].end)
    fields.emplace_back(reader_->tree().key(nodes[i]), Field(reader_, i));
  return fields;
}

Record::Record(Field field, std::initializer_list<std::string_view> allowed) : field_(field) {
  if (!field_.present()) return;
  if (field_.node().kind != Kind::kMap) {
    field_.wrong("a record with the fields " + join(allowed));
    return;
  }
  const TextTree& tree = field_.reader_->tree();
  for (uint32_t i = field_.node_ + 1; i < field_.node().end; i = tree.nodes[i].end)
    if (std::find(allowed.begin(), allowed.end(), tree.key(tree.nodes[i])) == allowed.end())
      Field(field_.reader_, i).fail("unknown field; known here: " + join(allowed));
}

Field Record::find(std::string_view key) const {
  if (!field_.present()) return {};
  const TextTree& tree = field_.reader_->tree();
  for (uint32_t i = field_.node_ + 1; i < field_.node().end; i = tree.nodes[i].end)
    if (tree.key(tree.nodes[i]) == key) return Field(field_.reader_, i);
  return {};
}

Field Record::required(std::string_view key) {
  const Field field = find(key);
  if (!field.present()) field_.fail("the field '" + std::string(key) + "' is missing");
  return field;
}

Field Record::optional(std::string_view key) { return find(key); }

void check_unique(const std::vector<Field>& fields, const std::vector<std::string>& names) {
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < fields.size() && i < names.size(); ++i)
    if (!seen.insert(names[i]).second)
      fields[i].fail("the name '" + shown(names[i]) + "' is already taken; names are unique");
}

}  // namespace takt
