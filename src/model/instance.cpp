#include "model/instance.h"

#include <algorithm>

#include "base/content_hash.h"
#include "base/int128.h"

namespace takt {
namespace {

// The bytes that are hashed: little-endian integers and length-prefixed text, so that
// two different instances never give the same bytes, on any machine.
class Canonical {
 public:
  Canonical& operator<<(int64_t value) {
    for (int i = 0; i < 8; ++i)
      bytes_ += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
    return *this;
  }
  Canonical& operator<<(const std::string& text) {
    *this << static_cast<int64_t>(text.size());
    bytes_ += text;
    return *this;
  }
  Canonical& operator<<(Nanos time) { return *this << time.ns; }
  template <class Tag>
  Canonical& operator<<(Id<Tag> id) {
    return *this << static_cast<int64_t>(id.value());
  }
  template <class T>
  Canonical& operator<<(const std::vector<T>& list) {
    *this << static_cast<int64_t>(list.size());
    for (const T& item : list) *this << item;
    return *this;
  }
  Canonical& operator<<(const Pool& pool) {
    return *this << pool.name << pool.lanes << int64_t{pool.aligned} << int64_t{pool.site};
  }
  Canonical& operator<<(const Demand& demand) {
    return *this << demand.pool << static_cast<int64_t>(demand.count);
  }
  Canonical& operator<<(const Mode& mode) {
    return *this << mode.demands << mode.variant << mode.duration;
  }
  Canonical& operator<<(const InstanceTask& task) {
    return *this << task.name << task.module << task.function
                 << static_cast<int64_t>(task.criticality) << static_cast<int64_t>(task.priority)
                 << task.weight << task.jitter_max;
  }
  Canonical& operator<<(const Job& job) {
    return *this << job.task << static_cast<int64_t>(job.index) << job.release << job.deadline
                 << static_cast<int64_t>(job.first_op) << static_cast<int64_t>(job.op_count);
  }
  Canonical& operator<<(const Operation& op) {
    return *this << static_cast<int64_t>(op.kind) << op.job << static_cast<int64_t>(op.graph_op)
                 << op.kernel_hash << op.modes;
  }
  Canonical& operator<<(const Precedence& edge) {
    return *this << edge.before << edge.after << edge.delay << edge.bytes;
  }
  Canonical& operator<<(const SiteLink& link) {
    return *this << int64_t{link.from} << int64_t{link.to} << link.latency << link.bytes_per_us;
  }
  Canonical& operator<<(const ChainRun& run) { return *this << run.first << run.last; }
  Canonical& operator<<(const InstanceChain& chain) {
    return *this << chain.name << chain.deadline << chain.runs;
  }
  Canonical& operator<<(const Commitment& done) {
    return *this << done.op << done.start << int64_t{done.mode} << done.lanes;
  }
  Canonical& operator<<(const Outage& outage) {
    return *this << outage.lane << outage.start << outage.end;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace

std::string Instance::hash() const {
  Canonical canonical;
  canonical << std::string("takt-instance-2") << lane_names << pools << tasks << jobs
            << operations << precedences << links << chains << mode_groups << commitments
            << outages << not_before << horizon;
  return content_hash(canonical.bytes());
}

Nanos transfer_time(const Instance& instance, uint32_t from_site, uint32_t to_site, int64_t bytes) {
  for (const SiteLink& link : instance.links)
    if (link.from == from_site && link.to == to_site) {
      const Int128 scaled = Int128{bytes} * 1000 + link.bytes_per_us - 1;
      return link.latency + Nanos(static_cast<int64_t>(scaled / link.bytes_per_us));
    }
  return Nanos(0);
}

}  // namespace takt
