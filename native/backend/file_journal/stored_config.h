#pragma once

#include <string>
#include <string_view>

#include "parking_lot/config.h"
#include "parking_lot/result.h"

/// The effective config of a store's pools as text, kept beside the store so that it can be looked at without
/// the config that it was made with.
namespace parking_lot {

/// Of the pools that have their queue or their mailbox in `directory`, in the form of a config. Pools of
/// `before`, the text that was there, are kept where this config leaves them out, since they stay in the
/// store. Paths in `config` have one spelling for each directory; that of the store itself becomes `.`, since
/// stores are moved. Secrets are left out.
std::string stored_config(const Config& config, const std::string& directory, std::string_view before);

/// Name of the pool's stream in its store.
inline const std::string& stream_of(const PoolConfig& pool) {
  return pool.queue.stream.empty() ? pool.name : pool.queue.stream;
}

/// Reads such a text for a store that is in `directory` now.
Result<Config> config_stored_in(const std::string& directory, std::string_view text);

}  // namespace parking_lot
