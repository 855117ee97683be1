// TreeBuilder: turns the events of a JSON or YAML parser into a TextTree and enforces
// its bounds. Every call returns false after the first error; the parser then stops.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/text_tree.h"

namespace takt {

class TreeBuilder {
 public:
  explicit TreeBuilder(const std::string& path) { tree_.path = path; }

  // Where the next event stands.
  void at(uint32_t line, uint32_t column) {
    line_ = line;
    column_ = column;
  }
  bool leaf(TextNode::Kind kind, int64_t integer = 0);
  bool real(double value);
  bool text(TextNode::Kind kind, std::string_view value);
  bool begin(TextNode::Kind kind);   // kList or kMap
  bool key(std::string_view name);   // the next event is the field's value
  bool end();
  bool fail(const std::string& what);

  bool in_map_before_key() const {
    return !open_.empty() && tree_.nodes[open_.back()].kind == TextNode::Kind::kMap && !has_key_;
  }
  // The finished tree or the first error.
  Result<TextTree> take();

 private:
  TextNode* add(TextNode::Kind kind);
  bool has_field(std::string_view name) const;

  TextTree tree_;
  std::vector<uint32_t> open_;         // lists and maps not ended yet
  std::vector<uint32_t> field_count_;  // of each open list or map
  uint32_t line_ = 1, column_ = 0;
  uint32_t key_begin_ = 0, key_size_ = 0;
  bool has_key_ = false;
  std::string error_;
};

}  // namespace takt
