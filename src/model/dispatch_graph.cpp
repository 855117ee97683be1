#include "model/dispatch_graph.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "model/field_reader.h"
#include "model/json_writer.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "takt-graph";
constexpr int kVersion = 1;
constexpr OpKind kOpKinds[] = {OpKind::kDispatch, OpKind::kFill, OpKind::kCopy};
constexpr DependencyKind kDependencyKinds[] = {DependencyKind::kTrue, DependencyKind::kAnti,
                                               DependencyKind::kOutput, DependencyKind::kOrder};
// Byte counts stay below 2^62 so that offset + length cannot overflow.
constexpr int64_t kBytesMax = int64_t{1} << 62;

// How an access touches its range, as it stands in the text.
enum class Touch { kRead, kWrite, kReadWrite };
constexpr Touch kTouches[] = {Touch::kRead, Touch::kWrite, Touch::kReadWrite};
std::string_view name_of(Touch touch) {
  return touch == Touch::kRead ? "r" : touch == Touch::kWrite ? "w" : "rw";
}

Kernel read_kernel(Field field) {
  Record record(field, {"entry", "content_hash", "binary_hash"});
  return {record.required("entry").text(), record.required("content_hash").text(),
          record.required("binary_hash").text()};
}

GraphResource read_resource(Field field) {
  Record record(field, {"name", "size"});
  return {record.required("name").text(), record.required("size").integer(-1, kBytesMax)};
}

Access read_access(Field field, const std::vector<GraphResource>& resources) {
  Record record(field, {"resource", "offset", "length", "access", "exact"});
  Access access;
  access.resource = record.required("resource").index(resources.size(), "resources");
  access.range.offset = record.required("offset").integer(0, kBytesMax);
  access.range.length = record.required("length").integer(0, kBytesMax);
  const Touch touch = record.required("access").choice(kTouches);
  access.reads = touch != Touch::kWrite;
  access.writes = touch != Touch::kRead;
  access.exact = record.required("exact").boolean();
  if (!field.present()) return access;
  const GraphResource& resource = resources[access.resource];
  const int64_t end = access.range.offset + access.range.length;
  if (resource.size >= 0 && end > resource.size)
    field.fail("reaches byte " + std::to_string(end) + " of resource '" + shown(resource.name) +
               "', which has " + std::to_string(resource.size) + " bytes");
  return access;
}

std::vector<Dependency> read_deps(Field field, size_t op) {
  std::vector<Dependency> deps;
  for (Field item : field.items()) {
    Record record(item, {"op", "kind", "bytes"});
    Dependency dep;
    const Field op_field = record.required("op");
    dep.op = static_cast<uint32_t>(op_field.integer(0, UINT32_MAX));
    dep.kind = record.required("kind").choice(kDependencyKinds);
    dep.bytes = record.required("bytes").integer(0, kBytesMax);
    if (dep.op >= op)
      op_field.fail("operation " + std::to_string(op) + " depends on operation " +
                    std::to_string(dep.op) +
                    "; dependencies point to earlier operations only (no cycles)");
    if (!deps.empty() && std::pair(deps.back().op, deps.back().kind) >= std::pair(dep.op, dep.kind))
      item.fail("dependencies must be sorted by op, with one entry per op and kind");
    deps.push_back(dep);
  }
  return deps;
}

GraphOp read_op(Field field, const DispatchGraph& graph, const GraphFunction& function) {
  Record record(field, {"kind", "kernel", "workgroups", "bytes", "region", "position", "wave",
                        "accesses", "deps"});
  GraphOp op;
  op.kind = record.required("kind").choice(kOpKinds);
  if (op.kind == OpKind::kDispatch) {
    op.kernel = KernelId(record.required("kernel").index(graph.kernels.size(), "kernels"));
    const std::vector<Field> counts = record.required("workgroups").items(3);
    if (counts.size() != 3) record.required("workgroups").fail("must have three counts: x, y, z");
    for (size_t i = 0; i < counts.size(); ++i)
      op.workgroups[i] = static_cast<uint32_t>(counts[i].integer(0, UINT32_MAX));
  } else {
    op.bytes = record.required("bytes").integer(0, kBytesMax);
    for (const char* key : {"kernel", "workgroups"})
      record.optional(key).fail("only dispatches have it; this operation is a " +
                                std::string(name_of(op.kind)));
  }
  op.region = record.required("region").index(function.regions, "regions");
  op.position = static_cast<uint32_t>(record.required("position").integer(0, UINT32_MAX));
  op.wave = static_cast<uint32_t>(record.required("wave").integer(0, UINT32_MAX));
  for (Field item : record.required("accesses").items())
    op.accesses.push_back(read_access(item, function.resources));
  op.deps = read_deps(record.required("deps"), function.ops.size());
  if (!function.ops.empty()) {
    const GraphOp& last = function.ops.back();
    if (std::pair(last.region, last.position) >= std::pair(op.region, op.position))
      field.fail("operations must be in command order: region and position must be after those "
                 "of the operation before");
  }
  return op;
}

GraphFunction read_function(Field field, const DispatchGraph& graph) {
  Record record(field,
                {"name", "declaration", "plannable", "reason", "regions", "resources", "ops"});
  GraphFunction function;
  function.name = record.required("name").text();
  function.declaration = record.required("declaration").text();
  function.plannable = record.required("plannable").boolean();
  function.reason = record.required("reason").text();
  if (!function.plannable && function.reason.empty())
    record.required("reason").fail("a function that is not plannable must say why");
  function.regions = static_cast<uint32_t>(record.required("regions").integer(0, UINT32_MAX));
  for (Field item : record.required("resources").items())
    function.resources.push_back(read_resource(item));
  for (Field item : record.required("ops").items()) {
    if (!item.present()) break;
    function.ops.push_back(read_op(item, graph, function));
  }
  return function;
}

Json to_json(const GraphOp& op) {
  Json json;
  json["kind"] = name_of(op.kind);
  if (op.kind == OpKind::kDispatch) {
    json["kernel"] = op.kernel.value();
    json["workgroups"] = op.workgroups;
  } else {
    json["bytes"] = op.bytes;
  }
  json["region"] = op.region;
  json["position"] = op.position;
  json["wave"] = op.wave;
  Json& accesses = json["accesses"] = Json::array();
  for (const Access& access : op.accesses) {
    const Touch touch = !access.writes  ? Touch::kRead
                        : access.reads ? Touch::kReadWrite
                                        : Touch::kWrite;
    accesses.push_back({{"resource", access.resource},
                        {"offset", access.range.offset},
                        {"length", access.range.length},
                        {"access", name_of(touch)},
                        {"exact", access.exact}});
  }
  Json& deps = json["deps"] = Json::array();
  for (const Dependency& dep : op.deps)
    deps.push_back({{"op", dep.op}, {"kind", name_of(dep.kind)}, {"bytes", dep.bytes}});
  return json;
}

Json to_json(const GraphFunction& function) {
  Json json;
  json["name"] = function.name;
  json["declaration"] = function.declaration;
  json["plannable"] = function.plannable;
  json["reason"] = function.reason;
  json["regions"] = function.regions;
  Json& resources = json["resources"] = Json::array();
  for (const GraphResource& resource : function.resources)
    resources.push_back({{"name", resource.name}, {"size", resource.size}});
  Json& ops = json["ops"] = Json::array();
  for (const GraphOp& op : function.ops) ops.push_back(to_json(op));
  return json;
}

}  // namespace

std::string_view name_of(OpKind kind) {
  switch (kind) {
    case OpKind::kDispatch: return "dispatch";
    case OpKind::kFill: return "fill";
    case OpKind::kCopy: return "copy";
  }
  return "";
}

std::string_view name_of(DependencyKind kind) {
  switch (kind) {
    case DependencyKind::kTrue: return "true";
    case DependencyKind::kAnti: return "anti";
    case DependencyKind::kOutput: return "output";
    case DependencyKind::kOrder: return "order";
  }
  return "";
}

const GraphFunction* DispatchGraph::find(std::string_view function) const {
  const GraphFunction* found = nullptr;
  for (const GraphFunction& candidate : functions) {
    if (candidate.name == std::string(function) + "$async") return &candidate;
    if (candidate.name == function) found = &candidate;
  }
  return found;
}

CostSubject cost_subject(const DispatchGraph& graph, const GraphOp& op) {
  if (op.kind == OpKind::kDispatch)
    return {graph.kernels[op.kernel.value()].content_hash, op.workgroups};
  const uint64_t bytes = static_cast<uint64_t>(op.bytes);
  const uint32_t low = static_cast<uint32_t>(bytes), high = static_cast<uint32_t>(bytes >> 32);
  return {std::string(name_of(op.kind)), {low, high + 1, 1}};
}

Result<DispatchGraph> parse_graph(std::string_view text, const std::string& path) {
  TAKT_ASSIGN(const TextTree tree, parse_json_tree(text, path));
  FieldReader reader(tree);
  reader.expect_format(kFormat, kVersion);
  Record record(reader.root(),
                {"format", "version", "module", "source", "vmfb", "vmfb_hash", "compiler_version",
                 "inputs_hash", "flags", "kernels", "functions"});
  DispatchGraph graph;
  graph.module_name = record.required("module").text();
  graph.source = record.required("source").text();
  graph.vmfb = record.required("vmfb").text();
  graph.vmfb_hash = record.required("vmfb_hash").text();
  graph.compiler_version = record.required("compiler_version").text();
  graph.inputs_hash = record.required("inputs_hash").text();
  for (Field item : record.required("flags").items()) graph.flags.push_back(item.text());
  for (Field item : record.required("kernels").items())
    graph.kernels.push_back(read_kernel(item));
  const std::vector<Field> functions = record.required("functions").items();
  std::vector<std::string> names;
  for (Field item : functions) {
    if (!item.present()) break;
    graph.functions.push_back(read_function(item, graph));
    names.push_back(graph.functions.back().name);
  }
  check_unique(functions, names);
  TAKT_TRY(reader.status());
  return graph;
}

Result<DispatchGraph> read_graph(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  return parse_graph(text, path);
}

std::string write_graph(const DispatchGraph& graph) {
  Json json;
  json["format"] = kFormat;
  json["version"] = kVersion;
  json["module"] = graph.module_name;
  json["source"] = graph.source;
  json["vmfb"] = graph.vmfb;
  json["vmfb_hash"] = graph.vmfb_hash;
  json["compiler_version"] = graph.compiler_version;
  json["inputs_hash"] = graph.inputs_hash;
  json["flags"] = graph.flags;
  Json& kernels = json["kernels"] = Json::array();
  for (const Kernel& kernel : graph.kernels)
    kernels.push_back({{"entry", kernel.entry},
                       {"content_hash", kernel.content_hash},
                       {"binary_hash", kernel.binary_hash}});
  Json& functions = json["functions"] = Json::array();
  for (const GraphFunction& function : graph.functions) functions.push_back(to_json(function));
  return write_json(json);
}

}  // namespace takt
