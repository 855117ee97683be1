// Every field number that takt writes or reads, against the descriptors in the wheel.
#include "solve/exact/cpsat_fields.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/subprocess.h"

namespace takt::exact {
namespace {

// Arguments: message field number ... Prints what differs; exit code 3: no OR-Tools.
constexpr const char* kCompare = R"(
import sys
try:
    from ortools.sat import cp_model_pb2, sat_parameters_pb2
except ImportError as error:
    print(error)
    sys.exit(3)
rows = sys.argv[1:]
for message, field, number in zip(rows[0::3], rows[1::3], rows[2::3]):
    file = sat_parameters_pb2 if message == 'SatParameters' else cp_model_pb2
    real = file.DESCRIPTOR.message_types_by_name[message].fields_by_name[field].number
    if real != int(number):
        print(message, field, 'is', real, 'not', number)
for at, name in enumerate(('UNKNOWN', 'MODEL_INVALID', 'FEASIBLE', 'INFEASIBLE', 'OPTIMAL')):
    if cp_model_pb2.CpSolverStatus.Value(name) != at:
        print('CpSolverStatus', name)
)";

TEST(CpSatFields, AreThoseOfTheWheel) {
  std::vector<std::string> words = {std::string(TAKT_VENV) + "/bin/python", "-c", kCompare};
#define TAKT_ROW(message, name, number) \
  words.insert(words.end(), {#message, #name, std::to_string(number)});
  TAKT_CPSAT_FIELDS(TAKT_ROW)
#undef TAKT_ROW
  const Result<SubprocessResult> compared = run_program(words);
  if (!compared || compared->status == 3 || compared->status == 127)
    GTEST_SKIP() << "no Python with OR-Tools in the venv";
  EXPECT_EQ(compared->status, 0);
  EXPECT_EQ(compared->output, "");
}

}  // namespace
}  // namespace takt::exact
