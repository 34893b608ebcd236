// The training of a network on data: model + data + rule -> steps.
// It must not know files, folders or terminals.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "data/dataset.hpp"
#include "graph/fn.hpp"
#include "interop/tensor.hpp"
#include "train/distribution.hpp"
#include "train/settings.hpp"
#include "train/training.hpp"
#include "train/update_look.hpp"

namespace limn {

struct Cost {
  double flops = 0, bytes = 0;  // arithmetic; memory read and written by the plan's steps
  std::size_t working_set = 0;  // bytes that a step touches again and again
};

// What a network says of rows, and how wrong it is.
struct Verdicts {
  std::vector<float> loss;  // [rows]
  std::vector<float> said;  // [rows, classes] probabilities, or [rows, 1] values in the target's own units,
                            // or [rows, features] reconstructed
};

// Which rows of a split show how a network's units behave: the first of the validation rows, else of the training rows.
constexpr std::size_t kMostProbed = 256;
std::span<const std::int32_t> probe_rows(const Dataset& data);

struct Engine;     // engine.hpp
struct ModelSpec;  // model.hpp

class Session : public Training {
 public:
  // Builds the model for the data and draws the initial weights from the seed. Error: a wrong architecture or setting.
  Session(const Settings& settings, std::shared_ptr<const Dataset> data, std::uint64_t seed, ThreadPool& pool);
  ~Session() override;

  const Settings& settings() const override;
  const Cursor& cursor() const override;
  std::int64_t steps_per_epoch() const override;
  std::int64_t parameters() const override;

  // One step; returns its mean training loss. Where the plateau schedule or early stopping is on, it measures the
  // validation loss after every evaluation_interval() steps. Else it allocates nothing after the first epoch.
  // Error: there are no validation rows to measure.
  float advance() override;
  std::int64_t evaluation_interval() const override;
  float rate() const override;
  std::optional<Minimised> minimised() const override;
  std::string stop_reason() const override;
  std::int64_t best_step() const override;  // whose weights kBest means; -1: the last ones

  // Names without the split: "loss", then "accuracy" (classes) or "mae", "rmse" and "r2" (targets, in their own units),
  // or "rmse" (rows that are reconstructed, of all numbers as the network is given them).
  std::map<std::string, double> evaluate(Split split, Weights which = Weights::kLast) override;
  // Network outputs for rows of a data set encoded by the same preprocessing, [rows, outputs]: probabilities for
  // classes, de-standardised values for targets.
  std::vector<float> predict(const Dataset& data, std::span<const std::int32_t> rows, Weights which = Weights::kLast);
  // The same with the losses.
  Verdicts judge(const Dataset& data, std::span<const std::int32_t> rows, Weights which = Weights::kLast);

  // What every layer says of rows, [rows, units] by name: "output", "input" as it enters, "loss" [rows], "layerK.z" and
  // "layerK.a" before and after the activation; with `blame` also "layerK.delta", the derivative of each row's own loss
  // by z.
  std::map<std::string, std::vector<float>> inspect(const Dataset& data, std::span<const std::int32_t> rows,
                                                    bool blame);

  // The same of the rows that the next step takes, in its order, as the step itself will see them: varied, with its
  // dropout and the batch's own statistics. Also "layerK.in", what enters a layer behind dropout, and where classes are
  // balanced "weight" [rows]; "loss" is weighted and smoothed, and "layerK.delta" the derivative of the sum of all
  // rows' losses.
  std::map<std::string, std::vector<float>> inspect_step();

  // The gradient of the last step: the mean over its rows, "layer1.dw"...; none where no step was taken since the state
  // or the plans were replaced.
  std::vector<TensorView> gradient() const;
  // What the last step did to every parameter (update_look.hpp); none where it was not kept where that step began.
  std::vector<UpdatePart> last_update();
  // The units of layer K (from 1) that say the same of all probe_rows, by the last weights. Error: no such layer, or
  // one whose activation has neither dead nor saturated units.
  IdleUnits idle(int layer) const;

  // For those who compute a step again: its model; the seed; and by name what functions of the model are given, rows
  // apart, as the next step would be given it (model.hpp, update.hpp); "gradient" is the last step's. Views hold until
  // the session changes.
  const ModelSpec& model() const;
  std::uint64_t seed() const;
  std::map<std::string, std::span<const float>> given();

  // Live views of everything that changes: parameters first ("layer1.w", "layer1.b", ...), then the rule's moments
  // ("momentum/layer1.w", ...), the network's statistics, and what watching the validation loss keeps ("plateau/best",
  // "early_stop/best", "best/layer1.w", ...). restore() wants the same names and shapes, but what watches may be
  // missing, and then begins anew, or be too much. Error: they differ.
  std::vector<TensorView> state() override;
  void restore(const std::vector<Tensor>& tensors, const Cursor& cursor) override;
  std::string fingerprint() const override;

  // Changes the settings between two steps; the architecture and the rule must stay. The state stays as it is: what is
  // cut counts as 0 in evaluations at once, and is 0 from the next step on. Error: other settings, or out of range.
  void change(const Settings& settings) override;
  // The same for a branch, where the optimiser may be another: parameters stay, and what it keeps begins anew.
  void branch(const Settings& settings) override;
  // Sets parameters between two steps, "layer1.w[3,4]" to a number; nothing is set unless all are right. Moments stay.
  // Error: no such parameter, or a number that float32 cannot hold.
  void edit(const std::map<std::string, double>& values) override;
  void check_edit(const std::map<std::string, double>& values) const override;
  // One number of the current state: "train.loss", "layer2.w[3,4]", "layer2.b[0]", "layer2.dw[3,4]" (gradient of the
  // last step), "momentum/layer2.w[3,4]"; or of one sample of a split, as inspect() has it: "layer2.delta[3]@train/17",
  // where "@batch/17" is the 18th row of the batch that the next step takes, and "@step/17" the same as inspect_step()
  // has it; where the target is a number also "prediction[0]@valid/3" and "error[0]@valid/3", which is the prediction
  // less the target, in the target's own units; the derivatives of a sample's own loss, "layer1.dw[3,4]@train/17" (not
  // of "@step"); or a metric of a split: "valid.accuracy", "test.loss", "valid.confusion[3,5]", how many of class 3 are
  // taken for class 5, "valid.wrong", how many for another class (by the last weights); or "layer1.dead" and
  // "layer1.saturated", how many units idle() has. Of the last step of a minimiser also optim_numbers()
  // (optim_report.hpp). Error: no such quantity, naming those there are.
  // Of the objective of all training rows, mean loss + weight_decay/2 |weights|^2, at the weights as they are: "value",
  // "gradient[i]", "hessian[i,j]", "hessian_inverse[i,j]", "eigenvalue[i]" (ascending), where i counts the parameters
  // in the state's order (Curvature).
  // Of the last step "step.lr", its rate (of a minimiser the length along its direction), "step.evaluations", what it
  // cost in gradients over all training rows, and the parts of last_update(), "step/layer1.w[3,4]". "batch.digest" is a
  // number of the rows that the next step takes as the network will see them, varied, whatever their order;
  // "parameters.digest" one of all parameters. Equal inputs have equal digests, others all but certainly not.
  double quantity(const std::string& name) const override;
  bool prepare(const std::string& name) override;
  // Counted for one whole batch; and where its time goes, slowest step first (runs steps apart, so it spoils the
  // state).
  Cost step_cost();
  Fn step_function() const;  // of a whole batch, as it is traced: to look at, and to compile again
  std::string profile_step();
  std::string first_not_finite() const override;
  // Of a minimiser also "step.evaluations", what a step cost (Minimising::evaluations).
  std::vector<std::string> columns() const override;
  std::span<const float> row() const override;
  void keep_before(bool on) override;
  Session* session() override { return this; }

  // The row of the data set that "train/17" or "batch/3" means. Error: there is none.
  std::int32_t sample_row(const std::string& sample) const;
  std::vector<std::int32_t> next_rows() const;  // that the next step takes, in its order

 private:
  using Places = std::vector<std::pair<float*, float>>;
  Places places_of(const std::map<std::string, double>& values) const;
  std::optional<float> of_split(const std::string& name) const;
  std::optional<float> of_units(const std::string& name) const;
  float of_sample(const std::string& name, const std::string& sample) const;

  std::unique_ptr<Engine> engine_;
};

}  // namespace limn
