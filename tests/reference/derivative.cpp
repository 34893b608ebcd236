// Answers derivative_test.py and plane_test.py: loss, gradient, Hessian product and Gauss-Newton product of a network,
// and its next statistics, by the interpreter in float64 and by a plan in float32.
#include "autodiff/autodiff.hpp"
#include "nn/architecture.hpp"
#include "nn/loss.hpp"
#include "question.hpp"

namespace {

using namespace limn;
using namespace limn::reference;

// The mean that is trained on, of outputs that stand as they are, whatever the last activation.
Value loss_of(const Question& question, Value output, Value y, Value weights) {
  const std::string& name = question.text("loss");
  const double option = question.numbers("option")[0];
  if (name == "weighted") return weighted_mean(weighted_softmax_cross_entropy(output, y, weights, option));
  if (name == "softmax") return mean(softmax_cross_entropy(output, y, option));
  if (name == "logistic") return mean(logistic_cross_entropy(output, y));
  if (name == "squared") return mean(squared_error(output, y));
  if (name == "absolute") return mean(absolute_error(output, y));
  if (name == "huber") return mean(huber_error(output, y, option));
  if (name == "quantile") return mean(quantile_error(output, y, option));
  if (name == "poisson") return mean(poisson_error(output, y));
  throw Error("no loss is named " + name, "add it here");
}

// Inputs: theta, x, y, v, weights (of the classes), statistics (if there are any).
Fn derivatives(const Question& question) {
  const Network network(question.text("arch"), question.shape("inputs"));
  const std::int64_t batch = question.whole("batch");
  const bool labels = question.text("loss") == "softmax" || question.text("loss") == "weighted";
  return trace([&](Fn& fn) {
    const Value theta = input(fn.graph, "theta", {network.parameters().size});
    const Value x = input(fn.graph, "x", {batch, network.inputs()});
    const Value y =
        labels ? input(fn.graph, "y", {batch}, DType::kIndex) : input(fn.graph, "y", {batch, network.outputs()});
    const Value v = input(fn.graph, "v", theta.shape());
    const Value weights = input(fn.graph, "weights", {network.outputs()});
    const std::int64_t kept = network.statistics().size;
    const Value statistics = kept > 0 ? input(fn.graph, "statistics", {kept}) : Value();
    const Activations values = network.build(x, theta, statistics, question.whole("training") != 0);
    const Value output = values.output, loss = loss_of(question, output, y, weights);
    fn.output("loss", loss);
    fn.output("gradient", grad(loss, theta));
    fn.output("Hv", hvp(loss, theta, v));
    fn.output("Gv", ggn(loss, output, theta, v));
    if (kept > 0) fn.output("statistics", values.statistics);
  });
}

}  // namespace

int main() try {
  const Question question(std::cin);
  const Fn fn = derivatives(question);
  std::vector<Numbers> inputs;
  for (const NodeId id : fn.graph.inputs()) inputs.push_back(question.numbers(fn.graph.input_name(id)));

  const auto exact = interpret(fn, inputs);
  const Memory memory(fn, inputs);
  ThreadPool pool(2);
  Executable executable(fn, memory.pointers());
  executable.run(pool, {});
  for (std::size_t i = 0; i < exact.size(); ++i) {
    answer("interpreted", fn.outputs[i].name, exact[i]);
    answer("planned", fn.outputs[i].name, executable.output(i));
  }
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
