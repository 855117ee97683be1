#include "compile/stream_commands.h"

namespace takt::compile {
namespace {

class Recorder {
 public:
  Recorder(StreamCommands& result, uint32_t region) : result_(result), region_(region) {}

  // After every op of a serial block the hal phase places a barrier; in a concurrent one none.
  void record(MlirBlock block, bool serial) {
    for (const Op op : ops_of(block)) {
      if (op.is("stream.yield")) continue;
      if (op.is("stream.cmd.concurrent") || op.is("stream.cmd.serial")) {
        for (const MlirBlock inner : op.blocks()) record(inner, op.is("stream.cmd.serial"));
      } else if (op.is("stream.cmd.dispatch") || op.is("stream.cmd.fill") ||
                 op.is("stream.cmd.copy")) {
        result_.commands.push_back({op, region_, position_++, wave_});
        since_barrier_ = true;
      } else if (!op.is("stream.cmd.discard") && !op.is("stream.cmd.flush") &&
                 !op.is("stream.cmd.invalidate")) {
        result_.problem = "a command region holds " + std::string(op.name()) +
                          ", which the graph cannot describe";
      }
      if (!serial) continue;
      wave_ += since_barrier_;
      since_barrier_ = false;
    }
  }

 private:
  StreamCommands& result_;
  uint32_t region_;
  uint32_t position_ = 0;
  uint32_t wave_ = 0;
  bool since_barrier_ = false;
};

}  // namespace

StreamCommands stream_commands(Op function) {
  StreamCommands result;
  const MlirBlock entry = function.blocks()[0];
  for (const Op op : ops_of(entry)) {
    if (!op.is("stream.cmd.execute")) continue;
    Recorder recorder(result, static_cast<uint32_t>(result.regions.size()));
    result.regions.push_back(op);
    for (const MlirBlock body : op.blocks()) recorder.record(body, /*serial=*/true);
  }
  function.walk([&](Op op) {
    if (op.is("stream.cmd.execute") && op.block().ptr != entry.ptr)
      result.problem = "there is control flow around its dispatches";
  });
  return result;
}

}  // namespace takt::compile
