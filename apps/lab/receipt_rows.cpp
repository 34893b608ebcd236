// Rows that a receipt speaks of, as the engine sees them and in float64: receipt_slip.hpp.
#include <algorithm>

#include "lab/receipt_slip.hpp"
#include "train/feed.hpp"

namespace limn::lab {

std::string too_large(const Session& session, Mode mode) {
  std::int64_t numbers = session.model().network.inputs();
  const Network& network = session.model().network;
  for (std::size_t place = 0; place < network.layers().size(); ++place)
    if (!network.layers()[place].drops_out()) numbers += 4 * network.shapes()[place].size();  // in, z, a, delta
  const auto rows = static_cast<std::int64_t>(session.next_rows().size());
  const bool training = mode == Mode::kTraining;
  const std::int64_t at_once = training ? std::min(session.settings().batch, rows) : rows;
  if (at_once * numbers <= (training ? kMostNumbers : kMostLooked)) return "";
  return fmt::format("the step's batch of {} rows is too large to be computed again for this", rows);
}

Rows::Rows(Session& session, const Dataset& data, const std::string& sample)
    : session_(session), data_(data), kind_(sample.substr(0, sample.find('/'))), sample_(sample) {
  const bool one = sample.find('/') != std::string::npos;
  if (kind_ == "step" || !one) {
    rows_ = session.next_rows();
    if (one) {
      session.sample_row(sample);  // throws if there is none
      asked_ = std::stoull(sample.substr(kind_.size() + 1));
    }
    sample_.clear();
    all_ = kind_ == "step" ? session.inspect_step() : session.inspect(data, rows_, true);
  } else {
    rows_ = {session.sample_row(sample)};
    all_ = session.inspect(data, rows_, true);
  }
}

std::span<const float> Rows::of(const std::string& tensor, std::size_t row) const {
  const std::span<const float> all = all_.at(tensor);
  const std::size_t width = all.size() / count();
  return all.subspan(row * width, width);
}

Given Rows::given(const std::string& tensor, std::size_t row, std::int64_t index) const {
  const std::string where = sample_.empty() ? fmt::format("{}/{}", kind_, row) : sample_;
  const Shape its = shape(tensor);
  std::string at = fmt::format("{}", index);
  if (its.rank() == 3) at = fmt::format("{},{},{}", index / (its[1] * its[2]), index / its[2] % its[1], index % its[2]);
  return {fmt::format("{}[{}]@{}", tensor, at, where), session_.cursor().step,
          of(tensor, row)[static_cast<std::size_t>(index)]};
}

Shape Rows::shape(const std::string& tensor) const {
  return session_.model().row_shape(tensor, all_.at(tensor).size() / count());
}

Name Rows::flat(Name n) const {
  const std::string tensor = n.layer > 0 ? fmt::format("layer{}.{}", n.layer, n.tensor) : n.tensor;
  if (!has(tensor)) return n;
  const Shape its = shape(tensor);
  if (its.rank() == 3) n.index = {(n.at(0) * its[1] + n.at(1)) * its[2] + n.at(2)};
  return n;
}

std::vector<double> Rows::channel(const std::string& tensor, std::size_t row, std::int64_t at) const {
  const auto all = of(tensor, row);
  const auto channels = static_cast<std::size_t>(shape(tensor)[-1]);
  std::vector<double> values;
  for (auto i = static_cast<std::size_t>(at); i < all.size(); i += channels) values.push_back(all[i]);
  return values;
}

bool Rows::is_dropped(int layer) const {
  int number = 0;
  bool dropped = false;
  for (const LayerSpec& spec : session_.model().network.layers()) {
    if (!spec.has_parameters()) {
      dropped = dropped || spec.drops();
    } else if (++number == layer) {
      break;
    } else {
      dropped = false;
    }
  }
  return dropped && mode() == Mode::kTraining;
}
std::string Rows::entering(int layer) const {
  if (is_dropped(layer) || session_.model().network.has_planes()) return fmt::format("layer{}.in", layer);
  return layer == 1 ? "input" : fmt::format("layer{}.a", layer - 1);
}

// To an evaluation rows are each on their own, so that a few at a time will do.
std::vector<std::pair<std::size_t, std::size_t>> Rows::batches() const {
  constexpr std::size_t kAtOnce = 256;
  const std::size_t size = mode() == Mode::kTraining ? static_cast<std::size_t>(session_.settings().batch) : kAtOnce;
  std::vector<std::pair<std::size_t, std::size_t>> list;
  for (std::size_t at = 0; at < count(); at += size) list.emplace_back(at, std::min(size, count() - at));
  return list;
}

double Rows::weight_sum() const {
  if (!has("weight")) return static_cast<double>(count());
  double sum = 0;
  for (const float w : all("weight")) sum += w;
  return sum;
}

std::size_t batch_of(const Rows& rows, std::size_t row) {
  const auto list = rows.batches();
  std::size_t batch = 0;
  while (batch + 1 < list.size() && list[batch + 1].first <= row) ++batch;
  return batch;
}

Twin::Twin(const Rows& rows, std::size_t batch, bool blame)
    : rows_(rows), first_(rows.batches()[batch].first), count_(rows.batches()[batch].second) {
  Session& session = rows.session();
  const ModelSpec& model = session.model();
  const auto size = static_cast<std::int64_t>(count_);
  const bool training = rows.mode() == Mode::kTraining;
  fn = inspection(model, session.settings(), size, blame, rows.mode());
  const auto accumulate = static_cast<std::uint64_t>(session.settings().accumulate);
  const auto step = static_cast<std::uint64_t>(session.cursor().step);
  run.emplace(fn, RunPoint{session.seed(), step * accumulate + batch + 1});

  Feed feed(model.target, size, model.network.inputs());
  const bool images = rows.data().preprocessing.kind == "images";
  if (training) feed.vary(parse_augmentation(session.settings().augment, images), session.seed());
  feed.set(rows.data(), rows.indices().data() + first_, session.cursor().epoch);
  const Stage stage = feed.stage();
  for (int chunk = 0; chunk < stage.chunks; ++chunk) stage.run(stage.context, chunk);

  const auto memory = session.given();
  for (const NodeId id : fn.graph.inputs()) {
    const std::string& name = fn.graph.input_name(id);
    const auto n = static_cast<std::size_t>(fn.graph[id].shape.size());
    if (name == "x") {
      const auto* x = static_cast<const float*>(feed.x());
      run->give(id, {x, x + n});
    } else if (name == "y" && model.target == TargetKind::kLabels) {
      const auto* y = static_cast<const std::int32_t*>(feed.y());
      run->give(id, {y, y + n});
    } else if (name == "y") {
      const auto* y = static_cast<const float*>(feed.y());
      run->give(id, {y, y + n});
    } else {
      const auto numbers = memory.at(name);
      run->give(id, {numbers.begin(), numbers.end()});
    }
  }
}

NodeId Twin::node(const std::string& output) const {
  if (output == "input") return fn.find_input("x");
  const auto found = std::ranges::find(fn.outputs, output, &Output::name);
  LIMN_CHECK(found != fn.outputs.end(), "no output {}", output);
  return found->id;
}

void Twin::give(const std::string& tensor) {
  const auto all = rows_.all(tensor);
  const std::size_t width = all.size() / rows_.count();
  const auto part = all.subspan(first_ * width, count_ * width);
  run->give(node(tensor), {part.begin(), part.end()});
}

double Twin::loss() {
  double sum = 0;
  for (const double loss : run->value(node("loss"))) sum += loss;
  return sum;
}

}  // namespace limn::lab
