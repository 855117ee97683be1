#include "compile/dependencies.h"

#include <algorithm>

namespace takt::compile {
namespace {

// Bytes of one access of the later operation that no write in between has covered yet.
struct Open {
  size_t access = 0;
  std::vector<ByteRange> ranges;
};

ByteRange intersection(const ByteRange& a, const ByteRange& b) {
  const int64_t first = std::max(a.offset, b.offset);
  const int64_t end = std::min(a.offset + a.length, b.offset + b.length);
  return {first, std::max<int64_t>(end - first, 0)};
}

void subtract(std::vector<ByteRange>& ranges, const ByteRange& hole) {
  std::vector<ByteRange> rest;
  for (const ByteRange& range : ranges) {
    const int64_t end = range.offset + range.length, hole_end = hole.offset + hole.length;
    if (!range.overlaps(hole)) {
      rest.push_back(range);
      continue;
    }
    if (range.offset < hole.offset) rest.push_back({range.offset, hole.offset - range.offset});
    if (hole_end < end) rest.push_back({hole_end, end - hole_end});
  }
  ranges = std::move(rest);
}

int64_t bytes_of(std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  int64_t total = 0, seen = std::numeric_limits<int64_t>::min();
  for (const ByteRange& range : ranges) {
    const int64_t first = std::max(range.offset, seen), end = range.offset + range.length;
    if (end > first) total += end - first;
    seen = std::max(seen, end);
  }
  return total;
}

// Bytes shared by one earlier and one later operation, by kind and resource.
class Overlaps {
 public:
  void add(DependencyKind kind, uint32_t resource, const ByteRange& range) {
    for (Entry& entry : entries_)
      if (entry.kind == kind && entry.resource == resource) return entry.ranges.push_back(range);
    entries_.push_back({kind, resource, {range}});
  }

  void write_to(std::vector<Dependency>& deps, uint32_t op) const {
    for (const DependencyKind kind :
         {DependencyKind::kTrue, DependencyKind::kAnti, DependencyKind::kOutput}) {
      int64_t bytes = 0;
      bool any = false;
      for (const Entry& entry : entries_) {
        if (entry.kind != kind) continue;
        any = true;
        bytes += bytes_of(entry.ranges);
      }
      if (any) deps.push_back({op, kind, bytes});
    }
  }

 private:
  struct Entry {
    DependencyKind kind;
    uint32_t resource;
    std::vector<ByteRange> ranges;
  };
  std::vector<Entry> entries_;
};

class Finder {
 public:
  Finder(std::vector<GraphOp>& ops, const OpDetails& details, const Resources& resources)
      : ops_(ops), details_(details), resources_(resources) {}

  void run(uint32_t later) {
    std::vector<Open> open;
    for (size_t b = 0; b < ops_[later].accesses.size(); ++b)
      open.push_back({b, {ops_[later].accesses[b].range}});
    std::vector<Dependency> deps;
    for (uint32_t earlier = later; earlier-- > 0;) compare(earlier, later, open, deps);
    std::sort(deps.begin(), deps.end(), [](const Dependency& a, const Dependency& b) {
      return a.op != b.op ? a.op < b.op : a.kind < b.kind;
    });
    ops_[later].deps = std::move(deps);
  }

 private:
  void compare(uint32_t earlier, uint32_t later, std::vector<Open>& open,
               std::vector<Dependency>& deps) {
    const GraphOp& first = ops_[earlier];
    const GraphOp& second = ops_[later];
    const bool same_wave = first.region == second.region && first.wave == second.wave;
    Overlaps overlaps;
    for (Open& target : open) {
      std::vector<ByteRange> covered;
      for (size_t a = 0; a < first.accesses.size(); ++a) {
        const Access& from = first.accesses[a];
        const Access& to = second.accesses[target.access];
        if (!from.writes && !to.writes) continue;
        if (same_wave && !(from.exact && to.exact)) continue;
        const auto alias = resources_.alias(from.resource, to.resource);
        if (alias == Resources::Alias::kNever) continue;
        const bool located = details_[earlier][a].located &&
                             details_[later][target.access].located &&
                             alias == Resources::Alias::kSameBytes;
        if (!note(from, to, target, located, overlaps)) continue;
        if (located && from.writes && details_[earlier][a].covers) covered.push_back(from.range);
      }
      for (const ByteRange& range : covered) subtract(target.ranges, range);
    }
    overlaps.write_to(deps, earlier);
  }

  // Adds the overlap of `from` with what is open of `to`; false if there is none.
  static bool note(const Access& from, const Access& to, const Open& target, bool located,
                   Overlaps& overlaps) {
    std::vector<ByteRange> shared;
    for (const ByteRange& range : target.ranges) {
      const ByteRange common = located ? intersection(from.range, range)
                                       : ByteRange{0, std::min(from.range.length, range.length)};
      if (common.length > 0) shared.push_back(common);
    }
    for (const ByteRange& range : shared) {
      if (from.writes && to.reads) overlaps.add(DependencyKind::kTrue, to.resource, range);
      if (from.reads && to.writes) overlaps.add(DependencyKind::kAnti, to.resource, range);
      if (from.writes && to.writes) overlaps.add(DependencyKind::kOutput, to.resource, range);
    }
    return !shared.empty();
  }

  std::vector<GraphOp>& ops_;
  const OpDetails& details_;
  const Resources& resources_;
};

}  // namespace

void add_dependencies(std::vector<GraphOp>& ops, const OpDetails& details,
                      const Resources& resources) {
  Finder finder(ops, details, resources);
  for (uint32_t op = 0; op < ops.size(); ++op) finder.run(op);
}

void add_region_order(std::vector<GraphOp>& ops, uint32_t earlier, uint32_t later) {
  std::vector<bool> has_successor(ops.size(), false);
  for (const GraphOp& op : ops)
    for (const Dependency& dep : op.deps)
      if (op.region == ops[dep.op].region) has_successor[dep.op] = true;
  for (GraphOp& op : ops) {
    if (op.region != later) continue;
    const bool inner = std::any_of(op.deps.begin(), op.deps.end(), [&](const Dependency& dep) {
      return ops[dep.op].region == later;
    });
    if (inner) continue;
    for (uint32_t i = 0; i < ops.size(); ++i)
      if (ops[i].region == earlier && !has_successor[i])
        op.deps.push_back({i, DependencyKind::kOrder, 0});
    std::sort(op.deps.begin(), op.deps.end(), [](const Dependency& a, const Dependency& b) {
      return a.op != b.op ? a.op < b.op : a.kind < b.kind;
    });
  }
}

}  // namespace takt::compile
