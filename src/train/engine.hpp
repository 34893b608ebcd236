// What a Session consists of: the memory of everything that changes, the plans that change it, and the place in the
// data. For session.cpp alone.
#pragma once
#include <array>
#include <limits>
#include <list>
#include <optional>

#include "rule/rule.hpp"
#include "train/curvature.hpp"
#include "train/evaluate.hpp"
#include "train/minimising.hpp"
#include "train/session.hpp"
#include "train/update_look.hpp"
#include "train/watch.hpp"

namespace limn {

// The tensors of a flat vector by name: "PREFIXlayer1.MARKw"...
std::vector<TensorView> named(const Parameters& list, std::span<float> flat, const std::string& prefix = "",
                              const std::string& mark = "");

struct Engine {
  Engine(const Settings& settings, std::shared_ptr<const Dataset> data, std::uint64_t seed, ThreadPool& pool);

  float advance();
  std::map<std::string, double> evaluate(Split split, Weights which);
  // The next step, and evaluations from now on, take these settings. Error: they are out of range.
  void change(const Settings& settings);
  void restart(const Settings& settings);  // as change(), and the optimiser begins anew

  // Everything a state has whatever the settings are; and what watching the validation loss adds to it.
  std::vector<TensorView> state();
  std::vector<TensorView> watched();
  std::vector<TensorView> gradient() const;  // of the last step; none before the first
  std::span<const float> flat_gradient() const;
  void forget_last_step();  // the state was replaced, or the plans
  // What was measured and looked at is no more: the weights were changed between two steps.
  void forget_measurements() { measured_.reset(), looked_ = {}; }
  void moved();                           // theta was set from outside
  std::vector<std::int32_t> next_rows();  // that the next step takes, in its order
  void keep_best();                       // the weights as they are
  // What the layers will say of the next step's rows while it is made. Nothing is learned.
  Inspection inspect_step();
  // What the layers say of a row of the data, as an evaluation sees it; and the gradient of its own loss [parameters].
  const Inspection& look_at(std::int32_t row);
  std::span<const float> slope_at(std::int32_t row);
  const Inspection& look_at_step();  // inspect_step(), until something changes
  Curvature& curvature();            // of the weights and settings as they are
  // What functions of the model are given by name, rows apart, as the next step would be.
  std::map<std::string, std::span<const float>> given();

  const Parameters& parameters() const { return model.network.parameters(); }
  const Parameters& statistics_list() const { return model.network.statistics(); }
  std::int64_t rows() const { return static_cast<std::int64_t>(data->train.size()); }
  std::span<const std::int32_t> rows_of(Split split) const;
  std::int64_t batch() const { return std::min(settings.batch, rows()); }
  std::int64_t step_rows() const;  // of the next step, unless the epoch ends
  std::int64_t whole_step_rows() const { return std::min(settings.accumulate * batch(), rows()); }
  std::int64_t steps_per_epoch() const { return (rows() + whole_step_rows() - 1) / whole_step_rows(); }
  std::int64_t interval() const { return evaluation_interval(steps_per_epoch(), settings.total_steps); }
  bool is_plateau() const { return settings.schedule == "plateau"; }
  Evaluator& evaluator(Weights which);

  // A plan for one number of rows: a whole batch, or the ragged last one of an epoch.
  struct BatchPlan {
    std::unique_ptr<Feed> feed;
    std::unique_ptr<Executable> executable;
  };
  const BatchPlan& plan_for(std::int64_t size);
  const Executable& update_plan();  // behind accumulated batches
  Cost cost_of_minimising();        // of one gradient over the rows of a step
  Stop stopped();                   // of the minimiser, if there is one

  Settings settings;
  std::shared_ptr<const Dataset> data;
  std::uint64_t seed;
  ThreadPool& pool;
  ModelSpec model;
  Cursor cursor;
  AlignedFloats theta, statistics;
  std::vector<AlignedFloats> moments;
  Watch plateau, early_stop;
  AlignedFloats best_theta, best_statistics;  // empty unless early stopping is on

  // What a step was made from, beside its rows.
  struct Before {
    Settings settings;
    std::map<std::string, std::vector<float>> given;
    RunPoint point;
  };
  // Of every parameter what the last step came to, in float64: views by name, "step/layer1.w" (update_look.hpp).
  const std::vector<UpdatePart>& update_parts();
  std::vector<TensorView> last_update();
  double batch_digest();  // of what the next step takes

  struct Look {
    BatchPlan plan;
    std::vector<std::string> outputs;  // their names
  };
  const Look& look_for(std::int64_t size);

  std::vector<BatchPlan> plans;
  SharedArena arena;        // of the plans
  std::vector<Look> looks;  // plans of inspect_step
  std::unique_ptr<Executable> update;
  std::unique_ptr<Minimising> minimising;  // null: a rule trains
  const Executable* last_run = nullptr;    // of the last step: its gradient can be asked for
  enum { kLoss, kEvaluations, kRate, kSaid };
  static constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  std::array<float, kSaid> said{kUnknown, kUnknown, kUnknown};  // of the last step
  bool keeps_before = false;
  std::optional<Before> before;  // where the last step of a rule began, if it was to be kept

 private:
  void begin_optimiser(const Settings& s);
  std::span<const std::int32_t> step_order();  // the rows of the next step
  Minimising::Place place();                   // of the next step, for a minimiser
  float step_by_rule(std::int64_t size);
  void prepare(const Settings& s);
  void shuffle();
  void set_scalars();
  void run_batches(std::int64_t size, std::uint64_t step);
  void watch();
  std::map<std::string, std::span<float>> spans_of(AlignedFloats& weights, AlignedFloats& its_statistics);
  MemoryByName memory_of(AlignedFloats& weights, AlignedFloats& its_statistics);
  void mark_selections(const Settings& s);

  // Given to the plans by name. Masks and sums are empty unless something wants them.
  float lr_ = 0, momentum_ = 0, beta2_ = 0, epsilon_ = 0, weight_decay_ = 0, l1_ = 0, max_norm_ = 0, clip_ = 0,
        clip_value_ = 0, loss_sum_ = 0, weight_sum_ = 0;
  AlignedFloats weights_, learns_, alive_, lr_scale_, gradient_sum_, class_weights_;
  std::vector<std::int32_t> order_;  // training rows as this epoch takes them
  std::int64_t order_epoch_ = -1;
  std::unique_ptr<Evaluator> last_evaluator_, best_evaluator_;
  std::list<Curvature> curvatures_;                        // those asked for last, the newest first
  std::optional<std::map<std::string, double>> measured_;  // validation of the state as it is
  // What was looked at last of the state as it is: one sample is asked for many numbers.
  struct Looked {
    std::int32_t row = -1, slope_row = -1;  // -1: none
    Inspection of_row, of_step;
    std::vector<float> slope;
    std::vector<UpdatePart> update;
  };
  Looked looked_;
};

}  // namespace limn
