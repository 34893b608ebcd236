#include "explain/frozen.hpp"

#include <algorithm>
#include <cmath>

#include "autodiff/autodiff.hpp"
#include "kernel/kernels.hpp"
#include "train/update.hpp"

namespace limn {
namespace {

AlignedFloats copied(std::span<const float> from) {
  AlignedFloats to(from.size());
  std::ranges::copy(from, to.data());
  return to;
}

}  // namespace

FrozenNetwork::FrozenNetwork(Session& session, Weights which, std::shared_ptr<const Dataset> data, ThreadPool& pool)
    : model_(session.model()), settings_(session.settings()), data_(std::move(data)), pool_(pool) {
  if (data_->preprocessing.kind != "images")
    throw Error(fmt::format("{} is a table: there is no picture to look at", data_->name),
                "explanations are of images: `limn data list`, `limn train cnn`");
  const auto given = session.given();
  theta_ = copied(given.at("theta")), statistics_ = copied(given.at("statistics")), alive_ = copied(given.at("alive"));
  if (which == Weights::kBest && session.best_step() >= 0) {
    const auto state = session.state();
    for (const auto& [list, flat] :
         {std::pair(&network().parameters(), &theta_), {&network().statistics(), &statistics_}})
      for (const Parameter& p : list->list) {
        const auto view = std::ranges::find(state, "best/" + p.name, &TensorView::name);
        LIMN_CHECK(view != state.end(), "the best weights are not in the state");
        std::ranges::copy(view->values, flat->data() + p.offset);
      }
  }
  const auto check = [](const Parameters& parameters, std::span<const float> flat) {
    for (const Parameter& p : parameters.list) {
      const auto values = flat.subspan(static_cast<std::size_t>(p.offset), static_cast<std::size_t>(p.shape.size()));
      if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); }))
        throw Error(fmt::format("{} has numbers that are not finite: it says nothing of any picture", p.name),
                    "take a step before it diverged, or train with a lower rate");
    }
  };
  check(network().parameters(), theta_.span());
  check(network().statistics(), statistics_.span());
}

MemoryByName FrozenNetwork::memory() const {
  return {{"theta", theta_.data()}, {"statistics", statistics_.data()}, {"alive", alive_.data()}};
}

std::int64_t FrozenNetwork::scores() const { return model_.target == TargetKind::kBinary ? 2 : network().outputs(); }

void FrozenNetwork::check_scores() const {
  if (model_.target == TargetKind::kInputs)
    throw Error("the network reconstructs its rows: it has no class that a pixel could speak for",
                "maximise a unit or a channel of a layer, or take a network that learns classes");
}
void FrozenNetwork::check_classes() const {
  if (model_.classes == 0) throw Error("the network learns no classes", "take a run whose data have classes");
}

std::vector<float> FrozenNetwork::picture(std::int64_t row) const {
  if (row < 0 || row >= data_->size)
    throw Error(fmt::format("{} has no row {}", data_->name, row),
                fmt::format("rows are numbered 0 to {}", data_->size - 1));
  const auto n = static_cast<std::size_t>(data_->sample.size()), from = static_cast<std::size_t>(row) * n;
  std::vector<float> picture(n);
  if (data_->values.empty())
    kernels().from_bytes(data_->bytes.data() + from, n, data_->byte_scale, picture.data());
  else
    std::copy_n(data_->values.data() + from, n, picture.data());
  data_->preprocessing.normalize(picture);
  return picture;
}

const Shape& FrozenNetwork::shape_of(int layer) const {
  const int last = network().numbered();
  if (layer < 1 || layer > last)
    throw Error(fmt::format("there is no layer {}", layer), fmt::format("layers are 1 to {}", last));
  return network().shapes()[network().place_of(layer)];
}

Look::Look(Fn& fn, const FrozenNetwork& net, std::int64_t batch, const Network::Retouch& retouch) {
  const ModelSpec& model = net.model();
  const Network& network = net.network();
  const Value theta = input(fn.graph, "theta", {network.parameters().size});
  const Value statistics =
      network.statistics().size > 0 ? input(fn.graph, "statistics", {network.statistics().size}) : Value();
  x = input(fn.graph, "x", {batch, network.inputs()});
  layers = network.build(x, without_cut(theta, switches_of(net.settings())), statistics, false, retouch);
  score = end_of(model, layers);
  p = model.loss->prediction ? model.loss->prediction(score, model.target) : score;
  if (model.target != TargetKind::kBinary) return;
  const Value scores[] = {-score, score}, both[] = {1.0 - p, p};
  score = concat(scores, 1), p = concat(both, 1);
}

Value Look::score_of(std::int64_t number) const { return sum(slice(score, 1, number, number + 1)); }

Question::Question(const FrozenNetwork& net, const Fn& fn, const MemoryByName& more)
    : x_(static_cast<std::size_t>(fn.graph[fn.find_input("x")].shape.size())), pool_(net.pool()) {
  MemoryByName memory = net.memory();
  memory.insert(more.begin(), more.end());
  memory["x"] = x_.data();
  executable_ = std::make_unique<Executable>(fn, limn::bind(fn, memory));
}

Said say(const FrozenNetwork& net, std::span<const float> picture) {
  Question question(net, trace([&](Fn& fn) {
                      const Look look(fn, net, 1);
                      fn.output("score", look.score);
                      fn.output("p", look.p);
                    }));
  std::ranges::copy(picture, question.x().begin());
  question.ask();
  const auto score = question.answer(0), p = question.answer(1);
  return {{score.begin(), score.end()}, {p.begin(), p.end()}, std::ranges::max_element(score) - score.begin()};
}

}  // namespace limn
