#include "app/bench/measure.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <iostream>
#include <numeric>

#include "io/atomic_file.hpp"

namespace mg {
double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double cpu_seconds() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * t.tv_usec; };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

double sum_over_ranks(Comm& world, double mine) {
    double sum = 0;
    for (const double value : world.all_gather_value(mine)) sum += value;
    return sum;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

double Repeats::fastest() const { return *std::min_element(wall.begin(), wall.end()); }
double Repeats::slowest() const { return *std::max_element(wall.begin(), wall.end()); }
double Repeats::total() const { return std::accumulate(wall.begin(), wall.end(), 0.0); }

void add_rates(Json& j, const std::string& unit, double atom_calls, const Repeats& r) {
    j["wall_s"] = r.total();
    j["cpu_s"] = r.cpu;
    j[unit + "_per_s"] = atom_calls / median(r.wall);
    j[unit + "_per_s_min"] = atom_calls / r.slowest();
    j[unit + "_per_s_max"] = atom_calls / r.fastest();
    j[unit + "_per_cpu_s"] = atom_calls * static_cast<double>(r.wall.size()) / r.cpu;
}

void say_result(const Json& result, const std::string& file) {
    const std::string text = result.dump(2) + "\n";  // numbers come back with the same bits
    std::cout << text << std::flush;
    if (!file.empty()) io::write_file_atomically(file, text);
}

}  // namespace mg
