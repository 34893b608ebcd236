// Steps that walk windows over planes: convolutions and poolings, and elements of planes by their index.
#include "base/window.hpp"

#include "exec/bound.hpp"
#include "exec/chunk_sums.hpp"
#include "exec/tile.hpp"
#include "kernel/convolution.hpp"

namespace limn {
namespace {

struct Convolve {
  std::shared_ptr<const Convolver> convolver;
  const float *a, *b;
  float* result;
  std::shared_ptr<TileRunner> epilogue;
  std::shared_ptr<ChunkSums> sums;
  void run(int chunk) const {
    if (!epilogue) return convolver->run(chunk, a, b, result, {});
    float* const own = sums ? sums->begin(chunk) : nullptr;
    convolver->run(chunk, a, b, result, [&](std::int64_t row0, std::int64_t row1) {
      epilogue->run(row0, row1, 0, epilogue->columns(), own);
    });
    if (sums) sums->end();
  }
};

// Windows over each channel apart, of all planes: sums and maxima forward, spreading backward.
struct OverWindows {
  Op op;
  Meeting meeting;
  std::int64_t rows, channels;
  const float* x;
  float* y;
  int chunks;
  void run(int chunk) const {
    const std::int64_t low = cut(rows, chunk, chunks, 1), high = cut(rows, chunk + 1, chunks, 1);
    for (std::size_t phase = 0; phase < meeting.phases().size(); ++phase) {
      const Taps& taps = meeting.phases()[phase];
      meeting.each_run(phase, low, high, [&](const Meeting::Run& run) {
        const GatherWindows windows{static_cast<std::size_t>(channels),
                                    taps.size(),
                                    static_cast<std::size_t>(run.count),
                                    x + run.plane * volume(meeting.sources()) * channels,
                                    taps.offset.data(),
                                    run.source,
                                    meeting.source_step(),
                                    y + run.first * channels,
                                    static_cast<std::size_t>(meeting.target_step() * channels)};
        (op == Op::kWindowArgmax ? kernels().gather_argmax : kernels().gather_sum)(windows);
      });
    }
  }
};

// Elements of each plane by their index in it, or back to where they came from. A chunk owns planes.
struct OverPlanes {
  bool gathers;
  std::int64_t images, size, each, channels;  // elements of a plane, and indices into it
  const float *from, *index;
  float* to;
  int chunks;
  void run(int chunk) const {
    const std::int64_t low = cut(images, chunk, chunks, 1), high = cut(images, chunk + 1, chunks, 1);
    for (std::int64_t n = low; n < high; ++n) {
      const auto* at = reinterpret_cast<const std::int32_t*>(index) + n * each * channels;
      if (gathers)
        gather(at, from + n * size * channels, to + n * each * channels);
      else
        scatter(at, from + n * each * channels, to + n * size * channels);
    }
  }
  void gather(const std::int32_t* at, const float* plane, float* y) const {
    for (std::int64_t i = 0; i < each; ++i, at += channels, y += channels)
      for (std::int64_t c = 0; c < channels; ++c) y[c] = at[c] >= 0 && at[c] < size ? plane[at[c] * channels + c] : 0;
  }
  void scatter(const std::int32_t* at, const float* y, float* plane) const {
    std::fill_n(plane, size * channels, 0.0f);
    for (std::int64_t i = 0; i < each; ++i, at += channels, y += channels)
      for (std::int64_t c = 0; c < channels; ++c)
        if (at[c] >= 0 && at[c] < size) plane[at[c] * channels + c] += y[c];
  }
};

std::shared_ptr<const Convolver> convolver_of(const Step& step, Convolvers* convolvers) {
  const auto serves = [&](const Convolvers::Entry& entry) {
    const Step& s = *entry.last;
    return s.stage != step.stage && s.op == step.op && s.window == step.window && s.x == step.x && s.w == step.w &&
           s.y == step.y;
  };
  if (convolvers)
    for (Convolvers::Entry& entry : convolvers->list)
      if (serves(entry)) return entry.last = &step, entry.convolver;
  const ConvRole role = step.op == Op::kConv       ? ConvRole::kForward
                        : step.op == Op::kConvData ? ConvRole::kData
                                                   : ConvRole::kWeights;
  auto made = std::make_shared<const Convolver>(role, step.window, step.x, step.w, step.y);
  if (convolvers) convolvers->list.push_back({made, &step});
  return made;
}

}  // namespace

BoundStep bind_convolution(const Step& step, const Address& address, Convolvers* convolvers) {
  const auto convolver = convolver_of(step, convolvers);
  Convolve task{convolver, address(step.in[0]), address(step.in[1]), address(step.out[0]), nullptr, nullptr};
  if (step.has_epilogue) {
    task.epilogue = std::make_shared<TileRunner>(step.tile, address, true);
    task.sums = chunk_sums(step.tile, convolver->chunks(), address);
  }
  return bound(std::move(task), convolver->chunks());
}

BoundStep bind_windows(const Step& step, const Address& address) {
  const bool backward = step.op == Op::kWindowSpread;
  Meeting meeting(step.window, plane_of(step.window, step.x),
                  backward ? Meeting::Way::kBackward : Meeting::Way::kForward, Meeting::Border::kParted);
  const std::int64_t channels = step.x[-1], rows = step.x[0] * volume(meeting.targets());
  const int chunks = static_cast<int>(
      std::clamp<std::int64_t>(rows, 1, chunks_for(step.x.size() + step.y.size() * step.window.elements(), 16384)));
  return bound(
      OverWindows{step.op, std::move(meeting), rows, channels, address(step.in[0]), address(step.out[0]), chunks},
      chunks);
}

BoundStep bind_planes(const Step& step, const Address& address) {
  const std::int64_t images = step.x[0], channels = step.x[-1], numbers = images * channels;
  const std::int64_t size = numbers == 0 ? 0 : step.x.size() / numbers,
                     each = numbers == 0 ? 0 : step.y.size() / numbers;
  const int chunks =
      static_cast<int>(std::clamp<std::int64_t>(images, 1, chunks_for(step.x.size() + step.y.size(), 16384)));
  return bound(OverPlanes{step.op == Op::kPlaneGather, images, size, each, channels, address(step.in[0]),
                          address(step.in[1]), address(step.out[0]), chunks},
               chunks);
}

}  // namespace limn
