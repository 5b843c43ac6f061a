#pragma once
/// \file Errors are exceptions whose text follows one grammar: *problem (why) what to do*.

#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>

namespace mg {

/// A number for people: with six decimals, as std::to_string has it, or, where those say nothing of a small number or
/// too much of a large one, with six digits.
inline std::string shown(double value) {
    const double size = value < 0 ? -value : value;
    if (size == 0 || (size >= 1e-3 && size < 1e9)) return std::to_string(value);
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

/// Something failed while running: exit code 1.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    Error(const std::string& problem, const std::string& why, const std::string& remedy)
        : std::runtime_error(problem + " (" + why + "); " + remedy) {}
};

/// The user's input or command line is wrong and nothing was run: exit code 2.
class InputError : public Error {
public:
    using Error::Error;
};

/// The physics went wrong (NaN, atoms on top of each other, lost energy conservation): exit code 1.
class PhysicsError : public Error {
public:
    using Error::Error;
    PhysicsError(const std::string& problem, const std::string& why, const std::string& remedy, int in_replica = -1)
        : Error(problem, why, remedy), replica(in_replica) {}
    int replica = -1;  ///< of the batch, where it is known
};

}  // namespace mg
