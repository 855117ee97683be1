// Readers of published scheduling instances (the text formats of the flexible job shop
// literature, docs/formats.md). One pool of one lane per machine, one task with one job per
// job, one mode per alternative; a unit of time is 1 ns. Criticality firm, no deadlines.
//   .fjs  jobs machines [average flexibility]; per job: its number of operations, and per
//         operation the number of alternatives and that many pairs machine (from 1), time
//   .jsp  jobs machines; per job one pair machine (from 0), time for each machine
//   .txt  operations precedences machines; that many pairs of operations (from 0); per operation
//         the number of alternatives and that many pairs machine (from 0), time. Operations
//         joined by precedences, however indirectly, are one job (Birgin, Feofiloff,
//         Fernandes, de Melo, Oshiro, Ronconi 2014)
// White space is free, but .fjs has its header on a line of its own; lines that start with '#'
// are comments.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/instance.h"

namespace takt {

// The format is that of the path's extension. kUsage: `path:line: what is wrong`. The
// instance is named like the file and has passed check_instance.
Result<Instance> parse_shop(std::string_view text, const std::string& path);
Result<Instance> read_shop(const std::string& path);

}  // namespace takt
