#include "experiment/weights.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "experiment/travel.hpp"
#include "interop/safetensors.hpp"
#include "nn/architecture.hpp"
#include "train/watch.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = " sha256:";
constexpr const char* kNone = "none";

struct Named {
  std::string file, digest;  // digest: "" while the setting is not resolved
};

Named parse(const std::string& setting) {
  const auto mark = setting.rfind(kMark);
  constexpr std::size_t kDigits = 64;
  if (mark == setting.npos || setting.size() != mark + kMark.size() + kDigits) return {setting, ""};
  return {setting.substr(0, mark), setting.substr(mark + kMark.size())};
}

// What is learned comes without a slash in its name; "momentum/layer1.w" belongs to the update rule.
bool is_learned(const std::string& name) { return name.find('/') == name.npos; }

// A snapshot with early stopping holds the best weights beside the last ones: puts those in place of these. Returns the
// step they are of, -1 if there are none.
std::int64_t keep_best(std::vector<Tensor>& tensors) {
  const auto find = [&](const std::string& name) { return std::ranges::find(tensors, name, &Tensor::name); };
  Watch watch;
  for (const TensorView& view : watch.views("early_stop")) {
    const auto kept = find(view.name);
    if (kept == tensors.end() || !fits(*kept, view)) return -1;
    put(*kept, view);
  }
  if (watch.best_step() < 0) return -1;
  for (Tensor& tensor : tensors)
    if (const auto best = find("best/" + tensor.name); best != tensors.end()) tensor.values = best->values;
  return watch.best_step();
}

std::string setting_of(const Recipe& recipe) {
  const auto found = recipe.settings.find("weights");  // recipes of an older limn have none
  return found == recipe.settings.end() ? kNone : std::get<std::string>(found->second);
}

class Loader {
 public:
  Loader(const std::string& file, Safetensors content) : file_(file), content_(std::move(content)) {
    std::erase_if(content_.tensors, [](const Tensor& tensor) { return !is_learned(tensor.name); });
  }

  // All is checked before the first number is written.
  void load(std::vector<TensorView> state) const {
    std::erase_if(state, [](const TensorView& view) { return !is_learned(view.name); });
    for (const TensorView& view : state) check(view);
    for (const Tensor& tensor : content_.tensors)
      if (std::ranges::find(state, tensor.name, &TensorView::name) == state.end())
        refuse(fmt::format("{} has a tensor {} {}, the network has none of that name", file_, tensor.name,
                           to_string(tensor.shape)));
    for (const TensorView& view : state) std::ranges::copy(find(view.name)->values, view.values.begin());
  }

 private:
  std::vector<Tensor>::const_iterator find(const std::string& name) const {
    return std::ranges::find(content_.tensors, name, &Tensor::name);
  }

  void check(const TensorView& view) const {
    const auto tensor = find(view.name);
    if (tensor == content_.tensors.end())
      refuse(fmt::format("{} has no tensor {}, which the network wants with shape {}", file_, view.name,
                         to_string(view.shape)));
    if (tensor->shape != view.shape)
      refuse(fmt::format("{} has the shape {} in {}, the network wants {}", view.name, to_string(tensor->shape), file_,
                         to_string(view.shape)));
    if (!std::ranges::all_of(tensor->values, [](float v) { return std::isfinite(v); }))
      throw Error(fmt::format("{} in {} has a number that is not finite in float32", view.name, file_),
                  "take weights of a training that did not diverge");
  }

  [[noreturn]] void refuse(const std::string& what) const {
    const auto made = content_.metadata.find("architecture");
    throw Error(what, made == content_.metadata.end()
                          ? "choose the arch that these weights are of; names are layer1.w [inputs, outputs], layer1.b"
                          : fmt::format("these weights are of arch=\"{}\"", made->second));
  }

  const std::string& file_;
  Safetensors content_;
};

}  // namespace

ExportedWeights export_weights(const Run& run, const JournalContent& journal, const fs::path& file) {
  check_ordinary(file, "weights.safetensors");
  Snapshot snapshot = newest_snapshot(run, journal);
  ExportedWeights done{snapshot.info.cursor.step, 0, 0};
  if (const std::int64_t best = keep_best(snapshot.tensors); best >= 0) done.step = best;
  std::vector<TensorView> views;
  for (Tensor& tensor : snapshot.tensors) {
    if (!is_learned(tensor.name)) continue;
    views.push_back({tensor.name, tensor.shape, tensor.values});
    ++done.tensors;
    done.numbers += tensor.shape.size();
  }
  const auto& classes = run.info.preprocessing.classes;
  write_safetensors(
      file, views,
      {{"architecture", to_text(parse_architecture(std::get<std::string>(run.recipe.settings.at("arch"))))},
       {"preprocessing", run.info.preprocessing.to_json()},
       {"classes", nlohmann::json(classes).dump()},
       {"recipe", to_json(run.recipe)},
       {"run", run.info.id},
       {"step", std::to_string(done.step)},
       {"build", snapshot.info.build},
       {"isa", snapshot.info.isa}});
  return done;
}

std::string pin_weights(const std::string& setting) {
  const Named named = parse(setting);
  if (setting == kNone || !named.digest.empty()) return setting;
  return fmt::format("{}{}{}", named.file, kMark, sha256_hex(MappedFile(named.file).bytes()));
}

std::string architecture_of_weights(const std::string& setting) {
  if (setting == kNone) return "";
  const Metadata metadata = read_safetensors_metadata(parse(setting).file);
  const auto found = metadata.find("architecture");
  return found == metadata.end() ? "" : found->second;
}

bool begins_from_weights(const Recipe& recipe) { return setting_of(recipe) != kNone; }

void load_weights(const Recipe& recipe, Session& session) {
  LIMN_CHECK(session.cursor() == Cursor{}, "weights belong to the beginning");
  const Named named = parse(setting_of(recipe));
  if (sha256_hex(MappedFile(named.file).bytes()) != named.digest)
    throw Error(fmt::format("{} is not the file that the recipe was made with: its SHA-256 is another", named.file),
                fmt::format("restore that file, or begin from this one: --set weights={}", named.file));
  Loader(named.file, read_safetensors(named.file)).load(session.state());
}

}  // namespace limn
