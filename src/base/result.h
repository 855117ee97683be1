// Result<T>: a value or an Error; Status is Result<void>. For everything that can go
// wrong outside our own code: input, files, the OS, devices, the compiler.
//
// An Error has a kind (which decides the exit code) and one message a person can act
// on: the file with line or the path first, then what is wrong, then what to do.
//   kUsage    the command line or the input is wrong       -> exit code 2
//   kFailed   the work failed                              -> exit code 1
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace takt {

struct Error {
  enum class Kind { kUsage, kFailed };
  Kind kind = Kind::kFailed;
  std::string message;

  int exit_code() const { return kind == Kind::kUsage ? 2 : 1; }
};

inline Error bad_input(std::string message) { return {Error::Kind::kUsage, std::move(message)}; }
inline Error failed(std::string message) { return {Error::Kind::kFailed, std::move(message)}; }

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok()
  T& value() & { CHECK_MSG(ok(), error_text()); return std::get<0>(state_); }
  const T& value() const& { CHECK_MSG(ok(), error_text()); return std::get<0>(state_); }
  // By value, so that `for (x : *f())` does not loop over a destroyed temporary.
  T value() && { CHECK_MSG(ok(), error_text()); return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok()
  const Error& error() const { CHECK(!ok()); return std::get<1>(state_); }

 private:
  const char* error_text() const { return ok() ? "" : std::get<1>(state_).message.c_str(); }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const { CHECK(!ok_); return error_; }

 private:
  Error error_;
  bool ok_ = true;
};

using Status = Result<void>;

}  // namespace takt

// Returns the error of `expression` (a Status or Result) from the enclosing function.
#define TAKT_TRY(expression)                                   \
  do {                                                         \
    if (auto takt_status = (expression); !takt_status.ok())    \
      return takt_status.error();                              \
  } while (false)

// `TAKT_ASSIGN(auto x, f());` declares x from f()'s value or returns f()'s error.
#define TAKT_ASSIGN(declaration, expression) \
  TAKT_ASSIGN_IMPL(declaration, expression, TAKT_CONCAT(takt_result_, __LINE__))
#define TAKT_ASSIGN_IMPL(declaration, expression, name) \
  auto name = (expression);                             \
  if (!name.ok()) return name.error();                  \
  declaration = std::move(name).value()
#define TAKT_CONCAT(a, b) TAKT_CONCAT_IMPL(a, b)
#define TAKT_CONCAT_IMPL(a, b) a##b
