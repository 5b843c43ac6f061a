/// \file mg_fuzz TARGET CORPUS [SECONDS [SEED]]: reads all files of the folder CORPUS, and changed ones of them for
/// SECONDS. An input that takes a way through the readers that none has taken before is changed further. Ends with 1
/// where an input breaks a promise, with the sanitizers' status where they find something; the input is then in
/// fuzz-TARGET.

#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/mutation.hpp"
#include "fuzz/targets.hpp"

namespace {

std::string input, target_name;

// Steps between basic blocks that inputs have taken so far, by a hash of both.
unsigned char taken[1 << 18];
std::uintptr_t last_block = 0;
long new_steps = 0;

void keep_input() {
    std::ofstream("fuzz-" + target_name, std::ios::binary) << input;
    std::fprintf(stderr, "the input is in fuzz-%s\n", target_name.c_str());
}

bool holds(const mg::fuzz::Target& target, std::string bytes) {
    input = std::move(bytes);
    try {
        target.run(input);
        return true;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "FAILED: %s: %s\n", target.name, e.what());
    }
    keep_input();
    return false;
}

}  // namespace

/// Called by what is compiled with -fsanitize-coverage=trace-pc at every basic block.
extern "C" void __sanitizer_cov_trace_pc() {
    const auto block = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    unsigned char& step = taken[((block ^ (last_block << 1)) * 0x9E3779B97F4A7C15u >> 40) % sizeof taken];
    last_block = block;
    if (!step) step = 1, ++new_steps;
}

int main(int argc, char** argv) {
    using namespace mg::fuzz;
    const auto target = std::find_if(targets().begin(), targets().end(),
                                     [&](const Target& t) { return argc > 2 && std::string(argv[1]) == t.name; });
    if (target == targets().end()) {
        std::fprintf(stderr, "usage: mg_fuzz TARGET CORPUS [SECONDS [SEED]]; targets:");
        for (const Target& t : targets()) std::fprintf(stderr, " %s", t.name);
        std::fprintf(stderr, "\n");
        return 2;
    }
    target_name = target->name;
    __sanitizer_set_death_callback(keep_input);
    std::vector<std::string> paths, corpus;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(argv[2], none)) paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    for (const std::string& path : paths) {
        std::ifstream file(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        if (!holds(*target, corpus.back())) {
            std::fprintf(stderr, "it is %s\n", path.c_str());
            return 1;
        }
    }
    for (std::string& seed : target->seeds()) {
        if (!holds(*target, seed)) return 1;
        corpus.push_back(std::move(seed));
    }
    if (corpus.empty()) {
        std::fprintf(stderr, "no files in %s\n", argv[2]);
        return 2;
    }
    const double seconds = argc > 3 ? std::atof(argv[3]) : 0;
    Random random(argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1);
    const auto begin = std::chrono::steady_clock::now();
    long executions = 0;
    while (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds) {
        std::string next = mutated(corpus[below(random, corpus.size())], target->is_text, random);
        if (next.size() > 1 << 20) continue;
        const long before = new_steps;
        if (!holds(*target, next)) return 1;
        if (new_steps > before) corpus.push_back(std::move(next));
        ++executions;
    }
    std::printf("%s: %zu files, %ld changed ones, %ld steps between blocks: nothing found\n", target->name,
                paths.size(), executions, new_steps);
    return 0;
}
