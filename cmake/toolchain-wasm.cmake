# Emscripten's own toolchain file: of an activated emsdk, else Debian's.
if(DEFINED ENV{EMSDK} AND EXISTS "$ENV{EMSDK}/upstream/emscripten/cmake/Modules/Platform/Emscripten.cmake")
  include("$ENV{EMSDK}/upstream/emscripten/cmake/Modules/Platform/Emscripten.cmake")
else()
  include("/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake")
endif()

# At -O2 and above em++ runs acorn, which Debian keeps where only Debian's own Node looks. A build
# started without the preset's environment (plain ninja, an editor) must find it as well.
set_property(GLOBAL PROPERTY RULE_LAUNCH_LINK "${CMAKE_COMMAND} -E env NODE_PATH=/usr/share/nodejs")
