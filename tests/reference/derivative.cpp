// Answers derivative_test.py: loss, gradient, Hessian product and Gauss-Newton product of a network, by the interpreter
// in float64 and by a plan in float32.
#include "autodiff/autodiff.hpp"
#include "nn/architecture.hpp"
#include "nn/loss.hpp"
#include "question.hpp"

namespace {

using namespace limn;
using namespace limn::reference;

// Inputs: theta, x, y, v. The losses stand on the network's output, whatever its last activation.
Fn derivatives(const Question& question) {
  const Network network(question.text("arch"), question.whole("inputs"));
  const std::int64_t batch = question.whole("batch");
  const std::string& name = question.text("loss");
  return trace([&](Fn& fn) {
    const Value theta = input(fn.graph, "theta", {network.parameters().size});
    const Value x = input(fn.graph, "x", {batch, network.inputs()});
    const Value y = name == "softmax" ? input(fn.graph, "y", {batch}, DType::kIndex)
                                      : input(fn.graph, "y", {batch, network.outputs()});
    const Value v = input(fn.graph, "v", theta.shape());
    const Value output = network.build(x, theta, {}, true).output;
    const Value rows = name == "softmax"    ? softmax_cross_entropy(output, y)
                       : name == "logistic" ? logistic_cross_entropy(output, y)
                                            : squared_error(output, y);
    const Value loss = mean(rows);
    fn.output("loss", loss);
    fn.output("gradient", grad(loss, theta));
    fn.output("Hv", hvp(loss, theta, v));
    fn.output("Gv", ggn(loss, output, theta, v));
  });
}

}  // namespace

int main() try {
  const Question question(std::cin);
  const Fn fn = derivatives(question);
  std::vector<Numbers> inputs;
  for (const char* name : {"theta", "x", "y", "v"}) inputs.push_back(question.numbers(name));

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
