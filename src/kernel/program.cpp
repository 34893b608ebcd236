// Chains of pointwise operations that are worth a loop of their own, compiled from their signatures: what an update
// rule does to every parameter. A chain without a row here runs an operation at a time and gives the same bits. The
// signatures are what exec's signature() prints; a test asks that every rule finds its row.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/program.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <utility>

#include "kernel/pointwise-inl.hpp"
#include "kernel/table.hpp"

#ifndef LIMN_PROGRAM_TEXTS  // once, not once a target
#define LIMN_PROGRAM_TEXTS
namespace limn::program {

// A text that can be a template argument, and what it says.
template <std::size_t kSize>
struct Text {
  char text[kSize];
  consteval Text(const char (&from)[kSize]) { std::copy_n(from, kSize, text); }  // NOLINT: implicit
  constexpr std::string_view view() const { return {text, kSize - 1}; }
};
struct Instruction {
  std::string_view op;
  int source[3] = {-1, -1, -1};
  int store = -1;
};
struct Program {
  int operands = 0, instructions = 0;
  bool scalar[24] = {};
  Instruction code[24];
};

constexpr Program parse(std::string_view text) {
  Program program;
  std::size_t i = 0;
  auto number = [&] {
    int value = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') value = value * 10 + (text[i++] - '0');
    return value;
  };
  for (; i < text.size() && text[i] != ' '; ++i) program.scalar[program.operands++] = text[i] == 's';
  while (i < text.size()) {
    Instruction& instruction = program.code[program.instructions++];
    const std::size_t begin = ++i;
    while (text[i] != '(') ++i;
    instruction.op = text.substr(begin, i - begin);
    for (int k = 0; text[i] != ')'; ++k) ++i, instruction.source[k] = number();
    ++i;
    if (i < text.size() && text[i] == '>') ++i, instruction.store = number();
  }
  return program;
}

}  // namespace limn::program
#endif

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

template <program::Text kText>
struct Compiled {
  static constexpr program::Program kProgram = program::parse(kText.view());

  template <int kIndex, class D, class V>
  static HWY_INLINE void instruction(D d, V* value, float* const* out, std::size_t at) {
    constexpr program::Instruction kCode = kProgram.code[kIndex];
    constexpr int kA = kCode.source[0], kB = kCode.source[1] < 0 ? kA : kCode.source[1],
                  kC = kCode.source[2] < 0 ? kA : kCode.source[2];
    V& y = value[kProgram.operands + kIndex];
    bool found = false;
#define LIMN_TRY(name, arity, meaning) \
  if constexpr (kCode.op == #name) y = name##_::apply(d, value[kA], value[kB], value[kC]), found = true;
    LIMN_KERNELS(LIMN_TRY)
#undef LIMN_TRY
    (void)found;
    if constexpr (kCode.store >= 0) hn::StoreU(y, d, out[kCode.store] + at);
  }

  template <int... kInputs, int... kCode>
  static void loop(const float* const* in, float* const* out, std::size_t from, std::size_t to,
                   std::integer_sequence<int, kInputs...>, std::integer_sequence<int, kCode...>) {
    const hn::ScalableTag<float> d;
    using V = hn::Vec<decltype(d)>;
    const std::size_t lanes = hn::Lanes(d);
    V value[kProgram.operands + kProgram.instructions];
    ((kProgram.scalar[kInputs] ? void(value[kInputs] = hn::Set(d, *in[kInputs])) : void()), ...);
    for (std::size_t i = from; i < to; i += lanes) {
      ((kProgram.scalar[kInputs] ? void() : void(value[kInputs] = hn::LoadU(d, in[kInputs] + i))), ...);
      (instruction<kCode>(d, value, out, i), ...);
    }
  }

  static void whole_vectors(const float* const* in, float* const* out, std::size_t n) {
    loop(in, out, 0, n, std::make_integer_sequence<int, kProgram.operands>(),
         std::make_integer_sequence<int, kProgram.instructions>());
  }

  // The rest of less than a vector goes through the stack, so that nothing beyond is touched.
  static void run(const float* const* in, float* const* out, std::size_t n) {
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d), whole = n / lanes * lanes, rest = n - whole;
    whole_vectors(in, out, whole);
    if (rest == 0) return;
    HWY_ALIGN float copies[24][hn::MaxLanes(d)], results[24][hn::MaxLanes(d)];
    const float* from[24];
    float* to[24];
    for (int k = 0; k < kProgram.operands; ++k) {
      from[k] = kProgram.scalar[k] ? in[k] : copies[k];
      if (!kProgram.scalar[k]) hn::Store(load_n(d, in[k] + whole, rest), d, copies[k]);
    }
    for (int k = 0; k < 24; ++k) to[k] = results[k];
    whole_vectors(from, to, lanes);
    for (const program::Instruction& instruction : kProgram.code)
      if (instruction.store >= 0)
        std::memcpy(out[instruction.store] + whole, results[instruction.store], rest * sizeof(float));
  }
};

template <program::Text kText>
constexpr CompiledProgram compiled(std::string_view text) {
  return {text, &Compiled<kText>::run};
}

constexpr CompiledProgram kPrograms[] = {
#define LIMN_PROGRAM(text) compiled<text>(text),
#include "kernel/program.def"
#undef LIMN_PROGRAM
};

}  // namespace

void fill_program(Kernels& table) {
  table.programs = kPrograms;
  table.program_count = std::size(kPrograms);
}

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limn {
HWY_EXPORT(fill_program);
void fill_program(Kernels& table) { HWY_DYNAMIC_DISPATCH(fill_program)(table); }
}  // namespace limn
#endif
