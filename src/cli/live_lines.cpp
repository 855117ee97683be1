#include "cli/live_lines.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "app/live_text.h"
#include "base/clock.h"

namespace takt {
namespace {

constexpr std::chrono::milliseconds kRedraw(250);   // faster than that nobody reads

struct Size {
  size_t columns = 80, rows = 24;
};

Size terminal_size() {
  winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace

LiveLines::LiveLines(const MissionControl& mission, const HotSwap& hot_swap)
    : mission_(mission), hot_swap_(hot_swap), begin_(monotonic_now()) {
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, kRedraw, [this] { return ending_; })) draw();
  });
}

LiveLines::~LiveLines() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ended_.notify_all();
  thread_.join();
  show("");
}

// One write per picture: a terminal shows all of it or what was there before.
void LiveLines::draw() {
  const Size size = terminal_size();
  // The last column and the last row stay free: a terminal that is full there scrolls.
  const std::string text =
      live_text(hot_swap_.workload(), mission_.figures(), monotonic_now() - begin_,
                size.columns - 1, std::max<size_t>(size.rows, 2) - 1);
  show(text);
}

// Up to the first of the lines that are there, everything from there on away, then `text`.
void LiveLines::show(const std::string& text) {
  std::string picture;
  if (lines_ > 0) picture = "\033[" + std::to_string(lines_) + "A\033[J";
  picture += text;
  lines_ = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  std::fflush(stdout);
  static_cast<void>(!::write(STDOUT_FILENO, picture.data(), picture.size()));
}

}  // namespace takt
