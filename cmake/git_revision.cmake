# Writes the revision of the source tree into a header, as it is at every build, not as it was when it was configured.
# The file is touched only where the revision has changed. cmake -D ROOT=... -D TO=... -P git_revision.cmake
# MG_REVISION in the environment names it for a copy of the tree that has no git (jobs/container.sh).
cmake_minimum_required(VERSION 3.25)
set(revision "$ENV{MG_REVISION}")
if(revision STREQUAL "")
  execute_process(COMMAND git describe --always --dirty --tags WORKING_DIRECTORY "${ROOT}"
                  OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/git_revision.hpp.in" "${TO}" @ONLY)
