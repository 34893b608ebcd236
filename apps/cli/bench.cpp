// limn bench: how fast this machine trains and predicts, beside what it could do at most; what minimisers need.
#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Option.hpp>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/random.hpp"
#include "cli/bench.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/output.hpp"
#include "kernel/contraction.hpp"
#include "kernel/isa.hpp"
#include "kernel/limit.hpp"
#include "nn/architecture.hpp"
#include "nn/ready.hpp"
#include "plan/plan.hpp"
#include "train/model.hpp"
#include "train/session.hpp"

namespace limn::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

struct Windows {
  double median, low, high;  // calls a second
};

// Seven windows of a quarter of a second after a warm-up.
template <class Call>
Windows measure(Call call) {
  constexpr double kWindow = 0.25;
  std::size_t calls = 1;
  for (double spent = 0; spent < kWindow / 2; calls *= 2) {
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < calls; ++i) call();
    spent = seconds_since(begin);
    if (spent > kWindow / 8) {
      calls = std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(calls) * kWindow / spent));
      break;
    }
  }
  std::vector<double> rates;
  for (int window = 0; window < 7; ++window) {
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < calls; ++i) call();
    rates.push_back(static_cast<double>(calls) / seconds_since(begin));
  }
  std::ranges::sort(rates);
  return {rates[3], rates.front(), rates.back()};
}

struct Workload {
  const char* name;
  const char* data;
  const char* unit;
  const char* arch;
  const char* optimizer;
  double lr;
  std::int64_t batch;
  const char* help;
};
constexpr const char* kMlp = "dense 512 relu | dense 256 relu | dense 10";
// With ReLU and maxima, as PyTorch users write LeNet-5 today.
constexpr const char* kLenet =
    "conv 6 5x5 relu | pool 2 | conv 16 5x5 valid relu | pool 2 | dense 120 relu | dense 84 relu | dense 10";
constexpr const char* kCnn = "conv 32 3x3 valid relu | conv 64 3x3 valid relu | pool 2 | dense 128 relu | dense 10";
constexpr const char* kColours = "colours";  // random images of 3x32x32, for time alone
constexpr Workload kTrainings[] = {
    {"mlp_sgd_b64", "mnist", "samples/s", kMlp, "momentum", 0.01, 64, "784-512-256-10, batch 64, momentum 0.9"},
    {"mlp_adam_b64", "mnist", "samples/s", kMlp, "adam", 1e-3, 64, "the same with Adam"},
    {"mlp_adam_b128", "mnist", "samples/s", kMlp, "adam", 1e-3, 128, "the same with Adam, batch 128"},
    {"lenet5", "mnist", "samples/s", kLenet, "momentum", 0.01, 64, "LeNet-5, batch 64, momentum 0.9"},
    {"cnn_adam_b64", "mnist", "samples/s", kCnn, "adam", 1e-3, 64, "32 and 64 filters of 3x3, batch 64, Adam"},
    {"resnet20", kColours, "samples/s", "resnet-20", "momentum", 0.01, 64,
     "ResNet-20 on 3x32x32, batch 64, momentum 0.9"},
    {"spiral", "spirals", "steps/s", "dense 8 tanh | dense 8 tanh | dense 1", "sgd", 0.1, 10, "2-8-8-1, batch 10, SGD"},
};

struct Inference {
  const char *name, *network;
};
constexpr Inference kInferences[] = {
    {"infer_b1_mlp", "mlp_sgd_b64"}, {"infer_b1_lenet5", "lenet5"}, {"infer_b1_resnet20", "resnet20"}};

class Bench {
 public:
  Bench(const Common& common, bool profile)
      : common_(common), machine_(common), profile_(profile), peak_(measure_flops(machine_.pool())) {}

  void training(const Workload& w) {
    auto [session, data] = make(w);
    const std::int64_t per_step = std::string_view(w.unit) == "steps/s" ? 1 : w.batch;
    const Cost cost = session.step_cost();
    const Windows rate = measure([&] { session.advance(); });
    report(w.name, w.unit, rate, static_cast<double>(per_step), cost);
    if (profile_) fmt::print(stderr, "{}", session.profile_step());
  }

  void inference(const Inference& inference) {
    const Workload& w = *std::ranges::find(kTrainings, inference.network, &Workload::name);
    auto [session, data] = make(w);
    const std::int32_t row[] = {data->train[0]};
    const auto parameters = static_cast<double>(session.parameters());
    const Windows rate = measure([&] { session.predict(*data, row); });
    // The weights are read once, four bytes each.
    report(inference.name, "calls/s", rate, 1,
           {compile(evaluation(session.model(), session.settings(), 1)).flops(), 4 * parameters,
            static_cast<std::size_t>(4 * parameters)});
  }

  // Matrix products of a training step, one by one: what the choice of kernel and chunks yields.
  void products() {
    struct Shape {
      bool transpose_a;
      std::int64_t m, n, k;
    };
    for (const Shape s : {Shape{false, 64, 512, 784},
                          {false, 64, 256, 512},
                          {false, 64, 10, 256},
                          {false, 64, 512, 256},
                          {true, 784, 512, 64},
                          {true, 512, 256, 64},
                          {true, 256, 10, 64},
                          {false, 128, 512, 784},
                          {true, 784, 512, 128},
                          {false, 1, 512, 784},
                          {false, 10, 8, 8}}) {
      struct Job {
        Contraction c;
        std::vector<float> a, b, y;
      } job{plan_contraction(s.transpose_a, s.m, s.n, s.k), std::vector<float>(s.m * s.k, 0.5f),
            std::vector<float>(s.k * s.n, 0.5f), std::vector<float>(s.m * s.n)};
      const Stage stage{job.c.chunks(),
                        [](void* context, int chunk) {
                          auto& j = *static_cast<Job*>(context);
                          contract(j.c, block_of(j.c, chunk), j.a.data(), j.c.transpose_a ? j.c.m : j.c.k, j.b.data(),
                                   j.c.n, j.y.data(), j.c.n);
                        },
                        &job};
      const Windows rate = measure([&] { machine_.pool().run({&stage, 1}); });
      const double bytes = 4.0 * static_cast<double>(s.m * s.k + s.k * s.n + s.m * s.n);
      report(fmt::format("kernels/{}{}x{}x{}", s.transpose_a ? "t" : "n", s.m, s.n, s.k), "calls/s", rate, 1,
             {job.c.flops(), bytes, static_cast<std::size_t>(bytes)});
    }
  }

 private:
  std::pair<Session, std::shared_ptr<const Dataset>> make(const Workload& w) {
    auto data = std::make_shared<const Dataset>(w.data == std::string_view(kColours) ? colours() : prepare({w.data}));
    const std::string ready = ready_network(w.arch, data->sample, 10);
    Settings settings;
    settings.arch = ready.empty() ? w.arch : ready, settings.optimizer = w.optimizer, settings.lr = w.lr,
    settings.batch = w.batch;
    return {std::piecewise_construct, std::forward_as_tuple(settings, data, 1, machine_.pool()),
            std::forward_as_tuple(data)};
  }

  static Dataset colours() {
    constexpr std::int64_t kImages = 4096;
    Dataset data;
    data.name = kColours, data.sample = {3, 32, 32}, data.size = kImages;
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(static_cast<std::size_t>(kImages * data.sample.size()));
    Random random(1, kColours);
    for (std::uint8_t& byte : *bytes) byte = static_cast<std::uint8_t>(random.below(256));
    for (std::int32_t i = 0; i < kImages; ++i) data.labels.push_back(i % 10), data.train.push_back(i);
    for (int i = 0; i < 10; ++i) data.classes.push_back(std::to_string(i));
    data.preprocessing.kind = "images";
    data.bytes = *bytes, data.owner = std::move(bytes);
    return data;
  }

  // The limit is the larger of the time for the arithmetic and the time for the memory.
  void report(const std::string& name, const char* unit, const Windows& rate, double per_call, const Cost& cost) {
    const double bandwidth = measure_bandwidth(machine_.pool(), cost.working_set);
    const double limit = per_call / std::max(cost.flops / peak_, cost.bytes / bandwidth),
                 value = rate.median * per_call;
    const int threads = machine_.pool().threads();
    const double barrier = threads > 1 ? machine_.pool().barrier_nanoseconds() : 0;
    if (common_.json)
      return print_json({{"event", "bench"},
                         {"workload", name},
                         {"value", value},
                         {"low", rate.low * per_call},
                         {"high", rate.high * per_call},
                         {"unit", unit},
                         {"threads", threads},
                         {"isa", selected_isa()},
                         {"limit", limit},
                         {"fraction", value / limit},
                         {"flops", cost.flops},
                         {"bytes", cost.bytes},
                         {"peak_flops", peak_},
                         {"bandwidth", bandwidth},
                         {"barrier_ns", barrier}});
    fmt::print(
        "{:<28} {:>12.1f} {:<10} {:>8.2f} us a call  limit {:>12.1f}  fraction {:.2f}  {} threads {} barrier {:.0f} "
        "ns\n",
        name, value, unit, 1e6 / rate.median, limit, value / limit, threads, selected_isa(), barrier);
  }

  Common common_;
  Machine machine_;
  bool profile_;
  double peak_;
};

int bench(const Common& common, std::vector<std::string> names, bool profile) {
  std::vector<std::string> known;
  for (const Workload& w : kTrainings) known.emplace_back(w.name);
  for (const Inference& inference : kInferences) known.emplace_back(inference.name);
  known.insert(known.end(), {"kernels", "optim"});
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      throw Error(fmt::format("there is no workload \"{}\"", name),
                  fmt::format("there are {}", fmt::join(known, ", ")));
  if (names.empty()) names = known;
  std::optional<Bench> all;  // it measures the machine first, which optim does not need
  for (const std::string& name : names) {
    if (name == "optim") {
      bench_optim(common);
      continue;
    }
    if (!all) all.emplace(common, profile);
    const auto w = std::ranges::find(kTrainings, name, &Workload::name);
    if (w != std::end(kTrainings))
      all->training(*w);
    else if (name == "kernels")
      all->products();
    else
      all->inference(*std::ranges::find(kInferences, name, &Inference::name));
  }
  return 0;
}

}  // namespace

void add_bench_command(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("bench", "how fast this machine trains and predicts, and what it could do at most");
  auto common = std::make_shared<Common>();
  auto names = std::make_shared<std::vector<std::string>>();
  auto profile = std::make_shared<bool>(false);
  command->add_option("workload", *names,
                      "mlp_sgd_b64, mlp_adam_b64, mlp_adam_b128, lenet5, cnn_adam_b64, resnet20, spiral, infer_b1_mlp, "
                      "infer_b1_lenet5, infer_b1_resnet20, "
                      "kernels, optim; all without one");
  command->add_flag("--profile", *profile, "time every step of the plan on one thread, to standard error");
  add_machine_options(*command, *common);
  command->callback([&action, common, names, profile] { action = [=] { return bench(*common, *names, *profile); }; });
}

}  // namespace limn::cli
