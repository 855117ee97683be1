#include "model/control_request.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "model/field_reader.h"
#include "model/text_tree.h"

namespace takt {
namespace {

constexpr std::string_view kFormat = "takt-control";
constexpr int kVersion = 1;

// What a request may ask for, by name.
struct Verb {
  ControlRequest::Kind kind = ControlRequest::Kind::kList;
  WorkloadChange::Kind change = WorkloadChange::Kind::kAdd;   // kChange
};
constexpr Verb kVerbs[] = {{ControlRequest::Kind::kList},
                           {ControlRequest::Kind::kChange, WorkloadChange::Kind::kAdd},
                           {ControlRequest::Kind::kChange, WorkloadChange::Kind::kRemove},
                           {ControlRequest::Kind::kChange, WorkloadChange::Kind::kReplace},
                           {ControlRequest::Kind::kChange, WorkloadChange::Kind::kRate},
                           {ControlRequest::Kind::kMode}};

std::string_view name_of(Verb verb) {
  switch (verb.kind) {
    case ControlRequest::Kind::kList: return "list";
    case ControlRequest::Kind::kChange: return name_of(verb.change);
    case ControlRequest::Kind::kMode: return "mode";
  }
  return "";
}

std::string path_of(Field field) {
  const std::string path = field.text();
  if (path.empty() || path.find('\0') != path.npos)
    field.fail("must be the path of a .mlir or .vmfb file");
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).lexically_normal().string();
}

Field field_of(FieldReader& reader, std::string_view key) {
  const TextTree& tree = reader.tree();
  for (uint32_t i = 1; i < tree.nodes.size(); i = tree.nodes[i].end)
    if (tree.key(tree.nodes[i]) == key) return Field(&reader, i);
  return {};
}

Result<WorkloadChange> read_change(Field root, WorkloadChange::Kind kind) {
  WorkloadChange change;
  change.kind = kind;
  switch (kind) {
    case WorkloadChange::Kind::kAdd: {
      Record record(root, {"format", "version", "do", "workload"});
      const Field text = record.required("workload");
      if (!text.present()) break;
      TAKT_ASSIGN(change.added, parse_workload(text.text(), "workload of the request"));
      break;
    }
    case WorkloadChange::Kind::kRemove: {
      Record record(root, {"format", "version", "do", "task", "with_chains"});
      change.task = record.required("task").name();
      if (const Field chains = record.optional("with_chains"); chains.present())
        change.with_chains = chains.boolean();
      break;
    }
    case WorkloadChange::Kind::kReplace: {
      Record record(root, {"format", "version", "do", "task", "path", "function"});
      change.task = record.required("task").name();
      change.module_path = path_of(record.required("path"));
      if (const Field function = record.optional("function"); function.present())
        change.function = function.text();
      break;
    }
    case WorkloadChange::Kind::kRate: {
      Record record(root, {"format", "version", "do", "task", "period", "rate"});
      change.task = record.required("task").name();
      change.period = read_period(root, record.optional("period"), record.optional("rate"));
      break;
    }
  }
  return change;
}

Result<ControlRequest> read_request(Field root, Verb verb) {
  ControlRequest request;
  request.kind = verb.kind;
  switch (verb.kind) {
    case ControlRequest::Kind::kList: {
      Record record(root, {"format", "version", "do"});
      break;
    }
    case ControlRequest::Kind::kChange: {
      TAKT_ASSIGN(request.change, read_change(root, verb.change));
      break;
    }
    case ControlRequest::Kind::kMode: {
      Record record(root, {"format", "version", "do", "mode"});
      request.mode = record.required("mode").name();
      break;
    }
  }
  return request;
}

}  // namespace

Result<ControlRequest> parse_control_request(std::string_view line) {
  if (line.size() > ControlRequest::kMaxBytes)
    return bad_input("request: is longer than " + std::to_string(ControlRequest::kMaxBytes) +
                     " bytes");
  TAKT_ASSIGN(const TextTree tree, parse_json_tree(line, "request"));
  FieldReader reader(tree);
  reader.expect_format(kFormat, kVersion);
  // What is asked for says which fields there may be.
  const Field asked = field_of(reader, "do");
  if (reader.ok() && !asked.present()) reader.fail(0, "the field 'do' is missing");
  const Verb verb = asked.choice(kVerbs);
  TAKT_TRY(reader.status());
  Result<ControlRequest> request = read_request(reader.root(), verb);
  TAKT_TRY(reader.status());
  return request;
}

std::string write_control_request(const ControlRequest& request) {
  nlohmann::ordered_json json{{"format", kFormat}, {"version", kVersion}};
  const WorkloadChange& change = request.change;
  switch (request.kind) {
    case ControlRequest::Kind::kList: json["do"] = "list"; break;
    case ControlRequest::Kind::kMode:
      json["do"] = "mode";
      json["mode"] = request.mode;
      break;
    case ControlRequest::Kind::kChange:
      json["do"] = name_of(change.kind);
      if (change.kind == WorkloadChange::Kind::kAdd) {
        json["workload"] = write_workload(change.added);
        break;
      }
      json["task"] = change.task;
      if (change.with_chains) json["with_chains"] = true;
      if (change.kind == WorkloadChange::Kind::kReplace) json["path"] = change.module_path;
      if (!change.function.empty()) json["function"] = change.function;
      if (change.kind == WorkloadChange::Kind::kRate) {
        const auto [key, value] = period_text(change.period);
        json[key] = value;
      }
  }
  // Any bytes may stand in a path.
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string text_of(const ControlRequest& request) {
  switch (request.kind) {
    case ControlRequest::Kind::kList: return "list";
    case ControlRequest::Kind::kMode: return "mode " + request.mode;
    case ControlRequest::Kind::kChange: return text_of(request.change);
  }
  return "";
}

}  // namespace takt
