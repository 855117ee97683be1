#include "app/abi_signature.h"

namespace takt {
namespace {

// The text between the parenthesis at `open` and its partner.
std::string_view inside_parentheses(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return text.substr(open + 1, i - open - 1);
  }
  return {};
}

// Splits at commas outside of any bracket.
std::vector<std::string_view> split_arguments(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (c == '<' || c == '(' || c == '{' || c == '[') ++depth;
    if (c == '>' || c == ')' || c == '}' || c == ']') --depth;
    if (c != ',' || depth != 0) continue;
    if (i > start) parts.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  return parts;
}

}  // namespace

Result<std::vector<std::string>> input_shapes(std::string_view declaration) {
  const size_t open = declaration.find('(');
  if (open == std::string_view::npos)
    return bad_input("function declaration '" + std::string(declaration) +
                     "' has no argument list");
  std::vector<std::string> shapes;
  for (std::string_view argument : split_arguments(inside_parentheses(declaration, open))) {
    const size_t begin = argument.find("tensor<");
    const size_t end = argument.find('>', begin);
    if (begin == std::string_view::npos || end == std::string_view::npos)
      return bad_input("argument '" + std::string(argument) +
                       "' is not a tensor; takt feeds tensors only");
    const std::string_view shape = argument.substr(begin + 7, end - begin - 7);
    if (shape.find('?') != std::string_view::npos)
      return bad_input("argument '" + std::string(argument) +
                       "' has a dynamic shape; takt needs static shapes to feed it");
    shapes.emplace_back(shape);
  }
  return shapes;
}

}  // namespace takt
