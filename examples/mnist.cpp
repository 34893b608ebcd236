// The program of the README: learns MNIST in three passes and says how well.
#include <fmt/format.h>

#include <limn/limn.hpp>
#include <memory>

int main() {
  limn::select_isa("auto");
  const auto mnist = std::make_shared<const limn::Dataset>(limn::prepare({.data = "mnist"}));
  const limn::Settings settings{.arch = "dense 256 relu | dropout 0.2 | dense 10", .optimizer = "adam", .lr = 1e-3};
  limn::ThreadPool pool(2);
  limn::Session session(settings, mnist, /*seed=*/1, pool);

  while (session.cursor().epoch < 3) {
    const float loss = session.advance();
    if (session.cursor().step % 100 == 0) fmt::print("step {:5}  loss {:.4f}\n", session.cursor().step, loss);
  }
  fmt::print("test accuracy {:.2f} %\n", 100 * session.evaluate(limn::Split::kTest).at("accuracy"));
  fmt::print("fingerprint   {}\n", session.fingerprint());  // the same on every run, on any number of threads
}
