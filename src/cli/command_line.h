// What every command does around its work: parse its arguments, say what went wrong.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "base/result.h"

namespace takt {

// The exit code when parsing ends the command (--help: 0, wrong usage: 2).
inline std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

// Prints "takt <verb>: <message>" to standard error; the exit code of the error.
inline int report_error(const char* verb, const Error& error) {
  std::fprintf(stderr, "takt %s: %s\n", verb, error.message.c_str());
  return error.exit_code();
}

}  // namespace takt
