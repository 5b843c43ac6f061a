#include "study/results/event_fields.hpp"

namespace mg::study {

const std::vector<std::string>& search_status_names() {
    static const std::vector<std::string> names{
        "CONNECTED", "NO_NEGATIVE_MODE", "MODE_LOST",        "MAX_STEPS",    "MAX_EVALUATIONS",
        "EXPLODED",  "BACK_AT_START",    "NEGATIVE_BARRIER", "OUT_OF_RANGE", "DISCONNECTED",
        "NOT_SPLIT", "NOT_LOCAL",        "POLISH_LOST"};
    return names;
}

const std::vector<std::string>& search_cost_names() {
    static const std::vector<std::string> names{"basin", "lanczos", "climb", "connect"};
    return names;
}

}  // namespace mg::study
