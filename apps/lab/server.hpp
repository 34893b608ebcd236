// The lab's server: HTTP and WebSocket, on a loopback address unless a class comes to it, and the checks of who may ask
// (docs/protocol.md, Access).
// It must not know runs: it hands texts to the hub and pages to browsers.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "lab/hub.hpp"

namespace limn::lab {

struct ServerOptions {
  std::string host = "127.0.0.1";  // an address of this machine, or one that stands for all of them: 0.0.0.0, ::
  std::uint16_t port = 7070;       // 0: any free one
  bool network = false;            // an address that is no loopback address is allowed
  std::vector<std::string> names;  // that the machine has in the network, too
};

bool is_loopback(const std::string& host);
// How others name the machine: the first of its names, or the address it is bound to, or one of the network.
std::string public_host(const ServerOptions& options);

// Serves until `interrupts` is not zero. `ready` is told the port once connections are taken. Error: the address is not
// allowed, or the port is taken.
void serve(const ServerOptions& options, const Keys& keys, Hub& hub, const std::atomic<int>& interrupts,
           const std::function<void(std::uint16_t port)>& ready);

}  // namespace limn::lab
