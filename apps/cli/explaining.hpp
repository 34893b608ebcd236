// What the methods of `limn explain` have in common: what is asked, of which network and picture, and where the answer
// goes. For explain.cpp and explain_methods.cpp alone.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "data/picture.hpp"
#include "experiment/travel.hpp"
#include "explain/maximise.hpp"

namespace limn::cli {

struct ExplainOptions {
  std::string run, method, picture, split = "test", label, layer, channels, along = "right", target, state, out;
  std::int64_t row = -1, step = -1, patch = 0, stride = 1, steps = 256;
  std::optional<double> most, by;
  double fill = 0;
  AscentSettings ascent;
  Common common;
};

// A method's answer beside its JSON: what is said, and painted where --out is given.
struct Explanation {
  std::string text = {};                                       // for people, lines
  std::vector<std::pair<std::string, Picture>> pictures = {};  // by name, without .png
  Metrics metrics = {};
  int status = 0;
};

// The network at its step, and the picture that is asked about, if one is.
struct Asked {
  const ExplainOptions& options;
  std::string run;        // its id
  std::int64_t step = 0;  // that the weights are of
  std::shared_ptr<const FrozenNetwork> net;
  std::vector<float> picture;          // [features]
  std::span<const std::int32_t> rows;  // of the split

  std::int64_t score() const;  // what --class says, else what the network says of the picture. Error: no such class
  std::string name_of(std::int64_t score) const;
};

// Each adds to the JSON of the answer.
Explanation explain_saliency(const Asked& asked, nlohmann::json& json);
Explanation explain_occlusion(const Asked& asked, nlohmann::json& json);
Explanation explain_grad_cam(const Asked& asked, nlohmann::json& json);
Explanation explain_moves(const Asked& asked, nlohmann::json& json);  // shift and rotate
Explanation explain_ablation(const Asked& asked, nlohmann::json& json);
Explanation explain_maximum(const Asked& asked, nlohmann::json& json);

}  // namespace limn::cli
