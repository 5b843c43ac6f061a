// A sum that threads race for, and with -DMG_NO_RACE one that they do not: tests/run.sh --races asks first whether the
// sanitizer tells them apart.
#include <cstdio>

#if defined(MG_NO_RACE)
#define MG_SUM reduction(+ : sum)
#else
#define MG_SUM
#endif

int main() {
    long sum = 0;
#pragma omp parallel for MG_SUM
    for (int i = 0; i < 100000; ++i) sum += i;
    std::printf("%ld\n", sum);
}
