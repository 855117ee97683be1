// LiveLines: while it lives, a mission's figures on the terminal, redrawn in place.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "app/hot_swap.h"
#include "app/mission_control.h"
#include "base/nanos.h"

namespace takt {

class LiveLines {
 public:
  // `mission` and `hot_swap`, which knows its tasks, outlive it. REQUIRES: standard output is a
  // terminal
  LiveLines(const MissionControl& mission, const HotSwap& hot_swap);
  // The lines are gone afterwards: what comes then is printed where they were.
  ~LiveLines();
  LiveLines(const LiveLines&) = delete;
  LiveLines& operator=(const LiveLines&) = delete;

 private:
  void draw();
  void show(const std::string& text);

  const MissionControl& mission_;
  const HotSwap& hot_swap_;
  const Nanos begin_;
  size_t lines_ = 0;                // on the terminal now

  std::mutex mutex_;                // guards ending_
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace takt
