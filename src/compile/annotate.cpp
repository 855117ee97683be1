#include "compile/annotate.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "compile/extract.h"
#include "compile/flags.h"
#include "compile/session.h"
#include "compile/source.h"
#include "model/plan.h"

namespace takt::compile {
namespace {

constexpr std::string_view kStart = "iree.scheduling.start_time_ns";
constexpr std::string_view kAffinity = "iree.scheduling.affinity";
constexpr std::string_view kResource = "iree.scheduling.resource";
constexpr size_t kWordBits = 64;

MlirAttribute i64_attribute(MlirContext context, int64_t value) {
  const CompilerApi& api = compiler_api();
  return api.mlirIntegerAttrGet(api.mlirIntegerTypeGet(context, 64), value);
}

std::vector<int64_t> mask_words(const std::vector<LaneId>& lanes, size_t lane_count) {
  std::vector<int64_t> words((std::max<size_t>(lane_count, 1) + kWordBits - 1) / kWordBits, 0);
  for (const LaneId lane : lanes)
    words[lane.value() / kWordBits] |=
        static_cast<int64_t>(uint64_t{1} << lane.value() % kWordBits);
  return words;
}

void write_attributes(Op dispatch, const PlanOp& op, const Plan& plan) {
  const CompilerApi& api = compiler_api();
  const MlirContext context = dispatch.context();
  std::string resource;
  for (const LaneId lane : op.lanes)
    resource += (resource.empty() ? "" : "+") + plan.lanes[lane.value()];
  const std::vector<int64_t> words = mask_words(op.lanes, plan.lanes.size());
  dispatch.set_attr(kStart, i64_attribute(context, op.start.ns));
  const auto word_count = static_cast<intptr_t>(words.size());
  dispatch.set_attr(kAffinity, word_count == 1
                                   ? i64_attribute(context, words[0])
                                   : api.mlirDenseI64ArrayGet(context, word_count, words.data()));
  dispatch.set_attr(kResource, api.mlirStringAttrGet(context, {resource.data(), resource.size()}));
}

struct PlannedModule {
  ModuleId id;
  DispatchGraph graph;
};

// Which module of the plan the model is: the one named, else the one compiled from the same
// bytes, else the only one.
Result<PlannedModule> find_module(const Plan& plan, const std::string& plan_path,
                                  const std::string& model_path, const std::string& model_bytes,
                                  const std::string& name) {
  std::optional<PlannedModule> found;
  std::string known;
  for (size_t i = 0; i < plan.modules.size(); ++i) {
    const PlanModule& module = plan.modules[i];
    known += (known.empty() ? "" : ", ") + module.name;
    if (!name.empty() && module.name != name) continue;
    const auto path = std::filesystem::path(plan_path).parent_path() / module.graph;
    TAKT_ASSIGN(DispatchGraph graph, read_graph(path.string()));
    const bool same_bytes = graph.inputs_hash == inputs_hash(model_bytes, graph.flags);
    if (!same_bytes && name.empty() && plan.modules.size() > 1) continue;
    if (!same_bytes)
      return bad_input(model_path + ": is not what module '" + module.name + "' of " + plan_path +
                       " was compiled from (" + graph.source +
                       "; another compiler or host also counts); compile and plan it again");
    found = PlannedModule{ModuleId(i), std::move(graph)};
    break;
  }
  if (!found)
    return bad_input(plan_path + ": has no module " +
                     (name.empty() ? "compiled from " + model_path : "'" + name + "'") +
                     "; its modules are: " + known);
  return std::move(*found);
}

// Annotates one function with the first job of `task`; the number of dispatches.
class FunctionAnnotator {
 public:
  FunctionAnnotator(const Plan& plan, const std::string& plan_path, TaskId task,
                    const GraphFunction& function, const std::vector<std::string>& hashes)
      : plan_(plan), plan_path_(plan_path), task_(task), function_(function), hashes_(hashes) {}

  Result<size_t> annotate(const std::vector<Op>& ir_ops) {
    std::vector<bool> done(ir_ops.size(), false);
    for (const PlanOp& op : plan_.operations) {
      if (op.task != task_ || op.job != 0 || op.kind != Operation::Kind::kGraphOp) continue;
      TAKT_TRY(check(op, ir_ops));
      done[op.graph_op] = true;
      if (ir_ops[op.graph_op]) write_attributes(ir_ops[op.graph_op], op, plan_);
    }
    size_t count = 0;
    for (size_t i = 0; i < ir_ops.size(); ++i) {
      if (!ir_ops[i]) continue;
      if (!done[i]) return bad_input(where(i) + " is in the model but not in the plan");
      ++count;
    }
    return count;
  }

 private:
  std::string where(size_t graph_op) const {
    std::string text = plan_path_ + ": task '" + plan_.tasks[task_.value()].name +
                       "', operation " + std::to_string(graph_op) + " of @" + function_.name;
    if (graph_op < function_.ops.size())
      text += " (region " + std::to_string(function_.ops[graph_op].region) + ", position " +
              std::to_string(function_.ops[graph_op].position) + ")";
    return text;
  }

  Status check(const PlanOp& op, const std::vector<Op>& ir_ops) const {
    if (op.graph_op >= ir_ops.size())
      return bad_input(where(op.graph_op) + " is not in the model, which has " +
                       std::to_string(ir_ops.size()) + " operations there; plan it again");
    if (ir_ops[op.graph_op] && op.kernel_hash != hashes_[op.graph_op])
      return bad_input(where(op.graph_op) + " is kernel " + op.kernel_hash +
                       " in the plan but " + hashes_[op.graph_op] + " in the model; plan it again");
    for (const LaneId lane : op.lanes)
      if (lane.value() >= plan_.lanes.size())
        return bad_input(where(op.graph_op) + " uses lane " + std::to_string(lane.value()) +
                         ", the plan has " + std::to_string(plan_.lanes.size()));
    return {};
  }

  const Plan& plan_;
  const std::string& plan_path_;
  TaskId task_;
  const GraphFunction& function_;
  const std::vector<std::string>& hashes_;
};

Result<size_t> annotate_module(Op module, const Plan& plan, const std::string& plan_path,
                               const PlannedModule& planned) {
  const auto hashes =
      StreamGraph::extract(module, kernel_salt(planned.graph.flags)).kernel_hashes();
  std::vector<std::string> done;
  size_t count = 0;
  for (size_t t = 0; t < plan.tasks.size(); ++t) {
    if (plan.tasks[t].module != planned.id) continue;
    const GraphFunction* function = planned.graph.find(plan.tasks[t].function);
    if (!function || !function->plannable)
      return bad_input(plan_path + ": task '" + plan.tasks[t].name + "' calls @" +
                       plan.tasks[t].function + ", which the graph does not list as plannable");
    if (std::find(done.begin(), done.end(), function->name) != done.end()) continue;
    done.push_back(function->name);
    const auto known = hashes.find(function->name);
    const Op ir = find_symbol(module, "util.func", function->name);
    if (!ir || known == hashes.end())
      return bad_input(plan_path + ": the model has no function @" + function->name);
    FunctionAnnotator annotator(plan, plan_path, TaskId(t), *function, known->second);
    TAKT_ASSIGN(const size_t annotated, annotator.annotate(operations_in_order(ir)));
    count += annotated;
  }
  if (done.empty())
    return bad_input(plan_path + ": no task uses module '" +
                     plan.modules[planned.id.value()].name + "'");
  return count;
}

}  // namespace

Result<AnnotatedModule> annotate(const std::string& model_path, const std::string& plan_path,
                                 const AnnotateOptions& options) {
  TAKT_ASSIGN(const std::string bytes, read_file(model_path));
  TAKT_ASSIGN(const Plan plan, read_plan(plan_path));
  TAKT_TRY(load_compiler());
  TAKT_ASSIGN(const PlannedModule planned,
              find_module(plan, plan_path, model_path, bytes, options.module));
  TAKT_ASSIGN(const Source source, read_source(model_path));
  TAKT_ASSIGN(Session session, Session::create(planned.graph.flags));
  TAKT_ASSIGN(Module module, session.parse(source.text, source.name));
  TAKT_ASSIGN(module, session.run(std::move(module), "", "stream"));
  AnnotatedModule annotated;
  TAKT_ASSIGN(annotated.dispatches, annotate_module(module.op(), plan, plan_path, planned));
  annotated.text = module.op().print() + "\n";
  if (options.with_vmfb) {
    TAKT_ASSIGN(module, session.run(std::move(module), "stream", "end"));
    TAKT_ASSIGN(annotated.vmfb, session.vm_bytecode(std::move(module)));
  }
  return annotated;
}

Result<std::vector<Annotation>> read_annotations(std::string_view text, const std::string& name) {
  TAKT_ASSIGN(Session session, Session::create({}));
  TAKT_ASSIGN(const Module module, session.parse(text, name));
  std::vector<Annotation> annotations;
  for (const Op function : exported_functions(module.op())) {
    const std::vector<Op> ops = operations_in_order(function);
    for (size_t i = 0; i < ops.size(); ++i) {
      if (!ops[i] || !ops[i].attr(kStart)) continue;
      Annotation annotation{function.attr("sym_name").as_string(), static_cast<uint32_t>(i)};
      const std::optional<int64_t> start = ops[i].attr(kStart).as_int();
      const Attr affinity = ops[i].attr(kAffinity);
      std::vector<int64_t> words = affinity.as_ints();
      if (const std::optional<int64_t> word = affinity.as_int()) words = {*word};
      annotation.resource = ops[i].attr(kResource).as_string();
      if (!start || words.empty() || annotation.resource.empty())
        return bad_input(name + ": operation " + std::to_string(i) + " of @" +
                         annotation.function + " needs an integer " + std::string(kStart) +
                         ", an integer or dense array " + std::string(kAffinity) +
                         " and a string " + std::string(kResource));
      annotation.start = Nanos(*start);
      for (size_t lane = 0; lane < words.size() * kWordBits; ++lane)
        if (static_cast<uint64_t>(words[lane / kWordBits]) >> lane % kWordBits & 1)
          annotation.lanes.push_back(LaneId(lane));
      annotations.push_back(std::move(annotation));
    }
  }
  return annotations;
}

}  // namespace takt::compile
