#include "solve/bounds/late_jobs.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace takt {
namespace {

constexpr size_t kReleasesTried = 64;

int64_t fewest_late_from(const std::vector<JobLoad>& by_deadline, Nanos from, int64_t lanes) {
  std::priority_queue<Nanos> kept;
  Nanos work(0);
  int64_t late = 0;
  for (const JobLoad& job : by_deadline) {
    if (job.release < from) continue;
    kept.push(job.work);
    work += job.work;
    if (work.ns <= lanes * std::max(job.deadline - from, Nanos(0)).ns) continue;
    work -= kept.top();
    kept.pop();
    ++late;
  }
  return late;
}

}  // namespace

int64_t fewest_late(std::vector<JobLoad> jobs, int64_t lanes) {
  std::vector<Nanos> releases;
  for (const JobLoad& job : jobs) releases.push_back(job.release);
  std::sort(releases.begin(), releases.end());
  releases.erase(std::unique(releases.begin(), releases.end()), releases.end());
  std::sort(jobs.begin(), jobs.end(),
            [](const JobLoad& a, const JobLoad& b) { return a.deadline < b.deadline; });
  int64_t most = 0;
  const size_t tried = std::min(kReleasesTried, releases.size());
  for (size_t i = 0; i < tried; ++i)
    most = std::max(most,
                    fewest_late_from(jobs, releases[i * releases.size() / tried], lanes));
  return most;
}

Nanos least_tardiness(std::vector<JobLoad> jobs, int64_t lanes) {
  // Times lanes: the machine does one unit of work per unit of this time.
  std::sort(jobs.begin(), jobs.end(),
            [](const JobLoad& a, const JobLoad& b) { return a.release < b.release; });
  std::vector<Nanos> due;
  for (const JobLoad& job : jobs) due.push_back(job.deadline);
  std::sort(due.begin(), due.end());
  std::priority_queue<Nanos, std::vector<Nanos>, std::greater<>> remaining;
  Nanos now(0), total(0);
  size_t next = 0, done = 0;
  while (done < jobs.size()) {
    if (remaining.empty()) now = std::max(now, jobs[next].release * lanes);
    for (; next < jobs.size() && jobs[next].release * lanes <= now; ++next)
      remaining.push(jobs[next].work);
    const Nanos least = remaining.top();
    remaining.pop();
    const Nanos until = next < jobs.size() ? jobs[next].release * lanes : Nanos::max();
    if (until - now < least) {
      remaining.push(least - (until - now));
      now = until;
      continue;
    }
    now += least;
    const Nanos end((now.ns + lanes - 1) / lanes);
    total += std::max(end - due[done++], Nanos(0));
  }
  return total;
}

}  // namespace takt
