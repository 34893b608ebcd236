#include "lab/loss_plane.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "lab/hub.hpp"
#include "lab/refused.hpp"
#include "train/curvature.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostSide = 128, kMostCells = 4096;
constexpr std::size_t kMostTrails = 12;
constexpr std::int64_t kMostPoints = 60;        // of a trail
constexpr double kMostWalked = 1;               // seconds of training that are repeated for a trail
constexpr std::int64_t kMostListed = 2000;      // parameters up to which the directions are told
constexpr std::int64_t kMostHeld = 20'000'000;  // parameters: a few hundred megabytes of points and directions
constexpr double kMargin = 0.12;                // around what is shown
constexpr double kAside = 0.6;                  // so much of the points' own box is shown beside it for trails' sake

Stand stand_of(const std::string& text) {
  const std::size_t at = text.find('@');
  if (at == std::string::npos) throw Error(fmt::format("\"{}\" is no step of a run", text), "write RUN@STEP");
  return {text.substr(0, at), whole(text.substr(at + 1), "the step of " + text, 0, 2'000'000'000)};
}

std::vector<Stand> stands_of(std::string_view text) {
  std::vector<Stand> all;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    all.push_back(stand_of(std::string(text.substr(0, comma))));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return all;
}

std::int64_t side(const Query& query, const char* name, std::int64_t initial) {
  const auto found = query.find(name);
  return found == query.end() ? initial : whole(found->second, name, 2, kMostSide);
}

// The steps of a trail that ends there, both ends among them, at most kMostPoints.
std::vector<std::int64_t> steps_to(const LiveRun& live, std::int64_t end) {
  const std::int64_t begin = live.run().start();
  std::vector<std::int64_t> all;
  const double seconds = live.seconds() * static_cast<double>(end - begin) /
                         static_cast<double>(std::max<std::int64_t>(1, live.head() - begin));
  if (seconds <= kMostWalked)
    for (std::int64_t step = begin; step < end; ++step) all.push_back(step);
  else
    for (const std::int64_t step : live.snapshots())
      if (step < end) all.push_back(step);
  all.push_back(end);
  const std::int64_t of = std::ssize(all) - 1, count = std::min(of, kMostPoints - 1);
  std::vector<std::int64_t> some;
  for (std::int64_t i = 0; i <= count; ++i)
    some.push_back(all[static_cast<std::size_t>(count == 0 ? 0 : i * of / count)]);
  return some;
}

}  // namespace

Survey::Survey(const Stand& here, const Query& query)
    : is_of_steps_(!query.contains("a") && !query.contains("b")),
      width_(side(query, "width", 41)),
      height_(side(query, "height", 31)) {
  if (width_ * height_ > kMostCells)
    throw Error(fmt::format("the grid has {} points", width_ * height_), fmt::format("ask for {}", kMostCells));
  points_.push_back({here});
  if (is_of_steps_) {
    points_.push_back({{here.run, here.step - 1}});
  } else {
    for (const char* name : {"a", "b"}) points_.push_back({stand_of(query.contains(name) ? query.at(name) : "")});
  }
  for (const Stand& end : stands_of(query.contains("trails") ? query.at("trails") : ""))
    trails_.push_back({end.run, {end.step}});
  if (trails_.size() > kMostTrails)
    throw Error(fmt::format("{} trails are asked for", trails_.size()), fmt::format("ask for {}", kMostTrails));
}

std::vector<Stand> Survey::ends() const {
  std::vector<Stand> all;
  for (const Point& point : points_) all.push_back(point.at);
  for (const Trail& trail : trails_) all.push_back({trail.run, trail.steps.back()});
  return all;
}

void Survey::admit(const Stand& end, LiveRun& live) {
  const Session& session = live.session();
  if (end.step < live.run().start() && is_of_steps_)
    throw Error(fmt::format("no step of {} led there", end.run), "take a step, or name two ends, a and b");
  const Settings settings = settings_at(live.run(), live.history(), step_of(live, std::to_string(end.step)));
  if (!settings_) {
    settings_ = settings, data_ = live.data();
    if (session.parameters() > kMostHeld)
      throw Error(fmt::format("the network has {} parameters", session.parameters()),
                  fmt::format("a plane is made up to {}: take a smaller arch", kMostHeld));
  }
  const auto refuse = [&](const char* what) {
    throw Error(fmt::format("{} and {} differ in {}", points_.front().at.run, end.run, what),
                "ask for runs that race: of one architecture, data, split and objective");
  };
  if (settings.arch != settings_->arch) refuse("their architecture");
  if (live.data()->digest != data_->digest || live.data()->train != data_->train ||
      live.data()->preprocessing.target != data_->preprocessing.target)
    refuse("the rows that they learn from");
  if (!is_one_objective(settings, *settings_)) refuse("what they minimise");
  for (Trail& trail : trails_)
    if (trail.run == end.run && trail.steps == std::vector{end.step}) trail.steps = steps_to(live, end.step);
}

std::optional<Stand> Survey::next() const {
  if (points_done_ < points_.size()) return points_[points_done_].at;
  if (trails_done_ < trails_.size()) {
    const Trail& trail = trails_[trails_done_];
    return Stand{trail.run, trail.steps[trail.x.size()]};
  }
  if (std::ssize(values_) < width_ * height_) return points_.front().at;
  return {};
}

bool Survey::arrived(Session& there, ThreadPool& pool) {
  if (points_done_ < points_.size()) {
    point(there, pool);
  } else if (trails_done_ < trails_.size()) {
    Trail& trail = trails_[trails_done_];
    const auto theta = there.given().at("theta");
    const Plane::Place place = plane_->place_of(theta);
    trail.x.push_back(place.x), trail.y.push_back(place.y), trail.distance.push_back(place.distance);
    trail.value.push_back(loss_->value(theta));
    if (trail.x.size() == trail.steps.size()) ++trails_done_;
  } else {
    evaluate_next();
    return std::ssize(values_) % width_ == 0;
  }
  return true;
}

void Survey::point(Session& there, ThreadPool& pool) {
  if (!loss_) {
    const std::int64_t visits = 3 + std::ssize(trails_) * kMostPoints;
    loss_ =
        std::make_unique<PlaneLoss>(there.model(), *settings_, data_, there.seed(), pool, width_ * height_ + visits);
  }
  Point& here = points_[points_done_++];
  const auto theta = there.given().at("theta");
  here.theta.assign(theta.begin(), theta.end());
  here.value = loss_->value(theta);
  if (points_done_ == points_.size()) make_plane();
}

// Where there are no ends, the third point is as far down the gradient as the last step was long.
void Survey::make_plane() {
  if (is_of_steps_) {
    const std::vector<float>&from = points_[0].theta, &before = points_[1].theta;
    std::vector<float> to(from.size());
    loss_->gradient(from, to);
    double step = 0, slope = 0;
    for (std::size_t i = 0; i < to.size(); ++i) {
      const double moved = static_cast<double>(from[i]) - before[i];
      step += moved * moved, slope += static_cast<double>(to[i]) * to[i];
    }
    const double by = slope > 0 ? std::sqrt(step / slope) : 0;
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<float>(from[i] - by * to[i]);
    const double value = loss_->value(to);
    points_.push_back({{}, std::move(to), value}), ++points_done_;
  }
  plane_.emplace(points_[0].theta, points_[1].theta, points_[2].theta);
  theta_.resize(points_[0].theta.size());
}

// Contains the three points, and of trails what is not far beside them. Both axes have one scale.
void Survey::make_frame() {
  double low[2] = {0, 0}, high[2] = {0, 0};
  const auto include = [&](double x, double y) {
    low[0] = std::min(low[0], x), high[0] = std::max(high[0], x);
    low[1] = std::min(low[1], y), high[1] = std::max(high[1], y);
  };
  for (const Point& point : points_) {
    const Plane::Place place = plane_->place_of(point.theta);
    include(place.x, place.y);
  }
  const double far = kAside * std::max(high[0] - low[0], high[1] - low[1]);
  const double x0 = low[0] - far, x1 = high[0] + far, y0 = low[1] - far, y1 = high[1] + far;
  for (const Trail& trail : trails_)
    for (std::size_t i = 0; i < trail.x.size(); ++i)
      if (std::isfinite(trail.x[i]) && std::isfinite(trail.y[i]))
        include(std::clamp(trail.x[i], x0, x1), std::clamp(trail.y[i], y0, y1));
  const double margin = kMargin * std::max(high[0] - low[0], high[1] - low[1]);
  const auto columns = static_cast<double>(width_ - 1), rows = static_cast<double>(height_ - 1);
  cell_ = std::max((high[0] - low[0] + 2 * margin) / columns, (high[1] - low[1] + 2 * margin) / rows);
  x_ = (low[0] + high[0] - cell_ * columns) / 2, y_ = (low[1] + high[1] - cell_ * rows) / 2;
}

void Survey::evaluate_next() {
  if (cell_ == 0) make_frame();
  const std::int64_t column = std::ssize(values_) % width_, row = std::ssize(values_) / width_;
  plane_->at(x_ + cell_ * static_cast<double>(column), y_ + cell_ * static_cast<double>(row), theta_);
  values_.push_back(loss_->value(theta_));
}

Json Survey::trail_json(const Trail& trail) const {
  double within = 0, all = 0;
  for (std::size_t i = 0; i < trail.x.size(); ++i) {
    const double square = trail.x[i] * trail.x[i] + trail.y[i] * trail.y[i];
    within += square, all += square + trail.distance[i] * trail.distance[i];
  }
  return {{"run", trail.run},
          {"steps", trail.steps},
          {"x", trail.x},
          {"y", trail.y},
          {"distance", trail.distance},
          {"value", trail.value},
          {"share", all > 0 ? Json(within / all) : Json()}};
}

Json Survey::answer() const {
  Json points = Json::array(), trails = Json::array();
  constexpr const char* kNames[2][3] = {{"start", "a", "b"}, {"here", "before", "downhill"}};
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const Point& point = points_[i];
    const Plane::Place place = plane_->place_of(point.theta);
    points.push_back({{"name", kNames[is_of_steps_][i]},
                      {"run", point.at.run.empty() ? Json() : Json(point.at.run)},
                      {"step", point.at.run.empty() ? Json() : Json(point.at.step)},
                      {"x", place.x},
                      {"y", place.y},
                      {"value", point.value},
                      {"hex", hex_float(point.value)}});
  }
  for (const Trail& trail : trails_) trails.push_back(trail_json(trail));
  const bool is_listed = std::ssize(theta_) <= kMostListed;
  return {{"run", points_.front().at.run},
          {"step", points_.front().at.step},
          {"parameters", theta_.size()},
          {"rows", loss_->rows()},
          {"of", data_->train.size()},
          {"points", points},
          {"e1", is_listed ? Json(plane_->e1()) : Json()},
          {"e2", is_listed ? Json(plane_->e2()) : Json()},
          {"x0", x_},
          {"y0", y_},
          {"cell", cell_},
          {"width", width_},
          {"height", height_},
          {"values", values_},
          {"trails", trails}};
}

void Hub::survey(Space& space, const Stand& here, const std::map<std::string, std::string>& query, const Reply& reply) {
  auto survey = std::make_shared<Survey>(here, query);
  for (const Stand& end : survey->ends()) survey->admit(end, open(space, end.run).live);
  space.survey = survey;  // what was asked for before is given up
  visit(space, survey, reply);
}

void Hub::visit(Space& space, const std::shared_ptr<Survey>& survey, const Reply& reply) {
  const std::optional<Stand> next = survey->next();
  if (!next) {
    space.survey.reset();
    return reply(answered([&]() -> Answer { return {200, to_text(survey->answer())}; }));
  }
  const auto refused = [&space, survey, reply](const Error& error) {
    if (space.survey == survey) space.survey.reset();  // its points are no longer wanted
    reply(refusal(error));
  };
  const auto arrived = [this, &space, survey, reply, refused](Training& there, Training*) {
    try {
      if (space.survey != survey) throw Refused(409, "another plane was asked for meanwhile", "ask again");
      if (!survey->arrived(network_of(there), pool_)) return false;
      visit(space, survey, reply);
    } catch (const Error& error) {
      refused(error);
    }
    return true;
  };
  const auto run = space.open.find(next->run);
  if (run == space.open.end()) throw Error(fmt::format("{} was closed meanwhile", next->run), "ask again");
  run->second->reader.send({next->step, Errand::Want::kState, arrived, refused});
}

}  // namespace limn::lab
