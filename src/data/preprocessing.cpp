#include "data/preprocessing.hpp"

#include <algorithm>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace limn {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void unusable(const std::string& why) {
  throw Error(fmt::format("the stored preprocessing cannot be used: {}", why),
              "it was changed or damaged: take it from the run again, or train anew");
}

void require_finite(double value, const char* name) {
  if (!std::isfinite(value)) unusable(fmt::format("{} is not finite", name));
}

void require_positive(double value, const char* name) {
  if (!std::isfinite(value) || value <= 0) unusable(fmt::format("{} is not positive", name));
}

void check(const Preprocessing& p) {
  if (p.kind == "images") {
    if (p.sample.size() != 2 && p.sample.size() != 3) unusable("an image needs a height and a width");
    for (const auto side : p.sample) {
      if (side < 1 || side > 4096) unusable(fmt::format("an image side of {}", side));
    }
    if (!p.columns.empty()) unusable("images have no columns");
    require_positive(p.byte_scale, "byte_scale");
    if (!p.channels.empty() && p.channels.size() != (p.sample.size() == 2 ? 1 : static_cast<std::size_t>(p.sample[0])))
      unusable("it has other channels than its images");
    for (const auto& channel : p.channels) {
      require_finite(channel.mean, "a mean");
      require_positive(channel.deviation, "a deviation");
    }
    const auto within = [](double v) { return v >= 0 && v <= 4096; };
    if (!within(p.figure.box) || !within(p.figure.down) || !within(p.figure.right))
      unusable("the figure of its images is none");
    if (p.figure.box > 0 && p.sample.size() != 2) unusable("figures are of grey images");
  } else if (p.kind == "table") {
    if (p.columns.empty()) unusable("a table needs columns");
    if (p.target.empty()) unusable("a table needs the name of its target");
    for (const auto& column : p.columns) {
      require_finite(column.mean, "a mean");
      require_positive(column.deviation, "a deviation");
    }
  } else if (p.kind != "none") {
    unusable(fmt::format("its kind is '{}', neither images nor table", p.kind));
  }
  require_finite(p.target_mean, "target_mean");
  require_positive(p.target_deviation, "target_deviation");
}

}  // namespace

std::int64_t Preprocessing::width() const {
  std::int64_t n = 0;
  for (const auto& column : columns) {
    n += column.categories.empty() ? 1 : static_cast<std::int64_t>(column.categories.size());
  }
  return n;
}

double Preprocessing::raw_value(std::int64_t feature, double encoded) const {
  std::int64_t at = 0;
  for (const ColumnEncoding& column : columns) {
    const auto width = column.categories.empty() ? 1 : static_cast<std::int64_t>(column.categories.size());
    if (feature < at + width) return column.categories.empty() ? encoded * column.deviation + column.mean : encoded;
    at += width;
  }
  return encoded;
}

void Preprocessing::normalize(std::span<float> image) const {
  for (std::size_t c = 0, area = image.size() / std::max<std::size_t>(1, channels.size()); c < channels.size(); ++c) {
    const auto mean = static_cast<float>(channels[c].mean), factor = static_cast<float>(1 / channels[c].deviation);
    for (float& pixel : image.subspan(c * area, area)) pixel = (pixel - mean) * factor;
  }
}

std::string Preprocessing::to_json() const {
  Json json;
  json["kind"] = kind;
  if (kind == "images") {
    json["sample"] = sample;
    json["byte_scale"] = byte_scale;
    for (const auto& channel : channels)
      json["channels"].push_back({{"mean", channel.mean}, {"deviation", channel.deviation}});
    if (figure.box > 0)
      json["figure"] = {{"bright", figure.bright}, {"box", figure.box}, {"down", figure.down}, {"right", figure.right}};
  } else {
    auto& list = json["columns"] = Json::array();
    for (const auto& column : columns) {
      Json item{{"name", column.name}};
      if (column.categories.empty()) {
        item["mean"] = column.mean;
        item["deviation"] = column.deviation;
      } else {
        item["categories"] = column.categories;
      }
      list.push_back(std::move(item));
    }
    json["target"] = target;
  }
  if (classes.empty()) {
    json["target_mean"] = target_mean;
    json["target_deviation"] = target_deviation;
  } else {
    json["classes"] = classes;
  }
  return json.dump();
}

Preprocessing Preprocessing::from_json(const std::string& text) {
  Preprocessing p;
  try {
    const auto json = Json::parse(text);
    p.kind = json.at("kind").get<std::string>();
    if (p.kind == "images") {
      for (const auto& side : json.at("sample")) {
        if (!side.is_number_integer()) unusable("the side of an image is not a whole number");
        p.sample.push_back(side.get<std::int64_t>());
      }
      p.byte_scale = json.at("byte_scale").get<double>();
      if (json.contains("channels"))
        for (const auto& item : json.at("channels"))
          p.channels.push_back({item.at("mean").get<double>(), item.at("deviation").get<double>()});
      if (json.contains("figure")) {
        const auto& f = json.at("figure");
        p.figure = {f.at("bright").get<bool>(), f.at("box").get<double>(), f.at("down").get<double>(),
                    f.at("right").get<double>()};
      }
    } else {
      for (const auto& item : json.at("columns")) {
        auto& column = p.columns.emplace_back();
        column.name = item.at("name").get<std::string>();
        if (item.contains("categories")) {
          column.categories = item.at("categories").get<std::vector<std::string>>();
          if (column.categories.empty()) unusable("a column without categories");
        } else {
          column.mean = item.at("mean").get<double>();
          column.deviation = item.at("deviation").get<double>();
        }
      }
      p.target = json.at("target").get<std::string>();
    }
    if (json.contains("classes")) {
      p.classes = json.at("classes").get<std::vector<std::string>>();
      if (p.classes.size() < 2) unusable("fewer than two classes");
    } else {
      p.target_mean = json.at("target_mean").get<double>();
      p.target_deviation = json.at("target_deviation").get<double>();
    }
  } catch (const nlohmann::json::exception& e) {
    unusable(e.what());
  }
  check(p);
  return p;
}

}  // namespace limn
