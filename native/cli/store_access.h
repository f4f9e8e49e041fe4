#pragma once

#include <CLI/CLI.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "parking_lot/native/host.h"

namespace parking_lot::cli {

/// Which stores a command is about: those of a config, or one directory with the config that is written down
/// there.
struct StoreChoice {
  std::string directory;
  std::string config;
  bool is_json = false;
};

/// An option that takes a directory, by its path or by a `file:` URL.
CLI::Option* add_directory_option(CLI::App& command, const std::string& names, std::string& directory,
                                  const std::string& what);
void add_store_options(CLI::App& command, StoreChoice& choice);

/// One sentence on stderr; the code that belongs to it.
ExitCode complain(std::string_view command, const Error& error, ExitCode code);
ExitCode complain(std::string_view command, const RefusedCommand& refused);

/// The directory that was named, or those of all stores of the config, each once.
Result<std::vector<std::string>> directories_of(const StoreChoice& choice);

/// The stores of one command, opened until its end. To read needs no lock and changes nothing, also while
/// another process owns them; of a directory only itself is opened then, and the mailboxes of
/// its pools. To change needs every store of the
/// config, and fails while somebody else has one.
class OpenedStores {
 public:
  static Result<OpenedStores> open(const StoreChoice& choice, HostOptions::Access access);
  OpenedStores(OpenedStores&&) = default;
  OpenedStores& operator=(OpenedStores&&) = default;
  /// An orderly end: the stores are settled before.
  ~OpenedStores();

  Host& host() { return *host_; }
  const Config& config() const { return config_; }
  /// The pool of this name; without a name, the only durable one.
  Result<std::string> pool(const std::string& name) const;

  /// Calls `ask` with a callback and runs the host until it was called.
  template <class Value, class Ask>
  tl::expected<Value, RefusedCommand> answer(Ask ask) {
    std::optional<tl::expected<Value, RefusedCommand>> answer;
    ask([&](const tl::expected<Value, RefusedCommand>& value) {
      answer.emplace(value);
      io_->stop();
    });
    wait_until([&] { return answer.has_value(); });
    if (answer) return std::move(*answer);
    return tl::unexpected(RefusedCommand{.code = Refusal::unconfirmed, .field = {}});
  }

 private:
  template <class IsOver>
  void wait_until(IsOver is_over) {
    io_->restart();
    while (!is_over() && io_->run_one() != 0) {
    }
  }

  OpenedStores() : io_(std::make_unique<boost::asio::io_context>(1)), work_(io_->get_executor()) {}

  Config config_;
  std::unique_ptr<boost::asio::io_context> io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<Host> host_;
};

}  // namespace parking_lot::cli
