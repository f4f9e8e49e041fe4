#pragma once

namespace parking_lot {

/// Memory at `place` will be used soon: the processor may fetch it while other work is done. Has no effect
/// that can be observed; `place` may be anything. Nothing in WebAssembly, which has no instruction for it.
///
/// A function of which this is all would do nothing in gcc's eyes, and gcc drops calls of such functions
/// unless they are inlined: the empty assembly is an effect that it may not take away.
inline void bring_near([[maybe_unused]] const void* place) {
#ifndef __EMSCRIPTEN__
  __builtin_prefetch(place);
  asm volatile("");
#endif
}

}  // namespace parking_lot
