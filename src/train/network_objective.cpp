#include "train/network_objective.hpp"

#include <algorithm>
#include <numeric>

#include "train/selection.hpp"

namespace limn {
namespace {

constexpr std::int64_t kCacheFloats = 1 << 18;              // what enters and leaves the layers for a chunk: a megabyte
constexpr std::int64_t kLeastRows = 128, kMostRows = 2048;  // fewer and the matrix products run badly
constexpr std::int64_t kLeastImages = 16;                   // whose places are rows of these

// What enters and leaves the layers, of one row.
std::int64_t width(const Network& network) {
  std::int64_t numbers = network.inputs();
  for (std::size_t i = 0; i < network.layers().size(); ++i)
    if (network.layers()[i].has_parameters()) numbers += 2 * network.shapes()[i].size();
  return numbers;
}

AlignedFloats ones(std::int64_t size) {
  AlignedFloats floats(static_cast<std::size_t>(size));
  std::ranges::fill(floats.span(), 1.0f);
  return floats;
}

constexpr std::int64_t kMostGroups = 8;  // parts of the rows that threads share
constexpr std::size_t kMostPlans = 64;   // kept while rows change their number

}  // namespace

std::int64_t chunk_rows(const ModelSpec& model, std::int64_t rows) {
  if (model.network.statistics().size > 0) return rows;
  const std::int64_t most = std::clamp(kCacheFloats / width(model.network),
                                       model.network.has_planes() ? kLeastImages : kLeastRows, kMostRows);
  return std::min(rows, most / 16 * 16);
}

NetworkObjective::NetworkObjective(const ModelSpec& model, const Settings& settings,
                                   std::shared_ptr<const Dataset> data, std::uint64_t seed, ThreadPool& pool,
                                   std::span<float> statistics)
    : model_(&model),
      settings_(settings),
      data_(std::move(data)),
      seed_(seed),
      pool_(pool),
      statistics_(statistics),
      theta_(static_cast<std::size_t>(dimension())),
      v_(theta_.size()),
      is_weight_(theta_.size(), false) {
  const Parameters& parameters = model.network.parameters();
  for (const Parameter& p : parameters.list) std::fill_n(is_weight_.begin() + p.offset, p.shape.size(), p.is_weight);
  if (!settings.cut.empty()) mark(parameters, settings.cut, 0, (alive_ = ones(dimension())).span());
  if (!settings.cut.empty() || !settings.freeze.empty()) {
    learns_ = ones(dimension());
    mark(parameters, settings.cut, 0, learns_.span());
    mark(parameters, settings.freeze, 0, learns_.span());
  }
  if (settings.balanced_classes) class_weights_ = balanced_weights(*data_);
}

void NetworkObjective::set_rows(std::span<const std::int32_t> rows, std::int64_t epoch, std::uint64_t first_point) {
  const bool as_large = model_->network.statistics().size > 0;  // are the plans
  if (rows.size() != rows_.size() && (as_large || plans_.size() > kMostPlans)) plans_.clear();
  rows_ = rows, epoch_ = epoch, first_point_ = first_point;
  weight_ = static_cast<double>(rows.size());
  if (class_weights_.size() == 0) return;
  weight_ = 0;
  for (const std::int32_t row : rows) weight_ += class_weights_.data()[data_->labels[static_cast<std::size_t>(row)]];
}

NetworkObjective::RowPlan& NetworkObjective::plan_for(Part part, std::int64_t size, int group) {
  for (const auto& plan : plans_)
    if (plan->part == part && plan->group == group && plan->feed.batch() == size) return *plan;
  plans_.push_back(
      std::make_unique<RowPlan>(RowPlan{part, group, Feed(model_->target, size, model_->network.inputs()), {}}));
  RowPlan& plan = *plans_.back();
  plan.feed.vary(parse_augmentation(settings_.augment, data_->preprocessing.kind == "images"), seed_);
  const Fn fn = objective_part(*model_, settings_, size, part);
  const MemoryByName memory{{"theta", theta_.data()},
                            {"v", v_.data()},
                            {"statistics", statistics_.data()},
                            {"alive", alive_.data()},
                            {"class_weights", class_weights_.data()},
                            {"x", plan.feed.x()},
                            {"y", plan.feed.y()}};
  plan.executable = std::make_unique<Executable>(fn, limn::bind(fn, memory), plan.feed.stage());
  return plan;
}

Executable& NetworkObjective::plan(Part part) { return *plan_for(part, chunk(), 0).executable; }

// Chunks first .. last - 1 are those of a group.
void NetworkObjective::walk(Part part, int group) {
  const auto size = static_cast<std::int64_t>(rows_.size()), step = chunk(), chunks = (size + step - 1) / step,
             groups = static_cast<std::int64_t>(groups_.size());
  Group& to = groups_[static_cast<std::size_t>(group)];
  to.loss = 0;
  std::ranges::fill(to.sums, 0.0);
  for (std::int64_t i = chunks * group / groups; i < chunks * (group + 1) / groups; ++i) {
    RowPlan& plan = plan_for(part, std::min(step, size - i * step), group);
    plan.feed.set(*data_, rows_.data() + i * step, epoch_);
    plan.executable->run(groups > 1 ? *alone_[static_cast<std::size_t>(group)] : pool_,
                         {seed_, first_point_ + static_cast<std::uint64_t>(i) + 1});
    const Executable& said = *plan.executable;
    if (part == Part::kStatistics) continue;
    const bool is_product = part == Part::kHessian || part == Part::kGaussNewton;
    if (!is_product) to.loss = std::accumulate(said.output(0).begin(), said.output(0).end(), to.loss);
    if (part != Part::kValue)
      std::ranges::transform(to.sums, said.output(is_product ? 0 : 1), to.sums.begin(), std::plus<double>());
  }
}

void NetworkObjective::over_rows(Part part, std::span<const float> x) {
  LIMN_CHECK(!rows_.empty() && static_cast<std::int64_t>(x.size()) == dimension());
  std::ranges::copy(x, theta_.data());
  const auto size = static_cast<std::int64_t>(rows_.size()), step = chunk(), chunks = (size + step - 1) / step;
  const int groups = static_cast<int>(std::min(chunks, kMostGroups));
  groups_.resize(static_cast<std::size_t>(groups));
  for (Group& group : groups_) group.sums.resize(part == Part::kValue ? 0 : theta_.size());
  if (groups == 1) return walk(part, 0);                                     // all threads share its plan
  for (int group = 0; group < groups; ++group) plan_for(part, step, group);  // nothing is made while threads walk
  plan_for(part, size - (chunks - 1) * step, groups - 1);
  while (std::ssize(alone_) < groups) alone_.push_back(std::make_unique<ThreadPool>(1));
  std::pair context(this, part);
  const Stage stage{groups,
                    [](void* of, int group) {
                      const auto& [self, what] = *static_cast<std::pair<NetworkObjective*, Part>*>(of);
                      self->walk(what, group);
                    },
                    &context};
  pool_.run(std::span(&stage, 1));
  Group& all = groups_.front();
  for (std::size_t g = 1; g < groups_.size(); ++g) {
    all.loss += groups_[g].loss;
    std::ranges::transform(all.sums, groups_[g].sums, all.sums.begin(), std::plus<>());
  }
}

double NetworkObjective::mean_loss(Part part, std::span<const float> x) {
  over_rows(part, x);
  return groups_.front().loss / weight_;
}

template <class Finish>
void NetworkObjective::finish(std::span<float> to, Finish finish) const {
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = learns_.size() > 0 && learns_.data()[i] == 0
                ? 0
                : static_cast<float>(finish(groups_.front().sums[i] / weight_, i));
}

double NetworkObjective::decay(std::span<const float> x) const {
  if (settings_.weight_decay == 0) return 0;
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (is_weight_[i] && (alive_.size() == 0 || alive_.data()[i] != 0)) squares += static_cast<double>(x[i]) * x[i];
  return settings_.weight_decay / 2 * squares;
}

double NetworkObjective::value(std::span<const float> x) { return mean_loss(Part::kValue, x) + decay(x); }

double NetworkObjective::value_and_gradient(std::span<const float> x, std::span<float> gradient) {
  const double loss = mean_loss(Part::kGradient, x);
  finish(gradient,
         [&](double slope, std::size_t i) { return is_weight_[i] ? slope + settings_.weight_decay * x[i] : slope; });
  return loss + decay(x);
}

void NetworkObjective::loss_gradient(std::span<const float> x, std::span<float> gradient) {
  mean_loss(Part::kGradient, x);
  finish(gradient, [](double slope, std::size_t) { return slope; });
}

void NetworkObjective::product_of(Part part, std::span<const float> x, std::span<const float> v,
                                  std::span<float> product) {
  std::ranges::copy(v, v_.data());
  for (std::size_t i = 0; i < learns_.size(); ++i)
    if (learns_.data()[i] == 0) v_.data()[i] = 0;
  over_rows(part, x);
  finish(product,
         [&](double curved, std::size_t i) { return is_weight_[i] ? curved + settings_.weight_decay * v[i] : curved; });
}

void NetworkObjective::hessian_times(std::span<const float> x, std::span<const float> v, std::span<float> product) {
  product_of(Part::kHessian, x, v, product);
}

void NetworkObjective::gauss_newton_times(std::span<const float> x, std::span<const float> v,
                                          std::span<float> product) {
  product_of(Part::kGaussNewton, x, v, product);
}

void NetworkObjective::keep_statistics(std::span<const float> x) {
  if (!statistics_.empty()) over_rows(Part::kStatistics, x);
}

}  // namespace limn
