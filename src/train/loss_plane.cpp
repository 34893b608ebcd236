#include "train/loss_plane.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "train/curvature.hpp"

namespace limn {
namespace {

constexpr double kMostFlops = 4e10;  // of all evaluations: measured, about two seconds of one core with AVX2
constexpr std::int64_t kLeastRows = 64;
constexpr double kRounding = 1e-6;  // of float32 parameters: what is shorter beside them has no direction

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double length(std::span<const double> v) { return std::sqrt(dot(v, v)); }

void add(std::span<double> to, double factor, std::span<const double> v) {
  for (std::size_t i = 0; i < v.size(); ++i) to[i] += factor * v[i];
}

std::vector<double> way(std::span<const double> from, std::span<const float> to) {
  LIMN_CHECK(from.size() == to.size());
  std::vector<double> v(to.begin(), to.end());
  add(v, -1, from);
  return v;
}

// Of length 1. Error: it is not finite, or no longer than the rounding of what is so long.
void normalise(std::vector<double>& v, double beside) {
  const double size = length(v);
  if (!std::isfinite(size)) throw Error("a point of the plane is not finite", "take a step before it diverged");
  if (size <= kRounding * beside)
    throw Error("the three points lie on one line, or closer than float32 tells them apart: no plane is theirs alone",
                "take other ends, or other steps");
  for (double& x : v) x /= size;
}

}  // namespace

Plane::Plane(std::span<const float> origin, std::span<const float> a, std::span<const float> b)
    : origin_(origin.begin(), origin.end()), e1_(way(origin_, a)), e2_(way(origin_, b)) {
  const double far = std::max(length(origin_), length(e2_));
  normalise(e1_, far);
  for (int again = 0; again < 2; ++again) add(e2_, -dot(e1_, e2_), e1_);  // twice is enough
  normalise(e2_, far);
}

Plane::Place Plane::place_of(std::span<const float> theta) const {
  std::vector<double> v = way(origin_, theta);
  Place place{dot(v, e1_), dot(v, e2_)};
  add(v, -place.x, e1_);
  add(v, -place.y, e2_);
  place.distance = length(v);
  return place;
}

void Plane::at(double x, double y, std::span<float> theta) const {
  for (std::size_t i = 0; i < theta.size(); ++i) theta[i] = static_cast<float>(origin_[i] + x * e1_[i] + y * e2_[i]);
}

PlaneLoss::PlaneLoss(ModelSpec model, const Settings& settings, const std::shared_ptr<const Dataset>& data,
                     std::uint64_t seed, ThreadPool& pool, std::int64_t evaluations)
    : model_(std::move(model)),
      statistics_(static_cast<std::size_t>(model_.network.statistics().size)),
      objective_(model_, check_smooth("plane of the loss", model_, settings, *data), data, seed, pool,
                 statistics_.span()) {
  const std::vector<std::int32_t>& train = data->train;
  const auto all = std::ssize(train), few = std::min<std::int64_t>(all, kLeastRows);
  objective_.set_rows(std::span(train).first(static_cast<std::size_t>(few)), 0, 0);
  const double each = objective_.plan(Part::kValue).plan().flops() / static_cast<double>(objective_.chunk());
  const double most = kMostFlops / (each * static_cast<double>(evaluations));
  const auto count = most < static_cast<double>(all) ? static_cast<std::int64_t>(most) : all;
  if (count < few)
    throw Error(
        fmt::format("{} evaluations of a network of {} parameters take too long", evaluations, objective_.dimension()),
        "ask for fewer points, or take a smaller arch");
  for (std::int64_t i = 0; i < count; ++i) rows_.push_back(train[static_cast<std::size_t>(i * all / count)]);
  objective_.set_rows(rows_, 0, 0);
}

}  // namespace limn
