// The least common multiple of a workload's periods. A period is a reduced fraction
// num/den of nanoseconds; a whole number of nanoseconds is a multiple of it exactly if
// it is a multiple of num, so the hyperperiod is the lcm of the numerators.
#include <algorithm>
#include <numeric>
#include <optional>

#include "base/time_text.h"
#include "model/workload.h"

namespace takt {
namespace {

// lcm(a, b), or nullopt above `limit`. REQUIRES: a, b > 0
std::optional<int64_t> lcm_within(int64_t a, int64_t b, int64_t limit) {
  const Int128 product = Int128{a / std::gcd(a, b)} * b;
  if (product > limit) return std::nullopt;
  return static_cast<int64_t>(product);
}

// The whole-nanosecond period nearest to `from`, going by `step`, that fits with `window`
// below `limit`; nullopt when none is within a bounded search.
std::optional<int64_t> nearest_fitting(int64_t from, int64_t step, int64_t window, int64_t limit) {
  constexpr int kTries = 1'000'000;
  for (int i = 0; i < kTries && from > 0; ++i, from += step)
    if (lcm_within(window, from, limit)) return from;
  return std::nullopt;
}

// The next below and above `period`, for a message.
std::string fitting_periods(const Period& period, int64_t window, int64_t limit) {
  const int64_t whole = period.length().ns;
  const auto below = nearest_fitting(whole, -1, window, limit);
  const auto above = nearest_fitting(whole + 1, 1, window, limit);
  if (below && above) return format_time(Nanos(*below)) + " or " + format_time(Nanos(*above));
  return format_time(Nanos(below.value_or(above.value_or(window))));
}

Error misfit(const Workload& workload, const Task& task, const std::vector<size_t>& fitting,
             int64_t window, Nanos limit) {
  std::string others;
  for (const size_t i : fitting) {
    if (others.size() > 200) {
      others += ", ...";
      break;
    }
    others += (others.empty() ? "'" : ", '") + workload.tasks[i].name + "' (" +
              format_period(workload.tasks[i].period) + ')';
  }
  std::string message = "workload '" + workload.name + "': the period of task '" + task.name +
                        "' (" + format_period(task.period) + ") does not fit ";
  message += fitting.empty() ? "a window of " : "together with " + others + " in a window of ";
  message += format_time(limit) + ", the longest that is planned";
  if (fitting.empty()) return bad_input(message + "; choose a shorter period");
  return bad_input(message + "; the nearest that do: " +
                   fitting_periods(task.period, window, limit.ns));
}

}  // namespace

Result<Nanos> hyperperiod(const Workload& workload, Nanos limit) {
  // Tasks that fit together first, so that the odd one out is the one that is named.
  std::vector<size_t> order;
  for (size_t i = 0; i < workload.tasks.size(); ++i)
    if (workload.tasks[i].period.num_ns > 0) order.push_back(i);
  if (order.empty())
    return bad_input("workload '" + workload.name + "': no task has a period; there is no window "
                     "to plan");
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const auto zeros = [&](size_t i) {
      int count = 0;
      for (int64_t n = workload.tasks[i].period.num_ns; n % 10 == 0; n /= 10) ++count;
      return count;
    };
    return zeros(a) > zeros(b);
  });
  int64_t window = 1;
  std::vector<size_t> fitting;
  for (const size_t i : order) {
    const auto next = lcm_within(window, workload.tasks[i].period.num_ns, limit.ns);
    if (!next) return misfit(workload, workload.tasks[i], fitting, window, limit);
    window = *next;
    fitting.push_back(i);
  }
  return Nanos(window);
}

}  // namespace takt
