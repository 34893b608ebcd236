#include "cli/output.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/progress.hpp"

namespace limn::cli {
namespace {

using Json = nlohmann::json;

class JsonListener : public TrainingListener {
 public:
  void step(const StepReport& report) override {
    Json event = {{"event", "step"},
                  {"step", report.step},
                  {"epoch", report.epoch},
                  {"train.loss", report.loss},
                  {"steps_per_second", report.steps_per_second},
                  {"seconds", report.seconds}};
    if (std::isfinite(report.lr)) event["step.lr"] = report.lr;
    if (const auto& minimised = report.minimised) {
      event["optim.value"] = minimised->value;
      event["optim.gradient_norm"] = minimised->gradient_norm;
      event["optim.evaluations"] = minimised->evaluations;
    }
    print_json(event);
  }
  void evaluated(std::int64_t step, const Metrics& metrics) override {
    Json event = to_json_object(metrics);
    event["event"] = "eval";
    event["step"] = step;
    print_json(event);
  }
  void saved(std::int64_t step, const std::filesystem::path& path) override {
    print_json({{"event", "snapshot"}, {"step", step}, {"file", path.string()}});
  }
};

class PeopleListener : public TrainingListener {
 public:
  void step(const StepReport& report) override {
    last_ = report;
    const double left = static_cast<double>(report.until - report.step) / report.steps_per_second;
    line_.draw(static_cast<double>(report.step) / static_cast<double>(report.until),
               fmt::format(fmt::runtime(chinese_ ? "{}/{}  {} 步/秒  剩余 {}  损失 {:.4f}"
                                                 : "{}/{}  {} steps/s  {} left  loss {:.4f}"),
                           report.step, report.until, count(report.steps_per_second), duration(left), report.loss));
  }
  void evaluated(std::int64_t step, const Metrics& metrics) override {
    line_.clear();
    if (line_.drawn()) {
      fmt::print("{} {:>8}  {}\n", chinese_ ? "步" : "step", step, to_text(metrics));
    } else {  // no bar: say with every evaluation what the bar would
      fmt::print("step {}  {}", step, to_text(metrics));
      if (last_.step > 0) fmt::print("  ({:.0f} steps/s, {})", last_.steps_per_second, duration(last_.seconds));
      fmt::print("\n");
    }
    std::fflush(stdout);
  }

 private:
  ProgressLine line_;
  StepReport last_{};
  bool chinese_ = speaks_chinese();
};

// Why a minimiser went no further. Only the gradient says that it has found a minimum.
std::string why_stopped(const std::string& reason) {
  struct Row {
    std::string_view reason, en, zh;
  };
  static constexpr Row kRows[] = {
      {"gradient", "stopped: the gradient is within gradient_tolerance", "停止：梯度已在 gradient_tolerance 之内"},
      {"step", "stopped without converging: the step is too short to change the weights",
       "停止，但未收敛：步长太小，权重不再改变"},
      {"decrease", "stopped without converging: rounding hides any further decrease",
       "停止，但未收敛：舍入误差已掩盖进一步的下降"},
      {"saddle", "stopped without converging: the gradient is small, but the curvature is negative",
       "停止，但未收敛：梯度很小，但曲率为负"},
      {"line search", "stopped without converging: no length of the step lowers the value",
       "停止，但未收敛：任何步长都不能降低函数值"}};
  const bool chinese = speaks_chinese();
  for (const Row& row : kRows)
    if (row.reason == reason) return std::string(chinese ? row.zh : row.en);
  return fmt::format(fmt::runtime(chinese ? "停止，但未收敛：{}" : "stopped without converging: {}"), reason);
}

}  // namespace

void print_json(const Json& object) {
  fmt::print("{}\n", object.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::fflush(stdout);
}

void print_notes(const Common& common, const std::vector<std::string>& notes) {
  for (const std::string& note : notes) {
    if (common.json)
      print_json({{"event", "note"}, {"text", note}});
    else if (!common.quiet)
      fmt::print(stderr, "note: {}\n", note);
  }
}

std::unique_ptr<TrainingListener> make_listener(const Common& common) {
  if (common.json) return std::make_unique<JsonListener>();
  if (common.quiet) return std::make_unique<TrainingListener>();
  return std::make_unique<PeopleListener>();
}

Json to_json_object(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = value;
  return json;
}

std::string to_text(const Metrics& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics) text += fmt::format("{}{} {:.4f}", text.empty() ? "" : "  ", name, value);
  return text;
}

void print_begin(const Common& common, const Run& run, const Training& session, const Program& program) {
  if (common.json) {
    print_json({{"event", "begin"},
                {"run", run.info.id},
                {"folder", run.folder.string()},
                {"step", session.cursor().step},
                {"parameters", session.parameters()},
                {"threads", program.threads},
                {"isa", program.isa}});
  } else if (!common.quiet) {
    fmt::print("{} on {}: {} parameters, {} thread{}, {}\n{}\n", run.recipe.experiment, run.recipe.data,
               session.parameters(), program.threads, program.threads == 1 ? "" : "s", program.isa,
               run.folder.string());
    std::fflush(stdout);
  }
}

void print_outcome(const Common& common, const Run& run, const Outcome& outcome, const Program& program) {
  if (common.json) {
    Json event = {{"event", outcome.interrupted ? "stop" : "done"},
                  {"run", run.info.id},
                  {"folder", run.folder.string()},
                  {"steps", outcome.steps},
                  {"seconds", outcome.seconds},
                  {"metrics", to_json_object(outcome.metrics)},
                  {"fingerprint", outcome.fingerprint},
                  {"threads", program.threads},
                  {"isa", program.isa}};
    if (outcome.best_step >= 0) event["best_step"] = outcome.best_step;
    if (outcome.stopped_early) event["reason"] = "early stop";
    if (!outcome.stopped.empty() && !outcome.stopped_early) event["stopped"] = outcome.stopped;
    print_json(event);
  } else if (outcome.interrupted) {
    fmt::print("interrupted after step {}; go on with: limn resume {}\n", outcome.steps, run.folder.string());
  } else {
    if (outcome.best_step >= 0 && !common.quiet)
      fmt::print("{}the lowest validation loss was that of step {}, whose weights are measured and used\n",
                 outcome.stopped_early ? "stopped early: " : "", outcome.best_step);
    if (!outcome.stopped.empty() && !outcome.stopped_early && !common.quiet)
      fmt::print("{}\n", why_stopped(outcome.stopped));
    fmt::print("{}{} steps in {}, fingerprint {}, run {}\n", common.quiet ? to_text(outcome.metrics) + "\n" : "",
               outcome.steps, duration(outcome.seconds), outcome.fingerprint, run.info.id);
  }
}

}  // namespace limn::cli
