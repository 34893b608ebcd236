// libtorch on limn's bench workloads, without Python. Build and run by bench/compare.
//   peer_libtorch WORKLOAD THREADS FOLDER_OF_MNIST
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace nn = torch::nn;
using torch::Tensor;

template <class Call>
double measure(Call call) {  // median calls a second of seven windows of a quarter of a second
  using Clock = std::chrono::steady_clock;
  const auto seconds = [&](long count) {
    const auto begin = Clock::now();
    for (long i = 0; i < count; ++i) call();
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  seconds(3);
  long count = 1;
  double spent = 0;
  while ((spent = seconds(count)) < 0.06) count *= 2;
  count = std::max(1L, static_cast<long>(count * 0.25 / spent));
  std::vector<double> rates;
  for (int window = 0; window < 7; ++window) rates.push_back(count / seconds(count));
  std::sort(rates.begin(), rates.end());
  return rates[3];
}

Tensor read(const std::string& path, long offset, std::vector<long> shape) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  return torch::from_blob(const_cast<char*>(bytes.data()) + offset, shape, torch::kUInt8).clone();
}

int main(int, char** argv) {
  const std::string workload = argv[1], data = argv[3];
  torch::set_num_threads(std::stoi(argv[2]));
  torch::manual_seed(0);
  const bool spiral = workload == "spiral";
  const long batch = spiral                       ? 10
                     : workload == "infer_b1_mlp" ? 1
                                                  : std::stol(workload.substr(workload.rfind("_b") + 2));
  nn::Sequential net =
      spiral ? nn::Sequential(nn::Linear(2, 8), nn::Tanh(), nn::Linear(8, 8), nn::Tanh(), nn::Linear(8, 1))
             : nn::Sequential(nn::Linear(784, 512), nn::ReLU(), nn::Linear(512, 256), nn::ReLU(), nn::Linear(256, 10));
  const Tensor x = spiral ? torch::randn({500, 2})
                          : read(data + "/train-images-idx3-ubyte", 16, {60000, 784}).to(torch::kFloat) / 255;
  const Tensor y = spiral ? torch::randint(0, 2, {500, 1}).to(torch::kFloat)
                          : read(data + "/train-labels-idx1-ubyte", 8, {60000}).to(torch::kLong);
  double rate = 0;
  if (workload == "infer_b1_mlp") {
    torch::InferenceMode guard;
    const Tensor one = x.slice(0, 0, 1).clone();
    rate = measure([&] { net->forward(one); });
  } else {
    std::unique_ptr<torch::optim::Optimizer> optimizer;
    if (workload.find("adam") != std::string::npos)
      optimizer = std::make_unique<torch::optim::Adam>(net->parameters(), torch::optim::AdamOptions(1e-3));
    else
      optimizer = std::make_unique<torch::optim::SGD>(
          net->parameters(), torch::optim::SGDOptions(spiral ? 0.1 : 0.01).momentum(spiral ? 0 : 0.9));
    Tensor order;
    long at = x.size(0);
    rate = measure([&] {
      if (at + batch > x.size(0)) order = torch::randperm(x.size(0)), at = 0;
      const Tensor rows = order.slice(0, at, at + batch);
      at += batch;
      optimizer->zero_grad();
      const Tensor out = net->forward(x.index_select(0, rows)), target = y.index_select(0, rows);
      (spiral ? torch::binary_cross_entropy_with_logits(out, target) : nn::functional::cross_entropy(out, target))
          .backward();
      optimizer->step();
    });
  }
  const bool samples = workload.rfind("mlp_", 0) == 0;
  std::printf("{\"peer\": \"libtorch\", \"workload\": \"%s\", \"threads\": %s, \"value\": %.2f, \"unit\": \"%s\"}\n",
              argv[1], argv[2], samples ? rate * batch : rate,
              samples  ? "samples/s"
              : spiral ? "steps/s"
                       : "calls/s");
}
