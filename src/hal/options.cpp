// The parameters of a device URI: one table for parsing and for the error that lists them.
#include <charconv>

#include "base/time_text.h"
#include "hal/takt_driver.h"

namespace takt {
namespace {

Status wrong(std::string_view name, std::string_view value, const char* wanted) {
  return bad_input("device parameter " + std::string(name) + "='" + std::string(value) +
                   "': expected " + wanted);
}

template <class T>
bool parse(std::string_view text, T* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

Status set_bool(bool& field, std::string_view name, std::string_view value) {
  if (value != "0" && value != "1") return wrong(name, value, "0 or 1");
  field = value == "1";
  return {};
}

template <class T>
Status set_number(T& field, std::string_view name, std::string_view value) {
  return parse(value, &field) ? Status() : wrong(name, value, "a number");
}

// Calls `use` for every part of a comma-separated list.
template <class Use>
bool for_each_part(std::string_view list, Use&& use) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (!use(list.substr(0, comma))) return false;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return true;
}

Status set_lanes(DeviceOptions& options, std::string_view name, std::string_view value) {
  options.cpus.clear();
  const bool good = !value.empty() && for_each_part(value, [&](std::string_view part) {
    int cpu = -1;
    if (!parse(part, &cpu) || cpu < 0) return false;
    options.cpus.push_back(cpu);
    return true;
  });
  return good ? Status() : wrong(name, value, "cpu numbers, as in lanes=0,1");
}

Status set_time(Nanos& field, std::string_view name, std::string_view value) {
  const std::optional<Nanos> time = parse_time(value);
  if (!time || *time < Nanos(0)) return wrong(name, value, "a time, as in 100ms");
  field = *time;
  return {};
}

Status set_helps(Helps& field, std::string_view name, std::string_view value) {
  for (const Helps helps : kHelps) {
    if (value != name_of(helps)) continue;
    field = helps;
    return {};
  }
  return wrong(name, value, "anybody, cluster or nobody");
}

struct Option {
  std::string_view name;
  Status (*set)(DeviceOptions&, std::string_view name, std::string_view value);
};

const Option kOptions[] = {
    {"plan", [](DeviceOptions& o, std::string_view, std::string_view v) {
       o.plan = v;
       return Status();
     }},
    {"policy", [](DeviceOptions& o, std::string_view, std::string_view v) {
       o.policy = v;
       return Status();
     }},
    {"soc", [](DeviceOptions& o, std::string_view, std::string_view v) {
       o.soc = v;
       return Status();
     }},
    {"graph", [](DeviceOptions& o, std::string_view, std::string_view v) {
       for_each_part(v, [&](std::string_view part) {
         o.graphs.emplace_back(part);
         return true;
       });
       return Status();
     }},
    {"lanes", set_lanes},
    {"count", [](DeviceOptions& o, std::string_view n, std::string_view v) -> Status {
       int count = 0;
       TAKT_TRY(set_number(count, n, v));
       o.lanes = count;
       return {};
     }},
    {"pin", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_bool(o.pin, n, v);
     }},
    {"workers", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_bool(o.workers, n, v);
     }},
    {"inline", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_bool(o.inline_submit, n, v);
     }},
    {"trace", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_number(o.trace_capacity, n, v);
     }},
    {"realtime", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_bool(o.realtime, n, v);
     }},
    {"topology", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_bool(o.topology, n, v);
     }},
    {"helps", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_helps(o.helps, n, v);
     }},
    {"watch", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_time(o.watch, n, v);
     }},
    {"lock_memory", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_bool(o.lock_memory, n, v);
     }},
    {"timer_slack", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_time(o.timer_slack, n, v);
     }},
    {"width", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_number(o.serial_width, n, v);
     }},
    {"lane0", [](DeviceOptions& o, std::string_view n, std::string_view v) {
       return set_number(o.serial_first_lane, n, v);
     }},
};

}  // namespace

std::string_view name_of(Helps helps) {
  switch (helps) {
    case Helps::kAnybody: return "anybody";
    case Helps::kCluster: return "cluster";
    case Helps::kNobody: return "nobody";
  }
  return "";
}

Status set_option(DeviceOptions& options, std::string_view name, std::string_view value) {
  std::string known;
  for (const Option& option : kOptions) {
    if (option.name == name) return option.set(options, name, value);
    known += (known.empty() ? "" : ", ") + std::string(option.name);
  }
  return bad_input("takt devices have no parameter '" + std::string(name) + "'; known: " + known);
}

}  // namespace takt
