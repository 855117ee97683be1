#include "model/instance.h"

#include "base/content_hash.h"

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
  Canonical& operator<<(const Pool& pool) { return *this << pool.name << pool.lanes; }
  Canonical& operator<<(const Demand& demand) {
    return *this << demand.pool << static_cast<int64_t>(demand.count);
  }
  Canonical& operator<<(const Mode& mode) {
    return *this << mode.demands << mode.variant << mode.duration;
  }
  Canonical& operator<<(const InstanceTask& task) {
    return *this << task.name << task.module << task.function
                 << static_cast<int64_t>(task.criticality) << static_cast<int64_t>(task.priority);
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
    return *this << edge.before << edge.after << edge.delay;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace

std::string Instance::hash() const {
  Canonical canonical;
  canonical << std::string("takt-instance-1") << lane_names << pools << tasks << jobs
            << operations << precedences << horizon;
  return content_hash(canonical.bytes());
}

}  // namespace takt
