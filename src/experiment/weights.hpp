// Weights in files that other programs read and write: what a run has learned, and what a training begins from.
// It must not know how a training goes on from there.
#pragma once
#include <filesystem>
#include <string>

#include "experiment/run.hpp"
#include "train/session.hpp"

namespace limn {

struct ExportedWeights {
  std::int64_t step = 0, tensors = 0, numbers = 0;
};

// Writes the run's newest weights, with early stopping its best ones, as a safetensors file, F32: "layer1.w" [inputs,
// outputs], "layer1.b" [outputs], ...; a dense layer is activation(x w + b). Its metadata are texts: architecture;
// preprocessing and recipe (JSON); classes (a JSON list, empty for numbers); run, step, build, isa. A file that is
// there is replaced, durably. Error: no snapshot yet, `file` is no ordinary file, or cannot be written.
ExportedWeights export_weights(const Run& run, const JournalContent& journal, const std::filesystem::path& file);

// The setting `weights` names a safetensors file; a resolved recipe has its digest too, "FILE sha256:HEX", so that it
// means the same weights for ever. "none" stays as it is. Error: the file cannot be read.
std::string pin_weights(const std::string& setting);

// The architecture that the file of a setting says it is of, or "". Error: no sound safetensors file.
std::string architecture_of_weights(const std::string& setting);

bool begins_from_weights(const Recipe& recipe);

// Puts the weights that a resolved recipe names into a session that has not stepped; moments stay 0. Error: another
// file than the recipe's; a tensor is missing, too many, of another shape, or not finite: the text names it and both
// shapes.
void load_weights(const Recipe& recipe, Session& session);

}  // namespace limn
