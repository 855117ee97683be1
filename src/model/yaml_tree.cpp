// YAML text -> TextTree, over yaml-cpp's event parser. yaml-cpp guards its own recursion
// (it throws DeepRecursion at 500 levels); the builder stops much earlier.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>

#include "model/text_tree.h"
#include "model/tree_builder.h"

namespace takt {
namespace {

// Leaves yaml-cpp's parser after the builder's first error; caught in parse_yaml_tree.
struct StopParsing {};

class EventReader final : public YAML::EventHandler {
 public:
  explicit EventReader(TreeBuilder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!seen_document_) {
      seen_document_ = true;
      return;
    }
    at(mark);
    go_on(builder_.fail("there is a second document (---) here; one per file"));
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    node(mark, "?", anchor);
    if (builder_.in_map_before_key()) go_on(builder_.fail("a field needs a name"));
    go_on(builder_.leaf(TextNode::Kind::kNull));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    at(mark);
    go_on(builder_.fail("aliases (*name) are not supported; write the value out"));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    node(mark, tag, anchor);
    if (builder_.in_map_before_key()) {
      go_on(builder_.key(value));
    } else {
      go_on(builder_.text(tag == "?" ? TextNode::Kind::kPlain : TextNode::Kind::kString, value));
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(TextNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { go_on(builder_.end()); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(TextNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { go_on(builder_.end()); }

 private:
  static void go_on(bool ok) {
    if (!ok) throw StopParsing();
  }
  void at(const YAML::Mark& mark) {
    builder_.at(static_cast<uint32_t>(mark.line) + 1, static_cast<uint32_t>(mark.column) + 1);
  }
  void node(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    at(mark);
    if (anchor) go_on(builder_.fail("anchors (&name) are not supported; write the value out"));
    if (!tag.empty() && tag != "?" && tag != "!")
      go_on(builder_.fail("tags (" + tag + ") are not supported; leave the tag out"));
  }
  void open(TextNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    node(mark, tag, anchor);
    if (builder_.in_map_before_key()) go_on(builder_.fail("a field name must be plain text"));
    go_on(builder_.begin(kind));
  }

  TreeBuilder& builder_;
  bool seen_document_ = false;
};

// Reads a string_view without copying it.
struct ViewBuffer : std::streambuf {
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

Result<TextTree> parse_yaml_tree(std::string_view text, const std::string& path) {
  if (text.size() > TextTree::kMaxYamlBytes)
    return bad_input(path + ": the file is too large; at most " +
                     std::to_string(TextTree::kMaxYamlBytes >> 20) + " MiB are read");
  TreeBuilder builder(path);
  EventReader events(builder);
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(events)) {
    }
  } catch (const StopParsing&) {
  } catch (const YAML::Exception& error) {
    if (!error.mark.is_null())
      builder.at(static_cast<uint32_t>(error.mark.line) + 1,
                 static_cast<uint32_t>(error.mark.column) + 1);
    builder.fail("not valid YAML: " + error.msg);
  }
  return builder.take();
}

}  // namespace takt
