#pragma once

#include <string>
#include <vector>

/// What the owner of a store says of its pools, kept in the store's directory as `health.json` for those who
/// only read there: that a write failed, or that outcomes are held, is in no record. Recovery does not rest
/// on it.
namespace parking_lot {

struct HealthNote {
  std::string pool;
  std::string trouble;  ///< why it or its mailbox store fails, a sentence; empty: nothing fails
};

/// One write in place, so that it also succeeds on a full disk. That it fails is no reason to stop.
void write_health_notes(const std::string& directory, const std::vector<HealthNote>& notes);

/// What was written last; nothing if there is none, or none that can be read.
std::vector<HealthNote> read_health_notes(const std::string& directory);

}  // namespace parking_lot
