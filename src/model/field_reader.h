// FieldReader: reads records, lists and values out of a TextTree and keeps the first
// thing that is wrong as one message: `path:line: field a.b[3].c: what; what is allowed`.
//
// Reading code is straight-line: after an error every getter returns a harmless default
// and every list is empty, and the caller asks status() once at the end.
//
//   FieldReader reader(tree);
//   Record soc(reader.root(), {"name", "clusters"});
//   result.name = soc.required("name").name();
//   for (Field item : soc.required("clusters").items()) { ... }
//   TAKT_TRY(reader.status());
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/text_tree.h"

namespace takt {

class FieldReader;

// One value of the tree, or nothing (an optional field that is not there).
class Field {
 public:
  Field() = default;
  Field(FieldReader* reader, uint32_t node) : reader_(reader), node_(node) {}

  // False when absent, or after the reader's first error.
  bool present() const;
  bool is_null() const;

  // Readers of leaves. Each reports a wrong value and returns the least allowed one.
  std::string text() const;                       // any string, at most 64 KiB
  std::string scalar() const;                     // the text of a text or an integer
  std::string name() const;                       // letters, digits and _ . - , 1 to 100
  int64_t integer(int64_t min, int64_t max) const;
  uint32_t index(size_t count, std::string_view of_what) const;   // [0, count)
  uint64_t unsigned_integer() const;
  double real(double min, double max) const;
  bool boolean() const;
  Nanos time(Nanos min, Nanos max) const;         // "2ms", or an integer of ns
  template <class E, size_t kCount>
  E choice(const E (&values)[kCount]) const;      // by name_of(E)

  std::vector<Field> items(size_t max_count = TextTree::kMaxNodes) const;
  // Of a map whose keys are names of the file's own; a record's are known: Record.
  std::vector<std::pair<std::string, Field>> fields() const;

  // Reports that this field is wrong: "what is wrong; what is allowed".
  void fail(const std::string& what) const;

 private:
  friend class Record;
  const TextNode& node() const;
  bool is_scalar_text() const;
  bool wrong(const std::string& expected) const;  // reports "must be <expected>, is <this>"

  FieldReader* reader_ = nullptr;
  uint32_t node_ = UINT32_MAX;
};

// A map whose fields are known: every field not in `allowed` is an error.
class Record {
 public:
  Record(Field field, std::initializer_list<std::string_view> allowed);
  Field required(std::string_view key);
  Field optional(std::string_view key);

 private:
  Field find(std::string_view key) const;
  Field field_;
};

class FieldReader {
 public:
  explicit FieldReader(const TextTree& tree) : tree_(tree) {}

  const TextTree& tree() const { return tree_; }
  Field root() { return Field(this, 0); }
  // Checks the root's fields "format" and "version" against what this program reads.
  void expect_format(std::string_view format, int version);
  Status status() const;
  bool ok() const { return !error_; }
  void fail(uint32_t node, const std::string& what);

 private:
  const TextTree& tree_;
  std::optional<Error> error_;
};

// Reports a name that occurs twice among `names`, at the later of the `fields`.
void check_unique(const std::vector<Field>& fields, const std::vector<std::string>& names);

template <class E, size_t kCount>
E Field::choice(const E (&values)[kCount]) const {
  if (!present()) return values[0];
  const std::string given = is_scalar_text() ? text() : std::string();
  std::string expected = "one of";
  for (const E value : values) {
    if (given == name_of(value)) return value;
    expected += ' ';
    expected += name_of(value);
  }
  wrong(expected);
  return values[0];
}

}  // namespace takt
