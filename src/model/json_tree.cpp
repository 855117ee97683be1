// JSON text -> TextTree, over nlohmann's SAX parser (which keeps its own stack, not ours).
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "model/text_tree.h"
#include "model/tree_builder.h"

namespace takt {
namespace {

// Walks the text and tells `*reached` how far the parser has read: nlohmann's SAX events
// carry no position.
class TrackingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackingIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  TrackingIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  TrackingIterator operator++(int) {
    TrackingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const TrackingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

class SaxHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  SaxHandler(std::string_view text, const std::string& path)
      : builder_(path), text_(text), reached_(text.data()), counted_(text.data()) {}

  const char** reached() { return &reached_; }
  TreeBuilder& builder() { return builder_; }

  bool null() override { return here().leaf(TextNode::Kind::kNull); }
  bool boolean(bool value) override { return here().leaf(TextNode::Kind::kBool, value); }
  bool number_integer(number_integer_t value) override {
    return here().leaf(TextNode::Kind::kInteger, value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    const bool fits = value <= static_cast<uint64_t>(INT64_MAX);
    return here().leaf(fits ? TextNode::Kind::kInteger : TextNode::Kind::kUnsigned,
                       static_cast<int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return here().real(value); }
  bool string(string_t& value) override { return here().text(TextNode::Kind::kString, value); }
  bool binary(binary_t&) override { return here().fail("binary values are not allowed"); }
  bool start_object(std::size_t) override { return here().begin(TextNode::Kind::kMap); }
  bool key(string_t& value) override { return here().key(value); }
  bool end_object() override { return here().end(); }
  bool start_array(std::size_t) override { return here().begin(TextNode::Kind::kList); }
  bool end_array() override { return here().end(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    const char* at = text_.data() + std::min(position > 0 ? position - 1 : 0, text_.size());
    const char* line_start = at;
    while (line_start > text_.data() && line_start[-1] != '\n') --line_start;
    const auto lines = 1 + std::count(text_.data(), at, '\n');
    builder_.at(static_cast<uint32_t>(lines), static_cast<uint32_t>(at - line_start + 1));
    return builder_.fail("not valid JSON: " + plain_words(error.what()));
  }

 private:
  // The token just read ends at reached_, or one character before it (numbers).
  TreeBuilder& here() {
    const char* token_end = reached_ > text_.data() ? reached_ - 1 : reached_;
    if (token_end > counted_) {
      line_ += static_cast<uint32_t>(std::count(counted_, token_end, '\n'));
      counted_ = token_end;
    }
    builder_.at(line_, 0);
    return builder_;
  }

  // Without nlohmann's "[json.exception.parse_error.101] parse error at line 1, column 2: ".
  static std::string plain_words(std::string_view what) {
    if (const size_t at = what.find("] "); at != what.npos) what.remove_prefix(at + 2);
    if (what.starts_with("parse error at"))
      if (const size_t at = what.find(": "); at != what.npos) what.remove_prefix(at + 2);
    return std::string(what);
  }

  TreeBuilder builder_;
  std::string_view text_;
  const char* reached_;
  const char* counted_;   // lines are counted up to here
  uint32_t line_ = 1;
};

}  // namespace

Result<TextTree> parse_json_tree(std::string_view text, const std::string& path) {
  if (text.size() > TextTree::kMaxJsonBytes)
    return bad_input(path + ": the file is too large; at most " +
                     std::to_string(TextTree::kMaxJsonBytes >> 20) + " MiB are read");
  if (text.empty()) return bad_input(path + ":1: the file is empty");
  SaxHandler handler(text, path);
  nlohmann::json::sax_parse(TrackingIterator(text.data(), handler.reached()),
                            TrackingIterator(text.data() + text.size(), handler.reached()),
                            &handler);
  return handler.builder().take();
}

}  // namespace takt
