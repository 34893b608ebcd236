#include "train/training.hpp"

#include "base/error.hpp"
#include "train/descent.hpp"
#include "train/session.hpp"

namespace limn {

std::unique_ptr<Training> make_training(const Settings& settings, std::shared_ptr<const Dataset> data,
                                        std::uint64_t seed, ThreadPool& pool) {
  if (!settings.function.empty()) return std::make_unique<Descent>(settings, seed);
  return std::make_unique<Session>(settings, std::move(data), seed, pool);
}

Session& network_of(Training& training) {
  if (Session* session = training.session()) return *session;
  throw Error("the run is of a function: there are no rows and no layers",
              "ask for its numbers: value, x[0], gradient[0], optim.step...");
}

Descent& descent_of(Training& training) {
  if (Descent* descent = training.descent()) return *descent;
  throw Error("the run is of a network, not of a function", "limn train function --set function=rosenbrock");
}

}  // namespace limn
