#include "solve/timeline.h"

#include "base/check.h"

namespace takt {

void Timeline::occupy(uint32_t lane, Nanos start, Nanos end) {
  std::vector<Busy>& busy = lanes_[lane];
  const size_t next = first_ending_after(busy, start);
  DCHECK(next == busy.size() || busy[next].start >= end);
  const bool touches_previous = next > 0 && busy[next - 1].end == start;
  const bool touches_next = next < busy.size() && busy[next].start == end;
  if (touches_previous && touches_next) {
    busy[next - 1].end = busy[next].end;
    busy.erase(busy.begin() + static_cast<std::ptrdiff_t>(next));
  } else if (touches_previous) {
    busy[next - 1].end = end;
  } else if (touches_next) {
    busy[next].start = start;
  } else {
    busy.insert(busy.begin() + static_cast<std::ptrdiff_t>(next), {start, end});
  }
}

}  // namespace takt
