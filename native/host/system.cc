#include "host/system.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

namespace parking_lot {

Result<Entropy> system_entropy() {
  Entropy entropy;
  ssize_t size = 0;
  do {
    size = getrandom(&entropy, sizeof entropy, 0);
  } while (size == -1 && errno == EINTR);
  if (size != sizeof entropy) {
    return Failure(
        {"", std::string("The kernel gives no random bytes (getrandom): ") + strerror(errno) + "."});
  }
  return entropy;
}

}  // namespace parking_lot
