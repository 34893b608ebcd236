// The architecture text. What is accepted has one canonical text, and a network or a reason why there is none.
#include "nn/architecture.hpp"

#include "fuzz/target.hpp"

LIMN_FUZZ(architecture) {
  const auto text = limn::to_text(limn::parse_architecture(bytes));
  limn::fuzz::require(limn::to_text(limn::parse_architecture(text)) == text, "printed and read is the same");
  const limn::Network network(bytes, 7);
  std::int64_t end = 0;
  for (const auto& parameter : network.parameters().list) {
    limn::fuzz::require(parameter.offset == end, "parameters lie side by side");
    end += parameter.shape.size();
  }
  limn::fuzz::require(end == network.parameters().size, "and fill the vector");
}
