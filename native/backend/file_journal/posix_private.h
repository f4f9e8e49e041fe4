#pragma once

#include <string>

/// Folders and files for their owner alone, whatever the umask says: names of people may stand in them.
namespace parking_lot {

/// Makes the folder and those above it, where they are missing (0700). An `errno`, or 0.
int make_private_folders(const std::string& directory);

/// Replaces the file (0600): whoever reads it, also after a crash, finds the old text or the new one. An
/// `errno`, or 0.
int replace_privately(const std::string& path, const std::string& text);

}  // namespace parking_lot
