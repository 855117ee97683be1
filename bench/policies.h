// The two halves of the suite `policies`: cells of the simulator and of this host.
#pragma once

#include <span>

#include "bench/suites.h"
#include "model/instance.h"
#include "model/plan.h"
#include "model/trace_event.h"
#include "trace/figures.h"

namespace takt::bench {

// What a run of `instance`'s tasks is, as a cell; `utilisation` in per cent of the cores.
nlohmann::json policy_cell(const char* where, int load_pct, const char* disturbance,
                           std::string_view policy, bool feasible, const Instance& instance,
                           std::span<const TaskFigures> tasks, const Trace& trace,
                           double utilisation);

bool has_no_hard_miss(const Plan& plan);

// The heavy robot workload on two lanes of this host at those loads (periods stretched or
// shortened), under every policy of the matrix in turns, added to report["cells"].
Status add_host_cells(const Options& options, std::span<const int> loads, Nanos time,
                      nlohmann::json& report);

}  // namespace takt::bench
