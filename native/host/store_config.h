#pragma once

#include <string>

#include "backend/file_journal/presence.h"
#include "parking_lot/config.h"
#include "parking_lot/result.h"

/// The effective config of a store's pools, kept in the store's directory as `config.json`, so that a store
/// can be looked at without the config file that it was made with. It says nothing that recovery rests on.
namespace parking_lot {

/// Writes down the pools that have their queue or their mailbox in `directory`, durably and at once: a reader
/// sees the old file or the new one. Does nothing if it stands there already. Secrets are left out.
/// `config` has one spelling for each directory.
Result<void> write_store_config(const std::string& directory, const Config& config);

/// Whether a store was ever opened in this directory to write.
bool has_store(const std::string& directory);

/// Likewise of a directory.
bool has_lost_records(const std::string& directory);

/// The config that was written down last. Directories in it are where the store is now, should it have been
/// moved.
Result<Config> read_store_config(const std::string& directory);

}  // namespace parking_lot
