// XRBench's score of a simulated scenario (arXiv:2211.08675), by the formula of its artifact.
#pragma once

#include <vector>

#include "model/soc.h"
#include "model/trace_event.h"
#include "model/workload.h"

namespace takt {

struct ModelScore {
  int frames = 0, dropped = 0;       // dropped: shed, or aborted as late
  double realtime = 0, energy = 0;   // means over the frames that were completed
  double score = 0;                  // sum of realtime * energy / frames * (1 - dropped / frames)
};

// Of a lane: 1 (big core), 0.3 (little core) or 1.5 (accelerator); not published for this machine.
double lane_watts(const Lane& lane);

// Of a frame that is so late (early: negative) and took so much energy: realtime * energy,
// realtime = 1 / (1 + e^(15 delay_ms)), energy = (1500 mJ - E) / 1500 mJ.
double frame_score(double delay_ms, double millijoules);

// One per task; of tasks without a frame, frames = 0. E of a frame is lane time times watts.
std::vector<ModelScore> model_scores(const Workload& workload, const Soc& soc, const Trace& trace);

// 100 times the mean over the models that had frames.
double overall_score(const std::vector<ModelScore>& models);

}  // namespace takt
