#include "model/text_tree.h"

#include "model/tree_builder.h"

namespace takt {

std::string shown(std::string_view text) {
  constexpr size_t kShownMax = 60;
  std::string shown(text.substr(0, kShownMax));
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  if (text.size() > kShownMax) shown += "...";
  return shown;
}

std::string TextTree::field_path(uint32_t node) const {
  std::string steps;
  for (uint32_t at = 0; at != node;) {
    const bool is_list = nodes[at].kind == TextNode::Kind::kList;
    uint32_t child = at + 1, index = 0;
    for (; nodes[child].end <= node; child = nodes[child].end) ++index;
    if (is_list) {
      steps += '[' + std::to_string(index) + ']';
    } else {
      if (!steps.empty()) steps += '.';
      steps += shown(key(nodes[child]));
    }
    at = child;
  }
  return steps;
}

std::string TextTree::place(uint32_t node) const {
  std::string where = path + ':' + std::to_string(nodes[node].line);
  if (nodes[node].column) where += ':' + std::to_string(nodes[node].column);
  return where;
}

bool TreeBuilder::fail(const std::string& what) {
  if (!error_.empty()) return false;
  error_ = tree_.path + ':' + std::to_string(line_);
  if (column_) error_ += ':' + std::to_string(column_);
  error_ += ": " + what;
  return false;
}

TextNode* TreeBuilder::add(TextNode::Kind kind) {
  if (!error_.empty()) return nullptr;
  if (tree_.nodes.size() >= TextTree::kMaxNodes) {
    fail("too many values; at most " + std::to_string(TextTree::kMaxNodes) + " are read");
    return nullptr;
  }
  TextNode node;
  node.kind = kind;
  node.line = line_;
  node.column = column_;
  node.end = static_cast<uint32_t>(tree_.nodes.size()) + 1;
  if (has_key_) {
    node.key_begin = key_begin_;
    node.key_size = key_size_;
    has_key_ = false;
  }
  tree_.nodes.push_back(node);
  return &tree_.nodes.back();
}

bool TreeBuilder::leaf(TextNode::Kind kind, int64_t integer) {
  TextNode* node = add(kind);
  if (node) node->integer = integer;
  return node != nullptr;
}

bool TreeBuilder::real(double value) {
  TextNode* node = add(TextNode::Kind::kReal);
  if (node) node->real = value;
  return node != nullptr;
}

bool TreeBuilder::text(TextNode::Kind kind, std::string_view value) {
  TextNode* node = add(kind);
  if (!node) return false;
  node->text_begin = static_cast<uint32_t>(tree_.characters.size());
  node->text_size = static_cast<uint32_t>(value.size());
  tree_.characters += value;
  return true;
}

bool TreeBuilder::begin(TextNode::Kind kind) {
  if (open_.size() >= TextTree::kMaxDepth)
    return fail("nested too deeply; at most " + std::to_string(TextTree::kMaxDepth) + " levels");
  if (!add(kind)) return false;
  open_.push_back(static_cast<uint32_t>(tree_.nodes.size()) - 1);
  field_count_.push_back(0);
  return true;
}

bool TreeBuilder::has_field(std::string_view name) const {
  for (uint32_t i = open_.back() + 1; i < tree_.nodes.size(); i = tree_.nodes[i].end)
    if (tree_.key(tree_.nodes[i]) == name) return true;
  return false;
}

bool TreeBuilder::key(std::string_view name) {
  if (!error_.empty()) return false;
  if (has_field(name)) return fail("field '" + shown(name) + "' is given twice");
  if (++field_count_.back() > TextTree::kMaxFields)
    return fail("too many fields in one record; at most " + std::to_string(TextTree::kMaxFields));
  key_begin_ = static_cast<uint32_t>(tree_.characters.size());
  key_size_ = static_cast<uint32_t>(name.size());
  tree_.characters += name;
  has_key_ = true;
  return true;
}

bool TreeBuilder::end() {
  if (!error_.empty()) return false;
  tree_.nodes[open_.back()].end = static_cast<uint32_t>(tree_.nodes.size());
  open_.pop_back();
  field_count_.pop_back();
  return true;
}

Result<TextTree> TreeBuilder::take() {
  if (error_.empty() && tree_.nodes.empty()) fail("the file is empty");
  if (!error_.empty()) return bad_input(error_);
  return std::move(tree_);
}

}  // namespace takt
