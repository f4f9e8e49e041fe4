#include "parking_lot/native/host.h"

#include <utility>

#include "host/loop.h"
#include "host/system.h"

namespace parking_lot {
Result<std::unique_ptr<Host>> Host::open(const Config& config, boost::asio::io_context& io,
                                         HostOptions options) {
  for (const ConfigIssue& missing : unavailable_features(config, host_storage))
    return Failure({missing.path, missing.message});
  if (!options.entropy) {
    auto entropy = system_entropy();
    if (!entropy) return Failure(std::move(entropy.error()));
    options.entropy = *entropy;
  }
  const SystemClock clock;
  const auto placed = Storage::with_places(config);
  if (!placed) return Failure(placed.error());
  auto lot = Lot::open(*placed, clock.now(), *options.entropy);
  if (!lot) return Failure(std::move(lot.error()));
  auto storage = Storage::open(*placed, *lot, io, options);
  if (!storage) return Failure(std::move(storage.error()));
  auto loop = std::make_shared<Loop>(io, std::move(*lot), std::move(*storage), clock, options);
  if (auto recovered = loop->recover(); !recovered) return Failure(std::move(recovered.error()));
  return std::unique_ptr<Host>(new Host(std::move(loop)));
}

Host::Host(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}

Host::~Host() { close(); }

Result<void> Host::run_processes(std::string_view pool) {
  return loop_->pool_without_executor(pool).and_then([this](PoolId id) { return loop_->run_processes(id); });
}

Result<void> Host::run_function(std::string_view pool, TaskFunction function, unsigned threads) {
  return loop_->pool_without_executor(pool).map(
      [&](PoolId id) { loop_->run_function(id, std::move(function), threads); });
}

void Host::on_event(EventCallback callback) { loop_->on_event(std::move(callback)); }

std::optional<PoolStats> Host::stats(std::string_view pool) const {
  const auto id = loop_->scheduler().pool(pool);
  if (!id) return std::nullopt;
  return loop_->scheduler().stats(*id);
}

std::optional<PoolConfig> Host::settings(std::string_view pool) const {
  const auto id = loop_->scheduler().pool(pool);
  if (!id) return std::nullopt;
  return loop_->scheduler().config(*id);
}

Health Host::health() const { return loop_->health(); }

std::vector<MissingPayloads> Host::missing_payloads() const { return loop_->missing_payloads(); }

ClientId Host::connect() { return loop_->next_client(); }

void Host::close() { loop_->close(); }

}  // namespace parking_lot
