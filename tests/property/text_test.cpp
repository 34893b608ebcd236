// Texts and files that come back as they were: settings, recipes, architectures, preprocessing.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "base/utf8.hpp"
#include "data/preprocessing.hpp"
#include "experiment/experiment.hpp"
#include "graph/fn.hpp"
#include "nn/architecture.hpp"

namespace limn {
namespace {

// Text that a user may type: letters of three alphabets, quotes, separators and blanks.
rc::Gen<std::string> texts() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
                          "a", "Z", "0", " ", "=", ",", "|", "\"", "\\", "\n", "\t", "é", "红", "😀", "/", "."})),
                      [](const std::vector<std::string>& letters) {
                        std::string text;
                        for (const std::string& letter : letters) text += letter;
                        return text;
                      });
}

double any_number(double low, double high) {
  const auto bits = *rc::gen::arbitrary<std::uint64_t>();
  const double share = static_cast<double>(bits >> 11) * 0x1p-53;
  return *rc::gen::arbitrary<bool>() ? low + share * (high - low) : std::max(low, high * share * share * share * 1e-9);
}

SettingValue any_value(const ParameterSpec& parameter) {
  if (parameter.automatic && *rc::gen::inRange(0, 4) == 0) return std::string("auto");
  switch (parameter.kind) {
    case ParameterKind::kNumber: return any_number(parameter.low, parameter.high);
    case ParameterKind::kInteger:
      return *rc::gen::inRange(static_cast<std::int64_t>(parameter.low), static_cast<std::int64_t>(parameter.high) + 1);
    case ParameterKind::kChoice: return *rc::gen::elementOf(parameter.choices);
    case ParameterKind::kText: return *texts();
  }
  return {};
}

Recipe any_recipe() {
  const Experiment& experiment =
      *rc::gen::elementOf(std::vector<Experiment>(experiments().begin(), experiments().end()));
  Recipe recipe;
  recipe.experiment = experiment.name;
  recipe.data = "d" + *texts();
  recipe.seed = *rc::gen::arbitrary<std::uint64_t>();
  const int length = *rc::gen::inRange(0, 3);
  if (length == 1) recipe.epochs = *rc::gen::inRange<std::int64_t>(1, kMostSteps);
  if (length == 2) recipe.steps = *rc::gen::inRange<std::int64_t>(1, kMostSteps);
  for (const ParameterSpec& parameter : experiment.parameters)
    if (*rc::gen::arbitrary<bool>()) recipe.settings[parameter.name] = any_value(parameter);
  return recipe;
}

RC_GTEST_PROP(Setting, IsReadAsItWasPrinted, ()) {
  for (const Experiment& experiment : experiments())
    for (const ParameterSpec& parameter : experiment.parameters) {
      const SettingValue value = any_value(parameter);
      RC_ASSERT(parse_value(parameter, to_string(value)) == value);
      const auto [name, text] = parse_assignment(parameter.name + "=" + to_string(value));
      RC_ASSERT(name == parameter.name && text == to_string(value));
    }
}

RC_GTEST_PROP(Setting, OutsideItsRangeIsRefused, ()) {
  for (const Experiment& experiment : experiments())
    for (const ParameterSpec& parameter : experiment.parameters) {
      if (parameter.kind != ParameterKind::kNumber && parameter.kind != ParameterKind::kInteger) continue;
      const double beyond = *rc::gen::arbitrary<bool>() ? parameter.high * 2 + 1 : parameter.low - 1 - any_number(0, 9);
      RC_ASSERT_THROWS_AS(check_value(parameter, beyond), Error);
    }
}

RC_GTEST_PROP(Recipe, HasOneCanonicalText, ()) {
  const Recipe recipe = any_recipe();
  const std::string text = to_json(recipe);
  const Recipe again = recipe_from_json(text);
  RC_ASSERT(to_json(again) == text);
  RC_ASSERT(again.settings == recipe.settings && again.seed == recipe.seed && again.data == recipe.data);
  RC_ASSERT(again.epochs == recipe.epochs && again.steps == recipe.steps);
  RC_ASSERT(recipe_id(again) == recipe_id(recipe));
  // Another order of the keys and more blanks are the same recipe.
  const auto sorted = nlohmann::json::parse(text);
  nlohmann::ordered_json turned;
  for (auto it = sorted.rbegin(); it != sorted.rend(); ++it) turned[it.key()] = *it;
  RC_ASSERT(to_json(recipe_from_json(turned.dump(3))) == text);
}

RC_GTEST_PROP(Architecture, IsReadAsItWasPrinted, ()) {
  const std::vector<std::string> activations{"linear", "sigmoid", "tanh", "relu", "gelu", "softmax"};
  std::vector<LayerSpec> layers;
  for (int i = 0, n = *rc::gen::inRange(1, 6); i < n; ++i) {
    if (*rc::gen::inRange(0, 3) == 0)
      layers.push_back({.kind = LayerSpec::Kind::kDropout, .rate = any_number(0, 0.999)});
    if (*rc::gen::inRange(0, 3) == 0)
      layers.push_back({.kind = LayerSpec::Kind::kBatchNorm, .activation = *rc::gen::elementOf(activations)});
    layers.push_back(
        {.units = *rc::gen::inRange<std::int64_t>(1, 2000), .activation = *rc::gen::elementOf(activations)});
  }
  const std::string text = to_text(layers);
  const auto again = parse_architecture(text);
  RC_ASSERT(again.size() == layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    RC_ASSERT(again[i].kind == layers[i].kind && again[i].units == layers[i].units);
    RC_ASSERT(again[i].activation == layers[i].activation && again[i].rate == layers[i].rate);
  }
  const Network network(text, 3);
  std::int64_t end = 0;
  for (const Parameter& parameter : network.parameters().list) {
    RC_ASSERT(parameter.offset == end);
    end += parameter.shape.size();
  }
  RC_ASSERT(end == network.parameters().size);
}

RC_GTEST_PROP(Architecture, OfPlanesFitsOrSaysWhyNot, ()) {
  const auto number = [](int low, int high) { return *rc::gen::inRange(low, high + 1); };
  std::string text;
  for (int i = 0, n = number(1, 5); i < n; ++i) {
    const int size = number(1, 5), stride = number(1, 3), groups = number(1, 2);
    switch (number(0, 6)) {
      case 0: text += fmt::format("conv {} {} stride {} groups {} relu", 2 * number(1, 3), size, stride, groups); break;
      case 1:
        text += fmt::format("conv {} {}x{} valid dilation {}", number(1, 4), size, number(1, 4), number(1, 2));
        break;
      case 2: text += fmt::format("pool {} stride {}", size, stride); break;
      case 3: text += fmt::format("res {} stride {}", number(1, 4), stride); break;
      case 4: text += fmt::format("conv-transpose {} {} stride {}", number(1, 4), size, std::min(size, stride)); break;
      case 5: text += fmt::format("pad {} reflect", number(0, 3)); break;
      default: text += "bn";
    }
    text += " | ";
  }
  text += "dense 3";
  const Shape sample{number(1, 3), number(1, 9), number(1, 9)};
  try {
    const Network network(text, sample);
    RC_ASSERT(Network(to_text(network.layers()), sample).parameters().size == network.parameters().size);
    Fn fn;
    const Value x = input(fn.graph, "x", {2, network.inputs()}),
                theta = input(fn.graph, "theta", {network.parameters().size});
    const Value statistics =
        network.statistics().size > 0 ? input(fn.graph, "statistics", {network.statistics().size}) : Value();
    const Activations built = network.build(x, theta, statistics, true);
    RC_ASSERT(built.output.shape() == (Shape{2, 3}));
    std::size_t number_of = 0;
    for (std::size_t i = 0; i < network.layers().size(); ++i) {
      if (!network.layers()[i].has_parameters()) continue;
      RC_ASSERT(built.a[number_of++].size() == 2 * network.shapes()[i].size());
    }
  } catch (const Error& error) {
    RC_ASSERT(std::string(error.what()).find("column") != std::string::npos);
  }
}

RC_GTEST_PROP(StoredPreprocessing, ComesBackBitByBit, ()) {
  Preprocessing p;
  p.kind = "table";
  p.target = "t" + *texts();
  for (int i = 0, n = *rc::gen::inRange(1, 5); i < n; ++i) {
    ColumnEncoding column;
    column.name = *texts();
    if (*rc::gen::arbitrary<bool>())
      column.categories = {*texts(), *texts()};
    else
      column.mean = any_number(-1e6, 1e6), column.deviation = any_number(1e-9, 1e6);
    p.columns.push_back(column);
  }
  if (*rc::gen::arbitrary<bool>())
    p.classes = {*texts(), *texts()};
  else
    p.target_mean = any_number(-1e6, 1e6), p.target_deviation = any_number(1e-9, 1e6);
  const Preprocessing again = Preprocessing::from_json(p.to_json());
  RC_ASSERT(again.to_json() == p.to_json());
  RC_ASSERT(again.width() == p.width() && again.classes == p.classes && again.target == p.target);
  RC_ASSERT(again.target_mean == p.target_mean && again.target_deviation == p.target_deviation);
  for (std::size_t i = 0; i < p.columns.size(); ++i) {
    RC_ASSERT(again.columns[i].name == p.columns[i].name && again.columns[i].categories == p.columns[i].categories);
    RC_ASSERT(again.columns[i].mean == p.columns[i].mean && again.columns[i].deviation == p.columns[i].deviation);
  }
}

// What is UTF-8 goes through JSON, which refuses all else.
RC_GTEST_PROP(Utf8, IsWhatJsonTakes, (const std::string& bytes)) {
  bool takes = true;
  try {
    nlohmann::json(bytes).dump();
  } catch (const nlohmann::json::exception&) {
    takes = false;
  }
  RC_ASSERT(is_utf8(bytes) == takes);
  RC_ASSERT(is_utf8(*texts()));
}

}  // namespace
}  // namespace limn
