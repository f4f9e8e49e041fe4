#include "posix_error.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace parking_lot {

namespace {

FileFault fault_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return FileFault::no_space;
    case ENOENT:
    case ENOTDIR:
      return FileFault::not_found;
    case EEXIST:
      return FileFault::exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return FileFault::denied;
    default:
      return FileFault::io;
  }
}

}  // namespace

tl::unexpected<FileError> posix_failure(std::string_view file, const char* doing, int error) {
  return tl::unexpected(FileError{fault_of(error), std::string(file),
                                  std::string("cannot ") + doing + ": " + std::strerror(error)});
}

}  // namespace parking_lot
