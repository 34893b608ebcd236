// What goes on step by step and can be looked at, stopped, put back and changed: the training of a network on data
// (Session), or the descent of a function (Descent). It must not know files, folders or terminals.
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "data/dataset.hpp"
#include "interop/tensor.hpp"
#include "train/settings.hpp"

namespace limn {

// Where a training stands in its data. `step` counts finished steps; `position` is the next row of the epoch's order.
struct Cursor {
  std::int64_t step = 0, epoch = 0, position = 0;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

enum class Split { kTrain, kValid, kTest };

// The weights of the last step; or, with early stopping, those of the lowest validation loss (before it was measured
// for the first time, and without early stopping: the last ones too).
enum class Weights { kLast, kBest };

// What a step of a minimiser came to; evaluations from the beginning.
struct Minimised {
  double value, gradient_norm, evaluations;
};

constexpr const char* kEarlyStop = "early stop";  // a reason to stop

class Session;
class Descent;

class Training {
 public:
  virtual ~Training() = default;

  virtual const Settings& settings() const = 0;
  virtual const Cursor& cursor() const = 0;
  virtual std::int64_t steps_per_epoch() const = 0;
  virtual std::int64_t parameters() const = 0;  // how many numbers are learned

  virtual float advance() = 0;                           // one step; returns the loss where it began
  virtual std::int64_t evaluation_interval() const = 0;  // steps from measurement to measurement
  // Why it has ended by itself, though advance() would go on: kEarlyStop, or the name of a Stop (optim/minimiser.hpp);
  // "": it goes on.
  virtual std::string stop_reason() const = 0;
  bool stopped() const { return !stop_reason().empty(); }
  virtual float rate() const { return std::numeric_limits<float>::quiet_NaN(); }  // "step.lr" of a network's last step
  virtual std::optional<Minimised> minimised() const = 0;  // the last step of a minimiser; none of a rule
  virtual std::int64_t best_step() const = 0;              // whose weights are used; -1: the last ones
  // Metrics of a split, names without it; none where there are no rows.
  virtual std::map<std::string, double> evaluate(Split split, Weights which = Weights::kLast) = 0;

  // Live views of everything that changes, and the way back. Error: the tensors are not of this training.
  virtual std::vector<TensorView> state() = 0;
  virtual void restore(const std::vector<Tensor>& tensors, const Cursor& cursor) = 0;
  virtual std::string fingerprint() const = 0;  // 16 hex digits over the state and the cursor

  virtual void branch(const Settings& settings) = 0;  // as change(), and the optimiser may be another: it begins anew
  virtual void change(
      const Settings& settings) = 0;  // between two steps. Error: what belongs to the run, or out of range
  virtual void edit(const std::map<std::string, double>& values) = 0;  // sets numbers. Error: no such number
  virtual void check_edit(const std::map<std::string, double>& values) const = 0;  // throws as edit() would
  virtual double quantity(const std::string& name) const = 0;  // Error: no such quantity, naming those there are
  // A part of the work that a number wants beforehand, so that who waits can do something else. True: quantity() has it
  // at once. Error: as quantity().
  virtual bool prepare(const std::string&) { return true; }
  virtual std::string first_not_finite() const = 0;  // name of the first tensor with a NaN or infinity, or ""

  // What the journal has of every step; "train.loss" comes first. The numbers of the last one.
  virtual std::vector<std::string> columns() const { return {"train.loss"}; }
  virtual std::span<const float> row() const = 0;

  // Whether it keeps where steps begin, for what quantities say of a step itself; a part of a step's time.
  virtual void keep_before(bool) {}

  virtual Session* session() { return nullptr; }  // it, where it is the training of a network
  virtual Descent* descent() { return nullptr; }  // or a function that goes down
};

// As the settings say: of a network on data, drawn from the seed; or of a function. Error: as their constructors.
std::unique_ptr<Training> make_training(const Settings& settings, std::shared_ptr<const Dataset> data,
                                        std::uint64_t seed, ThreadPool& pool);

// The network's training. Error: it is a function that goes down, which has no rows and no layers.
Session& network_of(Training& training);
Descent& descent_of(Training& training);  // the other one; Error: it is a network

}  // namespace limn
