// Small data, settings and states for the tests of training.
#pragma once
#include <cmath>

#include "base/random.hpp"
#include "train/session.hpp"

namespace limn::testing {

// Two classes by the sign of a product of two of the features, and a target that is a smooth function of them.
inline std::shared_ptr<const Dataset> table(Task task, std::int64_t rows = 211, std::int64_t features = 6) {
  auto values = std::make_shared<std::vector<float>>();
  auto data = std::make_shared<Dataset>();
  Random random(4, "table");
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < features; ++j) values->push_back(static_cast<float>(2 * random.uniform() - 1));
    const float* x = values->data() + i * features;
    if (task == Task::kClassify)
      data->labels.push_back(x[0] * x[1] > 0);
    else
      data->targets.push_back(std::sin(2 * x[0]) + x[1] * x[2]);
    (i % 5 == 0 ? data->test : i % 5 == 1 ? data->valid : data->train).push_back(static_cast<std::int32_t>(i));
  }
  data->name = "table", data->task = task, data->sample = {features}, data->size = rows;
  if (task == Task::kClassify) data->classes = {"no", "yes"};
  data->preprocessing.target_deviation = 2, data->preprocessing.target_mean = 10;
  data->values = *values;
  data->owner = values;
  return data;
}

// Pictures of bytes; the class says which half is the lighter one.
inline std::shared_ptr<const Dataset> pictures(const Shape& sample = {12, 12}, std::int32_t rows = 200) {
  auto data = std::make_shared<Dataset>(*table(Task::kClassify, rows, 2));
  auto pixels = std::make_shared<std::vector<std::uint8_t>>();
  const auto size = static_cast<std::int32_t>(sample.size());
  for (std::int32_t i = 0; i < rows; ++i)
    for (std::int32_t p = 0; p < size; ++p)
      pixels->push_back(
          static_cast<std::uint8_t>((i * 37 + p * 11) % 90 + ((p < size / 2) == (data->labels[i] == 0) ? 90 : 0)));
  data->sample = sample;
  data->values = {};
  data->bytes = *pixels;
  data->owner = std::move(pixels);
  data->preprocessing.kind = "images";
  return data;
}

inline Settings settings_of(const std::string& optimizer,
                            const std::string& arch = "dense 16 tanh | dropout 0.2 | dense 2") {
  Settings s;
  s.arch = arch, s.optimizer = optimizer, s.batch = 32, s.lr = optimizer == "adam" ? 1e-2 : 0.1, s.schedule = "cosine",
  s.total_steps = 300;
  return s;
}

inline std::vector<Tensor> copy_of(Session& session) {
  std::vector<Tensor> copy;
  for (const TensorView& view : session.state()) copy.push_back(limn::copy_of(view));
  return copy;
}

}  // namespace limn::testing
