# Copies a file of cuda/ for a C++ compiler: cmake -D FROM=... -D TO=... -P translate.cmake
# Only dynamic shared memory has no spelling that both compilers take:
#   extern __shared__ T name[];   becomes   T* const name = simt::dynamic_shared<T>();
file(READ "${FROM}" text)
string(REGEX REPLACE "extern +__shared__ +(__align__\\([0-9]+\\) +)?([A-Za-z_0-9: ]+) +([A-Za-z_0-9]+)\\[\\];"
       "\\2* const \\3 = simt::dynamic_shared<\\2>();" text "${text}")
# Messages name the file itself. The copies of the headers stand beside those of the sources.
file(WRITE "${TO}" "#line 1 \"${FROM}\"\n${text}")
