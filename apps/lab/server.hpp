// The lab's server: HTTP and WebSocket on a loopback address, and the checks of who may ask (docs/protocol.md, Access).
// It must not know runs: it hands texts to the hub and pages to browsers.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "lab/hub.hpp"

namespace limn::lab {

struct ServerOptions {
  std::string host = "127.0.0.1";  // a loopback address
  std::uint16_t port = 7070;       // 0: any free one
  std::string token;
};

std::string random_token();  // 128 bits from the system, in hex

// Serves until `interrupts` is not zero. `ready` is told the port once connections are taken. Error: the address is no
// loopback address, or the port is taken.
void serve(const ServerOptions& options, Hub& hub, const std::atomic<int>& interrupts,
           const std::function<void(std::uint16_t port)>& ready);

}  // namespace limn::lab
