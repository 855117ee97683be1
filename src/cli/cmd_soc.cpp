// takt soc [file] [--detect] [-o soc.yaml]: the lanes of a SoC, or the host's own SoC.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/time_text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "model/json_writer.h"
#include "model/soc.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(Lane::Kind kind) {
  return kind == Lane::Kind::kCore ? "core" : "accelerator";
}

Json to_json(const Soc& soc) {
  Json json = {{"name", soc.name},
               {"clusters", Json::array()},
               {"lanes", Json::array()},
               {"links", Json::array()}};
  for (const Cluster& cluster : soc.clusters)
    json["clusters"].push_back({{"name", cluster.name},
                                {"class", cluster.core_class},
                                {"cores", cluster.cores},
                                {"cpus", cluster.cpus},
                                {"speed_khz", cluster.speed_khz}});
  for (const Lane& lane : soc.lanes)
    json["lanes"].push_back({{"name", lane.name},
                             {"class", lane.lane_class},
                             {"kind", name_of(lane.kind)},
                             {"cluster", soc.clusters[lane.cluster.value()].name},
                             {"cpu", lane.cpu < 0 ? Json() : Json(lane.cpu)}});
  for (const Link& link : soc.links)
    json["links"].push_back({{"from", soc.clusters[link.from.value()].name},
                             {"to", soc.clusters[link.to.value()].name},
                             {"latency_ns", link.latency.ns},
                             {"bytes_per_us", link.bytes_per_us}});
  return json;
}

void print(const Soc& soc) {
  std::printf("%s: %zu lanes, %d of them cores\n", soc.name.c_str(), soc.lanes.size(),
              soc.core_lanes());
  size_t name_width = 4, class_width = 5;
  for (const Lane& lane : soc.lanes) {
    name_width = std::max(name_width, lane.name.size());
    class_width = std::max(class_width, lane.lane_class.size());
  }
  std::printf("  %-4s %-*s %-*s %-11s %s\n", "id", static_cast<int>(name_width), "lane",
              static_cast<int>(class_width), "class", "kind", "CPU");
  for (size_t i = 0; i < soc.lanes.size(); ++i) {
    const Lane& lane = soc.lanes[i];
    const std::string cpu = lane.cpu < 0 ? "-" : std::to_string(lane.cpu);
    std::printf("  %-4zu %-*s %-*s %-11s %s\n", i, static_cast<int>(name_width),
                lane.name.c_str(), static_cast<int>(class_width), lane.lane_class.c_str(),
                name_of(lane.kind), cpu.c_str());
  }
  for (const Link& link : soc.links)
    std::printf("  link %s -> %s: %s, %lld bytes/us\n",
                soc.clusters[link.from.value()].name.c_str(),
                soc.clusters[link.to.value()].name.c_str(), format_time(link.latency).c_str(),
                static_cast<long long>(link.bytes_per_us));
  if (soc.core_lanes() > 0 && soc.lanes[0].cpu < 0)
    std::printf("  no cluster names cpus: this SoC can be planned for and simulated, not run on\n");
}

}  // namespace

int cmd_soc(int argc, char** argv) {
  CLI::App app{"Show the lanes of a SoC file, or describe this machine as one", "takt soc"};
  std::string path, output;
  bool detect = false, json = false;
  CLI::Option* file = app.add_option("file", path, "soc.yaml (default: this machine)");
  app.add_flag("--detect", detect, "print this machine as soc.yaml")->excludes(file);
  app.add_option("-o,--output", output, "write soc.yaml here");
  app.add_flag("--json", json, "print a machine-readable summary");
  if (const auto exit_code = parse_arguments(app, argc, argv)) return *exit_code;

  const Result<Soc> soc = path.empty() ? detect_soc() : read_soc(path);
  if (!soc) return report_error("soc", soc.error());
  if (!output.empty())
    if (const Status written = write_file(output, write_soc(*soc)); !written)
      return report_error("soc", written.error());
  if (json)
    std::fputs(write_json(to_json(*soc)).c_str(), stdout);
  else if (detect && output.empty())
    std::fputs(write_soc(*soc).c_str(), stdout);
  else
    print(*soc);
  return 0;
}

}  // namespace takt
