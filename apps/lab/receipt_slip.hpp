// What a receipt consists of, and what its rooms share: the numbers of a run by name, rows that were looked at, and a
// twin of the engine's function over them in float64. For receipt*.cpp alone.
#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>

#include "exec/interpreter.hpp"
#include "nn/architecture.hpp"
#include "train/evaluate.hpp"
#include "train/model.hpp"
#include "train/session.hpp"

namespace limn::lab {

using Numbers = Interpreter::Numbers;

constexpr double kUnit = 0x1p-24;                      // half of float32's unit in the last place, relative
constexpr std::int64_t kMostLooked = 100'000'000;      // numbers of a step's rows, to be looked at
constexpr std::int64_t kMostNumbers = 20'000'000;      // of a batch, to be computed again in float64
constexpr std::int64_t kMostProducts = 1'000'000'000;  // of a loss, to be computed again for a difference
constexpr std::size_t kShown = 5;  // terms, the largest first; up to one more is shown rather than summed

struct Given {
  std::string name;  // of a quantity, and then float32; else step is -1
  std::int64_t step = -1;
  double value = 0;
};
struct Term {
  std::vector<Given> of;
  double product = 0;
  std::string name = {};  // of what is made of them, where it is more than their product
};
struct Part {  // on the way to the total
  std::string name, formula;
  double value = 0;
  std::vector<Given> of = {};
};
struct Slip {
  std::string formula;
  std::vector<Term> terms;
  std::string factor_name = {};  // what the sum of the terms is multiplied by; empty: nothing
  double factor = 1;
  std::vector<Part> steps = {};
  double bound = 0;  // how far the rounding of float32 may take the engine from the total

  double sum() const;
};
// The slip, or why there is none, in one sentence.
using Account = std::variant<Slip, std::string>;

nlohmann::json to_json(Slip slip, float value);

// "momentum/layer2.w[3,4]@train/17" in its parts.
struct Name {
  std::string state;   // "momentum", or empty
  std::string tensor;  // "w"
  std::string sample;  // "train/17", or empty
  int layer = 0;       // 0: no layer's
  std::vector<std::int64_t> index;

  explicit Name(const std::string& text);
  std::int64_t at(std::size_t i) const { return i < index.size() ? index[i] : 0; }
};

// A session at its step, and the one before it.
class Scene {
 public:
  Scene(Session& session, const Dataset& data, const std::function<Session&()>& before);
  Session& session;
  const Dataset& data;
  std::vector<LayerSpec> layers;  // those with parameters, with their units: layer k stands at k - 1

  bool has_before() const { return before_ != nullptr; }
  Session& before() const;  // with the settings that the step was made with
  const LayerSpec& layer(int k) const { return layers.at(static_cast<std::size_t>(k - 1)); }
  int depth() const { return static_cast<int>(layers.size()); }
  std::int64_t units(int k) const { return k > 0 ? layer(k).units : data.sample.size(); }
  std::int64_t size(int k) const;  // the numbers of a row that leave it: of planes units times places

 private:
  const std::function<Session&()>& before_;
  mutable Session* earlier_ = nullptr;
};

// A number of the state of a session that stands at its step.
Given given(const Session& session, const std::string& name);
// The parameter NAME[i,j] and, where it is cut, the 0 that it counts as.
std::vector<Given> used(Session& session, const std::string& name);
double product(const std::vector<Given>& of);
// The first of them are the largest by size: at most `most`.
std::vector<Given> largest(std::vector<Given> all, std::size_t most = kShown);

// Why the rows of the session's next step are not looked at; empty if they can be. A batch with masks or statistics of
// its own is computed again in one piece.
std::string too_large(const Session& session, Mode mode);

// Rows that a session was asked for, and what its layers say of them. Of "step" they are all that the next step takes,
// as it sees them; of "batch" the same as an evaluation sees them; else one sample.
class Rows {
 public:
  Rows(Session& session, const Dataset& data, const std::string& sample);  // "step", "step/5", "batch", "train/17"

  Mode mode() const { return kind_ == "step" ? Mode::kTraining : Mode::kEvaluation; }
  std::size_t count() const { return rows_.size(); }
  std::size_t asked() const { return asked_; }  // the row that the sample's name means
  std::int32_t row(std::size_t i) const { return rows_[i]; }
  std::span<const float> of(const std::string& tensor, std::size_t row) const;
  std::span<const float> all(const std::string& tensor) const { return all_.at(tensor); }
  bool has(const std::string& tensor) const { return all_.contains(tensor); }
  // `index` of the row's numbers as they lie; a number of planes is named by place and channel, "layer1.z[3,4,0]".
  Given given(const std::string& tensor, std::size_t row, std::int64_t index) const;
  Shape shape(const std::string& tensor) const;  // of a row: [height, width, channels] or [units]
  Name flat(Name n) const;                       // of a number of planes its index as it lies
  // Of one channel of a row the numbers at all places, of what is no plane the one number.
  std::vector<double> channel(const std::string& tensor, std::size_t row, std::int64_t at) const;
  // The name of what enters it: "input", "layer1.a", behind dropout and in a network of planes "layer2.in".
  std::string entering(int layer) const;
  bool is_dropped(int layer) const;  // what enters it

  // The batches that the rows are computed in: first row and number.
  std::vector<std::pair<std::size_t, std::size_t>> batches() const;
  Session& session() const { return session_; }
  const Dataset& data() const { return data_; }
  std::span<const std::int32_t> indices() const { return rows_; }
  double weight_sum() const;  // what the mean of the losses is over

 private:
  Session& session_;
  const Dataset& data_;
  std::string kind_, sample_;
  std::vector<std::int32_t> rows_;
  std::size_t asked_ = 0;
  Inspection all_;
};

// The engine's inspection() of one batch of rows in float64, on the very numbers that the engine was given.
class Twin {
 public:
  Twin(const Rows& rows, std::size_t batch, bool blame);
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;

  std::size_t first() const { return first_; }
  std::size_t count() const { return count_; }
  std::size_t row(std::size_t of_rows) const { return of_rows - first_; }
  NodeId node(const std::string& output) const;
  Value value_of(const std::string& output) { return {fn.graph, node(output)}; }
  void give(const std::string& tensor);  // the node takes the engine's numbers
  double loss();                         // the sum over its rows

  Fn fn;
  std::optional<Interpreter> run;

 private:
  const Rows& rows_;
  std::size_t first_, count_;
};
// Which batch the row is computed in.
std::size_t batch_of(const Rows& rows, std::size_t row);

// Numbers as a normalisation sees them, those of a row or those of a batch; and how far off float32 may have each.
struct Spread {
  double mean = 0, variance = 0, mean_error = 0,
         variance_error = 0;  // given ones, as running statistics, have no error

  static Spread of(const std::vector<double>& x);
  double normal(double x) const;  // x̂ = (x − μ)/√(σ² + ε)
  double normal_error(double x) const;
};

// The rooms. Each takes the numbers of its kind.
Account of_input(const Rows& rows, const Name& n);
Account of_entering(const Scene& scene, const Rows& rows, const Name& n);
Account of_z(const Scene& scene, const Rows& rows, const Name& n);
Account conv_z(const Scene& scene, const Rows& rows, const Name& n);
Account of_moved(const Rows& rows, const Name& n);  // behind layers that learn nothing: layer2.in of planes, pool1.a
// The rows' parts of the derivative by a number of a convolution.
void add_conv_parts(const Scene& scene, const Rows& rows, const Name& n, double weight, Slip& slip);
// How far the rounding of float32 may have a layer's blame, or the rows' losses, by what led to it: [rows, units].
Numbers rounding_of(const Scene& scene, const Rows& rows, const std::string& tensor);
Account of_head(const Rows& rows, const Name& n);        // a, output, loss, weight
Account of_prediction(const Rows& rows, const Name& n);  // also error
Account of_delta(const Scene& scene, const Rows& rows, const Name& n);
Account of_gradient(const Scene& scene, const Name& n);  // also train.loss
Account of_row_gradient(const Scene& scene, const Rows& rows, const Name& n);
Account of_parameter(const Scene& scene, const Name& n, const std::string& name);
Account of_statistic(const Scene& scene, const Name& n, const std::string& name);
Account of_step(const Scene& scene, const Name& n, const std::string& name);  // "step/layer1.w[3,4]", rate/, adam.m̂/
Account of_whole_step(const Scene& scene, const std::string& name);           // step.lr, step.evaluations, digests
Account of_metric(const Scene& scene, const std::string& name);
Account of_units(const Scene& scene, const Name& n);  // dead, saturated

// The engine's number, and its receipt's total and bound.
struct Claim {
  double value, total, bound;
};
// A derivative as the difference of the loss at either side, in float64, beside the engine's. Of a gradient: of the
// mean of the rows' losses; null where it would take too long.
nlohmann::json central_of_delta(const Rows& rows, const Name& n, const Claim& claim);
nlohmann::json central_of_gradient(const Rows& rows, const Name& n, const Claim& claim);

// The plain ones' rows of the step that led here, "batch"; or "step" where dropout, augmentation, the batch's own
// statistics or weighted losses make the two differ.
std::string rows_of_step(const Scene& scene);
// Where a parameter stands in the flat vector, as "NAME[i,j]" says. Error: it means none.
struct Place {
  const Parameter* parameter;
  std::int64_t index;  // in the flat vector
};
Place place_of(const Session& session, const std::string& name);

}  // namespace limn::lab
