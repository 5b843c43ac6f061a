#pragma once
/// \file What is wrong with the input of one rank, all ranks say.

#include <string>

#include "core/comm.hpp"
#include "core/error.hpp"

namespace mg {

/// f() on this rank. Collective: where it throws InputError on any rank, it is thrown on all.
template <class F>
void agreed_input(Comm& world, const F& f) {
    std::string problem;
    try {
        f();
    } catch (const InputError& e) {
        problem = e.what();
    }
    for (const std::string& text : world.all_gather(problem))
        if (!text.empty()) throw InputError(text);
}

}  // namespace mg
