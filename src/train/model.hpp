// The functions that a training runs: one step (gradient and update, together or apart) and the evaluation of rows, all
// as graph. Their inputs are bound by name.
#pragma once
#include "data/dataset.hpp"
#include "graph/fn.hpp"
#include "nn/architecture.hpp"
#include "train/loss.hpp"
#include "train/settings.hpp"
#include "train/update.hpp"

namespace limn {

struct ModelSpec {
  Network network;
  const Loss* loss = &find_loss("cross-entropy");
  TargetKind target = TargetKind::kLabels;
  std::int64_t classes = 0;  // of the data

  // Of `width` numbers that a layer says of a row, such as "layer2.z" or "pool1.a": [height, width, channels] of
  // planes, else [width].
  Shape row_shape(const std::string& name, std::size_t width) const;
};
// [batch, outputs]: what the loss takes of what a network says: the logits, where a last softmax or logistic belongs to
// it, else the output.
Value end_of(const ModelSpec& model, const Activations& activations);
// Error: a loss that does not suit the data's target, or an architecture whose outputs do not.
ModelSpec make_model(const Settings& settings, const Dataset& data);

// Inputs: theta [parameters] (state), statistics (state; if the network has any), x [batch, features], y (unless the
// target is x), those of add_update, alive [parameters] where something is cut, and class_weights [classes] where
// classes are balanced. Outputs: loss [], gradient [parameters].
Fn training_step(const ModelSpec& model, const Settings& settings, std::int64_t batch);

// A step in parts, for a gradient over several batches. gradient_part adds the gradient and the loss of its rows, and
// how much they count, to the states gradient_sum [parameters], loss_sum [] and weight_sum []; it has no outputs.
// update_part takes the means of the sums, leaves zeros, and has training_step's outputs.
Fn gradient_part(const ModelSpec& model, const Settings& settings, std::int64_t batch);
Fn update_part(const ModelSpec& model, const Settings& settings);

// What a minimiser asks of rows, as sums over them: without decay and an update. Inputs as training_step, and v
// [parameters] of a product. Outputs: loss [batch] by row; of kGradient gradient [parameters] of the losses' sum; of
// the products product [parameters] alone: of that sum's Hessian with v, or of J^T H v, J being the derivative of the
// network's output, where the batch's own statistics are constants, and H the loss's Hessian by it. Only kStatistics
// moves the running statistics, and has no outputs.
enum class Part { kValue, kGradient, kHessian, kGaussNewton, kStatistics };
Fn objective_part(const ModelSpec& model, const Settings& settings, std::int64_t batch, Part part);

// Inputs: theta, statistics (if any), alive (where something is cut), x, y. Outputs: loss [batch] by row; output
// [batch, outputs]: probabilities of a cross-entropy, rates of counts, else the network's own numbers. Losses
// are measured without label smoothing and class weights.
Fn evaluation(const ModelSpec& model, const Settings& settings, std::int64_t batch);

// Inputs as evaluation. Output: gradient [parameters], of the sum of the rows' own losses, as evaluation has them.
Fn row_gradient(const ModelSpec& model, const Settings& settings, std::int64_t batch);

enum class Mode { kTraining, kEvaluation };

// What every layer with parameters says of each row, as evaluation sees it. Inputs as evaluation. Outputs, each [batch,
// units]: output; layerK.z before the activation and layerK.a after it; loss [batch]; if `blame` also layerK.delta, the
// derivative of the row's own loss by z, and of a network of planes layerK.in, what enters the layer, and pool1.a and
// the like. As a step of training sees it (its inputs; the running statistics stay) also layerK.in of all, behind
// dropout, and where classes are balanced weight [batch], what the rows count: loss is weighted, and a row's delta is
// the derivative of all rows' losses.
Fn inspection(const ModelSpec& model, const Settings& settings, std::int64_t batch, bool blame,
              Mode mode = Mode::kEvaluation);

}  // namespace limn
