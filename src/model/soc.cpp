#include "model/soc.h"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/file.h"
#include "base/time_text.h"
#include "model/field_reader.h"

namespace takt {
namespace {

constexpr std::string_view kFormat = "takt-soc";
constexpr int kVersion = 1;
constexpr size_t kListMax = 256;
constexpr int kCoresMax = 1024;
constexpr int kCpuMax = 8191;
constexpr int kCorunMaxPct = 1000;
constexpr int64_t kSpeedMaxKhz = 100'000'000;

std::vector<int> read_cpus(Field field, int cores, std::set<int>& taken) {
  std::vector<int> cpus;
  for (Field item : field.items(kCoresMax)) {
    const int cpu = static_cast<int>(item.integer(0, kCpuMax));
    if (!taken.insert(cpu).second)
      item.fail("CPU " + std::to_string(cpu) + " is already another core; one CPU per core");
    cpus.push_back(cpu);
  }
  if (static_cast<int>(cpus.size()) != cores)
    field.fail("must name one CPU for each of the " + std::to_string(cores) + " cores, names " +
               std::to_string(cpus.size()) + "; leave it out for a SoC that is only simulated");
  return cpus;
}

std::vector<int64_t> read_speeds(Field field) {
  std::vector<int64_t> speeds;
  for (Field item : field.items(kListMax)) {
    speeds.push_back(item.integer(1, kSpeedMaxKhz));
    if (speeds.size() > 1 && speeds.back() <= speeds[speeds.size() - 2])
      item.fail("speed levels must be ascending and distinct");
  }
  return speeds;
}

Cluster read_cluster(Field field, std::set<int>& taken_cpus) {
  Record record(field, {"name", "class", "cores", "cpus", "speed_khz", "aligned", "corun_pct"});
  Cluster cluster;
  cluster.name = record.required("name").name();
  cluster.core_class = record.required("class").name();
  cluster.cores = static_cast<int>(record.required("cores").integer(1, kCoresMax));
  if (const Field cpus = record.optional("cpus"); cpus.present())
    cluster.cpus = read_cpus(cpus, cluster.cores, taken_cpus);
  if (const Field speeds = record.optional("speed_khz"); speeds.present())
    cluster.speed_khz = read_speeds(speeds);
  if (const Field aligned = record.optional("aligned"); aligned.present())
    cluster.aligned = aligned.boolean();
  if (const Field corun = record.optional("corun_pct"); corun.present())
    cluster.corun_pct = static_cast<int>(corun.integer(0, kCorunMaxPct));
  return cluster;
}

ClusterId read_cluster_name(Field field, const Soc& soc) {
  const std::string name = field.name();
  if (!field.present()) return ClusterId(0u);
  std::string known;
  for (uint32_t i = 0; i < soc.clusters.size(); ++i) {
    if (soc.clusters[i].name == name) return ClusterId(i);
    known += ' ' + soc.clusters[i].name;
  }
  field.fail("there is no cluster '" + name + "'; known:" + known);
  return ClusterId(0u);
}

Accelerator read_accelerator(Field field, const Soc& soc) {
  Record record(field, {"name", "kind", "cluster", "exclusive"});
  Accelerator accelerator;
  accelerator.name = record.required("name").name();
  const Field kind = record.required("kind");
  accelerator.kind = kind.name();
  for (const Cluster& cluster : soc.clusters)
    if (kind.present() && cluster.core_class == accelerator.kind)
      kind.fail("is also the class of the cores of cluster '" + cluster.name +
                "'; costs are kept per class, so give the accelerator a kind of its own");
  accelerator.cluster = read_cluster_name(record.required("cluster"), soc);
  if (const Field exclusive = record.optional("exclusive"); exclusive.present())
    accelerator.exclusive = exclusive.boolean();
  return accelerator;
}

Link read_link(Field field, const Soc& soc) {
  Record record(field, {"from", "to", "latency", "bytes_per_us"});
  Link link;
  link.from = read_cluster_name(record.required("from"), soc);
  link.to = read_cluster_name(record.required("to"), soc);
  if (link.from == link.to) field.fail("joins a cluster with itself; links join two clusters");
  for (const Link& other : soc.links)
    if (other.from == link.from && other.to == link.to) field.fail("this link is given twice");
  link.latency = record.required("latency").time(Nanos(0), seconds(1));
  link.bytes_per_us = record.required("bytes_per_us").integer(1, 1'000'000'000);
  return link;
}

// Lane names come from both lists: they must not meet.
void check_names(const std::vector<Field>& fields, const Soc& soc) {
  std::vector<std::string> names;
  for (const Cluster& cluster : soc.clusters) names.push_back(cluster.name);
  for (const Accelerator& accelerator : soc.accelerators) names.push_back(accelerator.name);
  check_unique(fields, names);
  std::set<std::string> lanes;
  for (const Lane& lane : soc.lanes)
    if (!lanes.insert(lane.name).second)
      fields.back().fail("two lanes would be called '" + lane.name + "'; rename one of them");
}

void check_presence(const std::vector<Field>& clusters, const Soc& soc) {
  for (size_t i = 1; i < soc.clusters.size(); ++i)
    if (soc.clusters[i].cpus.empty() != soc.clusters[0].cpus.empty())
      clusters[i].fail("either every cluster has cpus (the SoC is this host) or none has "
                       "(it is only simulated)");
}

std::string real_text(double value) {
  char buffer[32];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
}

template <class T>
void write_list(const char* key, const std::vector<T>& values, YAML::Emitter& yaml) {
  yaml << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const T value : values) yaml << value;
  yaml << YAML::EndSeq;
}

void write_cluster(const Cluster& cluster, YAML::Emitter& yaml) {
  yaml << YAML::BeginMap << YAML::Key << "name" << YAML::Value << cluster.name << YAML::Key
       << "class" << YAML::Value << cluster.core_class << YAML::Key << "cores" << YAML::Value
       << cluster.cores;
  if (!cluster.cpus.empty()) write_list("cpus", cluster.cpus, yaml);
  if (!cluster.speed_khz.empty()) write_list("speed_khz", cluster.speed_khz, yaml);
  if (cluster.aligned) yaml << YAML::Key << "aligned" << YAML::Value << true;
  if (cluster.corun_pct > 0)
    yaml << YAML::Key << "corun_pct" << YAML::Value << cluster.corun_pct;
  yaml << YAML::EndMap;
}

}  // namespace

int Soc::core_lanes() const {
  return static_cast<int>(std::count_if(lanes.begin(), lanes.end(), [](const Lane& lane) {
    return lane.kind == Lane::Kind::kCore;
  }));
}

void derive_lanes(Soc& soc) {
  soc.lanes.clear();
  for (uint32_t c = 0; c < soc.clusters.size(); ++c) {
    const Cluster& cluster = soc.clusters[c];
    for (int core = 0; core < cluster.cores; ++core)
      soc.lanes.push_back({cluster.name + '.' + std::to_string(core), cluster.core_class,
                           Lane::Kind::kCore, ClusterId(c),
                           cluster.cpus.empty() ? -1 : cluster.cpus[static_cast<size_t>(core)]});
  }
  for (const Accelerator& accelerator : soc.accelerators)
    soc.lanes.push_back({accelerator.name, accelerator.kind, Lane::Kind::kAccelerator,
                         accelerator.cluster, -1});
}

Result<Soc> parse_soc(std::string_view text, const std::string& path) {
  TAKT_ASSIGN(const TextTree tree, parse_yaml_tree(text, path));
  FieldReader reader(tree);
  reader.expect_format(kFormat, kVersion);
  Record record(reader.root(),
                {"format", "version", "name", "clusters", "accelerators", "links", "thermal"});
  Soc soc;
  soc.name = record.required("name").name();
  const Field list = record.required("clusters");
  const std::vector<Field> clusters = list.items(kListMax);
  std::vector<Field> named = clusters;
  std::set<int> taken_cpus;
  for (Field item : clusters) soc.clusters.push_back(read_cluster(item, taken_cpus));
  if (clusters.empty()) list.fail("a SoC needs at least one cluster");
  check_presence(clusters, soc);
  check_names(named, soc);
  if (const Field accelerators = record.optional("accelerators"); accelerators.present())
    for (Field item : accelerators.items(kListMax)) {
      soc.accelerators.push_back(read_accelerator(item, soc));
      named.push_back(item);
    }
  if (const Field links = record.optional("links"); links.present())
    for (Field item : links.items(kListMax)) soc.links.push_back(read_link(item, soc));
  if (const Field thermal = record.optional("thermal"); thermal.present())
    soc.thermal.throttle_c = Record(thermal, {"throttle_c"}).required("throttle_c").real(0, 200);
  TAKT_TRY(reader.status());
  derive_lanes(soc);
  check_names(named, soc);
  TAKT_TRY(reader.status());
  return soc;
}

Result<Soc> read_soc(const std::string& path) {
  TAKT_ASSIGN(const std::string text, read_file(path));
  return parse_soc(text, path);
}

std::string write_soc(const Soc& soc) {
  YAML::Emitter yaml;
  yaml << YAML::BeginMap << YAML::Key << "format" << YAML::Value << std::string(kFormat)
       << YAML::Key << "version" << YAML::Value << kVersion << YAML::Key << "name" << YAML::Value
       << soc.name << YAML::Key << "clusters" << YAML::Value << YAML::BeginSeq;
  for (const Cluster& cluster : soc.clusters) write_cluster(cluster, yaml);
  yaml << YAML::EndSeq;
  if (!soc.accelerators.empty()) {
    yaml << YAML::Key << "accelerators" << YAML::Value << YAML::BeginSeq;
    for (const Accelerator& accelerator : soc.accelerators)
      yaml << YAML::BeginMap << YAML::Key << "name" << YAML::Value << accelerator.name << YAML::Key
           << "kind" << YAML::Value << accelerator.kind << YAML::Key << "cluster" << YAML::Value
           << soc.clusters[accelerator.cluster.value()].name << YAML::Key << "exclusive"
           << YAML::Value << accelerator.exclusive << YAML::EndMap;
    yaml << YAML::EndSeq;
  }
  if (!soc.links.empty()) {
    yaml << YAML::Key << "links" << YAML::Value << YAML::BeginSeq;
    for (const Link& link : soc.links)
      yaml << YAML::Flow << YAML::BeginMap << YAML::Key << "from" << YAML::Value
           << soc.clusters[link.from.value()].name << YAML::Key << "to" << YAML::Value
           << soc.clusters[link.to.value()].name << YAML::Key << "latency" << YAML::Value
           << format_time(link.latency) << YAML::Key << "bytes_per_us" << YAML::Value
           << link.bytes_per_us << YAML::EndMap;
    yaml << YAML::EndSeq;
  }
  if (soc.thermal.throttle_c > 0)
    yaml << YAML::Key << "thermal" << YAML::Value << YAML::BeginMap << YAML::Key << "throttle_c"
         << YAML::Value << real_text(soc.thermal.throttle_c) << YAML::EndMap;
  yaml << YAML::EndMap;
  return std::string(yaml.c_str()) + '\n';
}

}  // namespace takt
