// TextTree: a JSON or YAML text as a flat tree that remembers where every value stands.
// Both parsers build the same tree, so that the formats share one reader
// (field_reader.h) and one way of reporting what is wrong.
//
// The bounds below hold for any input: a hostile file costs at most a few hundred MB and
// no stack. Maps are records with few fields (lists hold the many), so a map with more
// than kMaxFields fields is refused; so are duplicate keys, YAML anchors, aliases and tags.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace takt {

// `text` as it may appear in a message: clipped, control characters as '?'.
std::string shown(std::string_view text);

struct TextNode {
  enum class Kind : uint8_t {
    kNull,
    kBool,
    kInteger,
    kUnsigned,  // above INT64_MAX
    kReal,
    kString,
    kPlain,     // an unquoted YAML scalar: what it is depends on who reads it
    kList,
    kMap,
  };
  Kind kind = Kind::kNull;
  uint32_t line = 0;           // from 1
  uint32_t column = 0;         // from 1; 0: unknown
  uint32_t end = 0;            // one past the last node of its subtree; the next sibling
  uint32_t key_begin = 0;      // of the field's name in TextTree::characters
  uint32_t key_size = 0;
  uint32_t text_begin = 0;     // kString, kPlain
  uint32_t text_size = 0;
  union {
    int64_t integer = 0;       // kBool, kInteger, kUnsigned (as bits)
    double real;               // kReal
  };
};

struct TextTree {
  static constexpr uint32_t kMaxDepth = 32;
  static constexpr uint32_t kMaxFields = 64;
  static constexpr uint32_t kMaxNodes = 8u << 20;
  static constexpr size_t kMaxJsonBytes = 64u << 20;
  static constexpr size_t kMaxYamlBytes = 1u << 20;

  std::string path;             // of the file, for messages
  std::vector<TextNode> nodes;  // pre-order, nodes[0] is the root; never empty
  std::string characters;

  std::string_view key(const TextNode& node) const {
    return std::string_view(characters).substr(node.key_begin, node.key_size);
  }
  std::string_view text(const TextNode& node) const {
    return std::string_view(characters).substr(node.text_begin, node.text_size);
  }
  // "tasks[3].deadline"; empty for the root.
  std::string field_path(uint32_t node) const;
  // "path:line:column"
  std::string place(uint32_t node) const;
};

// kUsage on malformed text, with path, line and column.
Result<TextTree> parse_json_tree(std::string_view text, const std::string& path);
Result<TextTree> parse_yaml_tree(std::string_view text, const std::string& path);

}  // namespace takt
